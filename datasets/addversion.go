package datasets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// NewVersion is a file to be published as the next version of a resource.
type NewVersion struct {
	FileName    string
	Content     io.Reader
	NoHeader    bool      // the first line is data; Fields name the columns. Without Fields that is seen from the lines
	Fields      [][]Field // the dictionary of each table; matched to the columns by name
	TablesEN    []string  // the English names of the tables, in their order
	Reason      string    // why there is a new version
	ReasonEN    string
	PublishedAt time.Time // now if zero
	Reviewed    bool      // somebody has seen what stands against publishing it and can be reviewed
}

// maxFile is how many bytes a published file may have.
const maxFile = 4 << 30

// AddVersion stores the file, has a limited child read it whole, and publishes
// it as the next version of the resource: bytes, tables and dictionary in one
// transaction. One that holds more than its tables show (a hidden sheet, a
// pivot cache), or takes away what the newest version has (most rows, a column, a
// key), is refused unless that was reviewed. It is for who imports: that the file
// was let through elsewhere is recorded under their name.
// A file that does not hold what its ending promises is refused with line and
// reason (fault.Invalid) and leaves nothing visible: its bytes have no row, and
// Sweep takes them.
func (s *Service) AddVersion(ctx context.Context, who account.Actor, d *Dataset, resourceID string, n NewVersion) (*Version, error) {
	if err := mayEdit(who, d.Department.ID); err != nil {
		return nil, err // before a byte is stored; the database is asked below
	}
	v := &Version{ResourceID: resourceID, DatasetID: d.ID, Header: !n.NoHeader, PublishedAt: n.PublishedAt}
	var err error
	if v.FileName, err = fileName(n.FileName); err != nil {
		return nil, err
	}
	if v.Reason, err = cleanText("reason", n.Reason, maxText); err != nil {
		return nil, err
	}
	if v.ReasonEN, err = cleanText("reason_en", n.ReasonEN, maxText); err != nil {
		return nil, err
	}
	n.TablesEN = slices.Clone(n.TablesEN)
	for i := range n.TablesEN {
		if n.TablesEN[i], err = cleanText("tables_en", n.TablesEN[i], maxLine); err != nil {
			return nil, err
		}
	}
	if n.Fields, err = dictionary(n.Fields); err != nil {
		return nil, err
	}
	info, err := s.store.Put(ctx, n.Content, maxFile)
	if err != nil {
		return nil, err
	}
	v.SHA256, v.Bytes = string(info.Digest), info.Bytes
	files, err := s.read(ctx, v, n)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Version, error) {
		if err := s.publish(ctx, tx, who, v, files); err != nil {
			return nil, err
		}
		return v, s.bindImported(ctx, tx, who, v)
	})
}

// fileName is the last part of a name in whatever system it was made, as one
// that every system can keep.
func fileName(s string) (string, error) {
	s, err := cleanText("file_name", s[strings.LastIndexAny(s, `/\`)+1:], maxLine)
	if err != nil {
		return "", err
	}
	if s == "" || strings.Trim(s, ".") == "" {
		return "", fault.At("file_name", "请填写文件名。")
	}
	if len(s) > 240 { // bytes: as many as a file system takes, and a little less
		return "", fault.At("file_name", "文件名太长。")
	}
	if device.MatchString(s) {
		s = "_" + s
	}
	return s, nil
}

// device are the names that are no files on Windows, whatever their ending.
var device = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\.|$)`)

var fieldTypes = []string{"text", "integer", "decimal", "date", "yearmonth", "datetime", "boolean", "point", "geometry", "array", "object"}

// dictionary cleans what a person wrote about the columns. Names and codes stay
// as they are: they must be those of the file.
func dictionary(tables [][]Field) ([][]Field, error) {
	out := make([][]Field, len(tables))
	for i, fields := range tables {
		for _, f := range fields {
			if f.Type != "" && !slices.Contains(fieldTypes, f.Type) {
				return nil, fault.At("fields", "没有这种数据类型：%s", f.Type)
			}
			if f.Sensitivity != "" && !slices.Contains(Sensitivities(), f.Sensitivity) {
				return nil, fault.At("fields", "没有这种敏感级别：%s", string(f.Sensitivity))
			}
			for _, t := range f.words() {
				clean, err := cleanText("fields", *t, maxText)
				if err != nil {
					return nil, err
				}
				*t = clean
			}
			for _, exact := range append([]Code{{Value: f.Name}}, f.Codes...) {
				if _, err := cleanText("fields", exact.Value, maxText); err != nil {
					return nil, err
				}
			}
			f.Codes = slices.Clone(f.Codes)
			for j := range f.Codes {
				for _, t := range []*string{&f.Codes[j].Label, &f.Codes[j].LabelEN} {
					clean, err := cleanText("fields", *t, maxText)
					if err != nil {
						return nil, err
					}
					*t = clean
				}
			}
			out[i] = append(out[i], f)
		}
	}
	return out, nil
}

// read has a child read the file of v and fills in what it says: format,
// encoding, tables.
func (s *Service) read(ctx context.Context, v *Version, n NewVersion) ([]tableFile, error) {
	said, err := selectOverrides(ctx, s.pool, v.ResourceID)
	if err != nil {
		return nil, err
	}
	opt := ingest.Options{NoHeader: n.NoHeader, Header: !n.NoHeader && len(n.Fields) > 0, Types: said.types(n.Fields)}
	if n.NoHeader && len(n.Fields) > 0 {
		for _, f := range n.Fields[0] {
			opt.Names = append(opt.Names, f.Name)
		}
	}
	t, err := s.take(ctx, blob.Digest(v.SHA256), v.FileName, opt, nil)
	if err != nil {
		return nil, err
	}
	fields, tablesEN, err := remember(ctx, s.pool, v.ResourceID, t.report, n.Fields, said)
	if err != nil {
		return nil, err
	}
	v.hold(t, fields, said, append(n.TablesEN, tablesEN[min(len(n.TablesEN), len(tablesEN)):]...))
	if err := s.lookThrough(ctx, v, t); err != nil {
		return nil, err
	}
	if t.compared, err = s.compare(ctx, v, t.files, false); err != nil {
		return nil, err
	}
	return t.files, s.publishable(ctx, s.pool, v, t, n.Reviewed)
}

// describe gives each column its entry in the dictionary, with what an officer
// said of it; where neither names type or unit, they are those that the values show.
func describe(columns []ingest.Column, dictionary []Field, said map[string]Override) []Field {
	fields := make([]Field, len(columns))
	for i, c := range columns {
		fields[i] = Field{Name: c.Name}
		at := slices.IndexFunc(dictionary, func(f Field) bool { return f.Name == c.Name })
		if at >= 0 {
			fields[i] = dictionary[at]
		}
		said[c.Name].complete(&fields[i])
		if at < 0 && fields[i].Label == "" {
			fields[i].Label = c.Name
		}
		if fields[i].Type == "" {
			fields[i].Type = string(c.Type)
		}
		if fields[i].Unit == "" {
			fields[i].Unit = c.Unit
		}
	}
	return fields
}

var mediaTypes = map[string]string{
	"csv": "text/csv", "tsv": "text/tab-separated-values", "txt": "text/plain", "json": "application/json", "ndjson": "application/x-ndjson",
	"geojson": "application/geo+json", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xml": "application/xml",
	"parquet": "application/vnd.apache.parquet", "pdf": "application/pdf", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}

func mediaType(f *ingest.Report) string {
	if f.Compression != "" {
		return "application/" + f.Compression
	}
	media := mediaTypes[f.Format]
	if charset := strings.TrimSuffix(f.Encoding, "-BOM"); charset != "" && strings.HasPrefix(media, "text/") {
		media = mime.FormatMediaType(media, map[string]string{"charset": strings.ToLower(charset)})
	}
	return media
}

// insertVersion gives v its number. The entry is locked: two uploads to one
// resource take numbers in turn.
func insertVersion(ctx context.Context, tx pgx.Tx, v *Version, now time.Time) error {
	args := pgx.NamedArgs{"resource": v.ResourceID, "dataset": v.DatasetID, "name": v.FileName, "media": v.MediaType, "format": v.Format, "compression": v.Compression,
		"encoding": v.Encoding, "header": v.Header, "delimiter": v.Delimiter, "told": v.Told, "sha256": v.SHA256, "bytes": v.Bytes, "reason": v.Reason, "reason_en": v.ReasonEN}
	var last *time.Time
	err := tx.QueryRow(ctx, `
		SELECT d.open_type, (SELECT max(published_at) FROM versions WHERE resource_id = r.id)
		FROM resources r JOIN datasets d ON d.id = r.dataset_id
		WHERE r.id = @resource AND d.id = @dataset`, args).Scan(&v.Open, &last)
	if errors.Is(err, pgx.ErrNoRows) {
		return errNoResource()
	}
	if err != nil {
		return err
	}
	switch {
	case v.PublishedAt.IsZero():
		v.PublishedAt = now
		if last != nil && now.Before(*last) {
			v.PublishedAt = *last // another replica's clock is ahead
		}
	case v.PublishedAt.After(now) || last != nil && v.PublishedAt.Before(*last):
		return fault.At("published_at", "发布时间不能早于上一个版本，也不能在将来。")
	}
	v.PublishedAt = v.PublishedAt.Truncate(time.Microsecond) // as it is kept
	args["at"] = v.PublishedAt
	if err := tx.QueryRow(ctx, `
		INSERT INTO versions (resource_id, number, file_name, media_type, format, compression, encoding, header, delimiter, encoding_told, sha256, bytes, reason, reason_en, published_at)
		SELECT @resource, coalesce(max(number), 0) + 1, @name, @media, @format, @compression, @encoding, @header, @delimiter, @told, @sha256, @bytes, @reason, @reason_en, @at
		FROM versions WHERE resource_id = @resource
		RETURNING id, number`, args).Scan(&v.ID, &v.Number); err != nil {
		return refused(fmt.Errorf("insert version: %w", err))
	}
	for _, t := range v.Tables {
		if _, err := tx.Exec(ctx, `
			INSERT INTO version_tables (version_id, position, name, name_en, rows, fields, preview) VALUES (@version, @position, @name, @name_en, @rows, @fields, @preview)`,
			pgx.NamedArgs{"version": v.ID, "position": t.Position, "name": t.Name, "name_en": t.NameEN, "rows": t.Rows, "fields": t.Fields, "preview": t.Preview}); err != nil {
			return fmt.Errorf("insert table %d: %w", t.Position, err)
		}
	}
	return nil
}
