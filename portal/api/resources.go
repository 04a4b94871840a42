package api

import (
	"cmp"
	"context"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// Resource is one file through all its versions.
type Resource struct {
	ID            string   `json:"id" doc:"Id of the file; never changes" zh:"文件的编号，不变" example:"holidays-csv"`
	Name          string   `json:"name" doc:"Name in Chinese" zh:"中文名" example:"节假日安排"`
	NameEN        string   `json:"name_en" doc:"Name in English" zh:"英文名" example:"Public holidays"`
	Description   string   `json:"description" doc:"What is in it" zh:"内容说明"`
	DescriptionEN string   `json:"description_en" doc:"What it holds, in English; empty if nobody wrote it" zh:"说明的英文；没有写则为空"`
	Format        string   `json:"format" doc:"Format of the newest version; empty while there is none" zh:"最新版本的格式；还没有版本则为空" example:"csv"`
	Newest        *Version `json:"newest,omitempty" doc:"The newest version; absent while there is none" zh:"最新版本；还没有则缺"`
	Latest        string   `json:"latest,omitempty" format:"uri" doc:"Address that always leads to the newest bytes; absent where they may not be had" zh:"总是转到最新字节的地址；不能取的没有" example:"https://data.example/r/holidays-csv"`
	Link          *Link    `json:"link,omitempty" doc:"Where it lies, of a resource that is an address instead of files; absent of files" zh:"资源是地址而不是文件时，它在哪里；文件没有这一项"`
	URL           string   `json:"url" format:"uri" doc:"This file in this API" zh:"本接口里的这个文件" example:"https://data.example/api/v1/resources/holidays-csv"`
	Page          string   `json:"page" format:"uri" doc:"Its page for people" zh:"给人看的网页" example:"https://data.example/datasets/holidays/resources/holidays-csv"`
}

// Link is where a resource lies that is an address instead of files.
type Link struct {
	Kind     string     `json:"kind" enum:"api,file,page" doc:"A service that programs ask, a file that another site keeps, or a page" zh:"程序调用的接口服务、别处的文件，或网页" example:"api"`
	URL      string     `json:"url,omitempty" doc:"The address; absent where it must be applied for" zh:"地址；须申请的没有" example:"https://data.example/api/v1/datasets"`
	Example  string     `json:"example,omitempty" doc:"A request that is answered with data" zh:"能取到数据的一个请求"`
	Docs     string     `json:"docs,omitempty" doc:"Address of its documentation" zh:"文档地址"`
	Usage    string     `json:"usage,omitempty" doc:"How to use it" zh:"使用方法"`
	UsageEN  string     `json:"usage_en,omitempty" doc:"How to use it, in English" zh:"使用方法的英文"`
	Notes    string     `json:"notes,omitempty" doc:"Coordinates, and what is peculiar about the format" zh:"坐标与格式说明"`
	NotesEN  string     `json:"notes_en,omitempty" doc:"The same in English" zh:"坐标与格式说明的英文"`
	State    string     `json:"state" enum:"unchecked,ok,wrong,failing,dead" doc:"How it was at the last check: wrong is an answer of another format than promised, failing one that may pass, dead one that has lasted" zh:"最近一次检查的结果：wrong 是内容与所说的格式不符，failing 是暂时没有回应，dead 是长期没有回应" example:"ok"`
	Problem  string     `json:"problem,omitempty" doc:"What was wrong; absent where nothing was" zh:"出了什么问题；没有问题则缺" example:"no-name"`
	Status   int        `json:"status,omitempty" doc:"HTTP status of the answer; absent where there was none" zh:"回应的 HTTP 状态；没有回应则缺" example:"200"`
	TookMS   int        `json:"took_ms,omitempty" doc:"Milliseconds until it answered" zh:"到回应为止的毫秒数" example:"84"`
	Checked  *time.Time `json:"checked,omitempty" doc:"When it was last checked" zh:"最近一次检查的时间"`
	LastOK   *time.Time `json:"last_ok,omitempty" doc:"When it last worked" zh:"上次可用的时间"`
	Failures int        `json:"failures" doc:"Failed checks in a row" zh:"连续失败的次数" example:"0"`
}

func (a *api) link(l *datasets.Link) *Link {
	if l == nil {
		return nil
	}
	whole := func(address string) string {
		if strings.HasPrefix(address, "/") {
			return a.Config.BaseURL + address
		}
		return address
	}
	return &Link{
		Kind: string(l.Kind), URL: whole(l.URL), Example: whole(l.Example), Docs: whole(l.Docs), Usage: l.Usage, UsageEN: l.UsageEN, Notes: l.Notes, NotesEN: l.NotesEN,
		State: cmp.Or(string(l.State.Health), "unchecked"), Problem: string(l.State.Problem), Status: l.State.Status, TookMS: l.State.TookMS,
		Checked: utc(l.State.CheckedAt), LastOK: utc(l.State.OKAt), Failures: l.State.Failures,
	}
}

// Entry is a file by itself, with the dataset it belongs to.
type Entry struct {
	Resource
	Dataset Parent `json:"dataset" doc:"The dataset it belongs to" zh:"所属的数据集"`
}

// Parent is the dataset of a file.
type Parent struct {
	Slug    string `json:"slug" doc:"Name in addresses" zh:"在地址里的名字" example:"holidays"`
	Title   string `json:"title" doc:"Title in Chinese" zh:"名称" example:"节假日安排"`
	TitleEN string `json:"title_en" doc:"Title in English" zh:"英文名称" example:"Public holidays"`
	Open    string `json:"open" enum:"unconditional,conditional" doc:"Open type" zh:"开放类型" example:"unconditional"`
	URL     string `json:"url" format:"uri" doc:"The whole entry in this API" zh:"本接口里的完整条目" example:"https://data.example/api/v1/datasets/holidays"`
}

// Version is one immutable state of a file.
type Version struct {
	Number      int       `json:"number" doc:"Counted from 1" zh:"从 1 数起" example:"3"`
	Published   time.Time `json:"published" doc:"When it was published" zh:"发布的时间"`
	Reason      string    `json:"reason" doc:"Why it was made" zh:"为什么有这一版" example:"增加 2026 年"`
	ReasonEN    string    `json:"reason_en" doc:"Why it was made, in English; empty if nobody wrote it" zh:"原因的英文；没有写则为空" example:"2026 added"`
	FileName    string    `json:"file_name" doc:"Name of the original file" zh:"原件的文件名" example:"holidays-2004-2026.csv"`
	MediaType   string    `json:"media_type" doc:"Media type of the original" zh:"原件的媒体类型" example:"text/csv"`
	Format      string    `json:"format" doc:"Its format" zh:"格式" example:"csv"`
	Compression string    `json:"compression" doc:"How the original is packed: gzip; empty if it is not" zh:"压缩方式：gzip；没有压缩则为空"`
	Encoding    string    `json:"encoding" doc:"Character encoding of the original; empty where that says nothing" zh:"原件的字符编码；不适用则为空" example:"UTF-8"`
	Bytes       int64     `json:"bytes" doc:"Size of the original" zh:"原件的字节数" example:"48213"`
	SHA256      string    `json:"sha256" doc:"SHA-256 of the original, in hex" zh:"原件的 SHA-256，十六进制"`
	Reshaped    bool      `json:"columns_changed" doc:"Its columns are others than those of the version before: programs that read by column must look" zh:"列和上一版不同：按列名读的程序要看一看" example:"false"`
	Served      bool      `json:"served" doc:"Everybody may have the bytes. Where false, the data must be applied for, and there are no addresses of bytes" zh:"谁都可以取字节；为 false 的须先申请，也就没有字节的地址" example:"true"`
	Original    string    `json:"original,omitempty" format:"uri" doc:"The original bytes, the same for ever" zh:"原件，字节永不变" example:"https://data.example/d/holidays-csv/3/holidays-2004-2026.csv"`
	Tables      []Table   `json:"tables" nullable:"false" doc:"Tables in it: one of a CSV, one a sheet of a workbook, none of what is no table" zh:"其中的表：CSV 一张，工作簿一页一张，不是表格的没有"`
	URL         string    `json:"url" format:"uri" doc:"This version in this API" zh:"本接口里的这一版" example:"https://data.example/api/v1/resources/holidays-csv/versions/3"`
	Schema      string    `json:"schema" format:"uri" doc:"Its data dictionary" zh:"它的数据字典" example:"https://data.example/api/v1/resources/holidays-csv/schema?version=3"`
}

// Table is one table of a version.
type Table struct {
	Number   int    `json:"number" doc:"Counted from 1" zh:"从 1 数起" example:"1"`
	Name     string `json:"name" doc:"Name of the sheet; empty if it has none" zh:"工作表名；没有则为空"`
	NameEN   string `json:"name_en" doc:"Name of the sheet in English; empty if nobody wrote it" zh:"工作表的英文名；没有写则为空"`
	Rows     int64  `json:"rows" doc:"Rows below the head" zh:"行数，不含表头" example:"769"`
	Columns  int    `json:"columns" doc:"Columns" zh:"列数" example:"3"`
	CSV      string `json:"csv,omitempty" format:"uri" doc:"The rows as CSV: UTF-8, a head, LF" zh:"CSV：UTF-8，有表头，LF 换行" example:"https://data.example/d/holidays-csv/3/data.csv"`
	CSVExcel string `json:"csv_excel,omitempty" format:"uri" doc:"The same with a byte order mark, which Excel needs" zh:"带 BOM 的 CSV，Excel 直接打开不乱码" example:"https://data.example/d/holidays-csv/3/data.csv?bom=1"`
	JSON     string `json:"json,omitempty" format:"uri" doc:"The rows as a JSON array of objects" zh:"JSON：对象的数组" example:"https://data.example/d/holidays-csv/3/data.json"`
	NDJSON   string `json:"ndjson,omitempty" format:"uri" doc:"The rows as JSON objects, one a line" zh:"NDJSON：每行一个对象" example:"https://data.example/d/holidays-csv/3/data.ndjson"`
	XLSX     string `json:"xlsx,omitempty" format:"uri" doc:"The rows as a workbook, as far as a sheet goes" zh:"XLSX 工作簿，行数以一页的上限为限" example:"https://data.example/d/holidays-csv/3/data.xlsx"`
	Parquet  string `json:"parquet,omitempty" format:"uri" doc:"The rows as Parquet, with their types" zh:"Parquet，带类型" example:"https://data.example/d/holidays-csv/3/data.parquet"`
	XML      string `json:"xml,omitempty" format:"uri" doc:"The rows as XML records" zh:"XML 记录" example:"https://data.example/d/holidays-csv/3/data.xml"`
	Package  string `json:"package,omitempty" format:"uri" doc:"A Frictionless data package: rows, dictionary, licence, source" zh:"数据包：行、字典、许可、来源" example:"https://data.example/d/holidays-csv/3/package.zip"`
}

// ID names one file in the path.
type ID struct {
	ID string `path:"id" maxLength:"100" doc:"Id of a file" zh:"文件的编号"`
}

func (a *api) getResource(ctx context.Context, _ *call, in *ID) (*Entry, error) {
	d, r, err := a.Datasets.Resource(ctx, visitor, in.ID)
	if err != nil {
		return nil, err
	}
	return &Entry{Resource: a.resource(ctx, d, r), Dataset: a.parent(d)}, nil
}

func (a *api) parent(d *datasets.Dataset) Parent {
	return Parent{Slug: d.Slug, Title: d.Title, TitleEN: d.TitleEN, Open: string(d.Open), URL: a.address("/datasets/" + d.Slug)}
}

func (a *api) resource(ctx context.Context, d *datasets.Dataset, r *datasets.Resource) Resource {
	out := Resource{
		ID: r.ID, Name: r.Name, NameEN: r.NameEN, Description: r.Description, DescriptionEN: r.DescriptionEN,
		URL: a.address("/resources/" + r.ID), Page: a.Config.BaseURL + "/datasets/" + d.Slug + "/resources/" + r.ID,
	}
	out.Link, out.Format = a.link(r.Link), r.Format()
	if r.Newest != nil {
		newest := a.version(ctx, r.Newest)
		out.Newest, out.Format = &newest, newest.Format
		if newest.Served {
			out.Latest = a.Config.BaseURL + "/r/" + r.ID
		}
	}
	return out
}

func (a *api) version(ctx context.Context, v *datasets.Version) Version {
	number := strconv.Itoa(v.Number)
	out := Version{
		Number: v.Number, Published: v.PublishedAt.UTC(), Reason: v.Reason, ReasonEN: v.ReasonEN, FileName: v.FileName, MediaType: v.MediaType, Format: v.Format,
		Compression: v.Compression, Encoding: v.Encoding, Bytes: v.Bytes, SHA256: v.SHA256, Reshaped: v.Reshaped, Served: a.Datasets.MayServe(ctx, visitor, v) == nil,
		Tables: make([]Table, len(v.Tables)),
		URL:    a.address("/resources/" + v.ResourceID + "/versions/" + number), Schema: a.address("/resources/" + v.ResourceID + "/schema?version=" + number),
	}
	bytes := a.filesURL() + "/d/" + v.ResourceID + "/" + number + "/"
	if out.Served {
		out.Original = bytes + url.PathEscape(v.FileName)
	}
	for i := range v.Tables {
		out.Tables[i] = table(&v.Tables[i], i)
		if out.Served {
			out.Tables[i].offer(bytes+"data", i)
		}
	}
	return out
}

// filesURL is the origin that serves the bytes.
func (a *api) filesURL() string {
	if a.Config.FilesURL != "" {
		return a.Config.FilesURL
	}
	return a.Config.BaseURL
}

func table(t *datasets.Table, position int) Table {
	return Table{Number: position + 1, Name: t.Name, NameEN: t.NameEN, Rows: t.Rows, Columns: len(t.Fields)}
}

// offer adds the addresses of the rows.
func (t *Table) offer(rows string, position int) {
	which, also := "", "?"
	if position > 0 {
		which, also = "?table="+strconv.Itoa(position+1), "&"
	}
	t.CSV, t.CSVExcel, t.JSON = rows+".csv"+which, rows+".csv"+which+also+"bom=1", rows+".json"+which
	t.NDJSON, t.XLSX, t.Parquet, t.XML = rows+".ndjson"+which, rows+".xlsx"+which, rows+".parquet"+which, rows+".xml"+which
	t.Package = strings.TrimSuffix(rows, "data") + "package.zip" + which
}

// Versions is a part of the versions of a file.
type Versions struct {
	Items []Version `json:"items" nullable:"false" doc:"Newest first" zh:"新的在前"`
	Next  string    `json:"next,omitempty" doc:"The cursor of the next page; absent on the last" zh:"下一页的游标；最后一页没有" example:"Zk3qXn8tYgkx"`
}

// VersionsWanted is which versions are asked for.
type VersionsWanted struct {
	ID
	Paging
}

func (a *api) listVersions(ctx context.Context, r *call, in *VersionsWanted) (*Versions, error) {
	if _, _, err := a.Datasets.Resource(ctx, visitor, in.ID.ID); err != nil {
		return nil, err
	}
	path := "/resources/" + in.ID.ID + "/versions"
	after, err := thread(path).read(in.Cursor)
	if err != nil {
		return nil, err
	}
	before := math.MaxInt32
	if after != "" {
		before, _ = strconv.Atoi(after) // the cursor is one of ours
	}
	found, err := a.Datasets.VersionsBefore(ctx, visitor, in.ID.ID, before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &Versions{}
	if len(found) > in.Limit {
		found = found[:in.Limit]
		out.Next = thread(path).write(strconv.Itoa(found[in.Limit-1].Number))
		r.next = a.address(path + "?" + url.Values{"cursor": {out.Next}, "limit": {strconv.Itoa(in.Limit)}}.Encode())
	}
	out.Items = make([]Version, len(found))
	for i := range found {
		out.Items[i] = a.version(ctx, &found[i])
	}
	return out, nil
}

// Numbered names one version in the path.
type Numbered struct {
	ID
	N int `path:"n" minimum:"1" maximum:"2147483647" doc:"Number of a version" zh:"版本号"`
}

func (a *api) getVersion(ctx context.Context, _ *call, in *Numbered) (*Version, error) {
	v, err := a.versionOf(ctx, visitor, in.ID.ID, in.N)
	if err != nil {
		return nil, err
	}
	out := a.version(ctx, v)
	return &out, nil
}

// versionOf is version n of a file as who may know it; 0 is the newest.
func (a *api) versionOf(ctx context.Context, who account.Actor, id string, n int) (*datasets.Version, error) {
	_, r, err := a.Datasets.Resource(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if r.Newest == nil {
		return nil, fault.New(fault.NotFound, "这个文件还没有发布任何版本。")
	}
	if n == 0 || n == r.Newest.Number {
		return r.Newest, nil
	}
	return a.Datasets.Version(ctx, who, id, n)
}

// Schema is the data dictionary of a version.
type Schema struct {
	Resource string        `json:"resource" doc:"Id of the file" zh:"文件的编号" example:"holidays-csv"`
	Version  int           `json:"version" doc:"Number of the version it describes" zh:"所说的版本" example:"3"`
	Tables   []TableSchema `json:"tables" nullable:"false" doc:"One of each table" zh:"一张表一份"`
}

// TableSchema is the dictionary of one table.
type TableSchema struct {
	Number int     `json:"number" doc:"Counted from 1" zh:"从 1 数起" example:"1"`
	Name   string  `json:"name" doc:"Name of the sheet; empty if it has none" zh:"工作表名；没有则为空"`
	NameEN string  `json:"name_en" doc:"Name of the sheet in English; empty if nobody wrote it" zh:"工作表的英文名；没有写则为空"`
	Rows   int64   `json:"rows" doc:"Rows below the head" zh:"行数，不含表头" example:"769"`
	Fields []Field `json:"fields" nullable:"false" doc:"Columns, in their order in the file" zh:"列，按文件里的顺序"`
}

// Field is one column.
type Field struct {
	Name          string `json:"name" doc:"Name of the column in the file" zh:"文件里的列名" example:"日期"`
	Label         string `json:"label" doc:"What it is called, in Chinese; empty if nobody said" zh:"中文名；没有写则为空" example:"日期"`
	LabelEN       string `json:"label_en" doc:"What it is called, in English" zh:"英文名" example:"Date"`
	Type          string `json:"type" enum:"text,integer,decimal,date,yearmonth,datetime,boolean,point,geometry,array,object" doc:"Type of its values. Codes with leading zeros are text: read them as such" zh:"值的类型。带前导零的代码是 text，请按文本读" example:"date"`
	Unit          string `json:"unit" doc:"Unit; empty if there is none" zh:"单位；没有则为空"`
	UnitEN        string `json:"unit_en" doc:"Unit, in English" zh:"单位的英文" example:"days"`
	Description   string `json:"description" doc:"Meaning" zh:"含义"`
	DescriptionEN string `json:"description_en" doc:"Meaning, in English" zh:"含义的英文"`
	Key           bool   `json:"key" doc:"The key columns of a table tell its rows apart" zh:"主键：这些列合起来认出一行" example:"true"`
	Required      bool   `json:"required" doc:"No cell is empty" zh:"必填：没有空格子" example:"true"`
	Sensitivity   string `json:"sensitivity" enum:",none,personal,sensitive,important" doc:"How sensitive the values are: none, personal data, sensitive personal data, important data; empty if nobody said" zh:"敏感级别：none 不敏感、personal 个人信息、sensitive 敏感个人信息、important 重要数据；没有写则为空" example:"none"`
	Format        string `json:"format" doc:"Format of the values, such as YYYY-MM-DD; empty if nobody said" zh:"数据格式，如 YYYY-MM-DD；没有写则为空" example:"YYYY-MM-DD"`
	Range         string `json:"range" doc:"Which values there can be, in words; empty if nobody said" zh:"值域；没有写则为空"`
	Codes         []Code `json:"codes" nullable:"false" doc:"Code list: its values with their meaning. Always empty for data that must be applied for" zh:"代码表：值和含义。须申请的数据总是空的"`
}

// Code is one value of a code list.
type Code struct {
	Value   string `json:"value" doc:"Value in the file" zh:"文件里的值" example:"1"`
	Label   string `json:"label" doc:"What it means" zh:"含义" example:"放假"`
	LabelEN string `json:"label_en" doc:"What it means, in English; empty if nobody wrote it" zh:"含义的英文；没有写则为空" example:"Holiday"`
}

// SchemaWanted is which dictionary is asked for.
type SchemaWanted struct {
	ID
	Version int `query:"version" minimum:"1" maximum:"2147483647" doc:"Number of a version; the newest if left out" zh:"版本号；不写则为最新一版" example:"1"`
}

func (a *api) getSchema(ctx context.Context, _ *call, in *SchemaWanted) (*Schema, error) {
	v, err := a.versionOf(ctx, visitor, in.ID.ID, in.Version)
	if err != nil {
		return nil, err
	}
	out := &Schema{Resource: v.ResourceID, Version: v.Number, Tables: make([]TableSchema, len(v.Tables))}
	for i, t := range v.Tables {
		fields := make([]Field, len(t.Fields))
		for j, f := range t.Fields {
			fields[j] = Field{Name: f.Name, Label: f.Label, LabelEN: f.LabelEN, Type: f.Type, Unit: f.Unit, UnitEN: f.UnitEN,
				Description: f.Description, DescriptionEN: f.DescriptionEN, Key: f.Key, Required: f.Required, Sensitivity: string(f.Sensitivity), Format: f.Format, Range: f.Range, Codes: make([]Code, len(f.Codes))}
			for k, c := range f.Codes {
				fields[j].Codes[k] = Code(c)
			}
		}
		out.Tables[i] = TableSchema{Number: i + 1, Name: t.Name, NameEN: t.NameEN, Rows: t.Rows, Fields: fields}
	}
	return out, nil
}
