package api

import (
	"context"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"shuyuan/datasets"
)

// Profile is what the values of one table are like.
type Profile struct {
	Resource string          `json:"resource" doc:"Id of the file" zh:"文件的编号" example:"holidays-csv"`
	Version  int             `json:"version" doc:"Number of the version" zh:"版本号" example:"3"`
	Table    int             `json:"table" doc:"Number of the table, counted from 1" zh:"表的序号，从 1 数起" example:"1"`
	Ready    bool            `json:"ready" doc:"Every column was looked at. Where false, ask again later" zh:"每一列都看过了；为 false 的请稍后再来" example:"true"`
	Columns  []ColumnProfile `json:"columns" nullable:"false" doc:"Columns that were looked at, in their order" zh:"看过的列，按文件里的顺序"`
}

// ColumnProfile is what the values of one column are like.
type ColumnProfile struct {
	Name          string      `json:"name" doc:"Name of the column in the file" zh:"文件里的列名" example:"日期"`
	Type          string      `json:"type" enum:"text,integer,decimal,date,yearmonth,datetime,boolean,point,geometry,array,object" doc:"Type of its values" zh:"值的类型" example:"date"`
	Rows          int64       `json:"rows" doc:"Rows" zh:"行数" example:"769"`
	Nulls         int64       `json:"nulls" doc:"Rows without a value" zh:"没有值的行数" example:"0"`
	Misfits       int64       `json:"misfits" doc:"Rows with a text that is no value of the type" zh:"有文字、但不是这个类型的值的行数" example:"0"`
	Distinct      int64       `json:"distinct" doc:"Different values" zh:"不同的值的个数" example:"769"`
	DistinctExact bool        `json:"distinct_exact" doc:"Counted one by one; false: estimated" zh:"逐个数的；为 false 的是估计" example:"true"`
	Min           Value       `json:"min" doc:"The least value; null for what has no order" zh:"最小的值；没有大小的为 null"`
	Max           Value       `json:"max" doc:"The greatest value" zh:"最大的值"`
	Mean          Value       `json:"mean" doc:"Mean of numbers" zh:"数的平均"`
	Median        Value       `json:"median" doc:"Median of numbers" zh:"数的中位数"`
	Deviation     Value       `json:"deviation" doc:"Standard deviation of numbers (of a sample)" zh:"数的标准差（样本）"`
	Shortest      int64       `json:"shortest" doc:"Characters of the shortest text; 0 for what is none" zh:"最短文字的字数；不是文字的为 0" example:"0"`
	Longest       int64       `json:"longest" doc:"Characters of the longest text" zh:"最长文字的字数" example:"0"`
	Top           []ValueRows `json:"top" nullable:"false" doc:"Values of more than one row, the most frequent first" zh:"多于一行的值，最常见的在前"`
	Examples      []Value     `json:"examples" nullable:"false" doc:"Some values from all over the file" zh:"从文件各处取的几个值"`
	Bins          []RowsIn    `json:"bins" nullable:"false" doc:"How numbers and dates lie" zh:"数和日期的分布"`
	BinUnit       string      `json:"bin_unit" doc:"What one bin of dates is: hour, day, month, quarter, year, decade, century" zh:"日期的一格是多久：hour、day、month、quarter、year、decade、century" example:"year"`
}

// Value is a value of the data: a text, a number, yes or no, or nothing.
type Value struct{ of any }

// MarshalJSON writes the value alone.
func (v Value) MarshalJSON() ([]byte, error) { return json.Marshal(v.of) }

// Schema implements huma.SchemaProvider.
func (Value) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}, {Type: "null"}}}
}

// ValueRows is a value with how many rows have it.
type ValueRows struct {
	Value Value `json:"value" doc:"The value" zh:"值"`
	Rows  int64 `json:"rows" doc:"Rows that have it" zh:"有它的行数" example:"12"`
}

// RowsIn is how many rows lie between two values.
type RowsIn struct {
	From Value `json:"from" doc:"From this value, inclusive" zh:"从这个值起（含）"`
	To   Value `json:"to" doc:"To this value, exclusive" zh:"到这个值（不含）"`
	Rows int64 `json:"rows" doc:"Rows" zh:"行数" example:"31"`
}

// ProfileWanted is which table's profile is asked for.
type ProfileWanted struct {
	ID
	Version int `query:"version" minimum:"1" maximum:"2147483647" doc:"Number of a version; the newest if left out" zh:"版本号；不写则为最新一版" example:"1"`
	Table   int `query:"table" minimum:"1" maximum:"100000" default:"1" doc:"Number of a table; the first if left out" zh:"表的序号；不写则为第一张" example:"1"`
}

func (a *api) getProfile(ctx context.Context, _ *call, in *ProfileWanted) (*Profile, error) {
	v, err := a.versionOf(ctx, visitor, in.ID.ID, in.Version)
	if err != nil {
		return nil, err
	}
	found, err := a.Datasets.Profiles(ctx, visitor, v, in.Table-1)
	if err != nil {
		return nil, err
	}
	out := &Profile{Resource: v.ResourceID, Version: v.Number, Table: in.Table, Columns: []ColumnProfile{}}
	for i := range found {
		if found[i].Column != "" {
			out.Columns = append(out.Columns, columnProfile(&found[i]))
		}
	}
	out.Ready = len(found) > 0 && len(out.Columns) == len(found)
	return out, nil
}

func columnProfile(p *datasets.ColumnProfile) ColumnProfile {
	out := ColumnProfile{
		Name: p.Column, Type: p.Type, Rows: p.Rows, Nulls: p.Nulls, Misfits: p.Misfits, Distinct: p.Distinct, DistinctExact: p.DistinctExact,
		Min: Value{p.Min}, Max: Value{p.Max}, Mean: Value{p.Mean}, Median: Value{p.Median}, Deviation: Value{p.Deviation}, Shortest: p.Shortest, Longest: p.Longest,
		Top: make([]ValueRows, len(p.Top)), Examples: make([]Value, len(p.Examples)), Bins: make([]RowsIn, len(p.Bins)), BinUnit: p.BinUnit,
	}
	for i, v := range p.Examples {
		out.Examples[i] = Value{v}
	}
	for i, c := range p.Top {
		out.Top[i] = ValueRows{Value{c.Value}, c.Rows}
	}
	for i, b := range p.Bins {
		out.Bins[i] = RowsIn{Value{b.From}, Value{b.To}, b.Rows}
	}
	return out
}
