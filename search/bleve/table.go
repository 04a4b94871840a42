package bleve

import (
	"math"
	"strings"
	"sync"

	"shuyuan/search"
)

// table has a row for each document, in columns: what filters, facets, orders
// and suggestions need, and nothing that a query would have to fetch from disk.
//
// byID and free belong to whoever holds Engine.writing. Everything else is
// read under Engine.mu and changed under its write lock.
type table struct {
	byID map[string]uint32
	free []uint32
	size int // rows that were ever given out

	ids     []string // "" where a row is free
	updated []int64
	popular []int64
	norm    []float32 // how much a key in the title counts: more in a short one
	columns [columns]column
	live    int

	scores    scores
	spellings spellings // with a lock of its own: it grows while names are looked up
}

// The columns: one for each facet, in the order of search.Facets, and one for
// the words that are offered while somebody types.
const (
	nameColumn = 7
	columns    = 8
)

var columnOf = func() map[search.Facet]int {
	m := map[search.Facet]int{}
	for i, f := range search.Facets {
		m[f] = i
	}
	return m
}()

// column holds the values of one facet as small numbers.
type column struct {
	words  []string // number -> value
	number map[string]uint32
	counts []int32    // number -> how many documents have it
	rows   [][]uint32 // row -> numbers, where documents may have several values
	single []uint32   // row -> number + 1 or 0, where they have one
	plural bool
}

func newTable() *table {
	t := &table{byID: map[string]uint32{}}
	for i := range t.columns {
		t.columns[i].number = map[string]uint32{}
		t.columns[i].plural = i == nameColumn || i == columnOf[search.FacetFormat] || i == columnOf[search.FacetTag]
	}
	return t
}

// scores lends one number for each row, zero at first, to each query that
// ranks: a list as long as the table is too much to make anew every time.
type scores struct{ pool sync.Pool }

func (s *scores) get(rows int) []float32 {
	if list, ok := s.pool.Get().(*[]float32); ok && cap(*list) >= rows {
		score := (*list)[:rows]
		clear(score)
		return score
	}
	return make([]float32, rows, rows+rows/8)
}

func (s *scores) put(list []float32) {
	if list != nil {
		s.pool.Put(&list)
	}
}

// reserve gives a row to each new document.
func (t *table) reserve(changes map[string]*record) {
	for id, r := range changes {
		if _, known := t.byID[id]; known || r == nil {
			continue
		}
		row := uint32(t.size)
		if last := len(t.free) - 1; last >= 0 {
			row, t.free = t.free[last], t.free[:last]
		} else {
			t.size++
		}
		t.byID[strings.Clone(id)] = row
	}
}

// after is how many documents there are once changes are applied.
func (t *table) after(changes map[string]*record) int {
	n := t.live
	for id, r := range changes {
		switch _, known := t.byID[id]; {
		case known && r == nil:
			n--
		case !known && r != nil:
			n++
		}
	}
	return n
}

// apply writes rows that were reserved and frees those of documents removed.
func (t *table) apply(changes map[string]*record) {
	t.grow()
	for id, r := range changes {
		row, known := t.byID[id]
		if !known {
			continue // removed before it came
		}
		if t.ids[row] != "" {
			t.clear(row)
		}
		if r == nil {
			delete(t.byID, id)
			t.free = append(t.free, row)
			continue
		}
		t.set(row, r)
	}
}

func (t *table) grow() {
	n := t.size - len(t.ids)
	if n <= 0 {
		return
	}
	t.ids = append(t.ids, make([]string, n)...)
	t.updated = append(t.updated, make([]int64, n)...)
	t.popular = append(t.popular, make([]int64, n)...)
	t.norm = append(t.norm, make([]float32, n)...)
	for i := range t.columns {
		if c := &t.columns[i]; c.plural {
			c.rows = append(c.rows, make([][]uint32, n)...)
		} else {
			c.single = append(c.single, make([]uint32, n)...)
		}
	}
}

func (t *table) set(row uint32, r *record) {
	t.live++
	t.ids[row] = strings.Clone(r.ID) // or it would keep the whole record
	t.updated[row], t.popular[row] = r.Updated.Unix(), r.Popular
	t.norm[row] = float32(1 / (0.6 + 0.4*math.Log2(1+float64(r.titleKeys)/40)))
	for i, facet := range search.Facets {
		t.columns[i].set(row, r.values(facet))
	}
	t.columns[nameColumn].set(row, r.Names())
}

func (t *table) clear(row uint32) {
	t.live--
	t.ids[row] = ""
	for i := range t.columns {
		t.columns[i].set(row, nil)
	}
}

// values are what a document is counted and filtered by.
func (r *record) values(f search.Facet) []string {
	switch f {
	case search.FacetTheme:
		return []string{r.Theme}
	case search.FacetOrg:
		return []string{r.Department}
	case search.FacetOpen:
		return []string{r.Open}
	case search.FacetFormat:
		return r.Formats
	case search.FacetFreq:
		return []string{r.Frequency}
	case search.FacetRegion:
		return []string{r.Region}
	case search.FacetTag:
		return r.Tags
	}
	return nil
}

// set gives a row its values, each once; none takes away those it had.
func (c *column) set(row uint32, values []string) {
	c.each(row, func(n uint32) { c.counts[n]-- })
	if !c.plural {
		c.single[row] = 0
		if len(values) > 0 && values[0] != "" {
			n := c.of(values[0])
			c.single[row] = n + 1
			c.counts[n]++
		}
		return
	}
	var numbers []uint32
next:
	for _, v := range values {
		if v == "" {
			continue
		}
		n := c.of(v)
		for _, m := range numbers {
			if m == n {
				continue next
			}
		}
		numbers = append(numbers, n)
		c.counts[n]++
	}
	c.rows[row] = numbers
}

// of is the number of a value, a new one if need be.
func (c *column) of(value string) uint32 {
	n, ok := c.number[value]
	if !ok {
		n = uint32(len(c.words))
		value = strings.Clone(value)
		c.words = append(c.words, value)
		c.number[value] = n
		c.counts = append(c.counts, 0)
	}
	return n
}

func (c *column) each(row uint32, f func(n uint32)) {
	if !c.plural {
		if n := c.single[row]; n > 0 {
			f(n - 1)
		}
		return
	}
	for _, n := range c.rows[row] {
		f(n)
	}
}
