package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/klauspost/compress/zstd"

	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Target is an empty installation.
type Target struct {
	Pool     *pgxpool.Pool
	Store    blob.Store
	Folders  map[string]string // name in the backup -> folder
	Identity age.Identity
	// Check looks at what was restored: `shuyuan check` without an index.
	Check func(context.Context) error
}

// Restore brings the backup that r is back into t. It returns fault.Conflict
// if t is not empty and fault.Invalid if r is damaged, cut short, of another
// key, or no backup; then nothing of it stays in t. The error of Check is
// returned as it is, with everything in place.
func Restore(ctx context.Context, r io.Reader, t Target) (Summary, error) {
	opened, err := age.Decrypt(r, t.Identity)
	if err != nil {
		var other *age.NoIdentityMatchError
		if errors.As(err, &other) {
			return Summary{}, fault.New(fault.Invalid, "这把密钥打不开这份备份。").Because(err)
		}
		return Summary{}, fault.New(fault.Invalid, "这不是备份文件，或文件已经损坏。").Because(err)
	}
	unpacked, err := zstd.NewReader(opened, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
	if err != nil {
		return Summary{}, fmt.Errorf("restore: %w", err)
	}
	defer unpacked.Close()
	b := &reader{Target: t, tar: tar.NewReader(unpacked)}
	if err := b.all(ctx, unpacked); err != nil {
		if undo := b.undo(context.WithoutCancel(ctx)); undo != nil {
			err = errors.Join(err, fmt.Errorf("restore: something was left behind: %w", undo))
		}
		return Summary{}, err
	}
	sum := b.manifest.summary(b.end)
	if t.Check == nil {
		return sum, nil
	}
	return sum, t.Check(ctx)
}

type reader struct {
	Target
	tar      *tar.Reader
	manifest manifest
	end      end
	header   *tar.Header // the entry that comes next

	got     end
	objects []blob.Digest // put by us
	files   []string      // written by us
	folders []string      // made by us, outermost first
}

// damaged is a backup that does not hold what it should.
func damaged(err error) error {
	return fault.New(fault.Invalid, "备份不完整或已被改动，没有恢复任何内容。").Because(err)
}

// all does the rows in one transaction, which commits last: after the whole
// stream was read and found complete.
func (b *reader) all(ctx context.Context, rest io.Reader) error {
	if err := b.next(); err != nil {
		return err
	}
	if err := b.json("manifest.json", &b.manifest); err != nil {
		return err
	}
	if b.manifest.Format != format {
		return fault.New(fault.Invalid, "备份的格式是第 %d 版，本程序只认第 %d 版。", b.manifest.Format, format)
	}
	if err := b.known(); err != nil {
		return err
	}
	if err := b.empty(ctx); err != nil {
		return err
	}
	if err := database.Migrate(ctx, b.Pool); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	_, err := database.InTx(ctx, b.Pool, func(tx pgx.Tx) (struct{}, error) {
		if err := b.rows(ctx, tx); err != nil {
			return struct{}{}, err
		}
		for b.header != nil && strings.HasPrefix(b.header.Name, "files/") {
			if err := b.file(); err != nil {
				return struct{}{}, err
			}
		}
		for b.header != nil && strings.HasPrefix(b.header.Name, "objects/") {
			if err := b.object(ctx); err != nil {
				return struct{}{}, err
			}
		}
		if err := b.json("end.json", &b.end); err != nil {
			return struct{}{}, err
		}
		if b.header != nil {
			return struct{}{}, damaged(fmt.Errorf("%s follows the end", b.header.Name))
		}
		if _, err := io.Copy(io.Discard, rest); err != nil { // to the seal at the very end
			return struct{}{}, damaged(err)
		}
		return struct{}{}, b.complete(ctx, tx)
	})
	return err
}

func (b *reader) next() error {
	h, err := b.tar.Next()
	switch {
	case errors.Is(err, io.EOF):
		b.header = nil
	case err != nil:
		return damaged(err)
	default:
		b.header = h
	}
	return nil
}

func (b *reader) json(name string, v any) error {
	if b.header == nil || b.header.Name != name {
		return damaged(fmt.Errorf("%s is missing", name))
	}
	if err := json.NewDecoder(b.tar).Decode(v); err != nil {
		return damaged(err)
	}
	return b.next()
}

// known refuses a backup of a schema that this program does not know.
func (b *reader) known() error {
	ours, err := database.Migrations()
	if err != nil {
		return err
	}
	for name, sum := range b.manifest.Migrations {
		if !slices.ContainsFunc(ours, func(m database.Migration) bool { return m.Name == name && m.Sum == sum }) {
			return fault.New(fault.Invalid, "备份由另一版本的程序制作，请用同一版本或更新的版本恢复。").
				Because(fmt.Errorf("migration %s", name))
		}
	}
	return nil
}

// empty refuses an installation that holds anything of anybody's.
func (b *reader) empty(ctx context.Context) error {
	full := func(what string) error {
		return fault.New(fault.Conflict, "只能恢复到空的安装，而这里已有内容。").Because(errors.New(what))
	}
	for _, t := range []string{"users", "departments", "datasets", "blobs", "audit_entries"} {
		var there, some bool
		if err := b.Pool.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, "public."+t).Scan(&there); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
		if !there {
			continue
		}
		if err := b.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+t+`)`).Scan(&some); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
		if some {
			return full("rows in " + t)
		}
	}
	if err := b.Store.List(ctx, func(i blob.Info) error { return full("object " + string(i.Digest)) }); err != nil {
		return err
	}
	for _, dir := range b.Folders {
		if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
			return full("files in " + dir)
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("restore: %w", err)
		}
	}
	return nil
}

func (b *reader) rows(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	ours, err := tables(ctx, tx)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	at := map[string]int{}
	for i, t := range ours {
		at[t.Name] = i
	}
	// what migrations put in is in the backup too, as it was then
	for _, t := range slices.Backward(ours) {
		if _, err := tx.Exec(ctx, `DELETE FROM `+pgx.Identifier{t.Name}.Sanitize()); err != nil {
			return fmt.Errorf("restore %s: %w", t.Name, err)
		}
	}
	b.got.Rows = map[string]int64{}
	for _, t := range b.manifest.Tables {
		i, there := at[t.Name]
		if !there || slices.ContainsFunc(t.Columns, func(c string) bool { return !slices.Contains(ours[i].Columns, c) }) {
			return fault.New(fault.Invalid, "备份由另一版本的程序制作，请用同一版本或更新的版本恢复。").Because(fmt.Errorf("table %s", t.Name))
		}
		p := &joined{b: b, prefix: "rows/" + t.Name + "/"}
		tag, err := tx.Conn().PgConn().CopyFrom(ctx, p, `COPY `+t.sql()+` FROM STDIN`)
		if p.err != nil {
			return p.err
		}
		if err != nil {
			return damaged(fmt.Errorf("table %s: %w", t.Name, err))
		}
		b.got.Rows[t.Name] = tag.RowsAffected()
	}
	for name, last := range b.manifest.Sequences {
		if _, err := tx.Exec(ctx, `SELECT setval(to_regclass($1), $2) WHERE to_regclass($1) IS NOT NULL`,
			pgx.Identifier{"public", name}.Sanitize(), last); err != nil {
			return fmt.Errorf("restore %s: %w", name, err)
		}
	}
	return nil
}

// joined reads the pieces of one table as one.
type joined struct {
	b      *reader
	prefix string
	err    error // why it ended too early
}

func (p *joined) Read(out []byte) (int, error) {
	for p.b.header != nil && strings.HasPrefix(p.b.header.Name, p.prefix) {
		n, err := p.b.tar.Read(out)
		if n > 0 {
			return n, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			p.err = damaged(err)
			return 0, p.err
		}
		if err := p.b.next(); err != nil {
			p.err = err
			return 0, err
		}
	}
	return 0, io.EOF
}

func (b *reader) file() error {
	name, rel, _ := strings.Cut(strings.TrimPrefix(b.header.Name, "files/"), "/")
	dir, there := b.Folders[name]
	if !there || !filepath.IsLocal(filepath.FromSlash(rel)) || b.header.Typeflag != tar.TypeReg {
		return damaged(fmt.Errorf("a file %q", b.header.Name))
	}
	full := filepath.Join(dir, filepath.FromSlash(rel))
	if err := b.mkdir(filepath.Dir(full)); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	f, err := os.OpenFile(full, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fs.FileMode(b.header.Mode)&0o700) //nolint:gosec // masked
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	b.files = append(b.files, full)
	defer f.Close()
	if _, err := io.Copy(f, b.tar); err != nil {
		return damaged(err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	b.got.Files++
	return b.next()
}

// mkdir is os.MkdirAll that remembers what it made.
func (b *reader) mkdir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := b.mkdir(filepath.Dir(dir)); err != nil {
		return err
	}
	b.folders = append(b.folders, dir)
	return os.Mkdir(dir, 0o700)
}

func (b *reader) object(ctx context.Context) error {
	want := blob.Digest(strings.TrimPrefix(b.header.Name, "objects/"))
	if want.Check() != nil {
		return damaged(fmt.Errorf("an object %q", b.header.Name))
	}
	s := &stream{r: b.tar}
	got, err := b.Store.Put(ctx, s, 0)
	if s.err != nil {
		return damaged(s.err)
	}
	if err != nil {
		return err
	}
	b.objects = append(b.objects, got.Digest)
	if got.Digest != want {
		return damaged(fmt.Errorf("object %s has the digest %s", want, got.Digest))
	}
	b.got.Objects++
	b.got.Bytes += got.Bytes
	return b.next()
}

// stream tells a backup that cannot be read from a store that cannot be written.
type stream struct {
	r   io.Reader
	err error
}

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// complete compares what came with what the end says should have come, and
// the files with their rows.
func (b *reader) complete(ctx context.Context, tx pgx.Tx) error {
	for name, n := range b.end.Rows {
		if b.got.Rows[name] != n {
			return damaged(fmt.Errorf("table %s: %d rows of %d", name, b.got.Rows[name], n))
		}
	}
	if b.got.Files != b.end.Files || b.got.Objects != b.end.Objects || b.got.Bytes != b.end.Bytes {
		return damaged(fmt.Errorf("%d files of %d, %d objects of %d", b.got.Files, b.end.Files, b.got.Objects, b.end.Objects))
	}
	var missing int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM blobs WHERE sha256 <> ALL ($1)`, b.objects).Scan(&missing)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if missing > 0 {
		return damaged(fmt.Errorf("%d files have a row and no object", missing))
	}
	return nil
}

// undo takes back what the transaction does not.
func (b *reader) undo(ctx context.Context) error {
	var problems []error
	for _, d := range b.objects {
		problems = append(problems, b.Store.Delete(ctx, d))
	}
	for _, f := range b.files {
		problems = append(problems, os.Remove(f))
	}
	for _, d := range slices.Backward(b.folders) {
		problems = append(problems, os.Remove(d))
	}
	return errors.Join(problems...)
}

func digest(ctx context.Context, w io.Writer, r io.Reader) (blob.Info, error) {
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, h), r)
	if err == nil {
		err = context.Cause(ctx)
	}
	return blob.Info{Digest: blob.Digest(hex.EncodeToString(h.Sum(nil))), Bytes: n}, err
}
