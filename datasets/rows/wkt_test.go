package rows

import "testing"

func TestWellKnownText(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"POINT(119.3 26.1)", `{"type":"Point","coordinates":[119.3,26.1]}`},
		{" point ( -1  +2 ) ", `{"type":"Point","coordinates":[-1,2]}`},
		{"POINT Z (1 2 3)", `{"type":"Point","coordinates":[1,2,3]}`},
		{"POINT M (1 2 3)", `{"type":"Point","coordinates":[1,2]}`},
		{"MULTIPOINT(1 2, 3 4)", `{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}`},
		{"MULTIPOINT((1 2), (3 4))", `{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}`},
		{"LINESTRING(1 2,3 4)", `{"type":"LineString","coordinates":[[1,2],[3,4]]}`},
		{"POLYGON((0 0,1 0,1 1,0 0),(0.2 0.2,0.3 0.2,0.3 0.3,0.2 0.2))", `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]],[[0.2,0.2],[0.3,0.2],[0.3,0.3],[0.2,0.2]]]}`},
		{"MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))", `{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]]]]}`},
		{"GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(1 2, 3 4))", `{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"LineString","coordinates":[[1,2],[3,4]]}]}`},
		{"SRID=4326;POINT(1 2)", `{"type":"Point","coordinates":[1,2]}`},
		{"POINTZ(1 2 3)", `{"type":"Point","coordinates":[1,2,3]}`},
		{"POINTZM(1 2 3 4)", `{"type":"Point","coordinates":[1,2]}`},
		{"SRID=3857;POINT(1 2)", ""}, {"POINTX(1 2)", ""},
		{"", ""}, {"POINT EMPTY", ""}, {"POINT(1)", ""}, {"POINT(1 2", ""}, {"POINT(1 2) x", ""}, {"CIRCLE(1 2)", ""}, {"POINT(1e 2)", ""}, {"POLYGON(1 2,3 4)", ""}, {"119.3,26.1", ""},
	} {
		got, ok := appendWKT(nil, c.text)
		if string(got) != c.want || ok != (c.want != "") {
			t.Errorf("%q: got %s, want %s", c.text, got, c.want)
		}
	}
}
