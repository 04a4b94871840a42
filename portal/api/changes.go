package api

import (
	"context"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/portal"
)

// ChangesWanted is which two versions are compared.
type ChangesWanted struct {
	ID
	From int `query:"from" minimum:"1" maximum:"2147483647" doc:"The older version; the one before to if left out" zh:"旧的一版；不写则为 to 的上一版" example:"1"`
	To   int `query:"to" minimum:"1" maximum:"2147483647" doc:"The newer version; the newest if left out" zh:"新的一版；不写则为最新一版" example:"2"`
}

// Changes is how a version differs from an older one.
type Changes struct {
	Resource string        `json:"resource" doc:"Id of the file" zh:"文件的编号" example:"holidays-csv"`
	From     int           `json:"from" doc:"The older version; 0 where to is the first" zh:"旧的一版；to 是第一版时为 0" example:"1"`
	To       int           `json:"to" doc:"The newer version" zh:"新的一版" example:"2"`
	Reason   string        `json:"reason" doc:"Why the newer version was made" zh:"为什么有新的这一版" example:"增加 2026 年"`
	Same     bool          `json:"same" doc:"The two files are the same, byte by byte" zh:"两版的文件一字节不差" example:"false"`
	Compared bool          `json:"compared" doc:"Rows were compared. False for data that must be applied for, for what is no table, and while it is being worked out" zh:"比较了行。须申请的数据、不是表格的文件、还没有比完的，都为 false" example:"true"`
	Tables   []TableChange `json:"tables" nullable:"false" doc:"Each table of either version" zh:"两版的每张表"`
	Page     string        `json:"page,omitempty" format:"uri" doc:"The page for people, with the rows that differ; absent for the first version" zh:"给人看的网页，列出不同的行；第一版没有" example:"https://data.example/datasets/holidays/resources/holidays-csv/changes/2"`
}

// TableChange is how one table differs.
type TableChange struct {
	Number  int              `json:"number" doc:"In the newer version, counted from 1; 0 where it is gone" zh:"在新版里的序号，从 1 数起；没有了的为 0" example:"1"`
	Name    string           `json:"name" doc:"Name of the sheet; empty if it has none" zh:"工作表名；没有则为空"`
	New     bool             `json:"new" doc:"The older version has no such table" zh:"旧版没有这张表" example:"false"`
	Columns ColumnsChange    `json:"columns" doc:"How its columns differ" zh:"列的变化"`
	Words   []AttributeWords `json:"words" nullable:"false" doc:"What the data dictionary says otherwise" zh:"数据字典里变了的说法"`
	Rows    *RowsChange      `json:"rows,omitempty" doc:"How its rows differ; absent where they were not compared" zh:"行的变化；没有比较则缺"`
}

// ColumnsChange is how the columns of a table differ.
type ColumnsChange struct {
	Added   []string        `json:"added" nullable:"false" doc:"New columns" zh:"新增的列"`
	Removed []string        `json:"removed" nullable:"false" doc:"Columns that are gone" zh:"删去的列"`
	Renamed []ColumnRenamed `json:"renamed" nullable:"false" doc:"Columns with another name and the same values in every row" zh:"改了名、每行的值都相同的列"`
	Retyped []ColumnRetyped `json:"retyped" nullable:"false" doc:"Columns whose values are of another type" zh:"值换了类型的列"`
	Moved   []string        `json:"moved" nullable:"false" doc:"The fewest columns whose moves explain the new order" zh:"换了位置的列（能说明新顺序的最少几列）"`
}

// ColumnRenamed is a column under two names.
type ColumnRenamed struct {
	From string `json:"from" doc:"Name before" zh:"原来的名字" example:"名称"`
	To   string `json:"to" doc:"Name now" zh:"现在的名字" example:"校名"`
}

// ColumnRetyped is a column of another type.
type ColumnRetyped struct {
	Name string `json:"name" doc:"Its name now" zh:"现在的名字" example:"编号"`
	From string `json:"from" doc:"Type before" zh:"原来的类型" example:"integer"`
	To   string `json:"to" doc:"Type now" zh:"现在的类型" example:"text"`
}

// AttributeWords is what the dictionary says otherwise of a column.
type AttributeWords struct {
	Column    string `json:"column" doc:"The column" zh:"哪一列" example:"日期"`
	Attribute string `json:"attribute" doc:"Which attribute: label, unit, codes, key and so on" zh:"哪个栏目：label、unit、codes、key 等" example:"label_en"`
	Before    string `json:"before" doc:"What was said" zh:"原来的说法"`
	After     string `json:"after" doc:"What is said now" zh:"现在的说法" example:"Date"`
}

// RowsChange is how the rows of a table differ. Counts are exact.
type RowsChange struct {
	Key     []string      `json:"key" nullable:"false" doc:"Columns by which rows are told apart; empty where whole rows were compared" zh:"按哪些列认行；按整行比较的为空" example:"[\"日期\"]"`
	Why     string        `json:"why" enum:",no-key,absent,repeats,too-much,unread,no-common" doc:"Why whole rows were compared: the dictionary names no key (no-key), the older table lacks it (absent), it is empty or repeats (repeats); or why nothing was: too large (too-much), a file that cannot be read today (unread), no column in common (no-common). Empty where rows were compared by key" zh:"为什么按整行比较：字典没写主键(no-key)、旧表没有主键列(absent)、主键有空或重复(repeats)；或为什么没有比较：太大(too-much)、文件今天读不成表(unread)、没有相同的列(no-common)。按主键比较的为空"`
	Added   int64         `json:"added" doc:"Rows that are new" zh:"新增的行数" example:"39"`
	Removed int64         `json:"removed" doc:"Rows that are gone" zh:"删去的行数" example:"0"`
	Changed int64         `json:"changed" doc:"Rows with other values under the same key; always 0 without a key" zh:"主键相同、值不同的行数；没有主键时总是 0" example:"0"`
	Same    int64         `json:"unchanged" doc:"Rows that are as they were" zh:"不变的行数" example:"769"`
	Listed  int64         `json:"listed" doc:"How many of the differing rows can be downloaded" zh:"能下载的不同的行数" example:"39"`
	Cells   []ColumnCells `json:"cells" nullable:"false" doc:"Of the columns of changed rows, how many cells have another value" zh:"改动的行里，每列有多少格换了值"`
	CSV     string        `json:"csv,omitempty" format:"uri" doc:"The differing rows as CSV, old and new values side by side; absent if there are none" zh:"不同的行，CSV，新旧值并列；没有则缺" example:"https://data.example/datasets/holidays/resources/holidays-csv/changes/2/rows.csv?from=1"`
}

// ColumnCells is how many cells of a column changed.
type ColumnCells struct {
	Column string `json:"column" doc:"The column" zh:"哪一列" example:"安排"`
	Cells  int64  `json:"cells" doc:"Cells with another value" zh:"换了值的格数" example:"2"`
}

func (a *api) getChanges(ctx context.Context, _ *call, in *ChangesWanted) (*Changes, error) {
	d, r, err := a.Datasets.Resource(ctx, visitor, in.ID.ID)
	if err != nil {
		return nil, err
	}
	to, err := a.versionOf(ctx, visitor, in.ID.ID, in.To)
	if err != nil {
		return nil, err
	}
	out := &Changes{Resource: r.ID, To: to.Number, Reason: to.Reason, Tables: []TableChange{}}
	if in.From == 0 {
		in.From = to.Number - 1
	}
	if in.From == 0 {
		return out, nil // the first
	}
	if in.From >= to.Number {
		return nil, malformed("query.from", "只能和同一个文件更早的版本相比。")
	}
	from, err := a.versionOf(ctx, visitor, in.ID.ID, in.From)
	if err != nil {
		return nil, err
	}
	found, err := a.Datasets.Differences(ctx, visitor, from, to)
	if err != nil {
		return nil, err
	}
	if found.Waiting != nil {
		return nil, found.Waiting // an answer that is kept must be whole
	}
	page := a.Config.BaseURL + "/datasets/" + d.Slug + "/resources/" + r.ID + "/changes/" + strconv.Itoa(to.Number)
	out.From, out.Same, out.Compared = from.Number, found.SameBytes(), found.Refused == nil && len(to.Tables) > 0
	out.Page = page + "?from=" + strconv.Itoa(from.Number)
	for i := range found.Tables {
		out.Tables = append(out.Tables, tableChange(&found.Tables[i], page+"/rows.csv?from="+strconv.Itoa(from.Number)))
	}
	return out, nil
}

func tableChange(t *datasets.TableDifference, csv string) TableChange {
	out := TableChange{Number: t.Position + 1, New: t.Before == nil, Words: []AttributeWords{}, Columns: ColumnsChange{
		Added: named(t.Columns.Added), Removed: named(t.Columns.Removed), Moved: named(t.Columns.Moved), Renamed: []ColumnRenamed{}, Retyped: []ColumnRetyped{}}}
	switch {
	case t.After != nil:
		out.Name = t.After.Name
	case t.Before != nil:
		out.Name = t.Before.Name
	}
	for _, r := range t.Columns.Renamed {
		out.Columns.Renamed = append(out.Columns.Renamed, ColumnRenamed(r))
	}
	for _, r := range t.Columns.Retyped {
		out.Columns.Retyped = append(out.Columns.Retyped, ColumnRetyped(r))
	}
	for _, w := range t.Words {
		for _, what := range w.What {
			out.Words = append(out.Words, AttributeWords{w.Name, what.Attribute, what.Before, what.After})
		}
	}
	if r := t.Rows; r != nil {
		out.Rows = &RowsChange{Key: named(r.Key), Why: string(r.Why), Added: r.Added, Removed: r.Removed, Changed: r.Changed, Same: r.Same, Listed: r.Listed, Cells: []ColumnCells{}}
		for _, f := range t.After.Fields {
			if n := r.Cells[f.Name]; n > 0 {
				out.Rows.Cells = append(out.Rows.Cells, ColumnCells{f.Name, n})
			}
		}
		if r.Listed > 0 {
			out.Rows.CSV = csv
			if t.Position > 0 {
				out.Rows.CSV += "&table=" + strconv.Itoa(t.Position+1)
			}
		}
	}
	return out
}

// named is s, and never null.
func named(s []string) []string { return append([]string{}, s...) }

// DictionaryWanted is which dictionary is wanted, and as what.
type DictionaryWanted struct {
	ID
	Format  string `path:"format" enum:"csv,json" doc:"csv: a line for each column and each code; json: a Frictionless Table Schema, or a data package where there are several tables" zh:"csv：一列一行、一个代码一行；json：Frictionless Table Schema，有几张表的是 data package"`
	Version int    `query:"version" minimum:"1" maximum:"2147483647" doc:"Number of a version; the newest if left out" zh:"版本号；不写则为最新一版" example:"1"`
}

// sendDictionary sends the data dictionary as a file.
func (a *api) sendDictionary(c *fiber.Ctx, in *DictionaryWanted) error {
	ctx, who := c.UserContext(), a.reader(c)
	_, r, err := a.Datasets.Resource(ctx, who, in.ID.ID)
	if err != nil {
		return err
	}
	v := r.Newest
	if v == nil {
		return fault.New(fault.NotFound, "这个文件还没有发布任何版本。")
	}
	if in.Version > 0 && in.Version != v.Number {
		if v, err = a.Datasets.Version(ctx, who, in.ID.ID, in.Version); err != nil {
			return err
		}
	}
	body, media := datasets.DictionaryCSV(v), rows.CSV.MediaType()
	if in.Format == "json" {
		media = fiber.MIMEApplicationJSON
		if body, err = datasets.DictionarySchema(v); err != nil {
			return err
		}
	}
	if a.unchanged(c, who, "dictionary "+string(body)) {
		return nil
	}
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	c.Set(fiber.HeaderContentType, media)
	c.Set(fiber.HeaderContentDisposition, portal.Disposition(v.ResourceID+"-dictionary-"+strconv.Itoa(v.Number)+"."+in.Format))
	return c.Send(body)
}
