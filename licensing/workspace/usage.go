package workspace

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

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
