package portal

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/atlas"
)

// manyPlaces is a table of n places on a grid of a tenth of a degree.
func manyPlaces(n int) string {
	var b strings.Builder
	b.WriteString("名称,经度,纬度\n")
	for i := range n {
		fmt.Fprintf(&b, "点%d,%.4f,%.4f\n", i, 118+float64(i%20)/10, 24+float64(i/20)/100)
	}
	return b.String()
}

func TestPlacesAreDrawnAndFewOfThemOneByOne(t *testing.T) {
	w := asking(t)
	page := w.file(t, "few.csv", "名称,经度,纬度\n福州,119.3,26.08\n厦门,118.1,24.48\n无处,,\n写反,26.08,119.3\n",
		datasets.Field{Name: "经度", Type: "decimal", Description: "度，WGS-84"})
	a := w.get(t, page+"?view=map")
	doc := a.page(t)
	if n := doc.Find(".slot-map [data-map] svg circle.dot").Length(); a.status != 200 || n != 2 {
		t.Fatalf("%d: %d dots, want 2", a.status, n)
	}
	if got := doc.Find(`svg a[href="#map-row-1"]`).AttrOr("aria-label", ""); got != "福州" || doc.Find("tr#map-row-1").Length() != 1 {
		t.Errorf("the first point says %q and leads nowhere", got)
	}
	notes := doc.Find(".notes").Text()
	for _, want := range []string{"1 行没有坐标", "1 行的坐标超出", "经纬度写反", "坐标系：WGS 84", "示意", "没有审图号"} {
		if !strings.Contains(notes, want) {
			t.Errorf("%q is not said: %s", want, notes)
		}
	}
	if doc.Find("svg path.land").Length() != 1 || doc.Find("svg .scale text").Text() == "" {
		t.Error("no coast or no scale")
	}

	d := w.Dataset(t, func(d *datasets.Dataset) { d.MapReview, d.Coordinates = "闽S〔2026〕1号", "CGCS2000" })
	resource := w.Resource(t, d)
	w.Version(t, d, resource, "reviewed.csv", "名称,经度,纬度\n福州,119.3,26.08\n")
	if notes := w.get(t, "/datasets/"+d.Slug+"/resources/"+resource+"?view=map").page(t).Find(".notes").Text(); !strings.Contains(notes, "审图号：闽S〔2026〕1号") || !strings.Contains(notes, "坐标系：CGCS2000") {
		t.Errorf("the review number and the coordinates of the entry are not said: %s", notes)
	}

	page = w.file(t, "shifted.csv", "名称,经度,纬度\n福州,119.3,26.08\n", datasets.Field{Name: "经度", Type: "decimal", Description: "度，GCJ-02"})
	if doc := w.get(t, page+"?view=map").page(t); doc.Find("svg path.land").Length() != 0 || !strings.Contains(doc.Find(".notes").Text(), "不画底图") {
		t.Error("shifted coordinates lie on outlines that they do not fit")
	}
}

func TestManyPlacesArePutTogetherAndComeApartByZooming(t *testing.T) {
	w := asking(t)
	page := w.file(t, "many.csv", manyPlaces(4000))
	doc := w.get(t, page+"?view=map").page(t)
	dots := doc.Find("svg circle.many")
	if n := dots.Length(); n < 20 || n > 400 {
		t.Fatalf("%d discs for 4000 rows", n)
	}
	total := 0
	for _, s := range doc.Find("svg a[href*='box=']").EachIter() {
		n := 0
		if _, err := fmt.Sscanf(strings.ReplaceAll(s.AttrOr("aria-label", ""), ",", ""), "%d", &n); err != nil {
			t.Fatal(err)
		}
		total += n
	}
	if total != 4000 {
		t.Errorf("the discs stand for %d rows, want all 4000", total)
	}
	if n := doc.Find(".slot-map tbody tr").Length(); n != mostRowsAside {
		t.Errorf("%d rows beside", n)
	}
	if href := doc.Find("a[data-move=in]").AttrOr("href", ""); !strings.Contains(href, "box=") || doc.Find("a[data-move=all]").Length() != 0 {
		t.Errorf("zoom in: %q", href)
	}
	doc = w.get(t, page+"?view=map&box=118,24,118.2,24.2").page(t)
	if doc.Find("svg circle.dot").Length() == 0 || doc.Find("svg circle.many").Length() != 0 || doc.Find("a[data-move=all]").Length() != 1 {
		t.Error("close by, places do not come apart")
	}
	more := doc.Find(".slot-map section p a").AttrOr("href", "")
	if answer := w.get(t, strings.TrimSuffix(more, "#data")); answer.status != 200 {
		t.Errorf("the rows of this part: %d at %s", answer.status, more)
	}
	if doc := w.get(t, page+"?view=map&box=0,0,1,1").page(t); !strings.Contains(doc.Find(".notes").Text(), "这一块里没有数据") {
		t.Error("an empty part is not said to be empty")
	}
}

func TestAreasAreColouredByCode(t *testing.T) {
	w := asking(t)
	page := w.file(t, "areas.csv", "区划代码,人口\n350100,842\n350102,100\n350200,532\n350300,321\n110000,2189\n", datasets.Field{Name: "区划代码", Type: "text"})
	doc := w.get(t, page+"?view=map&fig=sum&of="+url.QueryEscape("人口")).page(t)
	if n := doc.Find("[data-sheet] path.area").Length(); n != 9 {
		t.Fatalf("%d areas, want the nine cities of Fujian", n)
	}
	if n := doc.Find("[data-sheet] path.area.c-1").Length(); n != 6 || doc.Find(".map-legend").Length() != 1 {
		t.Errorf("%d areas without data, want 6", n)
	}
	first := doc.Find(".slot-map tbody tr").First().Text()
	if !strings.Contains(first, "福州市") || !strings.Contains(first, "942") {
		t.Errorf("counties are not added to their city: %q", first)
	}
	notes := doc.Find(".notes").Text()
	if !strings.Contains(notes, "另有 1 行") || !strings.Contains(notes, "示意图，不作为划界依据，未经审图") || !strings.Contains(notes, "没有审图号") {
		t.Errorf("notes: %s", notes)
	}
	if got := doc.Find(".map-legend").Text(); !strings.Contains(got, "没有数据") || !strings.Contains(got, "分位数") {
		t.Errorf("legend: %s", got)
	}
	doc = w.get(t, page+"?view=map&cut=equal").page(t)
	if got := doc.Find(".map-legend").Text(); !strings.Contains(got, "等距") {
		t.Errorf("legend: %s", got)
	}
	page = w.file(t, "country.csv", "区划代码\n350100\n110100\n110200\n440100\n") // of which one row in four can be drawn
	doc = w.get(t, page+"?view=map").page(t)
	if got := doc.Find(".slot-map .empty").Text(); doc.Find("[data-sheet]").Length() != 0 || !strings.Contains(got, "大多不在") || !strings.Contains(got, "只画福建省（1 行，25.0%）") {
		t.Errorf("a province stands for the country: %q", got)
	}
	doc = w.get(t, page+"?view=map&province=350000").page(t)
	if got := doc.Find(".slot-map .notice").Text(); doc.Find("[data-sheet]").Length() != 1 || !strings.Contains(got, "只画福建省：4 行里的 1 行（25.0%）") {
		t.Errorf("what is left out does not come first: %q", got)
	}
	page = w.file(t, "elsewhere.csv", "区划代码,人口\n110100,842\n110200,532\n")
	if got := w.get(t, page+"?view=map").page(t).Find(".slot-map .empty").Text(); !strings.Contains(got, "没有能画的地区") || !strings.Contains(got, "改用柱图") {
		t.Errorf("areas without an outline: %q", got)
	}
}

func TestShapesAreDrawn(t *testing.T) {
	w := asking(t)
	page := w.file(t, "shapes.geojson", `{"type":"FeatureCollection","features":[
		{"type":"Feature","properties":{"名称":"方"},"geometry":{"type":"Polygon","coordinates":[[[118,24],[119,24],[119,25],[118,25],[118,24]]]}},
		{"type":"Feature","properties":{"名称":"线"},"geometry":{"type":"LineString","coordinates":[[118,26],[119,26.5]]}}]}`)
	doc := w.get(t, page+"?view=map").page(t)
	if n := doc.Find("svg path.shape").Length(); n != 2 || doc.Find("svg path.shape.closed").Length() != 1 {
		t.Errorf("%d shapes, want an area and a line", n)
	}
}

func TestAMapThatCannotBeIsSaidInWords(t *testing.T) {
	w := asking(t)
	for _, c := range []struct{ name, content, query, want string }{
		{"no places", "名称,数\n甲,1\n", "", "没有点或图形列"},
		{"no areas", "名称,数\n甲,1\n", "&layer=areas", "不能按地区着色"},
		{"projected coordinates", "名称,经度,纬度\n甲,512345,3012345\n", "", "没有一个坐标落在"},
		{"nothing left", "名称,经度,纬度\n甲,119,26\n", "&where=" + url.QueryEscape(`名称 = "乙"`), "没有一行符合"},
	} {
		page := w.file(t, "x.csv", c.content)
		a := w.get(t, page+"?view=map"+c.query)
		if got := a.page(t).Find(".slot-map .empty").Text(); a.status != 200 || !strings.Contains(got, c.want) {
			t.Errorf("%s: %d %q", c.name, a.status, got)
		}
	}
	page := w.file(t, "y.csv", "名称,经度,纬度\n甲,119,26\n")
	for _, bad := range []string{"box=1,2,3", "box=a,b,c,d", "box=5,1,4,2", "box=1e999,0,2,2", "box=NaN,0,1,1", "layer=globe", "province=110000", "area=x", "fig=stddev&of=" + url.QueryEscape("经度")} {
		a := w.get(t, page+"?view=map&"+bad)
		if doc := a.page(t); a.status >= 500 || a.status == 200 && doc.Find(".slot-map .empty").Length() == 0 {
			t.Errorf("%s: %d without a word", bad, a.status)
		}
	}
}

func TestColumnsThatNameAreasAreFound(t *testing.T) {
	schema := rows.Schema{{Name: "provinceCode", Type: rows.Text}, {Name: "name", Type: rows.Text}, {Name: "cityCode", Type: rows.Text}, {Name: "统计用区划代码", Type: rows.Text}, {Name: "地级名称", Type: rows.Text}, {Name: "区划数", Type: rows.Integer}, {Name: "IATA代码", Type: rows.Text}}
	if diff := cmp.Diff([]string{"cityCode", "统计用区划代码", "地级名称", "provinceCode"}, areaColumns(schema)); diff != "" {
		t.Error(diff)
	}
	for code, want := range map[string]bool{"35": true, "350102": true, "350102001001": true, "3501022": false, "福州": false, "": false} {
		if isCode(code) != want {
			t.Errorf("%q is a code: %t", code, !want)
		}
	}
}

func TestShapesOfGeoJSONAreRead(t *testing.T) {
	for _, c := range []struct {
		text  string
		lines int
		point *atlas.Point
		ok    bool
	}{
		{`{"type":"Point","coordinates":[1,2,3]}`, 0, &atlas.Point{Lon: 1, Lat: 2}, true},
		{`{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]]]]}`, 2, nil, true},
		{`{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"LineString","coordinates":[[0,0],[1,1]]}]}`, 2, nil, true},
		{`{"type":"Point","coordinates":[1]}`, 0, nil, false},
		{`{"type":"Polygon","coordinates":"x"}`, 0, nil, false},
		{`{"type":"Circle","coordinates":[1,2]}`, 0, nil, false},
		{`POINT(1 2)`, 0, nil, false},
		{strings.Repeat(`{"type":"GeometryCollection","geometries":[`, 20) + `{"type":"Point","coordinates":[1,2]}` + strings.Repeat(`]}`, 20), 0, nil, false},
	} {
		shape, point, ok := shapeOf(c.text)
		got, _ := json.Marshal(point)
		want, _ := json.Marshal(c.point)
		if ok != c.ok || ok && (len(shape.Lines) != c.lines && c.point == nil || string(got) != string(want)) {
			t.Errorf("%.60s: %d lines, %s, %t", c.text, len(shape.Lines), got, ok)
		}
	}
}
