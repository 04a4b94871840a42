package portal

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/licensing"
)

// Every state has one address, and an address that is not that one leads to it.
func TestEveryStateHasOneAddress(t *testing.T) {
	for _, c := range []struct{ name, address, want string }{
		{"nothing", "", ""},
		{"what needs no saying is not said", "view=table&table=1&q=+&where=&sort=", ""},
		{"another version and table", "version=2&table=3", "table=3&version=2"},
		{"words, with one blank for several", "q=+小学++福州+", "q=小学+福州"},
		{"a filter", "f=has:名称:洋", "f=has:名称:洋"},
		{"a list, each value once", "f=is:地区:福州|厦门|福州", "f=is:地区:福州|厦门"},
		{"a filter twice is one", "f=has:名称:洋&f=has:名称:洋", "f=has:名称:洋"},
		{"open ends", "f=between:年份:2020|&f=between:值:|3", "f=between:年份:2020|&f=between:值:|3"},
		{"nothing to look for is no filter", "f=has:名称:&f=between:年份:|", ""},
		{"signs that belong to a name", `f=is:a\:b\|c:x\|y`, `f=is:a\:b\|c:x\|y`},
		{"filters without values", "f=empty:备注&f=misfit:年份", "f=empty:备注&f=misfit:年份"},
		{"groups and figures", "group=地区&group=year:日期&sum=count&sum=avg:值", "group=地区&group=year:日期&sum=count&sum=avg:值"},
		{"figures of no groups", "sum=avg:值", ""},
		{"a column called like a part of a date", "group=:year:x", "group=:year:x"},
		{"columns", "col=a&col=b&hide=c", "col=a&col=b"},
		{"columns left out", "hide=c", "hide=c"},
		{"sorted by two", "sort=-年份&sort=地区&sort=年份", "sort=-年份&sort=地区"},
		{"a name that begins like a direction", "sort=%2B-x", "sort=%2B-x"},
		{"a row", "row=51", "row=51"},
		{"a row of chosen rows has no number", "row=51&q=x", "q=x"},
		{"the first row", "row=1", ""},
		{"parameters of a view", "view=chart&x=年份&kind=line&y=", "kind=line&view=chart&x=年份"},
	} {
		q, err := url.ParseQuery(c.address)
		if err != nil {
			t.Fatal(err)
		}
		e, err := parseExploring(q)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		want, err := url.ParseQuery(c.want)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.values().Encode(); got != want.Encode() {
			t.Errorf("%s: got %s, want %s", c.name, got, want.Encode())
		}
		again, err := parseExploring(e.values())
		if err != nil || again.values().Encode() != e.values().Encode() {
			t.Errorf("%s: its address leads elsewhere: %v, %v", c.name, again.values(), err)
		}
	}
}

var exampleColumns = rows.Schema{
	{Name: "名称", Type: rows.Text, Store: "c0"}, {Name: "年份", Type: rows.Integer, Store: "c1", RawKept: true, Misfits: 1}, {Name: "日期", Type: rows.Date, Store: "c2"},
	{Name: "时间", Type: rows.DateTime, Store: "c3"}, {Name: "在用", Type: rows.Boolean, Store: "c4"}, {Name: "位置", Type: rows.Point, Store: "c5"}, {Name: "a b`c", Type: rows.Text, Store: "c6"}, {Name: "or", Type: rows.Text, Store: "c7"},
}

// A filter is what a person would have written in the language, and the
// language takes it.
func TestFiltersAreWrittenInTheLanguage(t *testing.T) {
	for _, c := range []struct{ filter, want string }{
		{"has:名称:洋", `contains(名称, "洋")`},
		{"has:名称:Ab", `contains(lower(名称), "ab")`},
		{"lacks:名称:洋", `not contains(名称, "洋")`},
		{"starts:名称:福", `starts_with(名称, "福")`},
		{`is:名称:"; drop table x --`, `名称 = "\"; drop table x --"`},
		{`is:名称:a\\`, `名称 = "a\\"`},
		{"is:名称:福州|厦门", `名称 in ("福州", "厦门")`},
		{"not:名称:福州", `名称 != "福州"`},
		{"is:a b`c:x", "`a b``c` = \"x\""},
		{"empty:or", "`or` is null"},
		{"misfit:年份", "raw(年份) is not null and 年份 is null"},
		{"between:年份:2020|2023", "年份 >= 2020 and 年份 <= 2023"},
		{"between:年份:1,000|", "年份 >= 1000"},
		{"between:日期:|2023-01-31", `日期 <= "2023-01-31"`},
		{"between:时间:2023-01-31|2023-01-31", `时间 >= "2023-01-31" and date(时间) <= "2023-01-31"`},
		{"is:在用:true", "在用 = true"},
		{"is:在用:true|false", "(在用 = true or 在用 = false)"},
		{"near:位置:119.3|26.1|5", "within_distance(位置, geom'POINT(119.3 26.1)', 5km)"},
		{"box:位置:119|26|120|27", "in_bbox(位置, 119, 26, 120, 27)"},
		{`is:year\:日期:2020`, "year(日期) = 2020"},
		{`empty:month\:日期`, "month(日期) is null"},
	} {
		f, err := parseFilter(c.filter)
		if err != nil {
			t.Errorf("%s: %v", c.filter, err)
			continue
		}
		got, err := f.expression(exampleColumns)
		if err != nil || got != c.want {
			t.Errorf("%s: got %s, %v; want %s", c.filter, got, err, c.want)
		}
		if _, err := rows.Compile(exampleColumns, rows.Query{Where: got}); err != nil {
			t.Errorf("%s: the language does not take %s: %v", c.filter, got, err)
		}
	}
}

func TestAColumnShownRoundedIsNotWrong(t *testing.T) {
	for _, c := range []struct {
		function, value, shown, title string
	}{
		{"avg", "12.345678", "12.35", "12.345678"}, {"avg", "12", "12", ""}, {"sum", "1234567.26", "1,234,567.3", "1234567.26"}, {"count", "17498", "17,498", ""}, {"min", "0.1000", "0.1000", ""},
		{"avg", "0.00001", "1e-05", "0.00001"}, {"median", "-1234.5", "-1,234.5", "-1234.5"},
	} {
		if got := figureCell(summing{function: c.function}, c.value); got.Text != c.shown || got.Title != c.title {
			t.Errorf("%s of %s: %+v, want %q %q", c.function, c.value, got, c.shown, c.title)
		}
	}
}

// stations is a table with what real tables have: empty cells, a text where a
// number should be, a code list, a long text.
var stations = `编号,城市,年份,类别,说明
s1,福州,2019,1,好
s2,福州,2020,2,` + longText + `
s3,厦门,不详,1,
s4,泉州,2021,1,一般
s5,厦门,2020,2,好
`

var longText = strings.Repeat("很长的说明", 30)

func stationsFile(t *testing.T) (*world, string) {
	t.Helper()
	w := asking(t)
	return w, w.file(t, "s.csv", stations,
		datasets.Field{Name: "编号", Label: "编号", Type: "text"}, datasets.Field{Name: "城市", Label: "城市", LabelEN: "City", Type: "text"},
		datasets.Field{Name: "年份", Label: "年份", Type: "integer", Unit: "年"}, datasets.Field{Name: "类别", Label: "类别", Type: "text", Codes: []datasets.Code{{Value: "1", Label: "国控"}, {Value: "2", Label: "省控"}}},
		datasets.Field{Name: "说明", Type: "text"})
}

// column is the texts of the nth cell of each row, row numbers not counted.
func column(doc *goquery.Document, n int) []string {
	var out []string
	doc.Find(".xt tbody tr").Each(func(_ int, row *goquery.Selection) {
		out = append(out, strings.TrimSpace(row.Find("td").Eq(n).Text()))
	})
	return out
}

// shows fails unless the explorer shows these first cells.
func (w *world) shows(t *testing.T, address string, want ...string) *goquery.Document {
	t.Helper()
	r := w.get(t, address)
	if r.status != http.StatusOK {
		t.Fatalf("%s: %d %s", address, r.status, r.page(t).Find("main").Text())
	}
	doc := r.page(t)
	if got := column(doc, 0); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s shows %v, want %v: %s", address, got, want, doc.Find("[data-say]").AttrOr("data-say", ""))
	}
	return doc
}

func TestTheExplorerAnswersWhatIsAsked(t *testing.T) {
	w, page := stationsFile(t)
	for _, c := range []struct {
		name string
		ask  []string
		want []string
	}{
		{"all rows", nil, []string{"s1", "s2", "s3", "s4", "s5"}},
		{"words", []string{"q", "厦门"}, []string{"s3", "s5"}},
		{"a part of a text", []string{"f", "has:城市:州"}, []string{"s1", "s2", "s4"}},
		{"one of", []string{"f", "is:城市:泉州|厦门"}, []string{"s3", "s4", "s5"}},
		{"a range", []string{"f", "between:年份:2020|"}, []string{"s2", "s4", "s5"}},
		{"empty", []string{"f", "empty:说明"}, []string{"s3"}},
		{"no number", []string{"f", "misfit:年份"}, []string{"s3"}},
		{"a condition", []string{"where", `年份 = 2020 and 城市 = "福州"`}, []string{"s2"}},
		{"all at once", []string{"q", "s", "f", "is:类别:2", "where", "年份 = 2019"}, nil},
		{"sorted, empty last", []string{"sort", "-年份"}, []string{"s4", "s2", "s5", "s1", "s3"}},
		{"sorted by two", []string{"sort", "城市", "sort", "-编号"}, []string{"s5", "s3", "s4", "s2", "s1"}},
		{"a part of the columns", []string{"col", "城市", "col", "编号"}, []string{"福州", "福州", "厦门", "泉州", "厦门"}},
		{"groups, most first", []string{"group", "类别"}, []string{"1国控", "2省控"}},
		{"groups by a figure", []string{"group", "城市", "sum", "max:年份", "sort", "-max:年份"}, []string{"泉州", "厦门", "福州"}},
		{"groups of chosen rows", []string{"group", "类别", "f", "is:城市:福州"}, []string{"1国控", "2省控"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := w.get(t, at(page, c.ask...))
			doc := r.page(t)
			got := column(doc, 0)
			for i := range got {
				got[i] = strings.Join(strings.Fields(got[i]), "")
			}
			if c.name == "all at once" {
				if doc.Find(".slot .empty .chip").Length() != 3 {
					t.Errorf("nothing is found, and no way out is shown: %s", doc.Find(".slot").Text())
				}
				return
			}
			if r.status != 200 || fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%d: got %v, want %v", r.status, got, c.want)
			}
		})
	}
}

func TestCellsSayWhatTheyAre(t *testing.T) {
	w, page := stationsFile(t)
	doc := w.shows(t, page, "s1", "s2", "s3", "s4", "s5")
	for selector, want := range map[string]string{
		".xt tbody tr:nth-child(3) th.no":               "3",
		".xt tbody tr:nth-child(3) td.misfit":           "不详",
		".xt tbody tr:nth-child(3) td.misfit .sr":       "这不是整数",
		".slot .small .misfit-key":                      "†",
		".xt tbody tr:nth-child(3) td:nth-child(6) .sr": "空",
		".xt tbody tr:nth-child(1) td:nth-child(5)":     "国控",
		".xt tbody tr:nth-child(2) td.long summary":     "很长的说明",
		".xt tbody tr:nth-child(2) td.long details div": longText,
		".xt thead th.num small":                        "年",
		".xcount":                                       "共 5 行",
		".xdown a[href*='export.csv?bom=1']":            "CSV（Excel）",
		".xembed #x-embed":                              "<iframe src=\"https://data.example" + page + "/embed\"",
		".xmenu .xcols a[href*='panel=']":               "编号",
	} {
		if got := doc.Find(selector).First().Text(); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", selector, got, want)
		}
	}
	doc = w.shows(t, at(page, "sort", "-年份", "q", "州"), "s4", "s2", "s1")
	if order := doc.Find(".xt th[aria-sort]").AttrOr("aria-sort", ""); order != "descending" {
		t.Errorf("the sorted head says %q", order)
	}
	if text := doc.Find(".xchips .chip").Text(); !strings.Contains(text, "找") || !strings.Contains(text, "州") {
		t.Errorf("chips: %q", text)
	}
	w.shows(t, doc.Find(".xchips .chip").AttrOr("href", ""), "s4", "s2", "s5", "s1", "s3") // less the words, still sorted
	question, err := url.Parse(doc.Find(".xcode a").First().AttrOr("href", ""))
	if err != nil || question.Query().Get("where") != `search("州")` || question.Query().Get("order_by") != "年份 desc" || !strings.HasPrefix(question.Path, "/api/v1/resources/") {
		t.Errorf("the API is asked %v, %v", question, err)
	}
}

// A group leads to its rows, also where what its rows share is a part of a date
// or nothing at all.
func TestGroupsLeadToTheirRows(t *testing.T) {
	w := asking(t)
	page := w.file(t, "d.csv", "编号,日期,值\na,2020-01-05,1\nb,2021-01-07,2\nc,2020-03-01,4\nd,,8\n")
	doc := w.shows(t, at(page, "group", "month:日期", "sum", "sum:值", "sort", "month:日期"), "1", "3", "空")
	if got := fmt.Sprint(column(doc, 1)); got != "[3 4 8]" {
		t.Errorf("sums: %s", got)
	}
	for i, want := range [][]string{{"a", "b"}, {"c"}, {"d"}} {
		w.shows(t, doc.Find(".xt tbody tr").Eq(i).Find("td a").AttrOr("href", ""), want...)
	}
}

// From the first page to the last and back, every row is met once.
func TestEveryRowIsMetOnce(t *testing.T) {
	w := asking(t)
	var file strings.Builder
	file.WriteString("n,组\n")
	for i := range 130 {
		fmt.Fprintf(&file, "r%03d,%d\n", i, i%3)
	}
	page := w.file(t, "n.csv", file.String())
	for _, c := range []struct {
		name string
		ask  []string
		want int
	}{{"as in the file", nil, 130}, {"sorted", []string{"sort", "-组"}, 130}, {"chosen", []string{"f", "is:组:0|1"}, 87}, {"groups", []string{"group", "n"}, 130}} {
		t.Run(c.name, func(t *testing.T) {
			for _, way := range []string{"next", "prev"} {
				seen := map[string]bool{}
				address := at(page, c.ask...)
				if way == "prev" {
					address = w.get(t, address).page(t).Find(`[data-step="last"]`).AttrOr("href", "")
				}
				for pages := 0; address != "" && pages < 5; pages++ {
					doc := w.get(t, address).page(t)
					for _, n := range column(doc, 0) {
						if seen[n] {
							t.Errorf("%s comes again", n)
						}
						seen[n] = true
					}
					address = doc.Find(`[data-step="`+way+`"]`).AttrOr("href", "")
				}
				if len(seen) != c.want {
					t.Errorf("%s: %d rows, want %d", way, len(seen), c.want)
				}
			}
		})
	}
	doc := w.get(t, at(page, "row", "77")).page(t)
	if got := column(doc, 0)[0]; got != "r076" || strings.Join(strings.Fields(doc.Find(".xcount").Text()), " ") != "共 130 行 第 77–126 行" {
		t.Errorf("row 77: %s, %q", got, doc.Find(".xcount").Text())
	}
}

func TestTheFormsOfTheExplorerLeadToStates(t *testing.T) {
	w, page := stationsFile(t)
	for _, c := range []struct {
		name string
		ask  []string
		want []string
	}{
		{"a filter", []string{"set", "has", "column", "城市", "v", " 州 "}, []string{"f", "has:城市:州"}},
		{"ticked values", []string{"set", "is", "column", "城市", "v", "福州", "v", "厦门", "q", "s"}, []string{"f", "is:城市:福州|厦门", "q", "s"}},
		{"nothing ticked takes the filter away", []string{"set", "is", "column", "城市", "f", "is:城市:福州"}, nil},
		{"a filter of the same kind is replaced", []string{"set", "between", "column", "年份", "v", "2020", "v", "", "f", "between:年份:1|2"}, []string{"f", "between:年份:2020|"}},
		{"most columns: those left out are named", []string{"set", "columns", "v", "编号", "v", "城市", "v", "年份", "v", "类别"}, []string{"hide", "说明"}},
		{"few columns: those shown are named", []string{"set", "columns", "v", "城市"}, []string{"col", "城市"}},
		{"all columns", []string{"set", "columns", "v", "编号", "v", "城市", "v", "年份", "v", "类别", "v", "说明", "hide", "说明"}, nil},
		{"blank fields", []string{"q", "", "group", "", "sum", ""}, nil},
	} {
		for _, kind := range []string{"", "/explorer", "/embed"} {
			r := w.get(t, at(page+kind, c.ask...))
			want := page + kind
			if len(c.want) > 0 {
				want = at(page+kind, c.want...)
			}
			if got, _, _ := strings.Cut(r.header.Get("Location"), "#"); r.status != http.StatusFound || got != want {
				t.Errorf("%s: %d, sent to %s, want %s", c.name, r.status, got, want)
			}
		}
	}
}

// Whatever an address asks for is answered in words, at its place where the
// page can be shown.
func TestBadQuestionsAreAnsweredInWords(t *testing.T) {
	w, page := stationsFile(t)
	other := w.file(t, "o.csv", stations)
	cursor, err := url.Parse(w.cursorOf(t, other))
	if err != nil {
		t.Fatal(err)
	}
	many := make([]string, 0, 4200)
	for i := range 2100 {
		many = append(many, "f", fmt.Sprintf("has:a:%d", i))
	}
	for _, c := range []struct {
		name   string
		ask    []string
		status int
		words  string
	}{
		{"a column that is not there", []string{"f", "is:没有:1"}, 200, "没有“没有”这一列。"},
		{"a column that is not there, sorted by", []string{"sort", "没有"}, 200, "没有“没有”这一列。"},
		{"a column that is not there, chosen", []string{"col", "没有"}, 200, "没有“没有”这一列。"},
		{"a column that is not there, grouped by", []string{"group", "没有"}, 200, "没有“没有”这一列。"},
		{"a column that is not there, looked at", []string{"panel", "没有"}, 200, "没有“没有”这一列。"},
		{"no number", []string{"f", "between:年份:很多|"}, 200, "不是数"},
		{"a number as text", []string{"f", "has:年份:2"}, 200, "不是文本列"},
		{"a place that is none", []string{"f", "near:城市:119|26|5"}, 200, "不是地点列"},
		{"coordinates that are none", []string{"f", "near:城市:x|26|5"}, 200, "经纬度和距离要写成数"},
		{"a condition that cannot be read", []string{"where", "年份 >> 1"}, 200, "从第 5 个字符"},
		{"a condition that cannot be read beside others", []string{"where", "年份 >> 1", "q", "x"}, 200, "从第 5 个字符"},
		{"a condition that is none", []string{"where", "年份 + 1"}, 200, "where 要是条件"},
		{"a sum of texts", []string{"group", "城市", "sum", "sum:城市"}, 200, "不能是 text"},
		{"sorted by what is no group", []string{"group", "城市", "sort", "年份"}, 200, "不在这张分组表里"},
		{"a cursor of another file", []string{"sort", "城市", "cursor", cursor.Query().Get("cursor")}, 200, "不属于这次查询"},
		{"a cursor made up", []string{"sort", "城市", "cursor", "AAAA"}, 200, "不属于这次查询"},
		{"a row far behind the last", []string{"row", "999999999999"}, 200, "没有第 999,999,999,999 行"},
		{"no row", []string{"row", "0"}, 400, "行号须为正整数"},
		{"a row that is no number", []string{"row", "9223372036854775808"}, 400, "行号须为正整数"},
		{"a table that is not there", []string{"table", "2"}, 404, "没有第 2 张表"},
		{"a view that is not there", []string{"view", "pie"}, 400, "没有这种看法"},
		{"a filter that is none", []string{"f", "like:城市:x"}, 400, "没有这种筛选条件"},
		{"a filter without a column", []string{"f", "is::x"}, 400, "筛选条件写得不对"},
		{"a filter with too many ends", []string{"f", "between:年份:1|2|3"}, 400, "筛选条件写得不对"},
		{"a figure that is none", []string{"group", "城市", "sum", "mode:年份"}, 400, "没有这种算法"},
		{"many filters", many[:2*(mostRowFilters+1)], 400, "筛选条件最多 20 个"},
		{"two thousand filters", many, 400, "地址太长，问号之后最多 32192 个字节；一个汉字占 9 个。"},
		{"a condition of Chinese longer than an address may be", []string{"where", strings.Repeat("福", MaxQuery/9+1)}, 400, "地址太长"},
		{"a condition longer than an address may be", []string{"where", strings.Repeat("1=1 or ", MaxQuery/7+1)}, 400, "地址太长"},
		{"a condition longer than a condition may be", []string{"where", strings.Repeat("1=1 or ", 300)}, 400, "最多 2000 个字"},
		{"a NUL", []string{"where", "\x00"}, 400, "控制字符"},
		{"no UTF-8", []string{"q", "\xff"}, 400, ""},
		{"a parameter that there is not", []string{"limit", "5"}, 400, "limit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := w.get(t, at(page, c.ask...))
			doc := r.page(t)
			if text := doc.Find("main").Text(); r.status != c.status || !strings.Contains(text, c.words) {
				t.Errorf("%d, want %d and %q: %s", r.status, c.status, c.words, strings.Join(strings.Fields(text), " "))
			}
			if r.status == 200 && doc.Find(".slot .empty a, .xpop .err").Length() == 0 {
				t.Error("there is no way out")
			}
		})
	}
}

// cursorOf is the address of the second page of a sorted table like the
// stations, of which there must be more than one page.
func (w *world) cursorOf(t *testing.T, _ string) string {
	t.Helper()
	var file strings.Builder
	file.WriteString("编号,城市,年份,类别,说明\n")
	for i := range 60 {
		fmt.Fprintf(&file, "s%d,福州,2020,1,\n", i)
	}
	page := w.file(t, "m.csv", file.String())
	return w.get(t, at(page, "sort", "城市")).page(t).Find(`[data-step="next"]`).AttrOr("href", "")
}

func TestWhatIsKnownOfAColumnIsShown(t *testing.T) {
	w, page := stationsFile(t)
	doc := w.get(t, at(page, "panel", "城市", "f", "is:城市:福州")).page(t)
	var values []string
	doc.Find(".xvalues label").Each(func(_ int, l *goquery.Selection) {
		values = append(values, strings.Join(strings.Fields(l.Text()), " "))
	})
	if got := strings.Join(values, ", "); !strings.Contains(got, "福州 2") || !strings.Contains(got, "厦门 2") || !strings.Contains(got, "泉州 1") {
		t.Errorf("the values of the column are %s: what is chosen of it must not count", got)
	}
	if checked := doc.Find(".xvalues input[checked]"); checked.Length() != 1 || checked.AttrOr("value", "") != "福州" {
		t.Error("the chosen value is not ticked")
	}
	doc = w.get(t, at(page, "panel", "年份")).page(t)
	if got := strings.Join(strings.Fields(doc.Find(".xfacts").Text()), ""); got != "行5空0不合类型1（20.0%）不同的值3最小2019最大2021平均2,020中位数2,020" {
		t.Errorf("figures: %s", got)
	}
	if n := doc.Find(".xhist rect").Length(); n != 3 {
		t.Errorf("%d bars, want one for each year", n)
	}
	if doc.Find(`.xform input[name="set"][value="between"]`).Length() != 1 {
		t.Error("numbers cannot be filtered by a range")
	}
}

// What people ask of a table is theirs: it must not crowd out the pages that
// are the same for everybody.
func TestQuestionsAreNotKept(t *testing.T) {
	w, page := stationsFile(t)
	kept := func() int {
		w.cache.mu.RLock()
		defer w.cache.mu.RUnlock()
		return len(w.cache.pages)
	}
	w.get(t, page)
	before := kept()
	if before == 0 {
		t.Error("the first page is not kept")
	}
	for i := range 20 {
		w.get(t, at(page, "q", fmt.Sprint(i)))
		w.get(t, at(page+"/explorer", "q", fmt.Sprint(i)))
	}
	if now := kept(); now != before {
		t.Errorf("%d pages are kept, %d before", now, before)
	}
}

// A condition may be as long as it is said to be, also in Chinese and in
// whatever script: the page, the part that the script fetches, the frame, the
// API and the files of the slice all take it.
func TestAConditionMayBeAsLongInChinese(t *testing.T) {
	w, page := stationsFile(t)
	for script, letter := range map[string]string{"Chinese": "福", "four bytes": "𠮷"} {
		const head, tail = `城市 = "`, `" or 城市 = "福州"`
		where := head + strings.Repeat(letter, mostWhere-len([]rune(head+tail))) + tail
		if n := len([]rune(where)); n != 2000 {
			t.Fatalf("%d characters", n)
		}
		doc := w.shows(t, at(page, "where", where), "s1", "s2")
		for _, kind := range []string{"/explorer", "/embed"} {
			w.shows(t, at(page+kind, "where", where), "s1", "s2")
		}
		w.shows(t, at(page, "where", where, "f", "is:类别:2"), "s2")
		if got := doc.Find("#x-where").Text(); got != where {
			t.Errorf("%s: the form does not hold the condition, but %d bytes", script, len(got))
		}
		if got := doc.Find(".xcode a").First().AttrOr("href", ""); !strings.Contains(got, url.QueryEscape(where)) {
			t.Errorf("%s: the API is not asked the same", script)
		}
		if r := w.get(t, at(page, "where", where+" ")); r.status != http.StatusFound {
			t.Errorf("%s: the form with a blank more: %d", script, r.status)
		}
		if r := w.get(t, at(page, "where", where+"x")); r.status != http.StatusBadRequest || !strings.Contains(r.page(t).Find("main").Text(), "最多 2000 个字") {
			t.Errorf("%s: one more: %d", script, r.status)
		}
	}
}

// Where the engine does not answer, the first rows are shown as they were kept,
// and nobody is shown that page once it does.
func TestStoredRowsAreShownWhereTheEngineIsAway(t *testing.T) {
	w := newWorld(t)
	page := w.file(t, "s.csv", stations)
	r := w.get(t, page)
	doc := r.page(t)
	if got := column(doc, 0); fmt.Sprint(got) != "[s1 s2 s3 s4 s5]" || !strings.Contains(doc.Find(".explorer .note").Text(), "查询服务现在不能用") {
		t.Errorf("shown: %v, said: %q", got, doc.Find(".explorer .note").Text())
	}
	if r.header.Get("Cache-Control") != "no-store" || len(w.cache.pages) != 0 {
		t.Errorf("the page of an emergency is kept: %s", r.header.Get("Cache-Control"))
	}
	if doc := w.get(t, at(page, "q", "x")).page(t); !strings.Contains(doc.Find(".slot .empty").Text(), "这里不能查询数据的行") {
		t.Errorf("a question is answered by %q", doc.Find(".slot").Text())
	}
}

// The stored rows have the marks that the engine's rows have.
func TestStoredRowsAreMarkedAsTheOthers(t *testing.T) {
	const odd = "编号,年份,日期,比率,在用,说明\ns1,2019,2020-01-31,12.5%,是,好\ns2,不详,2020/2/1,多少,否,\ns3,\"1,234\",坏日子,7%,也许,x\n"
	asked := asking(t)
	page := asked.file(t, "m.csv", odd+strings.Repeat("s,2020,2020-03-01,1%,是,好\n", 30),
		datasets.Field{Name: "编号", Type: "text"}, datasets.Field{Name: "年份", Type: "integer"}, datasets.Field{Name: "日期", Type: "date"},
		datasets.Field{Name: "比率", Type: "decimal"}, datasets.Field{Name: "在用", Type: "boolean"}, datasets.Field{Name: "说明", Type: "text"})
	away := newWorldOn(t, asked.Catalogue, func(d *Deps) {
		d.Datasets = datasets.NewService(asked.Pool, asked.Store, licensing.Gate{}, asked.Clock)
		d.Search = finder{d.Datasets}
	})
	marks := func(w *world) (out []string) {
		doc := w.get(t, page).page(t)
		doc.Find(".xt tbody tr").Each(func(i int, row *goquery.Selection) {
			row.Find("td").Each(func(k int, cell *goquery.Selection) {
				if cell.HasClass("misfit") {
					out = append(out, fmt.Sprintf("%d %d %s", i, k, strings.Join(strings.Fields(cell.Text()), " ")))
				}
			})
		})
		if legend := doc.Find(".slot .small .misfit-key").Length(); len(out) > 0 && legend != 1 {
			t.Errorf("%d legends say what the marks are", legend)
		}
		return out
	}
	want, got := marks(asked), marks(away)
	if len(want) < 3 || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("stored rows mark %q, the engine's %q", got, want)
	}
	if note := away.get(t, page).page(t).Find(".explorer .note").Text(); !strings.Contains(note, "查询服务现在不能用") {
		t.Errorf("the engine was asked: %q", note)
	}
}

// Other sites may frame a table. It says where it is from, and shows what a
// visitor may see whoever looks.
func TestATableCanBeFramed(t *testing.T) {
	w, page := stationsFile(t)
	r := w.get(t, at(page+"/embed", "q", "福州"))
	doc := r.page(t)
	if got := column(doc, 0); fmt.Sprint(got) != "[s1 s2]" {
		t.Errorf("shown: %v", got)
	}
	if !strings.Contains(r.header.Get("Content-Security-Policy"), "frame-ancestors *") || r.header.Get("X-Frame-Options") != "" {
		t.Errorf("%v", r.header)
	}
	again := w.get(t, page+"/embed")
	again = w.get(t, page+"/embed") // from the cache
	if !strings.Contains(again.header.Get("Content-Security-Policy"), "frame-ancestors *") {
		t.Error("a kept page cannot be framed")
	}
	if other := w.get(t, page); !strings.Contains(other.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Error("the page itself can be framed")
	}
	for _, want := range []string{"来源", "许可", "知识共享 署名 4.0", "第 1 版，2026-11-22"} {
		if !strings.Contains(doc.Find("footer").Text(), want) {
			t.Errorf("the footer does not say %s: %s", want, doc.Find("footer").Text())
		}
	}
	if doc.Find("header, nav.nav, form[method=post], .xmenu").Length() != 0 {
		t.Error("the frame offers more than the table")
	}
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Open = datasets.Conditional })
	resource := w.Resource(t, d)
	w.Version(t, d, resource, "c.csv", stations)
	if r := w.get(t, "/datasets/"+d.Slug+"/resources/"+resource+"/embed"); r.status != http.StatusNotFound || strings.Contains(r.body, "s1") {
		t.Errorf("what needs an application is framed: %d", r.status)
	}
}
