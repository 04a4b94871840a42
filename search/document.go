package search

import "time"

// Document is what the index knows of one dataset. Only what the public may
// see becomes a document (datasets.Visible of the visitor), and no value of a
// conditional version does (MayServe).
type Document struct {
	ID          string // slug of the dataset
	Title       string
	TitleEN     string
	Summary     string
	SummaryEN   string
	Department  string   // slug
	Departments []string // name, English name, aliases of the department
	Theme       string   // slug
	ThemeNames  []string
	Open        string // unconditional, conditional
	Formats     []string
	Frequency   string
	Region      string // division code
	RegionNames []string
	Tags        []string
	TagsEN      []string // found by, and no value of a facet
	Columns     []string // names and labels of the columns
	Values      []string // values of code lists
	Code        string   // 信息资源代码
	Updated     time.Time
	Popular     int64 // views and downloads
}
