package portal

import (
	"context"

	"github.com/a-h/templ"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// rowsView is the name of the view that shows rows in a table.
const rowsView = "table"

// explorerView is one way to look at the rows that the explorer's filters
// leave: its tab, and what stands below the tabs.
type explorerView struct {
	name       string
	title      string   // Chinese, a key of templates/text
	parameters []string // of its own in the address; a name that ends in * may occur several times

	// offered reports whether the table has what the view needs. One that is
	// not offered still answers, in words.
	offered func(*explorer) bool

	// draw makes what is shown. A fault that it returns is shown in words at
	// its place, within the explorer.
	draw func(context.Context, *explorer) (templ.Component, error)
}

// explorerViews are all views, in the order of their tabs.
func explorerViews() []explorerView {
	return []explorerView{
		{name: rowsView, title: "表格", offered: func(*explorer) bool { return true }, draw: drawRows},
		chartView,
	}
}

func viewNamed(name string) *explorerView {
	for _, v := range explorerViews() {
		if v.name == name {
			return &v
		}
	}
	return nil
}

// explorer is one table of one version while it is looked at, through the eyes
// of one viewer.
type explorer struct {
	*Server
	viewer   account.Actor
	dataset  *datasets.Dataset
	resource *datasets.Resource
	version  *datasets.Version // with its preview: the Gate has been passed
	state    exploring
	page     string // the address of the page without its query

	schema rows.Schema // empty until columns asks for it
}

// table is what the catalogue says of the table.
func (x *explorer) table() *datasets.Table { return &x.version.Tables[x.state.table] }

// field is what the dictionary says of a column; nil for what is none.
func (x *explorer) field(column string) *datasets.Field {
	for i := range x.table().Fields {
		if f := &x.table().Fields[i]; f.Name == column {
			return f
		}
	}
	return nil
}

// columns are the table's columns as they can be asked about.
func (x *explorer) columns(ctx context.Context) (rows.Schema, error) {
	if x.schema == nil {
		schema, err := x.Datasets.Schema(ctx, x.viewer, x.version, x.state.table)
		if err != nil {
			return nil, err
		}
		x.schema = schema
	}
	return x.schema, nil
}

// where is everything that the reader's filters, words and own condition ask
// of a row, as one expression; empty where they ask nothing.
func (x *explorer) where(ctx context.Context) (string, error) {
	schema, err := x.columns(ctx)
	if err != nil {
		return "", err
	}
	return x.state.condition(schema)
}

// ask puts a question to the table.
func (x *explorer) ask(ctx context.Context, q rows.Query) (*rows.Result, error) {
	return x.Datasets.Query(ctx, x.viewer, x.version, x.state.table, q)
}

// link is the address of the explorer with one thing changed and all else kept.
func (x *explorer) link(change func(*exploring)) string {
	return x.state.with(change).href(x.page) + "#data"
}

// explore is the explorer as the page shows it.
func (s *Server) explore(ctx context.Context, x *explorer) (*templates.ExplorerView, error) {
	view := &templates.ExplorerView{Here: x.state.view, Total: x.table().Rows, Columns: len(x.table().Fields)}
	if view.Here == "" {
		view.Here = rowsView
	}
	for i := range x.version.Tables {
		t := &x.version.Tables[i]
		view.Sheets = append(view.Sheets, templates.ExplorerTab{Title: text.Pick(ctx, t.Name, t.NameEN), Here: i == x.state.table,
			Href: exploring{version: x.state.version, table: i, view: x.state.view}.href(x.page) + "#data"})
	}
	for _, v := range explorerViews() {
		if v.offered(x) || v.name == view.Here {
			view.Tabs = append(view.Tabs, templates.ExplorerTab{Name: v.name, Title: text.T(ctx, v.title), Here: v.name == view.Here,
				Href: x.link(func(e *exploring) { e.look(v.name) })})
		}
	}
	var err error
	view.Slot, err = viewNamed(view.Here).draw(ctx, x)
	if atFault(err) {
		f := fault.Of(err)
		view.Slot, err = templates.ExplorerFault(Sentence(ctx, f), exploring{version: x.state.version, table: x.state.table}.href(x.page)+"#data"), nil
	}
	return view, err
}

// drawRows shows the rows in a table.
func drawRows(ctx context.Context, x *explorer) (templ.Component, error) {
	return templates.Table(templates.DataTable(ctx, text.T(ctx, "数据表"), x.table())), nil
}
