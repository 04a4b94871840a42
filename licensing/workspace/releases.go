package workspace

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace/disclosure"
)

// Hidden is what stands in a cell that was hidden.
const Hidden = "×"

// Release is a result that left.
type Release struct {
	ID        int64
	Number    string
	Review    string // number
	Workspace string // number
	Job       string // number
	Title     string
	SHA256    string // of columns and rows
	Columns   []disclosure.Heading
	Rows      int64
	Cells     int64
	Sources   []Source
	Files     []ReleaseFile
	At        time.Time
	By        []string // the two who let it out

	workspace int64
}

// Source is what a released result was made of.
type Source struct {
	Acquisition  int64  `json:"acquisition"`
	Grant        string `json:"grant"`
	Dataset      string `json:"dataset"` // slug
	Title        string `json:"title"`
	TitleEN      string `json:"title_en,omitempty"`
	Department   string `json:"department"`
	DepartmentEN string `json:"department_en,omitempty"`
	File         string `json:"file"`
	Version      int    `json:"version"`
	SHA256       string `json:"sha256"`
	Acquired     string `json:"acquired"` // the acquisition date, in China
	Rows         int64  `json:"rows"`     // of the mount, as anybody may know
}

// ReleaseFile is a released result in one form.
type ReleaseFile struct {
	Form   string // csv or json
	SHA256 string
	Bytes  int64
}

type packedCell struct {
	V cell `json:"v"`
	H bool `json:"h,omitempty"`
}

type packedCleared struct {
	Columns []disclosure.Heading
	Rows    [][]packedCell
	Digest  string
	Ledger  []byte
	Table   []byte // as it was measured
}

// reviewed is a result as it may leave, what is remembered of it once it left, and what
// was measured of it, by which the rules are held against it once more before that.
type reviewed struct {
	disclosure.Cleared
	ledger   []byte
	measured disclosure.Table
}

func (r *reviewed) pack() ([]byte, error) {
	c := r.Cleared
	table, err := packTable(r.measured)
	if err != nil {
		return nil, err
	}
	p := packedCleared{Columns: c.Columns, Digest: c.Digest, Ledger: r.ledger, Table: table}
	for _, row := range c.Rows {
		var cells []packedCell
		for _, one := range row {
			cells = append(cells, packedCell{cell{one.Value}, one.Hidden})
		}
		p.Rows = append(p.Rows, cells)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := errors.Join(json.NewEncoder(z).Encode(p), z.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func unpackReviewed(text []byte) (*reviewed, error) {
	z, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	var p packedCleared
	if err := json.Unmarshal(plain, &p); err != nil {
		return nil, err
	}
	c := disclosure.Cleared{Columns: p.Columns, Digest: p.Digest}
	for _, row := range p.Rows {
		var cells []disclosure.Cell
		for _, one := range row {
			cells = append(cells, disclosure.Cell{Value: one.V.v, Hidden: one.H})
		}
		c.Rows = append(c.Rows, cells)
	}
	t, err := unpackTable(p.Table)
	if err != nil {
		return nil, err
	}
	return &reviewed{c, p.Ledger, t}, nil
}

// leaving opens what would leave by a review.
func (s *Service) leaving(w *Workspace, r *Review) (*reviewed, error) {
	if r.box == nil {
		return nil, errGone()
	}
	key, err := s.holding(w)
	if err != nil {
		return nil, err
	}
	text, err := unseal(key, r.box, r.Number)
	if err != nil {
		return nil, err
	}
	return unpackReviewed(text)
}

// again holds a result against the rules once more, in the transaction of its second
// approval: others may have left since it was checked, of the same sources or the same
// scenario. Nobody else lets anything of them out before this transaction ends. It
// returns what the rules say now, and whether it still may leave.
func (s *Service) again(ctx context.Context, tx pgx.Tx, w *Workspace, r *Review) ([]Check, bool, error) {
	mounts, err := s.selectInputs(ctx, tx, r.job)
	if err != nil {
		return nil, false, err
	}
	locks := []string{fmt.Sprintf("released for scenario %d", w.Scenario.ID)}
	for i := range mounts {
		locks = append(locks, fmt.Sprintf("released from dataset %d", mounts[i].Dataset.ID))
	}
	slices.Sort(locks) // everybody takes them in one order
	if err := lockNames(ctx, tx, slices.Compact(locks)); err != nil {
		return nil, false, err
	}
	box, err := s.leaving(w, r)
	if err != nil {
		return nil, false, err
	}
	p, err := s.rulesFor(mounts, r)
	if err != nil {
		return nil, false, err
	}
	earlier, budget, err := s.before(ctx, tx, w, mounts)
	if err != nil {
		return nil, false, err
	}
	report := disclosure.Check(box.measured, p, earlier, budget)
	if report.Refused() {
		return checksOf(report), false, nil
	}
	if report.Cleared.Digest != r.SHA256 {
		return nil, false, fault.New(fault.Conflict, "审核以后规则改过，按现在的规则结果会变：请不放出，由开发方重新提出。")
	}
	return checksOf(report), true, nil
}

// overtaken ends a review that two people approved, of which the second came after
// something left that this result may not stand beside.
func (s *Service) overtaken(ctx context.Context, tx pgx.Tx, who account.Actor, side Side, w *Workspace, r *Review, from ReviewState, checks []Check) (err error) {
	if r.State, err = reviews.Next(from, FailChecks, platform(), r); err != nil {
		return err
	}
	at := s.instant()
	r.StateAt, r.Ended, r.Checked = at, &at, &at
	r.Checks, r.SHA256, r.Rows, r.box = checks, "", 0, nil
	if err := saveReview(ctx, tx, r); err != nil {
		return err
	}
	if err := insertReviewEvent(ctx, tx, r.ID, who, side, string(Approve), r.said, at); err != nil {
		return err
	}
	if err := insertReviewEvent(ctx, tx, r.ID, platform(), OfPlatform, overtaken, "", at); err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, who, "output-review", r.Number, overtaken, map[string]string{"from": string(from), "to": string(r.State), "words": r.said}); err != nil {
		return err
	}
	return s.tell(ctx, tx, w, Notice{Of: "review", Number: r.Number, Act: string(FailChecks)}, OfDeveloper)
}

// overtaken is how the history calls what again refused.
const overtaken = "overtaken"

// release lets a result out that two people approved, in the transaction of the
// second.
func (s *Service) release(ctx context.Context, tx pgx.Tx, w *Workspace, r *Review) error {
	mounts, err := s.selectInputs(ctx, tx, r.job)
	if err != nil {
		return err
	}
	x := &Release{Review: r.Number, Workspace: w.Number, Job: r.Job, Title: r.Title, SHA256: r.SHA256, At: s.instant(), By: []string{r.FirstBy, r.SecondBy}, workspace: w.ID}
	for i := range mounts {
		m := &mounts[i]
		if err := s.allowed(ctx, w, m); err != nil {
			return err
		}
		d := &m.Dataset
		one := Source{Acquisition: m.Acquisition, Grant: m.Grant, Dataset: d.Slug, Title: d.Title, TitleEN: d.TitleEN, Department: d.Department.Name, DepartmentEN: d.Department.NameEN, File: m.FileName, Version: m.Number, SHA256: m.SHA256, Acquired: m.Day(), Rows: m.Statistics.Rows}
		x.Sources = append(x.Sources, one)
	}
	box, err := s.leaving(w, r)
	if err != nil {
		return err
	}
	c := box.Cleared
	if c.Digest != r.SHA256 {
		return fault.New(fault.Internal, "系统出错了，请稍后再试。").Because(fmt.Errorf("review %s: what would leave is not what was reviewed", r.Number))
	}
	x.Columns, x.Rows, x.Cells = c.Columns, int64(len(c.Rows)), int64(c.Cells())
	if x.Number, err = cases.Number(ctx, tx, "FC", x.At); err != nil {
		return err
	}
	files := map[string][]byte{"csv": x.csv(c)}
	if files["json"], err = x.json(c); err != nil {
		return err
	}
	remembered, err := seal(s.ledger, box.ledger, x.Number)
	if err != nil {
		return err
	}
	if err := insertRelease(ctx, tx, x, r, files, remembered, mounts); err != nil {
		return err
	}
	r.Release = x.Number
	if err := s.meter(ctx, tx, w, x.Number, map[string]int64{MeterCells: x.Cells}, map[string]string{"release": x.Number, "job": r.Job}); err != nil {
		return err
	}
	return audit.Append(ctx, tx, platform(), "release", x.Number, "release", map[string]string{"workspace": w.Number, "job": r.Job, "review": r.Number, "digest": x.SHA256})
}

// csv is the table, with where it came from in front of it.
func (x *Release) csv(c disclosure.Cleared) []byte {
	var b bytes.Buffer
	for _, line := range x.about() {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	b.Write(c.CSV(Hidden))
	return b.Bytes()
}

// about is where a release came from, in lines: source, department, version and
// acquisition date of everything that it was made of (AS-35, AB-35.4).
func (x *Release) about() []string {
	lines := []string{x.Number + "：" + x.Title}
	for _, one := range x.Sources {
		lines = append(lines, fmt.Sprintf("数据来源：%s《%s》第 %d 版；获取日期：%s；授权：%s；SHA-256：%s", one.Department, one.Title, one.Version, one.Acquired, one.Grant, one.SHA256))
	}
	for i := range lines {
		lines[i] = strings.Map(func(r rune) rune {
			if r < ' ' {
				return ' '
			}
			return r
		}, lines[i])
	}
	return lines
}

// json is the table with the same beside it. A hidden cell is {"hidden": true}.
func (x *Release) json(c disclosure.Cleared) ([]byte, error) {
	type column struct {
		Name string `json:"name"`
		Type string `json:"type"`
		Role string `json:"role"`
	}
	out := struct {
		Release   string   `json:"release"`
		Title     string   `json:"title"`
		Workspace string   `json:"workspace"`
		Job       string   `json:"job"`
		Review    string   `json:"review"`
		Released  string   `json:"released"`
		Digest    string   `json:"sha256"`
		Sources   []Source `json:"sources"`
		Columns   []column `json:"columns"`
		Rows      [][]any  `json:"rows"`
	}{Release: x.Number, Title: x.Title, Workspace: x.Workspace, Job: x.Job, Review: x.Review, Released: x.At.UTC().Format(time.RFC3339), Digest: x.SHA256, Sources: x.Sources, Rows: [][]any{}}
	for _, one := range c.Columns {
		out.Columns = append(out.Columns, column{one.Name, one.Type, string(one.Role)})
	}
	for _, row := range c.Rows {
		var cells []any
		for _, one := range row {
			if one.Hidden {
				cells = append(cells, map[string]bool{"hidden": true})
			} else {
				cells = append(cells, one.Value)
			}
		}
		out.Rows = append(out.Rows, cells)
	}
	return json.MarshalIndent(out, "", "  ")
}

// Body is a file of a release as it is handed out.
type Body struct {
	Name   string
	Media  string
	SHA256 string
	Bytes  []byte
}

var media = map[string]string{"csv": "text/csv; charset=utf-8", "json": "application/json"}

// Download hands out a released result: to its developer while everything above the
// workspace stands. It is the only way on which anything of a result leaves, and
// each time is written down.
func (s *Service) Download(ctx context.Context, who account.Actor, number, release, form string) (*Body, error) {
	if media[form] == "" {
		return nil, fault.New(fault.NotFound, "没有这种格式。")
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Body, error) {
		w, p, err := s.one(ctx, tx, who, number, false)
		if err != nil {
			return nil, err
		}
		if p.Side != OfDeveloper || !p.Programs && !p.Asks && !p.Owner {
			return nil, errNotYours()
		}
		if err := s.stopped(ctx, tx, w); err != nil && w.State != Closing && w.State != Destroyed {
			return nil, err
		}
		if !w.Stands {
			if link, err := Broken(ctx, tx, w.Scenario.ID, w.Organisation.ID, s.now()); err != nil {
				return nil, err
			} else if err := broken(link); err != nil {
				return nil, err
			}
		}
		body, err := takeRelease(ctx, tx, who, w.ID, release, form, s.instant())
		if err != nil {
			return nil, err
		}
		body.Name, body.Media = release+"."+form, media[form]
		return body, audit.Append(ctx, tx, who, "release", release, "download", map[string]string{"form": form, "digest": body.SHA256})
	})
}
