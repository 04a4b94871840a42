package datasets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/ingest"
	"shuyuan/datasets/rows"
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

// PreviewMisfits tells which cells of the preview of a table of v are no values
// of their columns' types, by row and column, if viewer may have them. It asks
// nothing of the engine of rows. Of a table that has not been converted yet,
// nothing is known.
func (s *Service) PreviewMisfits(ctx context.Context, viewer account.Actor, v *Version, position int) (map[[2]int]bool, error) {
	if err := s.gate.MayServe(ctx, viewer, v, nil, s.now()); err != nil {
		return nil, err
	}
	f, err := s.selectTable(ctx, v.ID, position)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := map[[2]int]bool{}
	for row, cells := range v.Tables[position].Preview {
		for i, cell := range cells[:min(len(cells), len(f.columns))] {
			if !f.columns[i].InPreview(cell) {
				out[[2]int{row, i}] = true
			}
		}
	}
	return out, nil
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

// The kinds of rendition that are named in code: the same rows in another
// format. Every format of rows.Formats is a kind of its own name.
const (
	CSV    = string(rows.CSV)
	CSVBOM = "csv-bom" // with a byte order mark, which Excel needs
	JSON   = string(rows.JSON)
)

// Rendition returns the rows of one table of v in another format, if viewer
// may have them. It is made at the first request and kept; requests at the
// same time wait for the one that makes it. In CSV no cell is run as a formula
// by whoever opens it with a double click. It returns fault.NotFound for a kind
// or table that there is not, and for GeoJSON of what lies nowhere.
func (s *Service) Rendition(ctx context.Context, viewer account.Actor, v *Version, position int, kind string) (*File, error) {
	return s.rendition(ctx, viewer, v, position, kind, nil)
}

// Package returns a Frictionless data package of one table of v, made and kept
// as a rendition is. page is the address of the dataset's page.
func (s *Service) Package(ctx context.Context, viewer account.Actor, d *Dataset, v *Version, position int, page string) (*File, error) {
	if position < 0 || position >= len(v.Tables) {
		return nil, errNoTable(position)
	}
	return s.rendition(ctx, viewer, v, position, string(rows.Package), PackageOf(d, v, position, page))
}

func errNoTable(position int) error {
	return fault.New(fault.NotFound, "这个文件没有第 %d 张表。", position+1)
}

func (s *Service) rendition(ctx context.Context, viewer account.Actor, v *Version, position int, kind string, about *rows.DataPackage) (*File, error) {
	if err := s.gate.MayServe(ctx, viewer, v, nil, s.now()); err != nil {
		return nil, err
	}
	format, bom := rows.Format(kind), kind == CSVBOM
	if bom {
		format = rows.CSV
	}
	if !slices.Contains(rows.Formats(), format) || (format == rows.Package) != (about != nil) {
		return nil, fault.New(fault.NotFound, "没有这种格式。")
	}
	if position < 0 || position >= len(v.Tables) {
		return nil, errNoTable(position)
	}
	info, err := s.rendered(ctx, v, position, kind, rows.ExportOptions{Format: format, BOM: bom, Safe: format == rows.CSV, Package: about})
	if err != nil {
		return nil, err
	}
	object, err := s.store.Open(context.WithoutCancel(ctx), info.Digest)
	if err != nil {
		return nil, fmt.Errorf("open rendition of %s version %d: %w", v.ResourceID, v.Number, err)
	}
	return &File{Name: v.BaseName(position) + "." + string(format), MediaType: format.MediaType(), Digest: info.Digest, Bytes: info.Bytes, Modified: v.PublishedAt, Object: object}, nil
}

func (s *Service) rendered(ctx context.Context, v *Version, position int, kind string, o rows.ExportOptions) (blob.Info, error) {
	args := pgx.NamedArgs{"version": v.ID, "position": position, "kind": kind}
	info, err := s.selectRendition(ctx, args)
	if err == nil || !errors.Is(err, pgx.ErrNoRows) {
		return info, err
	}
	key := strconv.FormatInt(v.ID, 10) + "/" + strconv.Itoa(position) + "/" + kind
	made := s.made.DoChan(key, func() (any, error) {
		// one reader who goes away must not spoil it for those who wait
		return s.render(context.WithoutCancel(ctx), v, position, o, args)
	})
	select {
	case <-ctx.Done():
		f := fault.New(fault.Unavailable, "这份文件正在转换，请稍后再来取。").Because(ctx.Err())
		f.Retry = renderWait
		return blob.Info{}, f
	case r := <-made:
		if r.Err != nil {
			return blob.Info{}, r.Err
		}
		return r.Val.(blob.Info), nil
	}
}

// renderWait is when to come back for a file that takes longer than one
// request.
const renderWait = 20 * time.Second

// render exports the whole table into the store.
func (s *Service) render(ctx context.Context, v *Version, position int, o rows.ExportOptions, args pgx.NamedArgs) (blob.Info, error) {
	t, err := s.asked(ctx, v, position)
	if err != nil {
		return blob.Info{}, err
	}
	e, err := s.rows.Export(t, rows.Query{}, o)
	if f := fault.Of(err); err != nil && f.Kind == fault.Malformed { // nobody asked anything that could be wrong
		return blob.Info{}, fault.New(fault.NotFound, f.Sentence, f.Args...)
	}
	if err != nil {
		return blob.Info{}, err
	}
	r, w := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		w.CloseWithError(e.Write(ctx, w))
	}()
	info, err := s.store.Put(ctx, r, 0)
	r.CloseWithError(err) // ends the writer if the store gave up first
	<-written
	if err != nil {
		return info, fmt.Errorf("render %s of %s version %d: %w", o.Format, v.ResourceID, v.Number, err)
	}
	return s.keepRendition(ctx, info, args)
}

// keepRendition remembers what was made. If another replica was quicker, what
// it made stays: a version's bytes are the same for everybody.
func (s *Service) keepRendition(ctx context.Context, info blob.Info, args pgx.NamedArgs) (blob.Info, error) {
	args["sha256"], args["bytes"] = info.Digest, info.Bytes
	late := errors.New("another replica made it")
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if err := s.keepObject(ctx, tx, info); err != nil {
			return none, err
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO renditions (version_id, position, kind, sha256, bytes)
			VALUES (@version, @position, @kind, @sha256, @bytes) ON CONFLICT DO NOTHING`, args)
		if err == nil && tag.RowsAffected() == 0 {
			err = late
		}
		return none, err
	})
	if errors.Is(err, late) {
		return s.selectRendition(ctx, args)
	}
	return info, err
}

func (s *Service) selectRendition(ctx context.Context, args pgx.NamedArgs) (info blob.Info, err error) {
	err = s.pool.QueryRow(ctx, `SELECT sha256, bytes FROM renditions WHERE version_id = @version AND position = @position AND kind = @kind`, args).
		Scan(&info.Digest, &info.Bytes)
	return info, err
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
