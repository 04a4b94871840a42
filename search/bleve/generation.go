package bleve

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"shuyuan/search/chinese"
)

// layoutVersion is raised whenever keys or records change. The tables that
// folding and reading use are part of the layout too.
const layoutVersion = "1"

func layout() []byte { return []byte(layoutVersion + "-" + chinese.Fingerprint()) }

var (
	layoutKey = []byte("layout")
	cursorKey = []byte("cursor")
)

func encodeCursor(c int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(c)) }

// generation is one Bleve index, open.
type generation struct {
	path   string
	index  *scorch.Scorch
	cursor int64
	table  *table
	view   *view
	ended  func() // ends what watches it
}

// view is the index at one moment.
type view struct {
	snapshot *scorch.IndexSnapshot
	segments []*mapped
}

// mapped is a segment whose documents have their rows in the table.
type mapped struct {
	id      uint64
	segment segment.Segment
	deleted *roaring.Bitmap // documents that are no more, or are newer elsewhere
	rows    []uint32        // number in the segment -> row
}

// nowhere is the row of a document that is no more.
const nowhere = ^uint32(0)

func (v *view) close() error {
	if v == nil {
		return nil
	}
	return v.snapshot.Close()
}

// openCurrent opens the generation in force.
func openCurrent(dir string) (*generation, error) {
	name, err := os.ReadFile(filepath.Join(dir, "CURRENT"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("none was built yet")
	}
	if err != nil {
		return nil, err
	}
	current := strings.TrimSpace(string(name))
	if !generationName(current) {
		return nil, errors.New("CURRENT names no index")
	}
	return openGeneration(filepath.Join(dir, current))
}

func generationName(s string) bool {
	return strings.HasPrefix(s, "gen-") && filepath.Base(s) == s
}

// sweep removes what CURRENT does not name: generations that were being built
// or were replaced when a process ended.
func sweep(dir string) error {
	current, _ := os.ReadFile(filepath.Join(dir, "CURRENT"))
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, "gen-") && name != strings.TrimSpace(string(current)) || strings.HasPrefix(name, "build-") || name == "CURRENT.new" {
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// openGeneration opens an index and reads its table. A damaged one is an
// error, whatever it does to its reader.
func openGeneration(path string) (gen *generation, err error) {
	defer func() {
		if p := recover(); p != nil {
			gen, err = nil, fmt.Errorf("it is damaged: %v", p)
		}
	}()
	if err := verify(path); err != nil {
		return nil, err
	}
	ix, err := scorch.NewScorch(scorch.Name, map[string]any{
		"path": path, "bolt_timeout": "5s", "eventCallbackName": eventCallback,
	}, analysis())
	if err != nil {
		return nil, err
	}
	s := ix.(*scorch.Scorch)
	if err := s.Open(); err != nil {
		return nil, err
	}
	gen = &generation{path: path, index: s, table: newTable()}
	if err := gen.read(); err != nil {
		return nil, errors.Join(err, gen.close())
	}
	return gen, nil
}

// analysis is the queue of Bleve's workers, one for all indexes. Our fields
// come with their keys, so there is next to nothing to do for them.
var analysis = sync.OnceValue(func() *index.AnalysisQueue { return index.NewAnalysisQueue(1) })

func (g *generation) read() error {
	v, err := g.look()
	if err != nil {
		return err
	}
	g.view = v
	internal := v.snapshot.Internal()
	if string(internal[string(layoutKey)]) != string(layout()) {
		return errors.New("it is of another layout")
	}
	cursor := internal[string(cursorKey)]
	if len(cursor) != 8 {
		return errors.New("it does not say what is in it")
	}
	g.cursor = int64(binary.BigEndian.Uint64(cursor))
	return g.load()
}

// look opens a view on the index as it is now. Segments that the last view had
// are not mapped again.
func (g *generation) look() (*view, error) {
	reader, err := g.index.Reader()
	if err != nil {
		return nil, err
	}
	v := &view{snapshot: reader.(*scorch.IndexSnapshot)}
	known := map[uint64]*mapped{}
	if g.view != nil {
		for _, m := range g.view.segments {
			known[m.id] = m
		}
	}
	for _, s := range v.snapshot.Segments() {
		m := &mapped{id: s.Id(), segment: s.Segment(), deleted: s.Deleted()}
		if was := known[m.id]; was != nil && uint64(len(was.rows)) == s.Segment().Count() {
			m.rows = was.rows
		} else if m.rows, err = g.table.rowsOf(m); err != nil {
			return nil, errors.Join(err, v.close())
		}
		v.segments = append(v.segments, m)
	}
	return v, nil
}

// rowsOf finds the row of every document of a segment.
func (t *table) rowsOf(m *mapped) ([]uint32, error) {
	rows := make([]uint32, m.segment.Count())
	for i := range rows {
		id, err := m.segment.DocID(uint64(i))
		if err != nil {
			return nil, err
		}
		row, ok := t.byID[string(id)]
		if !ok {
			row = nowhere
		}
		rows[i] = row
	}
	return rows, nil
}

// load fills the table from the stored records.
func (g *generation) load() error {
	for _, m := range g.view.segments {
		records := map[string]*record{}
		for n := range m.rows {
			if m.deleted != nil && m.deleted.Contains(uint32(n)) {
				continue
			}
			r, err := recordOf(m.segment, uint64(n))
			if err != nil {
				return err
			}
			records[r.ID] = r
			if len(records) == batchSize {
				g.table.reserve(records)
				g.table.apply(records)
				clear(records)
			}
		}
		g.table.reserve(records)
		g.table.apply(records)
		rows, err := g.table.rowsOf(m)
		if err != nil {
			return err
		}
		m.rows = rows
	}
	return nil
}

func (g *generation) close() error {
	watched.Delete(g.index)
	if g.ended != nil {
		g.ended()
	}
	err := g.view.close()
	g.view = nil
	return errors.Join(err, g.index.Close())
}

// abandon closes a damaged index as far as it lets itself be closed.
func (g *generation) abandon() {
	defer func() { _ = recover() }() // it is damaged, which was reported
	_ = g.close()
}

// verify reads the segments of an index once and compares their checksums:
// Bleve itself trusts its files.
func verify(path string) error {
	files, err := filepath.Glob(filepath.Join(path, "*.zap"))
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := verifyFile(f); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(f), err)
		}
	}
	return nil
}

// verifyFile checks that the last four bytes are the CRC-32 of the rest.
func verifyFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < 4 {
		return errors.New("it is cut short")
	}
	sum := crc32.NewIEEE()
	if _, err := io.CopyN(sum, f, info.Size()-4); err != nil {
		return err
	}
	var want [4]byte
	if _, err := io.ReadFull(f, want[:]); err != nil {
		return err
	}
	if sum.Sum32() != binary.BigEndian.Uint32(want[:]) {
		return errors.New("its checksum is wrong")
	}
	return nil
}
