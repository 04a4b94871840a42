package workspace

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
)

// The meters.
const (
	MeterCPU     = "cpu_ms"
	MeterMemory  = "memory_bytes"
	MeterRows    = "rows_read"
	MeterCells   = "cells_released"
	MeterStorage = "storage_bytes"
)

// meterSource is who measures here: of one source, an event is counted once.
const meterSource = "workspace"

// meter writes down what something took: what it is names the event.
func (s *Service) meter(ctx context.Context, tx pgx.Tx, w *Workspace, what string, quantities map[string]int64, dims map[string]string) error {
	if dims == nil {
		dims = map[string]string{}
	}
	at := s.instant()
	for name, n := range quantities {
		if _, err := tx.Exec(ctx, `
			INSERT INTO usage_events (source, event_id, workspace_id, meter, quantity, dims, at, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (source, event_id) DO NOTHING`,
			meterSource, what+":"+name, w.ID, name, n, dims, at); err != nil {
			return fmt.Errorf("usage: %w", err)
		}
	}
	return nil
}

// Usage is what a workspace used in a month.
type Usage struct {
	Month   time.Time // its first day, in China
	CPU     time.Duration
	Memory  int64 // the most of one job
	Rows    int64
	Cells   int64
	Storage int64 // of what was mounted in it
	Jobs    int
}

// thisMonth is the usage of the month of now, zero where nothing was used.
func (s *Service) thisMonth(all []Usage) Usage {
	from, _ := month(s.now().In(workdays.Zone))
	if i := slices.IndexFunc(all, func(u Usage) bool { return u.Month.Equal(from) }); i >= 0 {
		return all[i]
	}
	return Usage{Month: from}
}

// Sheet is what was measured in a workspace in a month, and what it comes to: every
// event for who looks after it; for who develops in it what counts, summed by meter.
type Sheet struct {
	Space  *Workspace
	Month  time.Time
	Sums   bool // the events are sums
	Events []Metered
	Terms  Terms
	Bill   []Charge
}

// mostEvents is how many events of a month are handed out at once.
const mostEvents = 200_000

// UsageOf is the sheet of a month, for whoever works in the workspace and for the desk.
// month is any moment of it, as China counts.
func (s *Service) UsageOf(ctx context.Context, who account.Actor, number string, at time.Time) (*Sheet, error) {
	w, p, err := s.one(ctx, s.pool, who, number, false)
	if err != nil {
		return nil, err
	}
	if p.Side == OfDeveloper && !p.Programs && !p.Asks && !p.Owner {
		return nil, errNotYours()
	}
	from, until := month(at.In(workdays.Zone))
	out := &Sheet{Space: w, Month: from, Sums: p.Side == OfDeveloper}
	if out.Sums {
		all, err := selectSums(ctx, s.pool, w.ID)
		if err != nil {
			return nil, err
		}
		for _, sum := range all {
			if sum.At.Equal(from) && sum.Meter != MeterMemory {
				out.Events = append(out.Events, sum)
			}
		}
	} else if out.Events, err = selectEvents(ctx, s.pool, w.ID, from, until, mostEvents+1); err != nil {
		return nil, err
	}
	if len(out.Events) > mostEvents {
		return nil, fault.New(fault.TooLarge, "这个月的用量记录太多，请联系平台。")
	}
	if out.Terms, err = s.terms(ctx, s.pool, w); err != nil {
		return nil, err
	}
	out.Bill = Bill(out.Events, out.Terms)
	return out, nil
}

// terms are those on which w is used: a mandate from before there was a tariff has that
// of today's rules.
func (s *Service) terms(ctx context.Context, q database.Querier, w *Workspace) (Terms, error) {
	t, err := selectFees(ctx, q, w.Scenario.ID)
	t.Class = w.Scenario.UseClass
	if len(t.Tariff) == 0 {
		t.Tariff = s.tariff
	}
	return t, err
}

// CSV is the events as a table, with what they come to in front of it.
func (x *Sheet) CSV() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	out := csv.NewWriter(&b)
	out.UseCRLF = true
	if x.Sums {
		return x.sums(&b, out)
	}
	for _, row := range [][]string{{"event", "at", "meter", "quantity", "job", "kind", "state", "mount", "dataset", "release", "billable", "counted"}} {
		if err := out.Write(row); err != nil {
			return nil, err
		}
	}
	for _, e := range x.Events {
		if err := out.Write([]string{
			e.ID, e.At.In(workdays.Zone).Format(time.RFC3339), e.Meter, strconv.FormatInt(e.Quantity, 10), e.Dims["job"], e.Dims["kind"], e.Dims["state"], e.Dims["mount"], e.Dims["dataset"], e.Dims["release"], strconv.FormatBool(e.Billable()), strconv.FormatInt(e.Counted(), 10),
		}); err != nil {
			return nil, err
		}
	}
	out.Flush()
	return b.Bytes(), out.Error()
}

func (x *Sheet) sums(b *bytes.Buffer, out *csv.Writer) ([]byte, error) {
	if err := out.Write([]string{"month", "meter", "counted"}); err != nil {
		return nil, err
	}
	for _, e := range x.Events {
		if err := out.Write([]string{x.Month.Format("2006-01"), e.Meter, strconv.FormatInt(e.Quantity, 10)}); err != nil {
			return nil, err
		}
	}
	out.Flush()
	return b.Bytes(), out.Error()
}

// Name is that of the sheet as a file.
func (x *Sheet) Name() string { return x.Space.Number + "-" + x.Month.Format("2006-01") + ".csv" }
