package portal

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"shuyuan/datasets/rows"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// share is how to take what is on screen elsewhere: its address, a frame of it,
// the same question to the API, and its rows as files.
func (x *explorer) share(ctx context.Context) templates.ExplorerShare {
	base := x.Config.BaseURL
	shown := x.state.at(func(e *exploring) { e.panel = "" })
	frame := x.state.with(func(e *exploring) { e.panel = "" }).href(x.home() + "/embed")
	s := templates.ExplorerShare{
		Link: base + shown.href(x.home()), EmbedHref: frame,
		Embed: fmt.Sprintf(`<iframe src="%s" title="%s" width="100%%" height="560" loading="lazy"></iframe>`, htmlQuote(base+frame), htmlQuote(text.Pick(ctx, x.resource.Name, x.resource.NameEN))),
	}
	question, err := x.question(ctx)
	if err != nil {
		return s // the engine is away: what was stored is shown, and files can be downloaded
	}
	s.API = "/api/v1/resources/" + x.resource.ID + "/rows" + asQuery(question)
	s.Snippets = rowSnippets(base, x.resource.ID, question)
	s.Slice = x.slice(ctx)
	for _, f := range x.formats() {
		q := url.Values{}
		for name, values := range question {
			q[name] = values
		}
		if f.bom {
			q.Set("bom", "1")
		}
		s.Downloads = append(s.Downloads, templates.Link{Title: text.T(ctx, f.title), Href: "/api/v1/resources/" + x.resource.ID + "/export." + f.format + asQuery(q)})
	}
	return s
}

// home is the page of the file, also where x is in a frame.
func (x *explorer) home() string {
	return "/datasets/" + x.dataset.Slug + "/resources/" + x.resource.ID
}

// question is what is on screen as parameters of the API.
func (x *explorer) question(ctx context.Context) (url.Values, error) {
	schema, err := x.columns(ctx)
	if err != nil {
		return nil, err
	}
	q, err := x.state.question(schema)
	if err != nil {
		return nil, err
	}
	if x.state.view != "" { // another view has rows of its own; the conditions are what it shares
		q.Select, q.GroupBy, q.OrderBy = "", "", ""
	}
	v := url.Values{}
	for name, value := range map[string]string{"select": q.Select, "where": q.Where, "group_by": q.GroupBy, "order_by": q.OrderBy} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if x.state.version > 0 {
		v.Set("version", strconv.Itoa(x.state.version))
	}
	if x.state.table > 0 {
		v.Set("table", strconv.Itoa(x.state.table+1))
	}
	return v, nil
}

// slice says in words what the downloads hold.
func (x *explorer) slice(ctx context.Context) string {
	switch {
	case len(x.state.groups) > 0 && x.state.view == "":
		return text.T(ctx, "下载这张汇总表：")
	case x.state.narrowed():
		return text.T(ctx, "下载筛选出的行：")
	}
	return text.T(ctx, "下载全部行：")
}

type exportFormat struct {
	format, title string
	bom           bool
}

// formats are the files that the rows on screen can be had as.
func (x *explorer) formats() []exportFormat {
	out := []exportFormat{{"csv", "CSV（Excel）", true}, {"csv", "CSV", false}, {"xlsx", "XLSX", false}, {"json", "JSON", false}, {"ndjson", "NDJSON", false}, {"parquet", "Parquet", false}}
	if _, places := rows.FindPlaces(x.schema); places && (len(x.state.groups) == 0 || x.state.view != "") && x.placesShown() {
		out = append(out, exportFormat{"geojson", "GeoJSON", false})
	}
	return append(out, exportFormat{"xml", "XML", false}, exportFormat{"zip", "数据包（ZIP）", false})
}

// placesShown reports whether the columns that say where rows lie are shown.
func (x *explorer) placesShown() bool {
	p, _ := rows.FindPlaces(x.schema)
	shown := x.state.shown(x.fields())
	if x.state.view != "" {
		return true
	}
	if p.Column != "" {
		return slices.Contains(shown, p.Column)
	}
	return slices.Contains(shown, p.Longitude) && slices.Contains(shown, p.Latitude)
}

func asQuery(v url.Values) string {
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

// htmlQuote is a value within double quotes of HTML.
func htmlQuote(s string) string {
	return strings.NewReplacer("&", "&amp;", `"`, "&quot;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// rowSnippets ask the API what is on screen.
func rowSnippets(base, resource string, question url.Values) []templates.Snippet {
	rowsAt, csvAt := base+"/api/v1/resources/"+resource+"/rows", base+"/api/v1/resources/"+resource+"/export.csv"
	var curl, python []string
	for _, name := range []string{"select", "where", "group_by", "order_by", "version", "table"} {
		if value := question.Get(name); value != "" {
			curl = append(curl, " \\\n  --data-urlencode "+shellQuote(name+"="+value))
			python = append(python, "\n    "+quote(name)+": "+quote(value)+",")
		}
	}
	parameters := "{}"
	if len(python) > 0 {
		parameters = "{" + strings.Join(python, "") + "\n}"
	}
	return []templates.Snippet{
		{Name: "URL", Code: rowsAt + asQuery(question)},
		{Name: "curl", Code: "curl --fail --get " + shellQuote(rowsAt) + strings.Join(curl, "")},
		{Name: "Python", Code: fmt.Sprintf(pythonRows, parameters, quote(rowsAt))},
		{Name: "pandas", Code: fmt.Sprintf("import pandas as pd\n\ndf = pd.read_csv(%s)\nprint(df.head())", quote(csvAt+asQuery(question)))},
		{Name: "R", Code: fmt.Sprintf("df <- read.csv(%s, check.names = FALSE)\nhead(df)", quote(csvAt+asQuery(question)))},
		{Name: "JavaScript", Code: fmt.Sprintf("const question = new URLSearchParams(%s);\nconst answer = await (await fetch(%s + \"?\" + question)).json();\nconsole.log(answer.total, answer.rows[0]);", parameters, quote(rowsAt))},
	}
}

// pythonRows needs nothing but Python. It reads every page.
const pythonRows = `import json, urllib.parse, urllib.request

question = %s
rows, cursor = [], ""
while cursor is not None:
    asked = urllib.parse.urlencode({**question, "limit": 10000, **({"cursor": cursor} if cursor else {})})
    with urllib.request.urlopen(%s + "?" + asked) as answer:
        page = json.load(answer)
    rows += page["rows"]
    cursor = page.get("next")
print(len(rows), rows[0] if rows else "")`
