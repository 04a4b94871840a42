package rows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"shuyuan/internal/blob"
	"shuyuan/internal/sandbox"
)

// A fast copy is a table once more, as a database file of the engine's own. Rows
// that a condition or an order looks for are found in it in a third of the time,
// since nothing need be decompressed to be compared. It is made from the Parquet
// file behind everybody's back, after the first question that it would have
// helped with, and goes when that file's copy goes: whatever becomes of it, the
// Parquet file answers.
type fastCopy struct {
	name  string // in SQL; no other copy of this process has it
	path  string
	bytes int64
}

// base is a fast copy as a worker is told of it.
type base struct {
	Name string
	Path string
}

// fastRows is how many rows a table has at least that a fast copy is made of:
// with fewer, a page is worked out in a few milliseconds anyway.
const fastRows = 200_000

// fastShare is what part of the room for tables a fast copy may take at most,
// and the file that it is made of: one large table does not push out all others.
const fastShare = 8

// fastTable is what the table is called in a fast copy, in which a row's number is
// a column like others.
const fastTable = "t"

// errSpoilt is a fast copy that cannot be read.
var errSpoilt = errors.New("the fast copy cannot be read")

// fast returns the fast copy of d, which stays there until done is called; nil
// if there is none.
func (f *files) fast(d blob.Digest) (copied *fastCopy, done func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k, ok := f.known[d]
	if !ok || k.fast == nil {
		return nil, nil
	}
	k.users++
	f.order.MoveToFront(k.place)
	return k.fast, sync.OnceFunc(func() { f.release(k) })
}

// wantFast says whether a fast copy of d should be made now: once for as long as
// the file is kept, however that ends. The caller is a user of the file then.
func (f *files) wantFast(d blob.Digest) (*kept, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k, ok := f.known[d]
	if !ok || k.tried || !k.there() || k.bytes > f.most/fastShare {
		return nil, false
	}
	k.tried = true
	k.users++
	return k, true
}

// keepFast puts what a worker made at path beside the file k. What lies there is
// copied: the worker could write in its own file later.
func (f *files) keepFast(k *kept, path string) error {
	made, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer made.Close()
	info, err := made.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() > f.most/fastShare {
		return fmt.Errorf("rows: a fast copy of %d bytes, %s", info.Size(), info.Mode())
	}
	name := "fast" + strconv.FormatInt(f.made.Add(1), 10)
	c := &fastCopy{name: name, path: filepath.Join(f.dir, string(k.digest)+"-"+name+".db")}
	if c.bytes, err = f.write(c.path, io.LimitReader(made, info.Size()), nil); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	k.fast = c
	f.bytes += c.bytes
	f.makeRoom()
	return nil
}

// dropFast forgets a fast copy that proved bad, and says whether it was still
// known. Others may be reading it.
func (f *files) dropFast(d blob.Digest, c *fastCopy) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	k, ok := f.known[d]
	if !ok || k.fast != c {
		return false
	}
	k.fast = nil
	f.bytes -= c.bytes
	os.Remove(c.path)
	return true
}

// erase removes a fast copy that nobody asks. Workers keep it open, so that its
// room would be given back only when they end.
func (c *fastCopy) erase() {
	if os.Chmod(c.path, 0o600) == nil {
		os.Truncate(c.path, 0) //nolint:errcheck // it is removed all the same
	}
	os.Remove(c.path)
}

// seek is ask where rows are looked for: in the fast copy, if there is one.
// begin is called before the first row, and once more before the first row of the
// Parquet file's answer where the fast copy proves bad on the way.
func (s *Service) seek(ctx context.Context, d blob.Digest, st statement, begin func() func([]Cell) error) error {
	if c, done := s.files.fast(d); c != nil {
		err := s.seekFast(ctx, c, st, begin())
		done()
		if !errors.Is(err, errSpoilt) {
			return err
		}
		if s.files.dropFast(d, c) {
			s.opt.Log.Warn("a fast copy of a table cannot be read; the table's file answers", slog.String("table", string(d)), slog.Any("error", err))
		}
	}
	return s.ask(ctx, d, st, begin())
}

func (s *Service) seekFast(ctx context.Context, c *fastCopy, st statement, yield func([]Cell) error) error {
	args, err := values(st.args)
	if err != nil {
		return err
	}
	sql := strings.ReplaceAll(st.text.String(), source, c.name+"."+fastTable)
	return s.give(ctx, s.asks, s.opt.Timeout, order{SQL: sql, Args: args, Most: mostAnswer, Base: base{Name: c.name, Path: c.path}}, yield)
}

// spoilt reports whether an order over a fast copy failed because of it: what
// the engine cannot read, or what it crashes on.
func (o order) spoilt(e end, err error) bool {
	return o.Base.Name != "" && (err == nil && e.Failed == failedBase || errors.Is(err, sandbox.ErrCrash))
}

// hasten has a fast copy of t made, if it is large enough and has none, while
// nobody waits for it. One is made at a time; who asks meanwhile starts none, and
// a later question will.
func (s *Service) hasten(t Table) {
	if t.Rows < fastRows || !s.making.TryLock() {
		return
	}
	k, want := s.files.wantFast(t.Parquet)
	if !want {
		s.making.Unlock()
		return
	}
	go func() {
		defer s.making.Unlock()
		defer s.files.release(k)
		if err := s.makeFast(k); err != nil && s.ctx.Err() == nil {
			s.opt.Log.Warn("no fast copy of a table could be made; the table's file answers", slog.String("table", string(t.Parquet)), slog.Any("error", err))
		}
	}()
}

// makeFast makes the fast copy of k in a worker of its own, which no export waits
// for, and which has seen no other file that could have turned it.
func (s *Service) makeFast(k *kept) error {
	if err := s.enoughDisk(); err != nil {
		return err
	}
	w, err := s.maker()
	if err != nil {
		return err
	}
	defer w.close()
	ctx, cancel := context.WithTimeoutCause(s.ctx, s.opt.Export, tooLong(s.opt.Export))
	defer cancel()
	path := filepath.Join(w.dir, "fast.db")
	sql := "ATTACH " + quoted(path) + " AS made; CREATE TABLE made." + fastTable + " AS FROM read_parquet(" + quoted(s.files.path(k.digest)) + ", " + rowNumber + " = true); DETACH made"
	e, err := w.do(ctx, order{SQL: sql}, func([]Cell) error { return errOdd("rows of a copy") })
	if err == nil && e.Failed != failedNot {
		err = fmt.Errorf("rows: %s: %s", e.Failed, e.Detail)
	}
	if err != nil {
		return err
	}
	return s.files.keepFast(k, path)
}

// mostOpen is how many fast copies a worker keeps open. Opening one again costs a
// millisecond and what it has of it in memory.
const mostOpen = 8

// open opens a fast copy for reading, if it is not open yet.
func (d *duck) open(ctx context.Context, b base) error {
	if i := slices.Index(d.bases, b.Name); i >= 0 {
		d.bases = append(slices.Delete(d.bases, i, i+1), b.Name)
		return nil
	}
	if len(d.bases) == mostOpen {
		if _, err := d.conn.ExecContext(ctx, "DETACH "+d.bases[0], nil); err != nil {
			return err
		}
		d.bases = slices.Delete(d.bases, 0, 1)
	}
	if _, err := d.conn.ExecContext(ctx, "ATTACH "+quoted(b.Path)+" AS "+b.Name+" (READ_ONLY)", nil); err != nil {
		return err
	}
	d.bases = append(d.bases, b.Name)
	return nil
}
