package datasets

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/jobs"
)

// Road is how data that is withheld may become data that is open (AB-31.3).
type Road string

// The two roads, of which either is enough.
const (
	Deidentified Road = "deidentified" // 依法进行脱密脱敏处理
	Consented    Road = "consent"      // 权利人同意开放
)

// Lineage is of which withheld data a file was made, and how.
type Lineage struct {
	ID        int64
	DatasetID int64
	UploadID  string // that it became
	SHA256    string // of the file
	Road      Road

	SourceDataset int64
	SourceSlug    string // of its entry; for whoever may know of it
	SourceTitle   string
	SourceVersion int64 // 0: of an upload
	SourceNumber  int
	SourceUpload  string
	SourceSHA256  string
	SourceTable   int

	Report       *Deidentification
	ReportSHA256 string
	Consent      *Consent

	MadeBy   int64
	MadeName string
	MadeAt   time.Time

	text string // of the report
}

// Deidentification is the report on a table that was made to name nobody.
type Deidentification struct {
	Recipe ingest.Recipe `json:"recipe"`
	ingest.Deidentified
}

// Consent is that whoever has the right to data agreed that it is opened.
type Consent struct {
	Holder   string `json:"holder"`   // 权利人
	Document string `json:"document"` // of which number or name the paper is
	Date     string `json:"date"`     // ISO 8601
	Scope    string `json:"scope"`    // what may be opened, how, how long
}

// LeftOut is how many columns of the table are not in the file.
func (d *Deidentification) LeftOut() (n int) {
	for _, t := range d.Recipe.Columns {
		if t.Method == ingest.Drop {
			n++
		}
	}
	return n
}

// text of the report, as it is kept, with its digest. The rows that were shown
// while it was made are values and no part of it.
func (d Deidentification) text() (text, digest string, err error) {
	d.Preview = nil
	b, err := json.Marshal(d)
	sum := sha256.Sum256(b)
	return string(b), hex.EncodeToString(sum[:]), err
}

const lineageColumns = `l.id, l.dataset_id, l.upload_id, l.sha256, l.road, l.source_dataset_id, d.slug, d.title, coalesce(l.source_version_id, 0), coalesce(v.number, 0), coalesce(l.source_upload_id, ''),
	l.source_sha256, l.source_table, coalesce(l.report, ''), coalesce(l.report_sha256, ''), l.consent, l.made_by, l.made_name, l.made_at
	FROM lineages l JOIN datasets d ON d.id = l.source_dataset_id LEFT JOIN versions v ON v.id = l.source_version_id`

// Lineages are those of an entry, the newest first. They name what is withheld:
// whoever asks has been let through to the review of it, or shows nothing of it
// but what was done.
func (s *Service) Lineages(ctx context.Context, q database.Querier, datasetID int64) ([]Lineage, error) {
	rows, err := s.querier(q).Query(ctx, `SELECT `+lineageColumns+` WHERE l.dataset_id = @dataset ORDER BY l.id DESC`, pgx.NamedArgs{"dataset": datasetID})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l Lineage, err error) {
		if err = row.Scan(&l.ID, &l.DatasetID, &l.UploadID, &l.SHA256, &l.Road, &l.SourceDataset, &l.SourceSlug, &l.SourceTitle, &l.SourceVersion, &l.SourceNumber, &l.SourceUpload,
			&l.SourceSHA256, &l.SourceTable, &l.text, &l.ReportSHA256, &l.Consent, &l.MadeBy, &l.MadeName, &l.MadeAt); err != nil || l.text == "" {
			return l, err
		}
		l.Report = &Deidentification{}
		return l, json.Unmarshal([]byte(l.text), l.Report)
	})
}

// Origin is the lineage of one content; nil where it was not made of what is
// withheld. It returns fault.Conflict for a content that was, or lies in an
// entry that was, and has none: that may not be opened (AB-31.3).
func (s *Service) Origin(ctx context.Context, q database.Querier, d *Dataset, digest string) (*Lineage, error) {
	q = s.querier(q)
	all, err := s.Lineages(ctx, q, d.ID)
	if err != nil {
		return nil, err
	}
	derived := false
	for i := range all {
		if all[i].SHA256 == digest {
			return &all[i], nil
		}
		derived = derived || all[i].SourceDataset != d.ID
	}
	var copied bool
	if err := q.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM versions v JOIN resources r ON r.id = v.resource_id JOIN datasets o ON o.id = r.dataset_id
		               WHERE v.sha256 = @sha256 AND o.open_type = 'withheld' AND o.id <> @dataset)`, pgx.NamedArgs{"sha256": digest, "dataset": d.ID}).Scan(&copied); err != nil {
		return nil, err
	}
	if derived || copied {
		return nil, fault.New(fault.Conflict, "这份文件出自不予开放的数据：要有脱敏报告，或者权利人同意的登记，才能送审和发布。")
	}
	return nil, nil
}

// Deidentify treats one table of a content that is withheld or was returned, in
// a limited child, if the Gate lets viewer have it as one of its own. Nothing is
// kept but the file, and that only if store says so.
func (s *Service) Deidentify(ctx context.Context, viewer account.Actor, c *Content, position int, recipe ingest.Recipe, store bool) (*ingest.Deidentified, blob.Info, error) {
	var none blob.Info
	f, err := s.contentTable(ctx, viewer, c, position)
	if err != nil {
		return nil, none, err
	}
	if err := recipe.Check(f.columns); err != nil {
		return nil, none, err
	}
	leave, err := s.place(ctx)
	if err != nil {
		return nil, none, err
	}
	defer leave()
	table, err := blob.Local(ctx, s.store, f.info.Digest, s.work)
	if err != nil {
		return nil, none, err
	}
	defer table.Close()
	dir, done, err := s.workFolder()
	if err != nil {
		return nil, none, err
	}
	defer done()
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, none, err
	}
	made, err := ingest.Deidentify(ctx, table, recipe, key, dir)
	clear(key)
	if err != nil || !store {
		return made, none, err
	}
	info, err := s.putDeidentified(ctx, dir)
	return made, info, err
}

func (s *Service) putDeidentified(ctx context.Context, dir string) (blob.Info, error) {
	file, err := ingest.OpenDeidentified(dir)
	if err != nil {
		return blob.Info{}, err
	}
	defer file.Close()
	return s.store.Put(ctx, file, 0)
}

// TableColumns are the columns of a table of a content as its reader found them,
// if the Gate lets viewer have it.
func (s *Service) TableColumns(ctx context.Context, viewer account.Actor, c *Content, position int) ([]ingest.Column, error) {
	f, err := s.contentTable(ctx, viewer, c, position)
	return f.columns, err
}

func (s *Service) contentTable(ctx context.Context, viewer account.Actor, c *Content, position int) (tableFile, error) {
	v := *c.whole
	v.Under = &Reviewers{Department: c.Entry.Department.ID}
	if err := s.MayServe(ctx, viewer, &v); err != nil {
		return tableFile{}, err
	}
	if c.taken == nil {
		return s.tableFile(ctx, &v, position)
	}
	if position < 0 || position >= len(c.taken.files) {
		return tableFile{}, fault.New(fault.NotFound, "这个文件没有第 %d 张表。", position+1)
	}
	return c.taken.files[position], nil
}

// KeepDerived keeps, in tx, a file that was made of what is withheld as an
// upload to a resource, with its lineage, and has it read as any other.
func (s *Service) KeepDerived(ctx context.Context, tx pgx.Tx, who account.Actor, resource string, fileName string, info blob.Info, l Lineage) (*Lineage, error) {
	if s.uploads == nil {
		return nil, fault.New(fault.Unavailable, "这里不能上传文件。")
	}
	name, err := cleanFileName(fileName)
	if err != nil {
		return nil, err
	}
	if err := s.keepObject(ctx, tx, info); err != nil {
		return nil, err
	}
	u := &Upload{ID: strings.ToLower(rand.Text()), ResourceID: resource, Department: who.Department, Owner: who.ID, OwnerName: who.Name, FileName: name, Bytes: info.Bytes, Got: info.Bytes, SHA256: string(info.Digest), State: Received,
		Created: s.now(), Changed: s.now(), Expires: s.now().Add(s.uploads.rules.Waiting)}
	if err := s.room(ctx, tx, u); err != nil {
		return nil, err
	}
	if l.Road == Deidentified {
		u.Header = "yes"
	}
	if err := insertUpload(ctx, tx, u); err != nil {
		return nil, err
	}
	l.UploadID, l.SHA256, l.MadeBy, l.MadeName, l.MadeAt = u.ID, string(info.Digest), who.ID, who.Name, s.now().Truncate(time.Microsecond)
	if err := insertLineage(ctx, tx, &l); err != nil {
		return nil, err
	}
	details := map[string]string{"road": string(l.Road), "resource": resource, "source": l.SourceSHA256, "sha256": l.SHA256, "report": l.ReportSHA256}
	if err := errors.Join(
		audit.Append(ctx, tx, who, "upload", u.ID, "derive", details),
		jobs.Announce(ctx, tx, received(u.ID, u.Bytes))); err != nil {
		return nil, err
	}
	return &l, nil
}

// cleanFileName is the name of a file as an upload may have it.
func cleanFileName(s string) (string, error) {
	name, err := fileName(s)
	if err != nil {
		return "", err
	}
	return name, ingest.CheckName(name)
}

func insertLineage(ctx context.Context, tx pgx.Tx, l *Lineage) error {
	args := pgx.NamedArgs{"dataset": l.DatasetID, "upload": l.UploadID, "sha256": l.SHA256, "road": l.Road, "source": l.SourceDataset, "version": l.SourceVersion, "from": l.SourceUpload,
		"source_sha256": l.SourceSHA256, "table": l.SourceTable, "report": nil, "report_sha256": nil, "consent": l.Consent, "who": l.MadeBy, "name": l.MadeName, "at": l.MadeAt}
	if l.Report != nil {
		text, digest, err := l.Report.text()
		if err != nil {
			return err
		}
		args["report"], args["report_sha256"] = text, digest
		l.ReportSHA256 = digest
	}
	if err := tx.QueryRow(ctx, `
		INSERT INTO lineages (dataset_id, upload_id, sha256, road, source_dataset_id, source_version_id, source_upload_id, source_sha256, source_table, report, report_sha256, consent, made_by, made_name, made_at)
		VALUES (@dataset, @upload, @sha256, @road, @source, nullif(@version::bigint, 0), nullif(@from, ''), @source_sha256, @table, @report, @report_sha256, @consent, @who, @name, @at)
		RETURNING id`, args).Scan(&l.ID); err != nil {
		return fmt.Errorf("insert lineage: %w", err)
	}
	return nil
}
