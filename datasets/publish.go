package datasets

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// A file becomes a version in two steps, whoever brings it: it is read in a
// limited child (take), and what was read is published in one transaction
// (publish). AddVersion does both at once; an upload waits between them for a
// person.

// hold fills in v what was read of its file: format, encoding, tables, and for
// each column its entry in the dictionary.
func (v *Version) hold(t *taken, dictionary [][]Field, said overrides, tablesEN []string) {
	r := t.report
	v.Format, v.Compression, v.Encoding, v.MediaType = r.Format, r.Compression, r.Encoding, mediaType(r)
	v.Header = !r.NoHeader
	for i, found := range r.Tables {
		var fields []Field
		if i < len(dictionary) {
			fields = dictionary[i]
		}
		table := Table{Position: i, Name: found.Name, Rows: found.Rows, Fields: describe(found.Columns, fields, said[i]), Preview: found.Preview}
		if i < len(tablesEN) {
			table.NameEN = tablesEN[i]
		}
		v.Tables = append(v.Tables, table)
	}
}

// publish makes v the next version of its resource, in tx: the row of its file,
// number, tables, dictionary, audit entry and announcement. Its objects are in
// the store.
func (s *Service) publish(ctx context.Context, tx pgx.Tx, who account.Actor, v *Version, files []tableFile) error {
	if err := lockForEdit(ctx, tx, who, v.DatasetID); err != nil {
		return err
	}
	if err := s.keepObject(ctx, tx, blob.Info{Digest: blob.Digest(v.SHA256), Bytes: v.Bytes}); err != nil {
		return err
	}
	if err := insertVersion(ctx, tx, v, s.now()); err != nil {
		return err
	}
	if err := s.keepTables(ctx, tx, v.ID, files); err != nil {
		return err
	}
	changed, err := s.noteReshaping(ctx, tx, who, v)
	if err != nil {
		return err
	}
	if err := s.versionHappened(ctx, tx, v, changed); err != nil { // tells how late, so before the promise moves
		return err
	}
	if err := s.keepPromise(ctx, tx, who, v); err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, who, "resource", v.ResourceID, "publish-version",
		map[string]string{"number": fmt.Sprint(v.Number), "sha256": v.SHA256}); err != nil {
		return err
	}
	for i := range v.Tables {
		v.Tables[i].Preview = nil // whoever wants to see it asks the Gate
	}
	return announce(ctx, tx, s, v.DatasetID)
}

// lookThrough looks in every row of what was read for what names persons,
// before and never within the transaction that publishes it: rows without end
// may take minutes. Where nobody can ask for rows, that is done by whoever can,
// once the version is published.
func (s *Service) lookThrough(ctx context.Context, v *Version, t *taken) error {
	if s.rows == nil {
		return nil
	}
	return s.scan(ctx, v.ResourceID, v.SHA256, scanTables(t.files, v.Tables), nil)
}

// Objection is a reason why what was read may not become a version as it is.
type Objection struct {
	Kind  string
	Note  ingest.Note
	Block bool // stands also when somebody has reviewed it

	Finding int64 // id of the finding about which an officer decides; 0: of no finding
}

// objections are all reasons against publishing v, as t was read. It is the one
// place that is asked before a version is published, and what the review page
// of an upload shows. It looks through nothing: where lookThrough was not done
// before, that is one of them.
func (s *Service) objections(ctx context.Context, q database.Querier, v *Version, t *taken) ([]Objection, error) {
	var out []Objection
	for _, f := range t.report.Findings {
		out = append(out, Objection{Kind: f.Kind, Note: f.Note})
	}
	newest, err := newestOf(ctx, q, v.ResourceID)
	if err != nil {
		return nil, err
	}
	if v.ID == 0 && newest != nil && newest.SHA256 != v.SHA256 {
		lost, err := s.losses(newest, v, t.compared)
		if err != nil {
			return nil, err
		}
		out = append(out, lost...)
		if s.rows != nil && (t.compared == nil || t.compared.From != newest.ID) {
			out = append(out, Objection{Kind: "not-compared", Note: ingest.Note{Sentence: "这个文件还没有和第 %d 版比过，比过才能发布；一般几分钟就好。", Args: []any{int64(newest.Number)}}, Block: true})
		}
	}
	if s.rows == nil {
		return out, nil
	}
	done, err := wasScanned(ctx, q, v.ResourceID, v.SHA256)
	if err != nil {
		return nil, err
	}
	if !done {
		return append(out, Objection{Kind: "not-looked-through", Note: ingest.Note{Sentence: "这个文件的每一行还没有查完，查完才能发布；一般几分钟就好。"}, Block: true}), nil
	}
	found, err := standing(ctx, q, v.ResourceID, v.SHA256)
	for _, f := range found {
		out = append(out, Objection{Kind: string(f.Kind), Note: ingest.Note{Sentence: f.Sentence, Args: f.Args}, Block: true, Finding: f.ID})
	}
	return out, err
}

// publishable returns nil if v may be published, and otherwise the first
// objection as fault.Invalid, the others as its cause. Reviewed says that
// somebody has seen what can be reviewed.
func (s *Service) publishable(ctx context.Context, q database.Querier, v *Version, t *taken, reviewed bool) error {
	all, err := s.objections(ctx, q, v, t)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(o Objection) bool { return reviewed && !o.Block })
	if len(all) == 0 {
		return nil
	}
	var others []error
	for _, o := range all[1:] {
		others = append(others, o.fault())
	}
	return all[0].fault().Because(errors.Join(others...))
}

func (o Objection) fault() *fault.Fault {
	return fault.New(fault.Invalid, o.Note.Sentence, o.Note.Args...)
}
