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
	d.Nulls = math.Round(100*float64(all-some)/float64(all)) / 100
	if subjects < int64(max(m.Minimum, 1)) && !m.public() {
		return d, nil
	}
	d.Distinct = int64(digits(float64(distinct), 2))
	if col.Use == Subject {
		return d, nil
	}
	switch col.Type {
	case rows.Integer, rows.Decimal:
		var low, middle, high sql.NullFloat64
		if err := c.QueryRowContext(ctx, "SELECT quantile_cont(CAST("+name+" AS DOUBLE), 0.05), quantile_cont(CAST("+name+" AS DOUBLE), 0.5), quantile_cont(CAST("+name+" AS DOUBLE), 0.95) FROM made.t").Scan(&low, &middle, &high); err != nil {
			return d, err
		}
		d.Low, d.Middle, d.High = rounded(low), rounded(middle), rounded(high)
	case rows.Date, rows.DateTime:
		var from, to sql.NullString
		if err := c.QueryRowContext(ctx, "SELECT strftime(quantile_disc("+name+", 0.01), '%Y-%m'), strftime(quantile_disc("+name+", 0.99), '%Y-%m') FROM made.t").Scan(&from, &to); err != nil {
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
		s.Of = digits(float64(n)/float64(all), 2)
		d.Frequent = append(d.Frequent, s)
	}
	return r.Err()
}

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
