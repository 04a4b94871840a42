package workspace

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/licensing/operation"
)

// Metered is one thing that was measured, as it was written down when it was used.
type Metered struct {
	ID       string // of the source
	Meter    string
	Quantity int64
	Dims     map[string]string // of what: job, its kind and how it ended, mount and its whole rows, release
	At       time.Time
}

// Billable reports whether it counts for a fee: what the platform stopped was used for
// nothing that anybody wanted.
func (m Metered) Billable() bool { return m.Dims["state"] != string(Killed) }

// Counted is what of it counts for quotas and fees, as usage_counted has it: processor
// time in whole seconds of a job, and all the rows of a mount that a job was given, so
// that no sum tells of the rows themselves.
func (m Metered) Counted() int64 {
	switch m.Meter {
	case MeterCPU:
		return coarse(time.Duration(m.Quantity) * time.Millisecond).Milliseconds()
	case MeterRows:
		if n, err := strconv.ParseInt(m.Dims[dimWhole], 10, 64); err == nil {
			return n
		}
	}
	return m.Quantity
}

// dimWhole is under what an event of rows read says how many rows the mount has.
const dimWhole = "whole"

// Terms are on what terms a workspace is used.
type Terms struct {
	Tariff   []operation.Fee     // of the mandate's agreement, as it stood when that was locked
	Ceilings []operation.Ceiling // of the agreement, for the forms of the scenario's results
	Class    string              // of use
}

// Charge is what one fee comes to.
type Charge struct {
	Fee      operation.Fee
	Meter    string
	Quantity int64 // counted, in the unit of the meter
	Per      int64 // of that make one unit of the fee
	Parts    []Part
	Measured int64 // fen by the bands
	Charged  int64 // fen of it that are owed: all or nothing
}

// Part is what lies in one band of a fee.
type Part struct {
	operation.Band
	Quantity int64 // in the unit of the meter
	Price    int64 // fen a unit: that of the band, or the ceiling of the agreement
}

// Capped reports whether the agreement's ceiling took the place of the band's price.
func (p Part) Capped() bool { return p.Price < p.Fen }

// units are what the units of the tariff are measured by.
var units = map[string]struct {
	meter string
	per   int64
}{
	"per_thousand_rows": {MeterRows, 1000},
	"per_core_hour":     {MeterCPU, 3_600_000},
}

// metersAll returns nil where everything in a tariff is measured here.
func metersAll(tariff []operation.Fee) error {
	for _, f := range tariff {
		if _, ok := units[f.Unit]; !ok {
			return fmt.Errorf("workspace: nobody measures %q, in which the fee %s is counted", f.Unit, f.Code)
		}
	}
	return nil
}

// Bill is what the events of one month come to. It looks at nothing else, so whoever has
// the events and the agreement can work it out again. Each band is paid for what lies in
// it, parts of a unit by their part; the sum is cut to whole fen.
func Bill(events []Metered, t Terms) []Charge {
	var out []Charge
	for _, f := range t.Tariff {
		u, ok := units[f.Unit]
		if !ok {
			continue
		}
		c := Charge{Fee: f, Meter: u.meter, Per: u.per}
		for _, e := range events {
			if e.Meter == u.meter && e.Billable() {
				c.Quantity += e.Counted()
			}
		}
		sum := new(big.Int)
		for i, b := range f.Bands {
			p := Part{Band: b, Price: b.Fen}
			for _, most := range t.Ceilings {
				if most.Unit == f.Unit {
					p.Price = min(p.Price, most.Fen)
				}
			}
			until := c.Quantity
			if i+1 < len(f.Bands) {
				until = min(until, f.Bands[i+1].From*u.per)
			}
			if p.Quantity = until - b.From*u.per; p.Quantity <= 0 {
				break
			}
			sum.Add(sum, new(big.Int).Mul(big.NewInt(p.Quantity), big.NewInt(p.Price)))
			c.Parts = append(c.Parts, p)
		}
		c.Measured = sum.Div(sum, big.NewInt(u.per)).Int64()
		if f.Charged && !slices.Contains(f.NotFor, t.Class) {
			c.Charged = c.Measured
		}
		out = append(out, c)
	}
	return out
}

// ChargedUnder is what the months of a period come to under a mandate, in fen: of all its
// workspaces, those that were destroyed too. A month counts for the period in which its
// last moment lies.
func (s *Service) ChargedUnder(ctx context.Context, mandate string, from, until time.Time) (sum int64, err error) {
	spaces, err := s.list(ctx, s.pool, `m.number = @mandate`, pgx.NamedArgs{"mandate": mandate, "limit": nil})
	if err != nil {
		return 0, err
	}
	for i := range spaces {
		t, err := s.terms(ctx, s.pool, &spaces[i])
		if err != nil {
			return 0, err
		}
		sums, err := selectSums(ctx, s.pool, spaces[i].ID)
		if err != nil {
			return 0, err
		}
		for _, b := range bills(sums, t) {
			if last := b.Month.AddDate(0, 1, 0).Add(-time.Microsecond); last.Before(from) || !last.Before(until) {
				continue
			}
			for _, c := range b.Charges {
				sum += c.Charged
			}
		}
	}
	return sum, nil
}

// Billed is what a month comes to.
type Billed struct {
	Month   time.Time // its first day, in China
	Charges []Charge
}

// bills are what the months of sums, which are summed by month and meter, come to: the
// newest first.
func bills(sums []Metered, t Terms) (out []Billed) {
	for i, begun := 0, 0; i < len(sums); i++ {
		if i+1 == len(sums) || !sums[i+1].At.Equal(sums[i].At) {
			out = append(out, Billed{sums[i].At, Bill(sums[begun:i+1], t)})
			begun = i + 1
		}
	}
	return out
}
