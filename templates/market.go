package templates

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	rowtypes "shuyuan/datasets/rows"
	"shuyuan/internal/policy"
	"shuyuan/marketplace"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
	reg "shuyuan/marketplace/registration"
	"shuyuan/templates/text"
)

// MarketPage lists the products of which everybody may know.
type MarketPage struct {
	Frame
	Filter  marketplace.Filter
	Items   []marketplace.Product
	Sources []marketplace.SourceOf
	Prices  map[string]offering.From // by number
	Book    *policy.Book
	FeeLaw  []AskedText
	Next    string
	Mistake Mistake
}

func (p MarketPage) filtered() bool {
	return p.Filter.Kind != "" || p.Filter.Source != "" || p.Filter.Text != "" || p.Filter.Price != "" || p.Filter.Plan != ""
}

// MarketHref is the list with a filter.
func MarketHref(f marketplace.Filter) string {
	q := url.Values{}
	for name, value := range map[string]string{"kind": string(f.Kind), "source": f.Source, "q": f.Text, "price": f.Price, "plan": f.Plan} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return "/marketplace"
	}
	return "/marketplace?" + q.Encode()
}

// PublicProductPage is a product as everybody sees it.
type PublicProductPage struct {
	Frame
	Product *marketplace.Product
	Shown   *marketplace.Version // whose contents are shown; the newest that counts
	Samples map[int64]*rowtypes.Result
	Law     []AskedText
	Book    *policy.Book
	Offers  []offering.Shown
	Free    []offering.FreeCopy
	FeeLaw  []AskedText // that what is open costs nothing

	Certificates []reg.Certificate // those that count now
}

func (p PublicProductPage) void() bool { return p.Shown.Lapsed != nil }

func (p PublicProductPage) says() *statement.Derivation { return &p.Shown.Seal.Statement.Predicate }

// file is where a file about a version is.
func (p PublicProductPage) file(name string) string {
	return ProductFile(p.Product.Number, p.Shown.Number, name)
}

// ProductFile is where something about a version of a product is taken away.
func ProductFile(number, version, name string) string {
	return "/products/" + number + "/" + version + "/" + name
}

var publicVersionStates = map[marketplace.VersionState]string{marketplace.Published: "有效", marketplace.Deprecated: "有新版，不再提供", marketplace.Recalled: "已召回"}

func publicVersionState(ctx context.Context, v *marketplace.Version) string {
	if v.Lapsed != nil && v.State != marketplace.Recalled {
		return verdictWords(ctx, verify.Lapsed)
	}
	return text.T(ctx, publicVersionStates[v.State])
}

var publicProductStates = map[marketplace.State]string{
	marketplace.Draft: "已发布版本，登记还没有办", marketplace.InReview: "已发布版本，登记还没有办", marketplace.Registered: "已登记", marketplace.Listable: "可以上架", marketplace.Suspended: "已暂停", marketplace.Retired: "已退出",
}

func publicProductState(ctx context.Context, s marketplace.State) string {
	return text.T(ctx, publicProductStates[s])
}

var rightNames = map[marketplace.What]string{marketplace.Hold: "数据资源持有权", marketplace.Process: "数据加工使用权", marketplace.Operate: "数据产品经营权"}

var rightOver = map[marketplace.Over]string{marketplace.OverPublic: "公共数据", marketplace.OverOwn: "自有数据", marketplace.OverProduct: "产品"}

func rightName(ctx context.Context, r marketplace.Right) string {
	return text.T(ctx, rightNames[r.What]) + " · " + text.T(ctx, rightOver[r.Over])
}

var artefactForms = map[stamp.Form]string{
	stamp.CSV: "CSV（压缩包）", stamp.XLSX: "XLSX", stamp.JSON: "JSON", stamp.NDJSON: "NDJSON（压缩包）", stamp.NDJSON1: "NDJSON（第一行是来源标识）", stamp.Parquet: "Parquet", stamp.GeoJSON: "GeoJSON", stamp.PDF: "PDF", stamp.Bytes: "原样（压缩包）",
}

func artefactForm(ctx context.Context, f stamp.Form) string { return text.T(ctx, artefactForms[f]) }

// dictionaryTable are the columns of a table.
func dictionaryTable(ctx context.Context, c *marketplace.Content) TableView {
	t := TableView{Label: text.T(ctx, "“%s”的字段", c.Name), Dense: true, Columns: []Column{{Label: text.T(ctx, "列名")}, {Label: text.T(ctx, "含义")}, {Label: text.T(ctx, "类型")}}}
	for _, col := range c.Columns() {
		t.Rows = append(t.Rows, []string{col.Name, cmp.Or(text.Pick(ctx, col.Label, col.LabelEN), "—"), columnType(ctx, rowtypes.Type(col.Type))})
	}
	return t
}

// firstRows are the first rows of a table of a product.
func firstRows(ctx context.Context, c *marketplace.Content, r *rowtypes.Result) TableView {
	t := TableView{Label: text.T(ctx, "“%s”的前 %d 行", c.Name, len(r.Rows)), Dense: true}
	for _, f := range r.Fields {
		t.Columns = append(t.Columns, Column{Label: f.Name})
	}
	for _, row := range r.Rows {
		var cells []string
		for _, v := range row {
			if raw, ok := v.(json.RawMessage); ok {
				v = string(raw)
			}
			cells = append(cells, cellOf(v))
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// node is one box of the picture of where a product is from.
type node struct {
	X, Y, W int
	Head    string
	Lines   []string
	Out     bool
}

func (n node) attr(v int) string { return strconv.Itoa(v) }

// flow is that picture: inputs, jobs, reviews, the version; each column is joined to the
// next by lines.
type flow struct {
	Height int
	Heads  []string
	Nodes  []node
	Lines  []string
}

const (
	boxHeight = 84
	boxStep   = 100
)

// drawn is the picture of a statement.
func drawn(ctx context.Context, s *statement.Statement) flow {
	d := &s.Predicate
	var in, work, review []node
	for _, x := range d.Sources {
		in = append(in, node{Head: text.Pick(ctx, x.Title, x.TitleEN), Lines: []string{text.Pick(ctx, x.Provider.Department, x.Provider.DepartmentEN), text.T(ctx, "第 %d 版", x.Version), text.T(ctx, "获取日期 %s", x.Acquired.Date)}})
	}
	for _, x := range d.Products {
		in = append(in, node{Head: x.ID, Lines: []string{x.Version, text.T(ctx, "所用的产品")}})
	}
	for _, x := range d.Declared {
		in = append(in, node{Head: x.Title, Lines: []string{basisWords(ctx, x.Basis)}})
	}
	for _, x := range d.Transformations {
		work = append(work, node{Head: x.Job, Lines: []string{x.Engine, text.T(ctx, "程序 %s…", x.Code.SHA256[:12])}})
		if x.OutputReview != "" {
			review = append(review, node{Head: x.OutputReview, Lines: []string{text.T(ctx, "两人审过才放出"), x.Release}})
		}
	}
	if len(work) == 0 {
		work = []node{{Head: text.T(ctx, "在外部加工"), Lines: []string{text.T(ctx, "平台看不到这一步")}}}
	}
	out := node{Out: true, Head: d.Product.ID, Lines: []string{d.Product.Version, s.Subject[0].Digest.SHA256[:16] + "…"}}
	columns := []struct {
		title string
		boxes []node
		x, w  int
	}{{text.T(ctx, "输入"), in, 0, 280}, {text.T(ctx, "加工"), work, 340, 210}, {text.T(ctx, "结果审核"), review, 610, 190}, {text.T(ctx, "产品版本"), []node{out}, 860, 276}}
	f := flow{Height: boxStep}
	for _, c := range columns {
		f.Height = max(f.Height, len(c.boxes)*boxStep)
	}
	middle := 24 + f.Height/2
	var last []node
	for _, c := range columns {
		if len(c.boxes) == 0 {
			continue
		}
		f.Heads = append(f.Heads, fmt.Sprint(c.x), c.title)
		top := 24 + (f.Height-len(c.boxes)*boxStep)/2 + (boxStep-boxHeight)/2
		for i := range c.boxes {
			b := &c.boxes[i]
			b.X, b.W, b.Y = c.x, c.w, top+i*boxStep
			if len(last) > 0 {
				f.Lines = append(f.Lines, fmt.Sprintf("M%d %dV%dH%d", c.x-26, middle, b.Y+boxHeight/2, c.x))
			}
		}
		for _, b := range last {
			f.Lines = append(f.Lines, fmt.Sprintf("M%d %dH%dV%dH%d", b.X+b.W, b.Y+boxHeight/2, b.X+b.W+14, middle, c.x-26))
		}
		f.Nodes, last = append(f.Nodes, c.boxes...), c.boxes
	}
	f.Height += 32
	return f
}

// cut is a text that fits into a box of that width, at twelve pixels for a Chinese
// character and seven for any other.
func cut(s string, width int) string {
	room := width - 28
	for i, r := range s {
		room -= 7
		if r > 0x2e80 {
			room -= 5
		}
		if room < 12 {
			return s[:i] + "…"
		}
	}
	return s
}
