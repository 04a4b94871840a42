package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// PrepareSamples makes a mount of n rows of Samples, so that a statement can be
// tried where whoever wrote it may see what comes of it. No row of the mount itself
// is read for it.
func (e *Engine) PrepareSamples(ctx context.Context, w Workspace, p *Prepared, n int) (*Prepared, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "samples %d of %s", n, p.File))
	name := hex.EncodeToString(sum[:])
	if made, err := e.kept(w, name); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return made, err
	}
	e.preparing.Lock()
	defer e.preparing.Unlock()
	if err := os.MkdirAll(e.opt.Dir, 0o711); err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	nothing, err := os.CreateTemp(e.opt.Dir, "nothing-")
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	defer nothing.Close()
	if err := errors.Join(os.Remove(nothing.Name()), nothing.Chmod(0o444)); err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	return e.keep(ctx, w, p.Mount, preparation{SQL: p.sampled(n), Mount: p.Mount, Memory: e.opt.Memory, Threads: 1}, nothing, name)
}

// sampled is SQL for a table of synthetic rows like a mount's.
func (p *Prepared) sampled(n int) string {
	var names, lines []string
	for _, c := range p.Columns {
		names = append(names, quoted(c.Name))
	}
	if !p.keyed() {
		names = append(names, rowColumn)
	}
	names = append(names, printColumn)
	for i, row := range Samples(p, n) {
		var cells []string
		for k, v := range row {
			as := p.Columns[k].stored()
			if v == nil {
				cells = append(cells, "CAST(NULL AS "+as+")")
				continue
			}
			cells = append(cells, "CAST("+literal(fmt.Sprint(v))+" AS "+as+")")
		}
		if !p.keyed() {
			cells = append(cells, fmt.Sprintf("CAST(%d AS BIGINT)", i))
		}
		cells = append(cells, fmt.Sprintf("CAST(%d AS BIGINT)", i))
		lines = append(lines, "("+strings.Join(cells, ", ")+")")
	}
	return "CREATE TABLE made.t AS SELECT * FROM (VALUES " + strings.Join(lines, ", ") + ") samples(" + strings.Join(names, ", ") + ")"
}
