package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/portal"
	"shuyuan/templates/text"
)

// Uploads and dictionaries are what the API lets officers change: by key, never by
// session. The bytes go the way of the tus protocol
// (portal.UploadRoutes); what is read of them and the publishing are JSON.

// writingRoutes are the routes of what changes something.
func writingRoutes() []portal.Route {
	officers := []account.Role{account.Officer}
	return append(portal.UploadRoutes(Base+"/uploads"),
		portal.DictionaryRoute(Base),
		portal.Route{Method: "GET", Path: Base + "/uploads/:id", By: officers, Scope: account.ScopePublish, Handle: showUpload},
		portal.Route{Method: "POST", Path: Base + "/requests", By: anybody, Scope: account.ScopeApply, Handle: proposeRequest},
		portal.Route{Method: "POST", Path: Base + "/uploads/:id/publish", By: officers, Scope: account.ScopePublish, Handle: publishUpload},
	)
}

// handleWriting registers them, and what OPTIONS answers: to a browser of
// another origin, and to a client of the protocol.
func (a *api) handleWriting() {
	known := map[string]bool{Base + "/requests": true} // where it can be read, too: preflight says so
	for _, r := range writingRoutes() {
		a.Handle(r)
		if !known[r.Path] {
			answer := a.uploadPreflight
			if r.Method == fiber.MethodPut {
				answer = dictionaryPreflight
			}
			a.App().Options(r.Path, answer)
		}
		known[r.Path] = true
	}
}

func (a *api) uploadPreflight(c *fiber.Ctx) error {
	a.TusHeaders(c)
	return portal.PreflightOf(c, "GET, HEAD, POST, PATCH, DELETE", "Authorization, Accept, Accept-Language, Content-Type, Tus-Resumable, Upload-Length, Upload-Metadata, Upload-Offset, Upload-Checksum")
}

func dictionaryPreflight(c *fiber.Ctx) error {
	return portal.PreflightOf(c, "PUT", "Authorization, Accept, Accept-Language, Content-Type")
}

// Upload is an upload as the API tells it.
type Upload struct {
	ID         string        `json:"id" doc:"Its id" zh:"编号" example:"6b1f0c0e9d2a4b7c"`
	Resource   string        `json:"resource" doc:"Id of the file that it becomes a version of" zh:"要成为哪个文件的新版本" example:"holidays-csv"`
	Dataset    string        `json:"dataset" doc:"Slug of its dataset" zh:"所在数据集" example:"holidays"`
	FileName   string        `json:"file_name" doc:"Name of the file" zh:"文件名" example:"holidays.csv"`
	Bytes      int64         `json:"bytes" doc:"Bytes of the whole file" zh:"整个文件的字节数" example:"123456"`
	Received   int64         `json:"received" doc:"Bytes that are here" zh:"收到的字节数" example:"123456"`
	State      string        `json:"state" enum:"uploading,received,reading,review,rejected,failed,published,discarded,expired" doc:"How far it is. It can be published in review" zh:"到了哪一步；review 时可以发布" example:"review"`
	SHA256     string        `json:"sha256,omitempty" doc:"SHA-256 of the file, once it is whole" zh:"收齐之后：文件的 SHA-256" example:"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"`
	Progress   *Progress     `json:"progress,omitempty" doc:"While it is read" zh:"正在读时：读到哪里"`
	Reason     string        `json:"reason,omitempty" doc:"Why it was rejected or failed" zh:"为什么不接受，或没有读成"`
	BadRows    *BadRows      `json:"bad_rows,omitempty" doc:"Where it was rejected for rows with another number of columns: these" zh:"因为有的行栏数不对而不接受时：是哪些行"`
	Format     string        `json:"format,omitempty" doc:"Format that it turned out to have" zh:"实际的格式" example:"csv"`
	Encoding   string        `json:"encoding,omitempty" doc:"Encoding of its text" zh:"文字编码" example:"GB18030"`
	Notes      []string      `json:"notes,omitempty" nullable:"false" doc:"What should be known of the file" zh:"关于文件要知道的"`
	Objections []Objection   `json:"objections,omitempty" nullable:"false" doc:"What stands against publishing it" zh:"什么挡着发布"`
	Tables     []UploadTable `json:"tables,omitempty" nullable:"false" doc:"What was read" zh:"读出的表"`
	Findings   []Found       `json:"findings,omitempty" nullable:"false" doc:"What was found of persons, grave or not" zh:"找到的个人信息，不论轻重"`
	Changes    *Succession   `json:"changes,omitempty" doc:"In review: what publishing it would change of the newest version" zh:"review 时：发布后和最新一版相比会变什么"`
	Version    int           `json:"version,omitempty" doc:"Once published: number of the version" zh:"发布之后：第几版" example:"3"`
	Created    time.Time     `json:"created" doc:"When it began" zh:"何时开始" example:"2026-01-15T02:00:00Z"`
	Expires    *time.Time    `json:"expires,omitempty" nullable:"false" doc:"When it is swept if nothing happens" zh:"不再动的话何时清除" example:"2026-02-14T02:00:00Z"`
}

// BadRows are the rows for which a file was rejected.
type BadRows struct {
	Count    int64    `json:"count" doc:"How many there are" zh:"一共多少行" example:"3"`
	Expected int      `json:"expected" doc:"Columns that each should have" zh:"应有几栏" example:"6"`
	Rows     []BadRow `json:"rows" nullable:"false" doc:"The first of them" zh:"最先的那些"`
}

// BadRow is one of them.
type BadRow struct {
	Line  int    `json:"line" doc:"Line of the file, from 1" zh:"文件里的行号，从 1 数" example:"42"`
	Cells int    `json:"cells" doc:"Columns that it has" zh:"有几栏" example:"5"`
	Text  string `json:"text" doc:"Its beginning" zh:"这一行的开头" example:"2026-01-01,元旦"`
}

// Progress is how far a file has been read.
type Progress struct {
	Rows  int64 `json:"rows" doc:"Rows that have been read" zh:"读了多少行" example:"17498"`
	Bytes int64 `json:"bytes" doc:"Bytes that have been read" zh:"读了多少字节" example:"100000"`
	Of    int64 `json:"of" doc:"Bytes that there are" zh:"一共多少字节" example:"123456"`

	Stage string `json:"stage" enum:"reading,scanning" doc:"reading, and then scanning: its rows are looked through for personal data" zh:"reading 在读，然后 scanning：在各行里找个人信息" example:"reading"`
	Share int    `json:"share" doc:"Of the stage, in per cent" zh:"这一步做了百分之几" example:"81"`
}

// Objection is something that stands against publishing.
type Objection struct {
	Kind string `json:"kind" doc:"What it is, for programs" zh:"是什么，给程序看" example:"formula"`
	Text string `json:"text" doc:"What it is, in words" zh:"是什么，文字" example:"The file holds formulas."`
	Lift bool   `json:"lifted_by_review" doc:"It is lifted by saying in reviewed why it may be public" zh:"在 reviewed 里写明为什么可以公开，就不再挡着" example:"true"`
}

// Found is something of persons that was found in an upload; values are blotted
// out. What is grave is an objection, too.
type Found struct {
	ID       int64    `json:"id" doc:"Its number" zh:"编号" example:"17"`
	Kind     string   `json:"kind" doc:"What it is, for programs" zh:"是什么，给程序看" example:"plate"`
	Severity string   `json:"severity" enum:"info,warn,block" doc:"block stops publication until an officer has decided" zh:"block 要专员判断后才能发布" example:"warn"`
	State    string   `json:"state" enum:"open,confirmed,dismissed" doc:"What an officer made of it" zh:"专员怎么判断" example:"open"`
	Table    int      `json:"table" doc:"Number of the table, from 1" zh:"第几张表，从 1 数" example:"1"`
	Column   string   `json:"column" doc:"Name of the column" zh:"列名" example:"车牌"`
	Cells    int64    `json:"cells" doc:"Cells that have it" zh:"有多少格" example:"3"`
	First    []int64  `json:"first_rows" nullable:"false" doc:"The first rows that have it, from 1, the header not counted" zh:"最先的几行，从 1 数，不数表头"`
	Masked   []string `json:"masked" nullable:"false" doc:"Examples with most of each value blotted out" zh:"涂去大半的样例"`
	Text     string   `json:"text" doc:"What it is, in words" zh:"是什么，文字" example:"1 row of the column holds plates of vehicles."`
}

// Succession is what publishing an upload would change.
type Succession struct {
	Version int               `json:"version" doc:"Number of the newest version" zh:"和第几版相比" example:"3"`
	Tables  []TableSuccession `json:"tables" nullable:"false" doc:"Table by table" zh:"逐表"`
}

// TableSuccession is what it would change of one table.
type TableSuccession struct {
	Name       string    `json:"name,omitempty" doc:"Name of the table, where it has one" zh:"表名" example:"Sheet1"`
	New        bool      `json:"new,omitempty" doc:"There was no such table" zh:"新的表"`
	Gone       bool      `json:"gone,omitempty" doc:"There is no such table any more" zh:"没有这张表了"`
	RowsBefore int64     `json:"rows_before" doc:"Rows in the newest version" zh:"上一版的行数" example:"17498"`
	Rows       int64     `json:"rows" doc:"Rows in this file" zh:"这个文件的行数" example:"17502"`
	Added      []string  `json:"columns_added,omitempty" nullable:"false" doc:"Columns that are new" zh:"新的列"`
	Removed    []string  `json:"columns_removed,omitempty" nullable:"false" doc:"Columns that are gone" zh:"没有了的列"`
	Retyped    []Retyped `json:"columns_retyped,omitempty" nullable:"false" doc:"Columns of another type" zh:"换了类型的列"`
	ByRow      *ByRow    `json:"by_row,omitempty" doc:"How the rows differ, where both tables are small enough to be compared at once" zh:"逐行比较；两张表都不大时才有"`
}

// Retyped is a column of another type.
type Retyped struct {
	Name string `json:"name" doc:"Name of the column" zh:"列名" example:"人数"`
	From string `json:"from" doc:"Type in the newest version" zh:"上一版的类型" example:"integer"`
	To   string `json:"to" doc:"Type in this file" zh:"现在的类型" example:"text"`
}

// ByRow is how the rows of two tables differ.
type ByRow struct {
	Key     []string `json:"key,omitempty" nullable:"false" doc:"Columns that rows were matched by; without any, whole rows are compared" zh:"按哪些列对上；没有则比较整行"`
	Added   int64    `json:"added" doc:"New rows" zh:"新增的行" example:"4"`
	Removed int64    `json:"removed" doc:"Rows that are gone" zh:"删去的行" example:"0"`
	Changed int64    `json:"changed" doc:"Rows with other values" zh:"改动的行" example:"12"`
	Same    int64    `json:"same" doc:"Rows as they were" zh:"不变的行" example:"17486"`
}

func successionOf(d *datasets.Differences) *Succession {
	if d == nil {
		return nil
	}
	out := &Succession{Version: d.From.Number, Tables: []TableSuccession{}}
	for _, t := range d.Tables {
		line := TableSuccession{New: t.Before == nil, Gone: t.After == nil, Added: t.Columns.Added, Removed: t.Columns.Removed}
		if t.Before != nil {
			line.Name, line.RowsBefore = t.Before.Name, t.Before.Rows
		}
		if t.After != nil {
			line.Name, line.Rows = t.After.Name, t.After.Rows
		}
		for _, r := range t.Columns.Retyped {
			line.Retyped = append(line.Retyped, Retyped(r))
		}
		if r := t.Rows; r != nil && r.Why.Compared() {
			line.ByRow = &ByRow{r.Key, r.Added, r.Removed, r.Changed, r.Same}
		}
		out.Tables = append(out.Tables, line)
	}
	return out
}

// findingsOf are what was found in u.
func findingsOf(s *portal.Server, c *fiber.Ctx, u *datasets.Upload) ([]Found, error) {
	if u.SHA256 == "" {
		return nil, nil
	}
	all, err := s.Datasets.Findings(c.UserContext(), s.Actor(c), datasets.FindingFilter{Resource: u.ResourceID, SHA256: u.SHA256})
	var out []Found
	for _, f := range all {
		out = append(out, Found{f.ID, string(f.Kind), string(f.Severity), string(f.State), f.Position + 1, f.Column, f.Rows, f.First, f.Masked, text.T(c.UserContext(), f.Sentence, f.Args...)})
	}
	return out, err
}

// UploadTable is a table that was read of an upload.
type UploadTable struct {
	Name    string         `json:"name" doc:"Its name; empty where the file has none" zh:"名称；文件里没有则为空" example:"Sheet1"`
	Rows    int64          `json:"rows" doc:"Rows" zh:"行数" example:"17498"`
	Misfits int64          `json:"misfits" doc:"Cells whose text is no value of the column's type" zh:"文字不合列的类型的格数" example:"2"`
	Notes   []string       `json:"notes,omitempty" nullable:"false" doc:"What should be known of it" zh:"关于这张表要知道的"`
	Columns []UploadColumn `json:"columns" nullable:"false" doc:"Its columns" zh:"各列"`
}

// UploadColumn is a column that was read of an upload.
type UploadColumn struct {
	Name     string   `json:"name" doc:"Name in the file" zh:"文件里的列名" example:"日期"`
	Type     string   `json:"type" enum:"text,integer,decimal,date,yearmonth,datetime,boolean,point,geometry,array,object" doc:"Type of its values" zh:"值的类型" example:"date"`
	Proposed string   `json:"proposed,omitempty" doc:"Type that its values look like, where an officer said otherwise" zh:"数据专员另定了类型时：看起来的类型" example:"text"`
	Unit     string   `json:"unit,omitempty" doc:"Unit that the values name" zh:"值里写的单位" example:"%"`
	Empty    int64    `json:"empty" doc:"Cells without a value" zh:"空格子数" example:"0"`
	Misfits  int64    `json:"misfits" doc:"Cells whose text is no value of the type" zh:"文字不合类型的格数" example:"2"`
	Evidence []string `json:"evidence,omitempty" nullable:"false" doc:"Why it is read as this type" zh:"为什么读成这种类型"`
}

// showUpload is GET /uploads/{id}.
func showUpload(s *portal.Server, c *fiber.Ctx) error {
	if _, err := portal.Query(c); err != nil {
		return inQuery(err)
	}
	ctx := c.UserContext()
	u, err := s.Datasets.Upload(ctx, s.Actor(c), c.Params("id"))
	if err != nil {
		return err
	}
	out, err := uploadOf(s, c, u)
	if err != nil {
		return err
	}
	return answerJSON(c, fiber.StatusOK, out)
}

func uploadOf(s *portal.Server, c *fiber.Ctx, u *datasets.Upload) (*Upload, error) {
	ctx := c.UserContext()
	say := func(notes []ingest.Note) (out []string) {
		for _, n := range notes {
			out = append(out, text.T(ctx, n.Sentence, n.Args...))
		}
		return out
	}
	out := &Upload{ID: u.ID, Resource: u.ResourceID, Dataset: u.DatasetSlug, FileName: u.FileName, Bytes: u.Bytes, Received: u.Got, State: string(u.State), SHA256: u.SHA256,
		Format: u.Format, Encoding: u.Found, Notes: say(u.Notes), Version: u.Number, Created: u.Created}
	if u.State == datasets.Reading {
		out.Progress = &Progress{u.Progress.Rows, u.Progress.Bytes, u.Progress.Of, "reading", u.Share()}
		if u.Scan.Of > 0 {
			out.Progress.Stage, out.Progress.Share = "scanning", u.Scan.Share()
		}
	}
	if u.Refusal != nil {
		out.Reason = portal.Sentence(ctx, u.Refusal)
	}
	if b := u.BadRows; b != nil {
		out.BadRows = &BadRows{Count: b.Count, Expected: b.Width}
		for _, r := range b.Rows {
			out.BadRows.Rows = append(out.BadRows.Rows, BadRow(r))
		}
	}
	if !u.State.Ended() {
		out.Expires = &u.Expires
	}
	for _, t := range u.Tables {
		table := UploadTable{Columns: []UploadColumn{}, Name: t.Name, Rows: t.Rows, Misfits: t.Misfits, Notes: say(t.Notes)}
		for _, col := range t.Columns {
			table.Columns = append(table.Columns, UploadColumn{col.Name, string(col.Type), string(col.Proposed), col.Unit, col.Nulls, col.Misfits, say(col.Evidence)})
		}
		out.Tables = append(out.Tables, table)
	}
	against, err := s.Datasets.Objections(ctx, s.Actor(c), u)
	for _, o := range against {
		out.Objections = append(out.Objections, Objection{o.Kind, say([]ingest.Note{o.Note})[0], !o.Block})
	}
	if err != nil {
		return nil, err
	}
	if out.Findings, err = findingsOf(s, c, u); err != nil {
		return nil, err
	}
	changes, err := s.Datasets.Succession(ctx, s.Actor(c), u)
	out.Changes = successionOf(changes)
	return out, err
}

// Publication is what is said of a new version.
type Publication struct {
	Reason   string `json:"reason" doc:"Why there is a new version; needed from the second version on" zh:"为什么有新版本；第二版起必填" example:"更正 2025 年的数据"`
	ReasonEN string `json:"reason_en,omitempty" doc:"The same in English" zh:"同上，英文" example:"Figures of 2025 corrected"`
	Reviewed string `json:"reviewed,omitempty" doc:"Why what is hidden in the file may be public, where there is an objection that this lifts" zh:"文件里藏着的东西为什么可以公开（有这样的异议时）" example:"公式只是求和"`
}

// Publishing is what came of it.
type Publishing struct {
	Resource string `json:"resource" doc:"Id of the file" zh:"文件的编号" example:"holidays-csv"`
	Version  int    `json:"version" doc:"Number of the new version" zh:"新的版本号" example:"3"`
	SHA256   string `json:"sha256" doc:"SHA-256 of its bytes" zh:"字节的 SHA-256" example:"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"`
	Original string `json:"original" format:"uri" doc:"Address of its bytes, which never change" zh:"字节的地址，永不变" example:"https://data.example/d/holidays-csv/3/holidays.csv"`
}

// publishUpload is POST /uploads/{id}/publish.
func publishUpload(s *portal.Server, c *fiber.Ctx) error {
	if _, err := portal.Query(c); err != nil {
		return inQuery(err)
	}
	var p Publication
	if err := readJSON(c, &p); err != nil {
		return err
	}
	v, err := s.Datasets.PublishUpload(c.UserContext(), s.Actor(c), c.Params("id"), datasets.Publication{Reason: p.Reason, ReasonEN: p.ReasonEN, Reviewed: p.Reviewed})
	if err != nil {
		return err
	}
	bytes := (&api{Server: s}).filesURL() + "/d/" + v.ResourceID + "/" + strconv.Itoa(v.Number) + "/"
	return answerJSON(c, fiber.StatusOK, Publishing{Resource: v.ResourceID, Version: v.Number, SHA256: v.SHA256, Original: bytes + url.PathEscape(v.FileName)})
}

// readJSON reads the body of a request: one object, with no field that is not
// known.
func readJSON(c *fiber.Ctx, into any) error {
	d := json.NewDecoder(strings.NewReader(string(c.Body())))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		_, err = d.Token()
	}
	if !errors.Is(err, io.EOF) || c.Get(fiber.HeaderContentType) != fiber.MIMEApplicationJSON && c.Get(fiber.HeaderContentType) != fiber.MIMEApplicationJSONCharsetUTF8 {
		return fault.New(fault.Malformed, "请求要是 application/json 的一个对象，只有说明里写的字段。").Because(err)
	}
	return nil
}

func answerJSON(c *fiber.Ctx, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	c.Status(status)
	return c.Send(body)
}
