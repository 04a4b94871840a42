package marketplace

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/datasets/ingest"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace"
	"shuyuan/marketplace/provenance/content"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/statement"
)

// Form is a form that a version is delivered in: see package stamp.
type Form = stamp.Form

// Forms are those that a developer may choose, in the order of the page. What is no
// table is delivered as it is in any case.
var Forms = []Form{stamp.CSV, stamp.XLSX, stamp.JSON, stamp.NDJSON, stamp.NDJSON1, stamp.Parquet, stamp.GeoJSON, stamp.PDF}

// forms are those that a content of a version is delivered in.
func (v *Version) forms(c *Content) []Form {
	if c.Form == statement.Table {
		return v.Forms
	}
	var all []Form
	for _, o := range stamp.Forms(c.description) {
		if o.Form == stamp.Bytes || slices.Contains(v.Forms, o.Form) {
			all = append(all, o.Form)
		}
	}
	return all
}

// Choices are the forms that fit what is in a version, and of those that do not fit
// every table or report of it, why not. While nothing is in it, all may still do.
func (v *Version) Choices() []stamp.Offer {
	var all []stamp.Offer
	for _, f := range Forms {
		fits, one := len(v.Contents) == 0, stamp.Offer{Form: f}
		for i := range v.Contents {
			for _, o := range stamp.Forms(v.Contents[i].description) {
				if o.Form == f {
					fits, one.Not = true, cmp.Or(one.Not, o.Not)
				}
			}
		}
		if fits {
			all = append(all, one)
		}
	}
	return all
}

// What a version may have.
const (
	mostContents = 20
	mostInputs   = 200
	mostTable    = 256 << 20 // bytes of a file with tables
)

var emptyColumns = rows.Schema{}

// VersionForm is what a developer says of a version.
type VersionForm struct {
	Number string // 1.0.0
	Method string
	Notes  string
	Forms  []Form
}

func (f *VersionForm) clean() (err error) {
	if f.Method, err = prose("method", f.Method); err != nil {
		return err
	}
	if f.Notes, err = prose("notes", f.Notes); err != nil {
		return err
	}
	for _, one := range f.Forms {
		if !slices.Contains(Forms, one) {
			return fault.At("forms", "没有这种格式。")
		}
	}
	slices.Sort(f.Forms)
	if f.Forms = slices.Compact(f.Forms); f.Forms == nil {
		f.Forms = []Form{}
	}
	return nil
}

// Build begins a version of a product. It comes after the newest that there is, which
// it supersedes.
func (s *Service) Build(ctx context.Context, who account.Actor, number string, f VersionForm) (*Version, error) {
	if err := f.clean(); err != nil {
		return nil, err
	}
	n, err := parseSemver(f.Number)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Version, error) {
		p, _, err := s.working(ctx, tx, who, number)
		if err != nil {
			return nil, err
		}
		if p.State == Retired {
			return nil, fault.New(fault.Conflict, "产品已经退出，不再有新的版本。")
		}
		v := &Version{Product: p.Number, Title: p.Title, Number: n.String(), State: Building, StateAt: s.instant(), Method: f.Method, Notes: f.Notes, Forms: f.Forms, MadeBy: who.Name, MadeAt: s.instant(), product: p.ID}
		if len(p.Versions) > 0 {
			last := &p.Versions[0]
			before, err := parseSemver(last.Number)
			if err != nil {
				return nil, err
			}
			switch {
			case !last.State.Frozen():
				return nil, fault.New(fault.Conflict, "版本 %s 还没有封存，先封存它，或者继续改它。", last.Number)
			case !n.after(before):
				return nil, fault.At("number", "新的版本号要大于 %s。", last.Number)
			}
			v.Supersedes, v.supersedes = last.Number, last.ID
		}
		if err := insertVersion(ctx, tx, v, n, who.ID); err != nil {
			return nil, err
		}
		return v, s.versionHappened(ctx, tx, who, p, v, Build, OfDeveloper, "")
	})
}

// building is a version for who changes it, as long as it is built, held with its
// product.
func (s *Service) building(ctx context.Context, tx pgx.Tx, who account.Actor, product, number string) (*Product, *Version, error) {
	p, _, err := s.working(ctx, tx, who, product)
	if err != nil {
		return nil, nil, err
	}
	v, err := s.version(ctx, tx, p, number)
	if err == nil && v.State != Building {
		err = errFrozen()
	}
	return p, v, err
}

// version is one version of a product, filled.
func (s *Service) version(ctx context.Context, q database.Querier, p *Product, number string) (*Version, error) {
	i := slices.IndexFunc(p.Versions, func(v Version) bool { return v.Number == number })
	if i < 0 {
		return nil, errNoVersion()
	}
	v := p.Versions[i]
	v.side = p.side
	return &v, s.fill(ctx, q, &v)
}

// change does something about a version that is built, and writes that down.
func (s *Service) change(ctx context.Context, who account.Actor, product, number string, act VersionAction, do func(pgx.Tx, *Product, *Version) error) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		none := struct{}{}
		p, v, err := s.building(ctx, tx, who, product, number)
		if err != nil {
			return none, err
		}
		if err := do(tx, p, v); err != nil {
			return none, err
		}
		if err := saveVersion(ctx, tx, v); err != nil { // whoever opened it before sees that it is another
			return none, err
		}
		return none, s.versionHappened(ctx, tx, who, p, v, act, OfDeveloper, "")
	})
	return err
}

// Describe changes what is said of a version, and its forms.
func (s *Service) Describe(ctx context.Context, who account.Actor, product, number string, f VersionForm) error {
	if err := f.clean(); err != nil {
		return err
	}
	return s.change(ctx, who, product, number, Describe, func(_ pgx.Tx, _ *Product, v *Version) error {
		v.Method, v.Notes, v.Forms = f.Method, f.Notes, f.Forms
		return nil
	})
}

// made is a table that was made and described before the transaction that keeps it.
type made struct {
	object  blob.Info
	table   rows.Table
	digest  string
	content statement.Content
}

// describe recomputes the digest of a table from its Parquet file.
func (s *Service) describe(ctx context.Context, t datasets.Made) (made, error) {
	subject, about, err := stamp.Describe(ctx, "content", stamp.Table{Rows: s.Rows, Table: t.Table})
	return made{t.Info, t.Table, subject.Digest.SHA256, about}, err
}

// table is the table of a content.
func (s *Service) table(c *Content) stamp.Table {
	return stamp.Table{Rows: s.Rows, Table: rows.Table{Parquet: blob.Digest(c.object), Schema: c.schema, Rows: c.Rows, Key: "product/" + c.object}}
}

func nameOf(name, otherwise string) (string, error) {
	if name == "" {
		name = otherwise
	}
	if !named.MatchString(name) {
		return "", fault.At("name", "内容的名称用小写英文字母、数字和下划线，以字母开头，例如 data。")
	}
	return name, nil
}

// AddRelease makes a released result of the product's scenario a content of a version:
// unchanged, as it left.
func (s *Service) AddRelease(ctx context.Context, who account.Actor, product, number, release, name string) error {
	name, err := nameOf(name, "data")
	if err != nil {
		return err
	}
	p, party, err := s.one(ctx, s.pool, who, product, false)
	switch {
	case err != nil:
		return err
	case party.Side != OfDeveloper:
		return errNotYours()
	case p.scenario == 0:
		return fault.At("release", "产品没有写明场景，不能用开发空间放出的结果。")
	}
	found, err := selectReleases(ctx, s.pool, p, release)
	if err != nil {
		return err
	}
	if release == "" || len(found) == 0 {
		return fault.At("release", "这个场景的开发空间没有放出过这份结果。")
	}
	left, err := s.left(ctx, s.pool, found[0].id)
	if err != nil {
		return err
	}
	csv, err := left.csv()
	if err != nil {
		return err
	}
	info, err := s.Store.Put(ctx, bytes.NewReader(csv), 0)
	if err != nil {
		return err
	}
	tables, _, err := s.Catalogue.MakeOf(ctx, info.Digest, name+".csv", ingest.Options{Header: true, Delimiter: ",", Encoding: "UTF-8", Types: []map[string]ingest.Type{left.types()}})
	if err != nil {
		return err
	}
	if len(tables) != 1 {
		return errOther()
	}
	m, err := s.describe(ctx, tables[0])
	if err != nil {
		return err
	}
	same, err := left.digest()
	if err != nil {
		return err
	}
	if m.digest != same {
		return errOther().Because(fmt.Errorf("release %s: digest %s of what left, %s of what was made of it", release, same, m.digest))
	}
	return s.change(ctx, who, product, number, AddRelease, func(tx pgx.Tx, _ *Product, v *Version) error {
		return s.keep(ctx, tx, who, v, &Content{Name: name, Form: statement.Table, Release: release, release: found[0].id, At: left.at}, m)
	})
}

func errOther() *fault.Fault {
	return fault.New(fault.Conflict, "内容和放出的结果不一致，不能用。")
}

// keep writes a content that is a table.
func (s *Service) keep(ctx context.Context, tx pgx.Tx, who account.Actor, v *Version, c *Content, m made) error {
	if len(v.Contents) >= mostContents {
		return fault.New(fault.Invalid, "一个版本最多 %d 份内容。", mostContents)
	}
	if err := s.keepObject(ctx, tx, m.object); err != nil {
		return err
	}
	c.object, c.schema, c.description, c.Digest, c.Rows, c.Bytes = string(m.object.Digest), m.table.Schema, m.content, m.digest, m.content.Rows, m.content.Bytes
	if c.At.IsZero() {
		c.At = s.instant()
	}
	return insertContent(ctx, tx, v.ID, c, who.ID)
}

// released is a result as it left a workspace.
type released struct {
	Columns []struct{ Name, Type, Role string }
	Rows    [][]any

	at time.Time
}

// left reads a released result.
func (s *Service) left(ctx context.Context, q database.Querier, id int64) (*released, error) {
	body, at, err := selectReleaseBody(ctx, q, id)
	if err != nil {
		return nil, err
	}
	var out released
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("released result: %w", err)
	}
	out.at = at
	return &out, nil
}

// types are the columns in the words of the data dictionary.
func (r *released) types() map[string]ingest.Type {
	out := map[string]ingest.Type{}
	for _, c := range r.Columns {
		out[c.Name] = dictionaryType(c.Type)
	}
	return out
}

// dictionaryType is a type of the workspaces' engine in the words of the data
// dictionary.
func dictionaryType(t string) ingest.Type {
	switch t {
	case "integer", "decimal", "date", "datetime", "boolean":
		return ingest.Type(t)
	}
	switch t = strings.ToUpper(t); {
	case strings.HasSuffix(t, "INT"), strings.HasSuffix(t, "INTEGER"):
		return ingest.Integer
	case strings.HasPrefix(t, "DECIMAL"), t == "DOUBLE", t == "FLOAT":
		return ingest.Decimal
	case t == "DATE":
		return ingest.Date
	case strings.HasPrefix(t, "TIMESTAMP"):
		return ingest.DateTime
	case t == "BOOLEAN":
		return ingest.Boolean
	}
	return ingest.Text
}

// cell is a cell as the CSV shows it: what was hidden is ×, as it left.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case json.Number:
		return v.String()
	case map[string]any: // {"hidden": true}
		return workspace.Hidden
	}
	return fmt.Sprint(v)
}

func (r *released) each(yield func([]string) error) error {
	line := make([]string, len(r.Columns))
	for _, row := range r.Rows {
		if len(row) != len(line) {
			return errOther()
		}
		for i, v := range row {
			line[i] = cell(v)
		}
		if err := yield(line); err != nil {
			return err
		}
	}
	return nil
}

func (r *released) csv() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	var head []string
	for _, c := range r.Columns {
		head = append(head, c.Name)
	}
	if err := w.Write(head); err != nil {
		return nil, err
	}
	if err := r.each(w.Write); err != nil {
		return nil, err
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// digest is that of the result as a table, worked out from what left and from nothing
// that was made of it.
func (r *released) digest() (string, error) {
	var columns []content.Column
	for _, c := range r.Columns {
		columns = append(columns, content.Column{Name: c.Name, Type: string(dictionaryType(c.Type))})
	}
	h, err := content.New(columns)
	if err != nil {
		return "", err
	}
	cells := make([]content.Cell, len(columns))
	if err := r.each(func(line []string) error {
		for i, text := range line {
			cells[i] = content.Cell{Text: []byte(text), Null: text == ""}
		}
		return h.Row(cells)
	}); err != nil {
		return "", err
	}
	return h.Sum(), nil
}

// AddFile makes an uploaded file a content: the tables in it for what is a dataset or
// an API, its bytes for what is a report, a model or a tool.
func (s *Service) AddFile(ctx context.Context, who account.Actor, product, number, name, file string, body io.Reader) error {
	name, err := nameOf(name, "data")
	if err != nil {
		return err
	}
	p, party, err := s.one(ctx, s.pool, who, product, false)
	if err != nil {
		return err
	}
	if party.Side != OfDeveloper {
		return errNotYours()
	}
	if file, err = datasets.CleanLine("file", path.Base(strings.ReplaceAll(file, `\`, "/"))); err != nil {
		return err
	}
	if p.Kind != Dataset && p.Kind != API {
		return s.addBytes(ctx, who, product, number, name, file, body)
	}
	info, err := s.Store.Put(ctx, body, mostTable)
	if err != nil {
		return err
	}
	tables, findings, err := s.Catalogue.MakeOf(ctx, info.Digest, file, ingest.Options{})
	if err != nil {
		return atFile(err)
	}
	if len(findings) > 0 {
		return fault.At("file", findings[0].Note.Sentence, findings[0].Note.Args...)
	}
	if len(tables) == 0 {
		return fault.At("file", "文件里没有表。")
	}
	var all []made
	for _, t := range tables {
		m, err := s.describe(ctx, t)
		if err != nil {
			return err
		}
		all = append(all, m)
	}
	return s.change(ctx, who, product, number, AddFile, func(tx pgx.Tx, _ *Product, v *Version) error {
		for i, m := range all {
			c := &Content{Name: name, Form: statement.Table, File: file}
			if i > 0 {
				c.Name = fmt.Sprintf("%s_%d", name, i+1)
			}
			if err := s.keep(ctx, tx, who, v, c, m); err != nil {
				return err
			}
		}
		return nil
	})
}

// atFile is an error about a file, at its field.
func atFile(err error) error {
	if f := fault.Of(err); f.Kind == fault.Invalid || f.Kind == fault.TooLarge {
		return fault.At("file", f.Sentence, f.Args...).Because(err)
	}
	return err
}

// look stores a file that is handed in, and says what it is by its bytes.
func (s *Service) look(ctx context.Context, body io.Reader) (blob.Info, ingest.AttachmentType, error) {
	info, err := s.Store.Put(ctx, body, ingest.MostAttachment)
	if err != nil {
		return info, ingest.AttachmentType{}, atFile(err)
	}
	local, err := blob.Local(ctx, s.Store, info.Digest, s.Work)
	if err != nil {
		return info, ingest.AttachmentType{}, err
	}
	defer local.Close()
	is, err := s.Catalogue.LookAtAttachment(ctx, local)
	if err != nil {
		err = atFile(err)
	}
	return info, is, err
}

func (s *Service) addBytes(ctx context.Context, who account.Actor, product, number, name, file string, body io.Reader) error {
	info, is, err := s.look(ctx, body)
	if err != nil {
		return err
	}
	_, about := stamp.DescribeBytes(name, statement.Digest{SHA256: string(info.Digest)}, info.Bytes, is.Media)
	return s.change(ctx, who, product, number, AddFile, func(tx pgx.Tx, _ *Product, v *Version) error {
		if len(v.Contents) >= mostContents {
			return fault.New(fault.Invalid, "一个版本最多 %d 份内容。", mostContents)
		}
		if err := s.keepObject(ctx, tx, info); err != nil {
			return err
		}
		return insertContent(ctx, tx, v.ID, &Content{Name: name, Form: statement.Bytes, File: strings.TrimSuffix(file, path.Ext(file)) + is.Suffix, Media: is.Media, Bytes: info.Bytes, Digest: string(info.Digest), At: s.instant(), object: string(info.Digest), description: about}, who.ID)
	})
}

// RemoveContent takes a content out again.
func (s *Service) RemoveContent(ctx context.Context, who account.Actor, product, number string, id int64) error {
	return s.change(ctx, who, product, number, RemoveContent, func(tx pgx.Tx, _ *Product, v *Version) error {
		return deleteContent(ctx, tx, v.ID, id)
	})
}

// AddAcquisition says that what an acquisition delivered is in a version that was
// developed outside. It is one of the developer's own record.
func (s *Service) AddAcquisition(ctx context.Context, who account.Actor, product, number string, id int64) error {
	return s.change(ctx, who, product, number, AddInput, func(tx pgx.Tx, p *Product, v *Version) error {
		found, err := selectHoldings(ctx, tx, p.Developer.ID, who.ID, id)
		if err != nil {
			return err
		}
		if id <= 0 || len(found) == 0 {
			return fault.At("acquisition", "您的机构没有这条获取记录，或者那次没有取完。")
		}
		return s.addInput(ctx, tx, who, v, &Input{Acquisition: id})
	})
}

// AddVersion says that a sealed version of another product of the same developer is in
// a version: it brings its sources.
func (s *Service) AddVersion(ctx context.Context, who account.Actor, product, number, from string) error {
	return s.change(ctx, who, product, number, AddInput, func(tx pgx.Tx, p *Product, v *Version) error {
		of, at, _ := strings.Cut(from, "@")
		none := fault.At("from", "本机构没有这个封存的版本；写法是 产品编号@版本号。")
		other, err := s.product(ctx, tx, of, false)
		if fault.KindOf(err) == fault.NotFound {
			return none
		}
		if err != nil {
			return err
		}
		i := slices.IndexFunc(other.Versions, func(v Version) bool { return v.Number == at && v.State.Frozen() })
		if other.Developer.ID != p.Developer.ID || i < 0 {
			return none
		}
		return s.addInput(ctx, tx, who, v, &Input{from: other.Versions[i].ID})
	})
}

// AddDeclared says what else is in a version, with a file that shows it. It stands
// there as declared: nothing on record says so.
func (s *Service) AddDeclared(ctx context.Context, who account.Actor, product, number, title, file string, body io.Reader) error {
	title, err := datasets.CleanLine("title", title)
	if err != nil {
		return err
	}
	if title == "" {
		return fault.At("title", "请写明这份数据是什么。")
	}
	if file, err = datasets.CleanLine("file", path.Base(strings.ReplaceAll(file, `\`, "/"))); err != nil {
		return err
	}
	if _, party, err := s.one(ctx, s.pool, who, product, false); err != nil {
		return err
	} else if party.Side != OfDeveloper {
		return errNotYours()
	}
	info, _, err := s.look(ctx, body)
	if err != nil {
		return err
	}
	return s.change(ctx, who, product, number, AddInput, func(tx pgx.Tx, _ *Product, v *Version) error {
		if err := s.keepObject(ctx, tx, info); err != nil {
			return err
		}
		return s.addInput(ctx, tx, who, v, &Input{Title: title, Evidence: string(info.Digest), EvidenceName: file})
	})
}

func (s *Service) addInput(ctx context.Context, tx pgx.Tx, who account.Actor, v *Version, i *Input) error {
	if len(v.Inputs) >= mostInputs {
		return fault.New(fault.Invalid, "一个版本最多 %d 个输入。", mostInputs)
	}
	return insertInput(ctx, tx, v.ID, i, who.ID, s.instant())
}

// RemoveInput takes an input out again.
func (s *Service) RemoveInput(ctx context.Context, who account.Actor, product, number string, id int64) error {
	return s.change(ctx, who, product, number, RemoveInput, func(tx pgx.Tx, _ *Product, v *Version) error {
		return deleteInput(ctx, tx, v.ID, id)
	})
}

// VersionView is a version as its developer, or who supervises, sees it.
type VersionView struct {
	*Version
	Of       *Product
	Party    Party
	Offers   []VersionAction
	Holdings []Holding       // that may be named as inputs
	Releases []ReleaseChoice // that may be contents
	Stops    []error         // why it cannot be sealed now
	Would    *statement.Statement

	Uncertified *fault.Fault // why a sealed version cannot be published before it is certified anew; nil: it can
}

// Version is one version for whoever works on it or supervises: while it is not
// sealed, with what its statement would say and what stops it.
func (s *Service) Version(ctx context.Context, who account.Actor, product, number string) (*VersionView, error) {
	p, party, err := s.one(ctx, s.pool, who, product, false)
	if err != nil {
		return nil, err
	}
	v, err := s.version(ctx, s.pool, p, number)
	if err != nil {
		return nil, err
	}
	out := &VersionView{Version: v, Of: p, Party: party}
	for _, a := range versions.Offer(v.State, who, v) {
		if party.does(a) {
			out.Offers = append(out.Offers, a)
		}
	}
	if v.State == Sealed {
		if err := s.certifiedAnew(ctx, s.pool, p, v); fault.KindOf(err) == fault.Conflict {
			out.Uncertified = fault.Of(err)
		} else if err != nil {
			return nil, err
		}
	}
	if v.State.Frozen() {
		return out, nil
	}
	w, err := s.walk(ctx, s.pool, who, p, v, s.instant())
	if err != nil {
		return nil, err
	}
	out.Stops, out.Would = w.stops, w.statement
	if party.Side == OfDeveloper {
		if out.Holdings, err = selectHoldings(ctx, s.pool, p.Developer.ID, who.ID, 0); err != nil {
			return nil, err
		}
		out.Releases, err = selectReleases(ctx, s.pool, p, "")
	}
	return out, err
}

// does reports whether a move of a version is for who stands there. What binds the
// developer is done by who answers for it.
func (p Party) does(a VersionAction) bool {
	switch a {
	case Check, Reopen:
		return p.Side == OfDeveloper
	case Seal, Publish, Deprecate:
		return p.Side == OfDeveloper && p.Owner
	case Recall:
		return p.Side == OfDeveloper && p.Owner || p.Side == OfOperator || p.Side == OfExchange || p.Side == OfRegulator || p.Side == OfPlatform
	}
	return false
}

// Open opens a stamped file of a sealed version for people of its developer. It is
// written down that they took it.
func (s *Service) Open(ctx context.Context, who account.Actor, product, number, file string) (*Artefact, blob.Object, error) {
	p, party, err := s.one(ctx, s.pool, who, product, false)
	if err != nil {
		return nil, nil, err
	}
	if party.Side != OfDeveloper {
		return nil, nil, errNotYours()
	}
	v, err := s.version(ctx, s.pool, p, number)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(v.Artefacts, func(a Artefact) bool { return a.Name == file })
	if i < 0 {
		return nil, nil, fault.New(fault.NotFound, "没有这个文件。")
	}
	if _, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		return struct{}{}, audit.Append(ctx, tx, who, "product-version", v.Full(), "download", map[string]string{"digest": v.Artefacts[i].SHA256})
	}); err != nil {
		return nil, nil, err
	}
	body, err := s.Store.Open(ctx, blob.Digest(v.Artefacts[i].SHA256))
	return &v.Artefacts[i], body, err
}
