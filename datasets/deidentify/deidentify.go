// Package deidentify is the way from data that is withheld to data that may be
// opened (AB-31.3): a new entry made of a table of it, of which everything that
// names somebody was taken away, or of the very file, because whoever has the
// right agreed. The original stays withheld, the new one says where it comes
// from, and opening reviews (datasets/opening) let it through or not.
//
// Tables are treated in the limited child of datasets/ingest; this package puts
// the outcome where it belongs, and sees no row.
package deidentify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
)

// Service makes data of withheld data that names nobody.
type Service struct {
	pool    *pgxpool.Pool
	data    *datasets.Service
	entries *catalogue.Service
	book    *policy.Book
	now     func() time.Time
}

// New returns the service of a catalogue.
func New(pool *pgxpool.Pool, data *datasets.Service, entries *catalogue.Service, book *policy.Book, now func() time.Time) *Service {
	return &Service{pool: pool, data: data, entries: entries, book: book, now: now}
}

// Source is one table of what is to be treated: of a version of a withheld
// entry, or of an upload that a review returned to be treated.
type Source struct {
	Version int64
	Upload  string
	Table   int
}

// Opened is a source with what the form of a recipe needs.
type Opened struct {
	Source  Source
	Content *datasets.Content
	Columns []ingest.Column
	Fields  []datasets.Field
	Found   map[string][]datasets.Finding // of columns, by name
	Recipe  ingest.Recipe                 // that is proposed: what was found is left out
	Least   int64                         // the smallest group may not be smaller (平台规则)
}

func errNoSource() error { return fault.New(fault.NotFound, "没有这份可以脱敏的数据。") }

// Open is a source of who's department. It returns fault.NotFound for what is
// none, and fault.Conflict for data that is not withheld.
func (s *Service) Open(ctx context.Context, who account.Actor, src Source) (*Opened, error) {
	c, err := s.Content(ctx, who, src)
	if err != nil {
		return nil, err
	}
	if len(c.Version.Tables) == 0 {
		return nil, fault.New(fault.Conflict, "这个文件没有表，不能在这里脱敏；可以登记权利人同意。")
	}
	o := &Opened{Source: src, Content: c, Found: map[string][]datasets.Finding{}, Least: s.least()}
	if o.Columns, err = s.data.TableColumns(ctx, who, c, src.Table); err != nil {
		return nil, err
	}
	o.Fields = c.Version.Tables[src.Table].Fields
	all, err := s.data.ContentFindings(ctx, s.pool, c)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if f.Position == src.Table && f.Column != "" {
			o.Found[f.Column] = append(o.Found[f.Column], f)
		}
	}
	for i, col := range o.Columns {
		t := ingest.Treatment{Method: ingest.Keep}
		if named := i < len(o.Fields) && slices.Contains([]datasets.Sensitivity{datasets.PersonalData, datasets.SensitivePersonal}, o.Fields[i].Sensitivity); named || len(o.Found[col.Name]) > 0 {
			t.Method = ingest.Drop
		}
		o.Recipe.Columns = append(o.Recipe.Columns, t)
	}
	return o, nil
}

// Content is what src names, if it is who's to treat.
func (s *Service) Content(ctx context.Context, who account.Actor, src Source) (*datasets.Content, error) {
	if !who.Is(account.Officer) || who.Department == 0 || who.Key != "" {
		return nil, fault.New(fault.Forbidden, "只有部门的数据专员可以脱敏。")
	}
	var c *datasets.Content
	var err error
	if src.Upload != "" {
		c, err = s.data.UploadContent(ctx, s.pool, src.Upload)
	} else {
		c, err = s.data.VersionContent(ctx, s.pool, src.Version)
	}
	switch {
	case fault.KindOf(err) == fault.NotFound, err == nil && c.Entry.Department.ID != who.Department:
		return nil, errNoSource()
	case err != nil:
		return nil, err
	case src.Upload == "" && c.Entry.Open != datasets.Withheld:
		return nil, fault.New(fault.Conflict, "这份数据不是不予开放的，不用在这里脱敏：请上传新的一版。")
	case src.Upload != "":
		returned, err := wasReturned(ctx, s.pool, src.Upload)
		if err != nil {
			return nil, err
		}
		if !returned {
			return nil, fault.New(fault.Conflict, "审查没有要求这份文件脱敏。")
		}
	}
	if src.Table < 0 || len(c.Version.Tables) > 0 && src.Table >= len(c.Version.Tables) {
		return nil, errNoSource()
	}
	return c, nil
}

// least is how many persons a group must have at least (平台规则).
func (s *Service) least() int64 {
	rule, _ := s.book.House().Rule("quality.small_cells")
	n, _ := rule.Number()
	return int64(n)
}

// check returns fault.Invalid where the groups may be smaller than the rule.
func (s *Service) check(r ingest.Recipe) error {
	grouped := slices.ContainsFunc(r.Columns, func(t ingest.Treatment) bool { return t.Quasi && t.Method != ingest.Drop })
	if grouped && r.Least < s.least() {
		return fault.At("least", "最小的组不能小于 %d 行（平台规则）。", s.least())
	}
	return nil
}

// Preview is what a recipe would make of a source, of all its rows; nothing of
// it is kept.
func (s *Service) Preview(ctx context.Context, who account.Actor, src Source, r ingest.Recipe) (*ingest.Deidentified, error) {
	c, err := s.Content(ctx, who, src)
	if err != nil {
		return nil, err
	}
	if err := s.check(r); err != nil {
		return nil, err
	}
	made, _, err := s.data.Deidentify(ctx, who, c, src.Table, r, false)
	return made, err
}

// Make treats a source and keeps the outcome as an upload that waits for its
// review: of a new entry as n says, or, where the source is an upload, of the
// same file.
func (s *Service) Make(ctx context.Context, who account.Actor, src Source, r ingest.Recipe, n catalogue.NewEntry) (*datasets.Lineage, error) {
	c, err := s.Content(ctx, who, src)
	if err != nil {
		return nil, err
	}
	if err := s.check(r); err != nil {
		return nil, err
	}
	if src.Upload == "" && strings.TrimSpace(n.Title) == "" { // before minutes of work
		return nil, fault.At("title", "请填写名称。")
	}
	made, info, err := s.data.Deidentify(ctx, who, c, src.Table, r, true)
	if err != nil {
		return nil, err
	}
	l := datasets.Lineage{Road: datasets.Deidentified, SourceTable: src.Table, Report: &datasets.Deidentification{Recipe: r, Deidentified: *made}}
	return s.keep(ctx, who, src, c, n, l, info, c.Version.BaseName(src.Table)+"-deidentified.csv")
}

// Consent makes a new entry of the very file of a withheld one, because whoever
// has the right to it agreed.
func (s *Service) Consent(ctx context.Context, who account.Actor, version int64, consent datasets.Consent, n catalogue.NewEntry) (*datasets.Lineage, error) {
	src := Source{Version: version}
	c, err := s.Content(ctx, who, src)
	if err != nil {
		return nil, err
	}
	for _, f := range []struct {
		field string
		text  *string
		empty string
	}{{"holder", &consent.Holder, "请写明权利人是谁。"}, {"document", &consent.Document, "请写明同意书的编号或者名称。"}, {"scope", &consent.Scope, "请写明同意开放什么、怎样开放、到什么时候。"}} {
		clean, err := datasets.CleanProse(f.field, *f.text)
		if err != nil {
			return nil, err
		}
		if *f.text = clean; clean == "" {
			return nil, fault.At(f.field, f.empty)
		}
	}
	if _, err := time.Parse(time.DateOnly, consent.Date); err != nil {
		return nil, fault.At("date", "日期要写成 2026-11-30 这样。")
	}
	if consent.Date > s.now().In(china).Format(time.DateOnly) {
		return nil, fault.At("date", "同意的日期不能在将来。")
	}
	l := datasets.Lineage{Road: datasets.Consented, Consent: &consent}
	return s.keep(ctx, who, src, c, n, l, blob.Info{Digest: blob.Digest(c.Version.SHA256), Bytes: c.Version.Bytes}, c.Version.FileName)
}

var china = time.FixedZone("CST", 8*60*60)

// keep writes entry, file and lineage in one transaction.
func (s *Service) keep(ctx context.Context, who account.Actor, src Source, c *datasets.Content, n catalogue.NewEntry, l datasets.Lineage, info blob.Info, fileName string) (*datasets.Lineage, error) {
	l.SourceDataset, l.SourceVersion, l.SourceUpload, l.SourceSHA256 = c.Entry.ID, src.Version, src.Upload, c.Version.SHA256
	l.SourceSlug, l.SourceTitle, l.SourceNumber = c.Entry.Slug, c.Entry.Title, c.Version.Number
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*datasets.Lineage, error) {
		if src.Upload != "" {
			l.DatasetID = c.Entry.ID
			return s.data.KeepDerived(ctx, tx, who, c.Version.ResourceID, fileName, info, l)
		}
		n.From = c.Entry.Slug
		d, err := s.entries.Derive(ctx, tx, who, n, opened)
		if err != nil {
			return nil, err
		}
		name := c.Version.FileName
		if l.Road == datasets.Deidentified {
			name = fileName
		}
		resource, err := s.data.AddResourceIn(ctx, tx, who, d, datasets.Resource{Name: name})
		if err != nil {
			return nil, fmt.Errorf("file of %s: %w", d.Slug, err)
		}
		l.DatasetID = d.ID
		return s.data.KeepDerived(ctx, tx, who, resource, fileName, info, l)
	})
}

// opened is the draft of a derived entry without what was said of the original's
// withholding, and without its columns: those that were left out are not named.
func opened(d *datasets.Dataset) {
	d.Open, d.OpenBasis, d.OpenBases, d.OpenReason, d.OpenReasonEN = datasets.Unconditional, nil, nil, "", ""
	d.Items, d.RelatedCodes = nil, nil
}
