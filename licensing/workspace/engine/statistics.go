package engine

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strconv"

	"shuyuan/datasets/rows"
)

// mostFrequent is how many frequent values of a column are told.
const mostFrequent = 20

// describe is what anybody in the workspace may know of a mount: counts, rounded,
// and values that enough subjects share.
func describe(ctx context.Context, c *sql.Conn, m Mount, n int64) (Statistics, error) {
	s := Statistics{Rows: toFive(n)}
	subject := rowColumn
	for _, col := range m.Columns {
		if col.Use == Subject {
			subject = quoted(col.Name)
		}
	}
	if m.public() {
		subject = "rowid"
	}
	for _, col := range m.Columns {
		d, err := describeColumn(ctx, c, m, col, subject)
		if err != nil {
			return s, err
		}
		s.Columns = append(s.Columns, d)
	}
	return s, nil
}

func describeColumn(ctx context.Context, c *sql.Conn, m Mount, col Column, subject string) (ColumnStatistics, error) {
	d := ColumnStatistics{Name: col.Name, Type: col.Type, Use: col.Use}
	name := quoted(col.Name)
	var all, some, distinct, subjects int64
	err := c.QueryRowContext(ctx, "SELECT count(*), count("+name+"), count(DISTINCT "+name+"), count(DISTINCT CASE WHEN "+name+" IS NOT NULL THEN "+subject+" END) FROM made.t").Scan(&all, &some, &distinct, &subjects)
	if err != nil || all == 0 {
		return d, err
	}
	d.Nulls = math.Round(100*m.shareOf(all-some, all)) / 100
	if subjects < int64(max(m.Minimum, 1)) && !m.public() {
		return d, nil
	}
	beyond := 0.05 // the share of subjects on either side of what is told of them
	if !m.public() {
		beyond = max(beyond, float64(max(m.Minimum, 1))/float64(subjects))
	}
	d.Distinct = int64(digits(float64(distinct), 2))
	if col.Use == Subject {
		return d, nil
	}
	switch {
	case beyond > 0.25: // what lies between would not be most of them
	case col.Type == rows.Integer || col.Type == rows.Decimal:
		var low, middle, high sql.NullFloat64
		if err := c.QueryRowContext(ctx, "SELECT quantile_cont(CAST("+name+" AS DOUBLE), "+share(beyond)+"), quantile_cont(CAST("+name+" AS DOUBLE), 0.5), quantile_cont(CAST("+name+" AS DOUBLE), "+share(1-beyond)+") FROM made.t").Scan(&low, &middle, &high); err != nil {
			return d, err
		}
		d.Low, d.Middle, d.High = rounded(low), rounded(middle), rounded(high)
	case col.Type == rows.Date || col.Type == rows.DateTime:
		if beyond == 0.05 && (m.public() || subjects >= int64(100*max(m.Minimum, 1))) {
			beyond = 0.01
		}
		var from, to sql.NullString
		if err := c.QueryRowContext(ctx, "SELECT strftime(quantile_disc("+name+", "+share(beyond)+"), '%Y-%m'), strftime(quantile_disc("+name+", "+share(1-beyond)+"), '%Y-%m') FROM made.t").Scan(&from, &to); err != nil {
			return d, err
		}
		d.From, d.To = from.String, to.String
	}
	if col.Use == Aggregate || col.Type == rows.Date || col.Type == rows.DateTime {
		return d, nil
	}
	return d, frequent(ctx, c, m, &d, subject, all)
}

// frequent finds the values that at least the minimum of subjects share.
func frequent(ctx context.Context, c *sql.Conn, m Mount, d *ColumnStatistics, subject string, all int64) error {
	name, least := quoted(d.Name), max(m.Minimum, 1)
	if m.public() {
		least = 1
	}
	r, err := c.QueryContext(ctx, "SELECT CAST("+name+" AS VARCHAR), count(*) AS n FROM made.t WHERE "+name+" IS NOT NULL GROUP BY 1 HAVING count(DISTINCT "+subject+") >= "+strconv.Itoa(least)+" ORDER BY n DESC, 1 LIMIT "+strconv.Itoa(mostFrequent))
	if err != nil {
		return err
	}
	defer r.Close()
	for r.Next() {
		var s Share
		var n int64
		if err := r.Scan(&s.Value, &n); err != nil {
			return err
		}
		s.Value = clip(s.Value)
		s.Of = digits(m.shareOf(n, all), 2)
		d.Frequent = append(d.Frequent, s)
	}
	return r.Err()
}

// shareOf is n as a share of all, both rounded as counts of a result are: of a small
// table two places of a share tell a count to the unit.
func (m Mount) shareOf(n, all int64) float64 {
	switch {
	case m.public():
		return float64(n) / float64(all)
	case toFive(all) == 0:
		return 0
	}
	return float64(toFive(n)) / float64(toFive(all))
}

// share is a share as SQL.
func share(of float64) string { return strconv.FormatFloat(of, 'f', 6, 64) }

// toFive rounds to a multiple of five.
func toFive(n int64) int64 { return (n + 2) / 5 * 5 }

// digits rounds f to n digits that count.
func digits(f float64, n int) float64 {
	if f == 0 || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	out, err := strconv.ParseFloat(fmt.Sprintf("%.*e", n-1, f), 64)
	if err != nil {
		return 0
	}
	return out
}

func rounded(f sql.NullFloat64) *float64 {
	if !f.Valid {
		return nil
	}
	v := digits(f.Float64, 2)
	return &v
}
