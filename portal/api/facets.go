package api

import (
	"context"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// ColumnWanted is which column is looked at.
type ColumnWanted struct {
	ID
	Column  string `path:"column" maxLength:"1000" doc:"Its name or label; or its number, counted from 1, where no column is called so: a name with a slash cannot stand in an address" zh:"列名或中文名；没有列叫这个名字时也可以是第几列，从 1 数起：名字里有斜杠的写不进地址"`
	Where   string `query:"where" maxLength:"8000" doc:"A condition, in the language described at /developers#language; every row if left out" zh:"条件，写法见 /developers#language；不写就是全部行" example:"类型 = '1'"`
	Version int    `query:"version" minimum:"1" maximum:"2147483647" doc:"Number of a version; the newest if left out" zh:"版本号；不写则为最新一版" example:"1"`
	Table   int    `query:"table" minimum:"1" maximum:"10000" doc:"Number of a table in the version, counted from 1; the first if left out" zh:"第几张表，从 1 数起；不写则为第一张" example:"1"`
}

// FacetWanted is which values are counted.
type FacetWanted struct {
	ColumnWanted
	Limit int `query:"limit" minimum:"1" maximum:"10000" default:"20" doc:"At most so many values" zh:"最多几个值" example:"20"`
}

// Asked is which column of which table an answer is about.
type Asked struct {
	Resource string   `json:"resource" doc:"Id of the file" zh:"文件的编号" example:"holidays-csv"`
	Version  int      `json:"version" doc:"The version that answered" zh:"回答的是哪一版" example:"3"`
	Table    int      `json:"table" doc:"The table that answered, counted from 1" zh:"回答的是第几张表，从 1 数起" example:"1"`
	Field    RowField `json:"field" doc:"The column" zh:"这一列"`
	Rows     int64    `json:"rows" doc:"Rows that the condition holds for" zh:"合条件的行数" example:"769"`
	Nulls    int64    `json:"nulls" doc:"Of these, without a value" zh:"其中没有值的" example:"0"`
}

// Facet is the values of a column that most rows have.
type Facet struct {
	Asked
	Distinct int64       `json:"distinct" doc:"Different values there are" zh:"一共有多少个不同的值" example:"3"`
	Values   []ValueRows `json:"values" nullable:"false" doc:"Values with how many rows have each, most first" zh:"值和有它的行数，多的在前"`
}

// Distribution is how the values of a column lie.
type Distribution struct {
	Asked
	Bins   []RowsIn    `json:"bins" nullable:"false" doc:"Numbers and dates in at most 60 bins of equal width; empty for all else" zh:"数和日期分成最多 60 格，宽度相等；其他类型为空"`
	Unit   string      `json:"unit" doc:"What one bin of dates is: hour, day, month, quarter, year, decade, century; empty for numbers" zh:"日期的一格是多久：hour、day、month、quarter、year、decade、century；数为空" example:"year"`
	Values []ValueRows `json:"values" nullable:"false" doc:"Of all else the 20 values that most rows have" zh:"其他类型：行数最多的 20 个值"`
}

// column is the column of a table that in means, and the table.
func (a *api) column(ctx context.Context, who account.Actor, in *ColumnWanted) (*datasets.Version, int, string, error) {
	v, position, err := a.tableOf(ctx, who, &Choice{ID: in.ID, Version: in.Version, Table: in.Table})
	if err != nil {
		return nil, 0, "", err
	}
	schema, err := a.Datasets.Schema(ctx, who, v, position)
	if err != nil {
		return nil, 0, "", err
	}
	name, err := url.PathUnescape(in.Column)
	if err != nil {
		return nil, 0, "", errNoColumn()
	}
	if c, ok := schema.Find(name); ok {
		return v, position, c.Name, nil
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(schema) {
		return v, position, schema[n-1].Name, nil
	}
	return nil, 0, "", errNoColumn()
}

func errNoColumn() error { return fault.New(fault.NotFound, "没有这一列。") }

func askedOf(v *datasets.Version, position int, f rows.Field, n, nulls int64) Asked {
	return Asked{Resource: v.ResourceID, Version: v.Number, Table: position + 1, Field: rowField(f), Rows: n, Nulls: nulls}
}

func (a *api) getFacet(c *fiber.Ctx, in *FacetWanted) error {
	return a.ofColumn(c, &in.ColumnWanted, "facet 1 "+strconv.Itoa(in.Limit), func(ctx context.Context, who account.Actor, v *datasets.Version, position int, column string) (any, error) {
		f, err := a.Datasets.Facet(ctx, who, v, position, column, in.Where, in.Limit)
		if err != nil {
			return nil, err
		}
		return Facet{Asked: askedOf(v, position, f.Field, f.Rows, f.Nulls), Distinct: f.Distinct, Values: valueRows(f.Values)}, nil
	})
}

func (a *api) getDistribution(c *fiber.Ctx, in *ColumnWanted) error {
	return a.ofColumn(c, in, "distribution 1", func(ctx context.Context, who account.Actor, v *datasets.Version, position int, column string) (any, error) {
		d, err := a.Datasets.Distribution(ctx, who, v, position, column, in.Where)
		if err != nil {
			return nil, err
		}
		out := Distribution{Asked: askedOf(v, position, d.Field, d.Rows, d.Nulls), Bins: make([]RowsIn, len(d.Bins)), Unit: d.Unit, Values: valueRows(d.Values)}
		for i, b := range d.Bins {
			out.Bins[i] = RowsIn{Value{b.From}, Value{b.To}, b.Rows}
		}
		return out, nil
	})
}

// ofColumn answers a question about one column, if the reader does not have
// the answer. The column and the condition are tried as a question about rows:
// what names that names this.
func (a *api) ofColumn(c *fiber.Ctx, in *ColumnWanted, kind string, answer func(context.Context, account.Actor, *datasets.Version, int, string) (any, error)) error {
	ctx, who := c.UserContext(), a.reader(c)
	v, position, column, err := a.column(ctx, who, in)
	if err != nil {
		return err
	}
	asked, err := a.Datasets.Question(ctx, who, v, position, rows.Query{Select: rows.Quoted(column), Where: in.Where})
	if err != nil {
		return inQuery(err)
	}
	if a.unchanged(c, who, kind+" "+asked.Tag) {
		return nil
	}
	if headOnly(c) {
		return nil
	}
	part := kind + " " + column
	if in.Where != "" {
		part += " " + url.Values{"where": {in.Where}}.Encode()
	}
	h, err := a.Deliver(c, who, v, datasets.ByRows, "json", part)
	if err != nil {
		return err
	}
	ctx, done := a.WhileConnected(c)
	defer done()
	out, err := answer(ctx, who, v, position, column)
	h.End(err == nil)
	if err != nil {
		return inQuery(err)
	}
	return sendJSON(c, out)
}

func valueRows(counts []rows.Count) []ValueRows {
	out := make([]ValueRows, len(counts))
	for i, c := range counts {
		out[i] = ValueRows{Value{c.Value}, c.Rows}
	}
	return out
}
