package datasets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// File is bytes that the Gate has let through. It outlives the context it was
// opened in: the last byte of a download is sent after its handler returned.
type File struct {
	Name      string
	MediaType string
	Digest    blob.Digest
	Bytes     int64
	Modified  time.Time
	Object    blob.Object // close it
}

// Preview fills in the first rows of v's tables, if viewer may have them.
func (s *Service) Preview(ctx context.Context, viewer account.Actor, v *Version) error {
	if err := s.gate.MayServe(ctx, viewer, v, nil, s.now()); err != nil {
		return err
	}
	rows, err := s.pool.Query(ctx, `SELECT position, preview FROM version_tables WHERE version_id = @id`, pgx.NamedArgs{"id": v.ID})
	if err != nil {
		return err
	}
	var position int
	var preview [][]string
	_, err = pgx.ForEachRow(rows, []any{&position, &preview}, func() error {
		for i := range v.Tables {
			if v.Tables[i].Position == position {
				v.Tables[i].Preview = preview
			}
		}
		preview = nil // the next is read into a slice of its own
		return nil
	})
	return err
}

// Original returns the bytes as they were published, if viewer may have them.
func (s *Service) Original(ctx context.Context, viewer account.Actor, v *Version) (*File, error) {
	if err := s.gate.MayServe(ctx, viewer, v, nil, s.now()); err != nil {
		return nil, err
	}
	object, err := s.store.Open(context.WithoutCancel(ctx), blob.Digest(v.SHA256))
	if err != nil {
		return nil, fmt.Errorf("open %s version %d: %w", v.ResourceID, v.Number, err)
	}
	return &File{Name: v.FileName, MediaType: v.MediaType, Digest: blob.Digest(v.SHA256), Bytes: v.Bytes, Modified: v.PublishedAt, Object: object}, nil
}

// Rows yields the rows of one table of v, header first, if viewer may have
// them: each cell as it stands in the file. The slice is reused from row to row.
func (s *Service) Rows(ctx context.Context, viewer account.Actor, v *Version, position int, yield func(row []string) error) error {
	if err := s.gate.MayServe(ctx, viewer, v, nil, s.now()); err != nil {
		return err
	}
	return s.eachRow(ctx, v, position, yield)
}

func (s *Service) eachRow(ctx context.Context, v *Version, position int, yield func(row []string) error) error {
	t, err := s.tableFile(ctx, v, position)
	if err != nil {
		return err
	}
	leave, err := s.place(ctx)
	if err != nil {
		return err
	}
	defer leave()
	file, err := blob.Local(ctx, s.store, t.info.Digest, s.work)
	if err != nil {
		return fmt.Errorf("open table %d of %s version %d: %w", position, v.ResourceID, v.Number, err)
	}
	defer file.Close()
	return ingest.Rows(ctx, file, yield)
}

// names are the column names of the dictionary, for a file without a header.
func (v *Version) names(position int) []string {
	if v.Header || position < 0 || position >= len(v.Tables) {
		return nil
	}
	names := make([]string, len(v.Tables[position].Fields))
	for i, f := range v.Tables[position].Fields {
		names[i] = f.Name
	}
	return names
}

// The kinds of rendition: the same rows in another format.
const (
	CSV    = "csv"     // UTF-8, a header, LF
	CSVBOM = "csv-bom" // the same with a byte order mark, which Excel needs
	JSON   = "json"    // an array of objects
)

var renditionTypes = map[string]struct{ media, extension string }{
	CSV:    {"text/csv; charset=utf-8; header=present", ".csv"},
	CSVBOM: {"text/csv; charset=utf-8; header=present", ".csv"},
	JSON:   {"application/json", ".json"},
}

// Rendition returns the rows of one table of v in another format, if viewer
// may have them. It is made at the first request and kept; requests at the
// same time wait for the one that makes it. It returns fault.NotFound for a
// kind or table that there is not.
func (s *Service) Rendition(ctx context.Context, viewer account.Actor, v *Version, position int, kind string) (*File, error) {
	if err := s.gate.MayServe(ctx, viewer, v, nil, s.now()); err != nil {
		return nil, err
	}
	form, ok := renditionTypes[kind]
	if !ok {
		return nil, fault.New(fault.NotFound, "没有这种格式。")
	}
	if position < 0 || position >= len(v.Tables) {
		return nil, fault.New(fault.NotFound, "这个文件没有第 %d 张表。", position+1)
	}
	info, err := s.rendered(ctx, v, position, kind)
	if err != nil {
		return nil, err
	}
	object, err := s.store.Open(context.WithoutCancel(ctx), info.Digest)
	if err != nil {
		return nil, fmt.Errorf("open rendition of %s version %d: %w", v.ResourceID, v.Number, err)
	}
	return &File{Name: v.BaseName(position) + form.extension, MediaType: form.media, Digest: info.Digest, Bytes: info.Bytes, Modified: v.PublishedAt, Object: object}, nil
}

func (s *Service) rendered(ctx context.Context, v *Version, position int, kind string) (blob.Info, error) {
	args := pgx.NamedArgs{"version": v.ID, "position": position, "kind": kind}
	read := func(ctx context.Context) (info blob.Info, err error) {
		err = s.pool.QueryRow(ctx, `SELECT sha256, bytes FROM renditions WHERE version_id = @version AND position = @position AND kind = @kind`, args).
			Scan(&info.Digest, &info.Bytes)
		return info, err
	}
	info, err := read(ctx)
	if err == nil || !errors.Is(err, pgx.ErrNoRows) {
		return info, err
	}
	key := strconv.FormatInt(v.ID, 10) + "/" + strconv.Itoa(position) + "/" + kind
	made := s.made.DoChan(key, func() (any, error) {
		// one reader who goes away must not spoil it for those who wait
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Minute)
		defer cancel()
		return s.render(ctx, v, position, kind, args)
	})
	select {
	case <-ctx.Done():
		return blob.Info{}, fault.New(fault.Unavailable, "这份文件正在转换，请稍后再来取。").Because(ctx.Err())
	case r := <-made:
		if r.Err != nil {
			return blob.Info{}, r.Err
		}
		return r.Val.(blob.Info), nil
	}
}

func (s *Service) render(ctx context.Context, v *Version, position int, kind string, args pgx.NamedArgs) (blob.Info, error) {
	r, w := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		w.CloseWithError(write(w, kind, v.Tables[position].Fields, func(yield func([]string) error) error {
			return s.eachRow(ctx, v, position, yield)
		}))
	}()
	info, err := s.store.Put(ctx, r, 0)
	r.CloseWithError(err) // ends the writer if the store gave up first
	<-written
	if err != nil {
		return info, fmt.Errorf("render %s of %s version %d: %w", kind, v.ResourceID, v.Number, err)
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (blob.Info, error) {
		if err := s.keepObject(ctx, tx, info); err != nil {
			return info, err
		}
		args["sha256"], args["bytes"] = info.Digest, info.Bytes
		_, err := tx.Exec(ctx, `
			INSERT INTO renditions (version_id, position, kind, sha256, bytes)
			VALUES (@version, @position, @kind, @sha256, @bytes) ON CONFLICT DO NOTHING`, args)
		return info, err
	})
}

// BaseName is the original's name without its endings, and the sheet's
// name where there are several.
func (v *Version) BaseName(position int) string {
	name := strings.TrimSuffix(v.FileName, ".gz")
	name = strings.TrimSuffix(name, path.Ext(name))
	if len(v.Tables) > 1 && v.Tables[position].Name != "" {
		name += "-" + strings.NewReplacer("/", "_", `\`, "_").Replace(v.Tables[position].Name)
	}
	return name
}
