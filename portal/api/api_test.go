package api_test

import (
	"strings"
	"testing"

	"shuyuan/portal/api"
)

func TestAVisitorReadsWhatIsPublicAndNothingElse(t *testing.T) {
	w := newWorld(t)
	grid := w.Grid(t)
	var list api.List
	w.read(t, "/api/v1/datasets", &list)
	for slug, d := range grid {
		public := slug == "published-unconditional" || slug == "published-conditional"
		listed := strings.Contains(string(w.get(t, "/api/v1/datasets?limit=100").body), slug)
		if listed != public {
			t.Errorf("%s is listed: %v", slug, listed)
		}
		want := 404
		switch {
		case public:
			want = 200
		case slug == "withdrawn-unconditional" || slug == "withdrawn-conditional":
			want = 410
		}
		for _, path := range []string{"/datasets/" + slug, "/resources/" + d.Resources[0].ID} {
			if got := w.get(t, "/api/v1"+path); got.status != want {
				t.Errorf("%s: %d, want %d: %s", path, got.status, want, got.body)
			}
		}
	}
	if list.Total != 2 || len(list.Items) != 2 {
		t.Errorf("%d of %d", len(list.Items), list.Total)
	}
}
