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
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"shuyuan/search/chinese"
)

// layoutVersion is raised whenever keys or records change. The tables that
// folding and reading use are part of the layout too.
var layoutVersion = "2"

func layout() []byte { return []byte(layoutVersion + "-" + chinese.Fingerprint()) }

// What Bleve keeps for us with every change: the layout and the state.
var (
	layoutKey = []byte("layout")
	stateKey  = []byte("state")
)

// encodeState writes how far the index is and how many documents it then has,
// with a checksum: Bleve has none here.
func encodeState(cursor int64, documents int) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(cursor))
	b = binary.BigEndian.AppendUint64(b, uint64(documents))
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

func decodeState(b []byte) (cursor int64, documents int, err error) {
	if len(b) != 20 || crc32.ChecksumIEEE(b[:16]) != binary.BigEndian.Uint32(b[16:]) {
		return 0, 0, errors.New("it does not say what is in it")
	}
	return int64(binary.BigEndian.Uint64(b)), int(binary.BigEndian.Uint64(b[8:])), nil
}

// generation is one Bleve index, open.
type generation struct {
	path   string
	index  *scorch.Scorch
	cursor int64
	table  *table
	view   *view

	pending chan struct{} // segments were rearranged
	ended   chan struct{} // closed by close
	failed  chan struct{} // closed by fail, once failure says why
	failing sync.Once
	failure error
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

// documents is how many there are.
func (v *view) documents() int {
	n := 0
	for _, s := range v.segments {
		n += len(s.rows)
		if s.deleted != nil {
			n -= int(s.deleted.GetCardinality())
		}
	}
	return n
}

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
		if err != nil && gen != nil {
			gen.abandon()
			gen = nil
		}
	}()
	defer guarded(&err)()
	if err := verifyBolt(filepath.Join(path, "root.bolt")); err != nil {
		return nil, err
	}
	ix, err := scorch.NewScorch(scorch.Name, map[string]any{
		"path": path, "bolt_timeout": "5s", "eventCallbackName": callbacks, "asyncErrorCallbackName": callbacks,
	}, analysis())
	if err != nil {
		return nil, err
	}
	gen = &generation{path: path, index: ix.(*scorch.Scorch), table: newTable(),
		pending: make(chan struct{}, 1), ended: make(chan struct{}), failed: make(chan struct{})}
	watched.Store(path, gen)
	if err := gen.index.Open(); err != nil {
		return gen, err
	}
	return gen, gen.read()
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
	if err := v.verify(); err != nil {
		return err
	}
	internal := v.snapshot.Internal()
	if string(internal[string(layoutKey)]) != string(layout()) {
		return errors.New("it is of another layout")
	}
	cursor, documents, err := decodeState(internal[string(stateKey)])
	if err != nil {
		return err
	}
	g.cursor = cursor
	if err := g.load(); err != nil {
		return err
	}
	if n := v.documents(); n != documents || g.table.live != documents {
		return fmt.Errorf("it has %d documents, %d different ones, and should have %d", n, g.table.live, documents)
	}
	return nil
}

// look opens a view on the index as it is now. Segments that the last view had
// are not mapped again.
func (g *generation) look() (v *view, err error) {
	defer guarded(&err)()
	reader, err := g.index.Reader()
	if err != nil {
		return nil, err
	}
	v = &view{snapshot: reader.(*scorch.IndexSnapshot)}
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

// closeTime is how long an index may take to close.
const closeTime = 10 * time.Second

// close ends the index. Whether it is damaged may show only now: what Bleve
// then waits for may never come, so it is not waited for long.
func (g *generation) close() error {
	watched.Delete(g.path)
	close(g.ended)
	done := make(chan error, 1)
	go func() {
		var err error
		defer func() { done <- err }()
		defer guarded(&err)()
		err = errors.Join(g.view.close(), g.index.Close())
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(closeTime):
		return errors.New("the search index does not close")
	}
}

// abandon closes a damaged index as far as it lets itself be closed: that it is
// damaged was reported.
func (g *generation) abandon() { _ = g.close() }

// guarded turns a panic while a damaged index is read, and a fault while a file
// is read that has become shorter, into an error. Use it as
// defer guarded(&err)().
func guarded(err *error) func() {
	was := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(was)
		if p := recover(); p != nil {
			*err = fmt.Errorf("it is damaged: %v", p)
		}
	}
}

// verify reads the files of v once and compares their checksums: Bleve itself
// trusts them. A file that v does not use may be half written.
func (v *view) verify() error {
	for _, s := range v.segments {
		file, ok := s.segment.(segment.PersistedSegment)
		if !ok {
			continue // not written yet
		}
		if err := verifyFile(file.Path()); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(file.Path()), err)
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
