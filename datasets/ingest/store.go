package ingest

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// How a Parquet file is cut.
const (
	groupRows  = 122_880  // rows in a row group, as DuckDB makes them
	groupBytes = 64 << 20 // of text in a row group: wide tables have fewer rows in each
	dictBytes  = 1 << 20  // of a dictionary, beyond which it is not worth it
)

// metaKey is under which our schema lies in a Parquet file.
const metaKey = "shuyuan"

// writer writes one table as a Parquet file. Column i of the table is ci, the
// texts of its cells that the value does not give back are ci_raw, and where a
// shape lies is ci_lon and ci_lat.
type writer struct {
	columns []*column
	leaves  [][]int // of each column: value, raw, lon, lat
	w       *parquet.GenericWriter[any]
	rows    int // in the row group
	bytes   int
	workers int
}

func newWriter(out io.Writer, columns []*column, tallies []*tally, workers int) *writer {
	group := parquet.Group{}
	for i, c := range columns {
		c.store(i)
		node := c.node()
		node = encoded(node, tallies[i])
		group[c.Store] = parquet.Optional(node)
		if c.Type == Text {
			continue
		}
		group[c.Store+"_raw"] = parquet.Optional(parquet.String())
		if c.Type == Point || c.Type == Geometry {
			group[c.Store+"_lon"], group[c.Store+"_lat"] = parquet.Optional(parquet.Leaf(parquet.DoubleType)), parquet.Optional(parquet.Leaf(parquet.DoubleType))
		}
	}
	schema := parquet.NewSchema("table", group)
	at := map[string]int{}
	for i, path := range schema.Columns() {
		at[path[0]] = i
	}
	w := &writer{columns: columns, workers: workers}
	for _, c := range columns {
		var leaves []int
		for _, suffix := range []string{"", "_raw", "_lon", "_lat"} {
			if leaf, ok := at[c.Store+suffix]; ok {
				leaves = append(leaves, leaf)
			}
		}
		w.leaves = append(w.leaves, leaves)
	}
	w.w = parquet.NewGenericWriter[any](out, schema, parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}), parquet.DataPageStatistics(true),
		parquet.DictionaryMaxBytes(dictBytes), parquet.PageBufferSize(512<<10), parquet.MaxRowsPerRowGroup(1<<40))
	return w
}

// encoded chooses how a column's values are written, from what its sample shows.
func encoded(node parquet.Node, t *tally) parquet.Node {
	kind := node.Type().Kind()
	switch {
	case kind == parquet.Boolean:
	case t.repeats():
		return parquet.Encoded(node, &parquet.RLEDictionary)
	case kind == parquet.Int32 || kind == parquet.Int64:
		return parquet.Encoded(node, &parquet.DeltaBinaryPacked)
	}
	return node
}

// repeats reports whether the same values come again and again.
func (t *tally) repeats() bool { return len(t.distinct) < t.most && len(t.distinct)*3 <= t.filled }

// block writes a block.
func (w *writer) block(b *block) error {
	writers := w.w.ColumnWriters()
	var mu sync.Mutex
	var failed error
	one := func(i int) {
		c := w.columns[i]
		c.convert(b, i)
		for k, values := range [][]parquet.Value{c.values, c.raws, c.lons, c.lats} {
			if k >= len(w.leaves[i]) {
				break
			}
			if _, err := writers[w.leaves[i][k]].WriteRowValues(values); err != nil {
				mu.Lock()
				failed = err
				mu.Unlock()
				return
			}
		}
	}
	each(len(w.columns), w.workers, one)
	if failed != nil {
		return failed
	}
	w.rows += b.rows
	w.bytes += len(b.text)
	if w.rows+blockRows > groupRows || w.bytes > groupBytes {
		w.rows, w.bytes = 0, 0
		return w.w.Flush()
	}
	return nil
}

// each calls do for 0 to n-1, several at once.
func each(n, workers int, do func(int)) {
	if workers < 2 || n < 2 {
		for i := range n {
			do(i)
		}
		return
	}
	var wg sync.WaitGroup
	next := make(chan int, n)
	for i := range n {
		next <- i
	}
	close(next)
	for range min(workers, n) {
		wg.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	wg.Wait()
}

// close writes the end of the file.
func (w *writer) close() error {
	schema := make([]Column, len(w.columns))
	for i, c := range w.columns {
		schema[i] = c.Column
		schema[i].Evidence = nil
	}
	text, err := json.Marshal(schema)
	if err != nil {
		return fmt.Errorf("describe the table: %w", err)
	}
	w.w.SetKeyValueMetadata(metaKey, string(text))
	return w.w.Close()
}
