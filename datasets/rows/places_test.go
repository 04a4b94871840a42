package rows_test

import (
	"testing"

	"shuyuan/datasets/rows"
)

// Which columns say where rows lie.
func TestPlacesAreFoundByTheirNames(t *testing.T) {
	number := func(name string) rows.Column { return rows.Column{Name: name, Type: rows.Decimal} }
	for want, schema := range map[string]rows.Schema{
		"位置":       {number("经度"), number("纬度"), {Name: "位置", Type: rows.Point}},
		"轮廓":       {{Name: "中心", Type: rows.Point}, {Name: "轮廓", Type: rows.Geometry}},
		"geometry": {{Name: "中心", Type: rows.Point}, {Name: "轮廓", Type: rows.Geometry}, {Name: "geometry", Type: rows.Point}},
		"起点":       {{Name: "起点", Type: rows.Point}, {Name: "终点", Type: rows.Point}},
	} {
		if p, found := rows.FindPlaces(schema); !found || p.Column != want {
			t.Errorf("%v: %q, want %q", schema, p.Column, want)
		}
	}
	for _, c := range []struct {
		schema   rows.Schema
		lon, lat string
	}{
		{rows.Schema{number("纬度"), number("经度")}, "经度", "纬度"},
		{rows.Schema{number("中心经度"), number("中心纬度")}, "中心经度", "中心纬度"},
		{rows.Schema{number("经度（度）"), number("纬度（度）")}, "经度（度）", "纬度（度）"},
		{rows.Schema{number("东经"), number("北纬")}, "东经", "北纬"},
		{rows.Schema{number("end_lat"), number("start_lat"), number("start_lon"), number("end_lon")}, "start_lon", "start_lat"},
		{rows.Schema{number("起点经度"), number("终点纬度")}, "", ""},
		{rows.Schema{{Name: "中心经度", Type: rows.Text}, number("中心纬度")}, "", ""},
		{rows.Schema{{Name: "a", Label: "东经", Type: rows.Decimal}, {Name: "b", Label: "北纬", Type: rows.Decimal}}, "a", "b"},
		{rows.Schema{number("along_lon_line")}, "", ""},
	} {
		p, found := rows.FindPlaces(c.schema)
		if found != (c.lon != "") || p.Longitude != c.lon || p.Latitude != c.lat {
			t.Errorf("%v: %q, %q, want %q, %q", c.schema, p.Longitude, p.Latitude, c.lon, c.lat)
		}
	}
}
