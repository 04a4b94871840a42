package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/portal"
)

// reader is who asks for data: the owner of the key that was sent, who may have
// more than a visitor. A session is not looked at here either: a page of
// another origin must not read as whoever has signed in.
func (a *api) reader(c *fiber.Ctx) account.Actor {
	if who := a.Actor(c); who.Key != "" {
		return who
	}
	return visitor
}

// Choice is a part of the rows of a table.
type Choice struct {
	ID
	Select  string `query:"select" maxLength:"8000" doc:"Columns, or what is computed of them, each perhaps with as and a name; all columns if left out" zh:"要哪些列，或由列算出的值，可以用 as 起名；不写就是全部列" example:"日期, 类型"`
	Where   string `query:"where" maxLength:"8000" doc:"A condition, in the language described at /developers#language; every row if left out" zh:"条件，写法见 /developers#language；不写就是全部行" example:"日期 >= date'2026-01-01'"`
	GroupBy string `query:"group_by" maxLength:"8000" doc:"Columns, or what is computed of them; each row of the answer is then a group" zh:"按哪些列或由列算出的值分组；分组后一行就是一组" example:"year(日期)"`
	OrderBy string `query:"order_by" maxLength:"8000" doc:"Columns or computed values, each perhaps with desc; as in the file if left out. Empty cells come last" zh:"按哪些列或由列算出的值排序，后面可以写 desc；不写则按文件里的顺序。空格子总在最后" example:"日期 desc"`
	Version int    `query:"version" minimum:"1" maximum:"2147483647" doc:"Number of a version; the newest if left out" zh:"版本号；不写则为最新一版" example:"1"`
	Table   int    `query:"table" minimum:"1" maximum:"10000" doc:"Number of a table in the version, counted from 1; the first if left out" zh:"第几张表，从 1 数起；不写则为第一张" example:"1"`
}

// RowsWanted is which rows are asked for.
type RowsWanted struct {
	Choice
	Limit  int    `query:"limit" minimum:"1" maximum:"10000" default:"100" doc:"At most so many rows on a page" zh:"一页最多几行" example:"100"`
	Exact  string `query:"exact" enum:"1" doc:"1: count every row, also where that takes long; otherwise total may be an estimate" zh:"1：逐行数准，再慢也数；不写时 total 可能是估计" example:"1"`
	Cursor string `query:"cursor" maxLength:"4000" doc:"Where to go on: next or prev of another page of the same question. It stays with the version that it began in. What is in it is nobody's business and may change" zh:"从哪里继续：同一问题另一页的 next 或 prev。它始终读开始时的那一版；内容不必看懂，也可能改变"`
}

// Rows is one page of rows.
type Rows struct {
	Resource   string     `json:"resource" doc:"Id of the file" zh:"文件的编号" example:"holidays-csv"`
	Version    int        `json:"version" doc:"The version that answered; name it to get the same again" zh:"回答的是哪一版；要再得到同样的结果就写上它" example:"3"`
	Table      int        `json:"table" doc:"The table that answered, counted from 1" zh:"回答的是第几张表，从 1 数起" example:"1"`
	Fields     []RowField `json:"fields" nullable:"false" doc:"Columns of the answer, in their order" zh:"结果的列，按顺序" example:"[{\"name\":\"日期\",\"label\":\"日期\",\"label_en\":\"Date\",\"type\":\"date\",\"column\":\"日期\"},{\"name\":\"类型\",\"label\":\"类型\",\"label_en\":\"Type\",\"type\":\"integer\",\"column\":\"类型\"}]"`
	Rows       []Row      `json:"rows" nullable:"false" doc:"Rows, each an object by the names of fields: a number, a text, true or false, null where the cell is empty; dates are text (2026-01-31); points, shapes, arrays and objects are as in the file" zh:"行，每行是一个对象，键就是 fields 里的 name：数、文字、true 或 false，空格子是 null；日期是文字(2026-01-31)；点、图形、数组、对象照文件里的样子" example:"[{\"日期\":\"2026-01-01\",\"类型\":1},{\"日期\":\"2026-01-02\",\"类型\":\"待定\"}]"`
	Misfits    []Misfit   `json:"misfits" nullable:"false" doc:"Cells on this page whose text is no value of the column's type: the row shows that text as it stands in the file, and conditions and sums see an empty cell" zh:"本页里文字不合该列类型的格子：行里照文件原样给出文字，而条件和计算把它当作空"`
	Total      int64      `json:"total" doc:"Rows of the answer on all pages together" zh:"所有页一共多少行" example:"769"`
	TotalExact bool       `json:"total_exact" doc:"False where counting every row would take long: total is then an estimate from a sample" zh:"逐行数太慢时为 false，那时 total 是抽样的估计" example:"true"`
	Exactly    string     `json:"count_exactly,omitempty" format:"uri" doc:"Where total is an estimate: the address that counts every row" zh:"total 是估计时：逐行数准的地址" example:"https://data.example/api/v1/resources/holidays-csv/rows?exact=1"`
	Next       string     `json:"next,omitempty" doc:"The cursor of the next page; absent on the last. The Link header has its whole address" zh:"下一页的游标；最后一页没有。Link 头里有完整地址" example:"Zk3qXn8tYgkx"`
	Grant      *Under     `json:"grant,omitempty" doc:"The grant that this is given under; absent where the data is open to everybody" zh:"据以给出数据的授权；数据对所有人开放时没有"`
	Prev       string     `json:"prev,omitempty" doc:"The cursor of the page before; absent on the first" zh:"上一页的游标；第一页没有"`
}

// RowField is one column of an answer.
type RowField struct {
	Name    string `json:"name" doc:"Key in each row: the name in the file, or what as says, or the expression as it was written" zh:"行里的键：文件里的列名，或 as 起的名，或表达式原文" example:"日期"`
	Label   string `json:"label" doc:"What it is called, in Chinese; empty if nobody said" zh:"中文名；没有写则为空" example:"日期"`
	LabelEN string `json:"label_en" doc:"What it is called, in English" zh:"英文名" example:"Date"`
	Type    string `json:"type" enum:"text,integer,decimal,date,yearmonth,datetime,boolean,point,geometry,array,object" doc:"Type of its values" zh:"值的类型" example:"date"`
	Column  string `json:"column" doc:"The column of the file that it is; empty for what is computed" zh:"就是文件里的哪一列；算出来的为空" example:"日期"`
}

// Misfit is a cell whose text is no value of its column's type.
type Misfit struct {
	Row  int    `json:"row" doc:"Place in rows, counted from 0" zh:"在 rows 里的位置，从 0 数起" example:"1"`
	Name string `json:"name" doc:"Name of the field" zh:"fields 里的 name" example:"类型"`
}

// Row is an object whose members stand in the order of the fields.
type Row struct {
	keys  [][]byte // as JSON
	cells []any
}

// Schema implements huma.SchemaProvider.
func (Row) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: &huma.Schema{}}
}

// MarshalJSON implements json.Marshaler.
func (r Row) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	for i, cell := range r.cells {
		open := byte(',')
		if i == 0 {
			open = '{'
		}
		out.WriteByte(open)
		out.Write(r.keys[i])
		out.WriteByte(':')
		value, err := cellJSON(cell)
		if err != nil {
			return nil, err
		}
		out.Write(value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// cellJSON is one cell as JSON; data is not HTML, so < stays <.
func cellJSON(cell any) ([]byte, error) {
	switch v := cell.(type) {
	case nil:
		return []byte("null"), nil
	case json.Number:
		return []byte(v), nil
	case json.RawMessage:
		return v, nil
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(cell)
	return bytes.TrimSpace(out.Bytes()), err
}

func (in *Choice) query() rows.Query {
	return rows.Query{Select: in.Select, Where: in.Where, GroupBy: in.GroupBy, OrderBy: in.OrderBy}
}

// asked is a choice as parameters, with those that are not set left out.
func (in *Choice) asked() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{"select": in.Select, "where": in.Where, "group_by": in.GroupBy, "order_by": in.OrderBy} {
		if value != "" {
			v.Set(name, value)
		}
	}
	for name, n := range map[string]int{"version": in.Version, "table": in.Table} {
		if n > 0 {
			v.Set(name, strconv.Itoa(n))
		}
	}
	return v
}

// tableOf is the version that a choice means and the position of its table.
func (a *api) tableOf(ctx context.Context, who account.Actor, in *Choice) (*datasets.Version, int, error) {
	v, err := a.versionOf(ctx, who, in.ID.ID, in.Version)
	if err != nil {
		return nil, 0, err
	}
	if len(v.Tables) == 0 {
		return nil, 0, fault.New(fault.NotFound, "这个文件不是表格，没有行；原件可以下载。")
	}
	if in.Table > len(v.Tables) {
		return nil, 0, malformed("query.table", "这个文件有 %d 张表，请给出 1 到 %d 的序号。", len(v.Tables), len(v.Tables))
	}
	return v, max(0, in.Table-1), nil
}

// getRows is one page of rows.
func (a *api) getRows(c *fiber.Ctx, in *RowsWanted) error {
	ctx, who := c.UserContext(), a.reader(c)
	next := in.asked()
	if in.Cursor != "" && in.Version == 0 {
		number, position, err := a.Datasets.CursorTable(in.ID.ID, in.Cursor)
		if err != nil {
			return inQuery(err)
		}
		in.Version, in.Table = number, cmp.Or(in.Table, position+1)
	}
	v, position, err := a.tableOf(ctx, who, &in.Choice)
	if err != nil {
		return err
	}
	q := in.query()
	q.Limit, q.Cursor, q.Exact = in.Limit, in.Cursor, in.Exact != ""
	asked, err := a.Datasets.Question(ctx, who, v, position, q)
	if err != nil {
		return inQuery(err)
	}
	if a.unchanged(c, who, "rows 1 "+asked.Tag) {
		return nil
	}
	if headOnly(c) {
		return nil
	}
	part := in.asked() // with the page of it that is sent
	part.Set("limit", strconv.Itoa(in.Limit))
	if in.Cursor != "" {
		part.Set("cursor", in.Cursor)
	}
	h, err := a.Deliver(c, who, v, datasets.ByRows, "json", part.Encode())
	if err != nil {
		return err
	}
	ctx, done := a.WhileConnected(c)
	defer done()
	r, err := asked.Answer(ctx)
	if err != nil {
		h.End(false)
		return inQuery(err)
	}
	out := page(r)
	out.Grant = underGrant(h.Permit)
	out.Resource, out.Version, out.Table = v.ResourceID, v.Number, position+1
	next.Set("limit", strconv.Itoa(in.Limit))
	if in.Exact != "" {
		next.Set("exact", in.Exact)
	}
	if !out.TotalExact {
		exactly := maps.Clone(next)
		exactly.Set("exact", "1")
		if in.Cursor != "" {
			exactly.Set("cursor", in.Cursor)
		}
		out.Exactly = a.address("/resources/" + v.ResourceID + "/rows?" + exactly.Encode())
	}
	if out.Next != "" {
		next.Set("cursor", out.Next)
		c.Append(fiber.HeaderLink, "<"+a.address("/resources/"+v.ResourceID+"/rows?"+next.Encode())+`>; rel="next"`)
	}
	if err := sendJSON(c, out); err != nil {
		h.End(false)
		return err
	}
	h.Sent(len(c.Response().Body()))
	return nil
}

// Under is the grant that an answer goes out under.
type Under struct {
	Number  string `json:"number" doc:"Number of the grant" zh:"授权的编号" example:"SQZ-2026-000001"`
	Purpose string `json:"purpose" doc:"What the data is for, and for nothing else" zh:"用途，只能用于此" example:"向本市居民推送次日空气质量提示"`
	Until   string `json:"until" doc:"Last day of the grant" zh:"授权的最后一天" example:"2027-05-26"`
	Terms   string `json:"terms" doc:"SHA-256 of the agreement" zh:"协议的 SHA-256"`
}

func underGrant(p datasets.Permit) *Under {
	if p.Grant == 0 {
		return nil
	}
	return &Under{Number: p.Number, Purpose: p.Purpose, Until: p.Until.Add(-time.Second).In(workdays.Zone).Format(time.DateOnly), Terms: p.Terms}
}

// page is an answer as it is sent.
func page(r *rows.Result) *Rows {
	out := &Rows{Fields: []RowField{}, Rows: make([]Row, len(r.Rows)), Misfits: []Misfit{}, Total: r.Total, TotalExact: r.TotalExact, Next: r.Next, Prev: r.Prev}
	var keys [][]byte
	for i, name := range rows.Names(r.Fields) {
		f := rowField(r.Fields[i])
		f.Name = name
		out.Fields, keys = append(out.Fields, f), append(keys, encode(name))
	}
	for i, cells := range r.Rows {
		out.Rows[i] = Row{keys, cells}
		for k, cell := range cells {
			if _, ok := cell.(rows.Misfit); ok {
				out.Misfits = append(out.Misfits, Misfit{Row: i, Name: out.Fields[k].Name})
			}
		}
	}
	return out
}

func rowField(f rows.Field) RowField {
	return RowField{Name: f.Name, Label: f.Label, LabelEN: f.LabelEN, Type: string(f.Type), Column: f.Column}
}

// unchanged sets what every answer about data says of itself, and answers 304
// where the reader has it. Equal states are equal answers; the ETag is weak,
// for the same answer is sent in several codings, and sums of fractions may
// differ in their last digit.
func (a *api) unchanged(c *fiber.Ctx, who account.Actor, state string) bool {
	etag := portal.WeakTag(state)
	c.Set(fiber.HeaderETag, etag)
	c.Append(fiber.HeaderVary, fiber.HeaderAuthorization)
	if who.IsVisitor() {
		c.Set(fiber.HeaderCacheControl, "public, no-cache")
	} else {
		c.Set(fiber.HeaderCacheControl, "private, no-cache")
	}
	if portal.Matches(c.Get(fiber.HeaderIfNoneMatch), etag) {
		c.Status(fiber.StatusNotModified)
		return true
	}
	return false
}

// headOnly answers HEAD: nothing is computed or handed over, so how long it would
// be nobody knows.
func headOnly(c *fiber.Ctx) bool {
	if c.Method() != fiber.MethodHead {
		return false
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	c.Context().SetBodyStream(strings.NewReader(""), -1)
	return true
}

func sendJSON(c *fiber.Ctx, v any) error {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return portal.Packed(c, out.Bytes())
}
