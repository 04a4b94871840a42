package templates

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/ingest"
	"shuyuan/datasets/opening"
	"shuyuan/internal/account"
	"shuyuan/internal/policy"
	"shuyuan/templates/text"
)

// UploadsPage is the list of a department's uploads.
type UploadsPage struct {
	Frame
	datasets.UploadsPage
	Rules   *datasets.UploadRules
	House   []policy.Rule // the rules of the platform about uploads
	Page    int
	Pages   int
	Targets []UploadTarget // what a file can be uploaded for
}

// UploadTarget is a file of the catalogue that may get a new version.
type UploadTarget struct {
	Dataset  *datasets.Dataset
	Resource *datasets.Resource
}

// NewUploadPage is the form that a file is sent by.
type NewUploadPage struct {
	Frame
	UploadTarget
	Rules   *datasets.UploadRules
	Resume  *datasets.Upload // what is to go on; nil: a new one
	Mistake Mistake
}

// UploadPage is one upload: how far it is, what was read, what can be done.
type UploadPage struct {
	Frame
	Upload   *datasets.Upload
	Mine     bool               // the viewer began it
	Resource *datasets.Resource // with its newest version
	Dataset  *datasets.Dataset
	Offers   []datasets.UploadAction
	Said     map[int]map[string]datasets.Override
	Against  []datasets.Objection
	Changes  *datasets.Differences // to the newest version; nil where there is none, or nothing to be published
	Misfits  []ingest.Misfit       // a page of those of table Table
	Table    int                   // from 0
	Page     int
	Form     PublishForm
	Mistake  Mistake // of the form for reading anew

	NotYet string // why it may not be published before a review; empty where it may
	Review int64  // the last review of it; 0: none, or it came back
	Let    int64  // by which review it may be published
	Stands bool   // that is one that lets versions like it follow
}

// MisfitsPerPage is how many cells that do not fit are shown at once.
const MisfitsPerPage = 50

// PublishForm is what is said when an upload is published.
type PublishForm struct {
	Reason, ReasonEN, Reviewed string
	Mistake                    Mistake
}

func uploadHref(id string) string { return "/desk/uploads/" + id }

func newUploadHref(r *datasets.Resource) string {
	return "/desk/uploads/new?" + url.Values{"resource": {r.ID}}.Encode()
}

// resumeHref is where an upload that was cut off goes on, in any browser of who
// began it.
func resumeHref(r *datasets.Resource, u *datasets.Upload) string {
	return "/desk/uploads/new?" + url.Values{"resource": {r.ID}, "resume": {u.ID}}.Encode()
}

func (p UploadPage) offers(a datasets.UploadAction) bool { return slices.Contains(p.Offers, a) }

// live reports whether the page changes by itself.
func (p UploadPage) live() bool {
	return p.Upload.State == datasets.Received || p.Upload.State == datasets.Reading
}

// misfitsHref is a page of the cells that do not fit.
func (p UploadPage) misfitsHref(table, page int) string {
	q := url.Values{}
	if table > 0 {
		q.Set("table", strconv.Itoa(table+1))
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	href := uploadHref(p.Upload.ID)
	if len(q) > 0 {
		href += "?" + q.Encode()
	}
	return href + "#misfits"
}

func (p UploadPage) misfitsCSV(table int) string {
	return uploadHref(p.Upload.ID) + "/misfits.csv?table=" + strconv.Itoa(table+1)
}

// misfitPages is how many pages of misfits there are of the table shown.
func (p UploadPage) misfitPages() int {
	if p.Table >= len(p.Upload.Tables) {
		return 0
	}
	listed := min(p.Upload.Tables[p.Table].Misfits, ingest.MostMisfits)
	return int((listed + MisfitsPerPage - 1) / MisfitsPerPage)
}

// misfits are all cells that do not fit.
func (p UploadPage) misfits() (n int64) {
	for _, t := range p.Upload.Tables {
		n += t.Misfits
	}
	return n
}

// before is the column as the newest version has it; nil where it is new.
func (p UploadPage) before(table int, name string) *datasets.Field {
	if p.Resource.Newest == nil || table >= len(p.Resource.Newest.Tables) {
		return nil
	}
	fields := p.Resource.Newest.Tables[table].Fields
	if i := slices.IndexFunc(fields, func(f datasets.Field) bool { return f.Name == name }); i >= 0 {
		return &fields[i]
	}
	return nil
}

// gone are the columns that the newest version has and the table has not.
func (p UploadPage) gone(table int) []string {
	if p.Resource.Newest == nil || table >= len(p.Resource.Newest.Tables) {
		return nil
	}
	var out []string
	for _, f := range p.Resource.Newest.Tables[table].Fields {
		if !slices.ContainsFunc(p.Upload.Tables[table].Columns, func(c ingest.Column) bool { return c.Name == f.Name }) {
			out = append(out, f.Name)
		}
	}
	return out
}

// proposed is the type that the values of a column propose.
func proposed(c ingest.Column) string {
	if c.Proposed != "" {
		return string(c.Proposed)
	}
	return string(c.Type)
}

// ColumnTypes are the types that an officer can choose.
var ColumnTypes = []string{"text", "integer", "decimal", "date", "yearmonth", "datetime", "boolean", "point", "geometry", "array", "object"}

// columnField is the name of a field of the form for reading anew.
func columnField(what string, table, column int) string {
	return what + "-" + strconv.Itoa(table) + "-" + strconv.Itoa(column)
}

// examples are the first values of a column that are there, as many as fit.
func examples(t datasets.UploadTable, column int) []string {
	var out []string
	for _, row := range t.Preview {
		if column < len(row) && row[column] != "" && !slices.Contains(out, row[column]) {
			if out = append(out, clipped(row[column], 24)); len(out) == 3 {
				break
			}
		}
	}
	return out
}

func clipped(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func saidNote(ctx context.Context, n ingest.Note) string { return text.T(ctx, n.Sentence, n.Args...) }

// uploadStateName is where an upload stands, in words.
func uploadStateName(ctx context.Context, u *datasets.Upload) string {
	if r := opening.State(u.Review); u.State == datasets.Reviewing {
		switch {
		case r.Waits():
			return text.T(ctx, "在开放审查")
		case r.Lets():
			return text.T(ctx, "审查同意，等您发布")
		case r == opening.Withheld:
			return text.T(ctx, "审查不予开放")
		case r == opening.Returned || r == opening.ToDeidentify:
			return text.T(ctx, "审查退回，改好再送")
		}
	}
	switch u.State {
	case datasets.Uploading:
		return text.T(ctx, "还没有传完")
	case datasets.Received:
		return text.T(ctx, "传完了，等着读")
	case datasets.Reading:
		return text.T(ctx, "正在读")
	case datasets.Reviewing:
		return text.T(ctx, "读完了，等您看过发布")
	case datasets.Rejected:
		return text.T(ctx, "文件被拒绝")
	case datasets.Failed:
		return text.T(ctx, "没有读成")
	case datasets.PublishedNow:
		return text.T(ctx, "已发布")
	case datasets.Discarded:
		return text.T(ctx, "已放弃")
	case datasets.Expired:
		return text.T(ctx, "过期清除")
	}
	return string(u.State)
}

// uploadStateClass marks what waits for a person and what went wrong.
func uploadStateClass(s datasets.UploadState) string {
	switch s {
	case datasets.Reviewing, datasets.Uploading:
		return "due"
	case datasets.Rejected, datasets.Failed:
		return "late"
	case datasets.PublishedNow:
		return "ok"
	}
	return "muted"
}

// left is how long reading will take yet, in words.
func left(ctx context.Context, u *datasets.Upload, now time.Time) string {
	d, ok := u.Left(now)
	switch {
	case !ok:
		return ""
	case d < time.Minute:
		return text.T(ctx, "大约还要 %d 秒", int(max(1, d/time.Second)))
	}
	return text.T(ctx, "大约还要 %d 分钟", int((d+time.Minute-1)/time.Minute))
}

// previewTable is the first rows of a table as it was read.
func previewTable(ctx context.Context, t datasets.UploadTable) TableView {
	view := TableView{Label: text.T(ctx, "前几行"), Dense: true, Rows: t.Preview[:min(len(t.Preview), 10)]}
	for _, c := range t.Columns {
		view.Columns = append(view.Columns, Column{Label: c.Name, Name: c.Name, Unit: c.Unit, Num: numeric(string(c.Type))})
	}
	return view
}

// mayUpload reports whether to offer a new version: the department's officer,
// signed in.
func mayUpload(a account.Actor, d *datasets.Dataset) bool {
	return a.Is(account.Officer) && a.Department == d.Department.ID
}

// delimiters are those that can be chosen.
var delimiters = []string{"", ",", "\t", ";", "|"}

func delimiterName(ctx context.Context, value string) string {
	switch value {
	case "":
		return text.T(ctx, "自动")
	case ",":
		return text.T(ctx, "逗号 ,")
	case "\t":
		return text.T(ctx, "制表符 TAB")
	case ";":
		return text.T(ctx, "分号 ;")
	case "|":
		return text.T(ctx, "竖线 |")
	}
	return value
}

// DelimiterCode writes a separator so that a form can hold it.
func DelimiterCode(value string) string {
	if value == "\t" {
		return "tab"
	}
	return value
}

// delimited reports whether a file is a text whose reading can be told.
func delimited(u *datasets.Upload) bool {
	name := u.FileName
	for _, ending := range []string{".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz", ".zip"} {
		if len(name) > len(ending) && strings.EqualFold(name[len(name)-len(ending):], ending) {
			return true
		}
	}
	return false
}

func tableName(ctx context.Context, t datasets.UploadTable) string {
	if t.Name != "" {
		return t.Name
	}
	return text.T(ctx, "第 %d 张表", t.Position+1)
}

// uploadNotes is what there is to say of the file, each thing once.
func uploadNotes(u *datasets.Upload) []ingest.Note { return u.Notes }

func enumerated(ctx context.Context, names []string) string {
	return strings.Join(names, text.T(ctx, "、"))
}

func headerFound(ctx context.Context, u *datasets.Upload) string {
	switch {
	case u.Format == "" || u.Header != "":
		return text.T(ctx, "自动")
	case u.NoHeader:
		return text.T(ctx, "自动：%s", text.T(ctx, "不是，是数据"))
	}
	return text.T(ctx, "自动：%s", text.T(ctx, "是"))
}

func encodingFound(ctx context.Context, u *datasets.Upload) string {
	if u.Found == "" || u.Encoding != "" {
		return text.T(ctx, "自动")
	}
	return text.T(ctx, "自动：%s", u.Found)
}

// label is the name that a column has unless somebody says another.
func (p UploadPage) label(table int, c ingest.Column) string {
	if b := p.before(table, c.Name); b != nil && b.Label != "" {
		return b.Label
	}
	return c.Name
}

func (p UploadPage) unit(table int, c ingest.Column) string {
	if b := p.before(table, c.Name); b != nil && b.Unit != "" {
		return b.Unit
	}
	return c.Unit
}

func publishWords(ctx context.Context, p UploadPage) string {
	if p.Resource.Newest == nil {
		return text.T(ctx, "发布第 1 版")
	}
	return text.T(ctx, "发布第 %d 版", p.Resource.Newest.Number+1)
}

// promiseWords says before the act what publishing does to the promised day.
func promiseWords(ctx context.Context, p UploadPage) string {
	d := p.Dataset
	if d.Status != datasets.Published || !slices.ContainsFunc(d.Resources, func(r datasets.Resource) bool { return r.Newest != nil }) {
		return ""
	}
	next, kept := d.Kept(p.Now)
	switch {
	case !kept && d.Fresh(p.Now) == datasets.InTime:
		return text.T(ctx, "现在发布算更正或补充，不算 %s 承诺的更新；%s 起发布的才算（平台规则）。", Day(*d.NextDue), Day(d.CountsFrom()))
	case !kept:
		return ""
	case next == nil:
		return text.T(ctx, "发布后即兑现 %s 的更新承诺，以后没有承诺的日子（不定期更新）。", Day(*d.NextDue))
	}
	return text.T(ctx, "发布后即兑现 %s 的更新承诺，承诺的下次更新按更新频率顺延到 %s（平台规则）。", Day(*d.NextDue), Day(*next))
}
