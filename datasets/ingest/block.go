package ingest

import "errors"

// block is some rows on their way from the reader to the writer: their cells
// one after another, row by row.
type block struct {
	width int
	rows  int
	text  []byte
	ends  []uint32
}

// How much one block holds.
const (
	blockRows  = 8192
	blockBytes = 4 << 20
)

func (b *block) reset(width int) {
	b.width, b.rows, b.text, b.ends = width, 0, b.text[:0], b.ends[:0]
}

func add[T string | []byte](b *block, row []T) {
	for _, cell := range row {
		b.text = append(b.text, cell...)
		b.ends = append(b.ends, uint32(len(b.text))) //nolint:gosec // a block and a record have few bytes
	}
	b.rows++
}

func (b *block) full() bool { return b.rows == blockRows || len(b.text) >= blockBytes }

func (b *block) cell(row, column int) []byte {
	at := row*b.width + column
	from := uint32(0)
	if at > 0 {
		from = b.ends[at-1]
	}
	return b.text[from:b.ends[at]]
}

// blocks reads a table in a goroutine of its own, so that reading and writing
// go on at the same time.
type blocks struct {
	names []string
	full  chan *block
	empty chan *block
	stop  chan struct{}
	done  chan struct{}
	err   error // once full is closed
}

var errStopped = errors.New("stopped")

// read begins to read t and returns when its column names are known.
func read(t Table) (*blocks, error) {
	b := &blocks{full: make(chan *block, 2), empty: make(chan *block, 4), stop: make(chan struct{}), done: make(chan struct{})}
	named := make(chan struct{})
	go func() {
		defer close(b.done)
		defer close(b.full)
		b.err = b.run(t, named)
		if b.names == nil {
			close(named)
		}
	}()
	<-named
	if b.names == nil {
		<-b.done
		return nil, b.err
	}
	return b, nil
}

func (b *blocks) run(t Table, named chan struct{}) error {
	var current *block
	var err error
	if t.cells != nil {
		err = t.cells(func(row [][]byte) error { return into(b, &current, named, row) })
	} else {
		err = t.read(func(row []string) error { return into(b, &current, named, row) })
	}
	if err == nil && b.names == nil {
		return errors.New("a table without columns")
	}
	if err == nil && current != nil {
		return b.give(current)
	}
	return err
}

// into puts a row into the block at hand; the first one is the names.
func into[T string | []byte](b *blocks, current **block, named chan struct{}, row []T) error {
	if b.names == nil {
		b.names = make([]string, len(row))
		for i, name := range row {
			b.names[i] = string(name)
		}
		close(named)
		return nil
	}
	if *current == nil {
		*current = b.take()
	}
	if add(*current, row); !(*current).full() {
		return nil
	}
	full := *current
	*current = nil
	return b.give(full)
}

func (b *blocks) take() *block {
	var got *block
	select {
	case got = <-b.empty:
	default:
		got = &block{}
	}
	got.reset(len(b.names))
	return got
}

func (b *blocks) give(full *block) error {
	select {
	case b.full <- full:
		return nil
	case <-b.stop:
		return errStopped
	}
}

// back returns a block that is not needed any more.
func (b *blocks) back(used *block) {
	select {
	case b.empty <- used:
	default:
	}
}

// close ends reading, wherever it is.
func (b *blocks) close() {
	close(b.stop)
	for range b.full {
	}
	<-b.done
}
