package portal_test

import (
	"net/http"
	"path"
	"strings"
	"testing"
)

// An upload that was cut off goes on from any browser of who began it: the page
// says where it stands, and gives the script its address.
func TestAnUploadGoesOnInAnotherBrowser(t *testing.T) {
	w := newDesk(t)
	content := strings.Repeat("a,b\n", 1000)
	at := w.create(t, "人口.csv", len(content))
	if got := w.patch(t, ownKey, at, 0, content[:1500]); got.status != http.StatusNoContent {
		t.Fatal(got.status)
	}
	id := path.Base(at)
	link := "/desk/uploads/new?resource=" + w.resource + "&resume=" + id
	if got := w.send(t, w.as(own, http.MethodGet, "/desk/uploads/"+id, nil)); !strings.Contains(got.body, "resume="+id) {
		t.Errorf("its page does not lead on: %d", got.status)
	}
	form := document(t, w.send(t, w.as(own, http.MethodGet, link, nil)).body).Find("form[data-upload]")
	if form.AttrOr("data-resume", "") != "/desk/tus/"+id || form.AttrOr("data-resume-bytes", "") != "4000" || form.AttrOr("data-resume-name", "") != "人口.csv" {
		t.Errorf("the script is not told where it goes on: %v", form.Nodes)
	}
	if note := form.Find(".note").Text(); !strings.Contains(note, "已收 1.50 kB / 4.00 kB") {
		t.Errorf("it says %q", note)
	}
	for what, wrong := range map[string]string{"of another resource": "/desk/uploads/new?resource=x&resume=" + id, "there is none": link[:len(link)-1] + "_"} {
		if got := w.send(t, w.as(own, http.MethodGet, wrong, nil)); got.status < 400 {
			t.Errorf("%s: %d", what, got.status)
		}
	}
	if got := w.send(t, w.as(other, http.MethodGet, link, nil)); got.status < 400 {
		t.Errorf("another department goes on with it: %d", got.status)
	}
	if got := w.patch(t, ownKey, at, 1500, content[1500:]); got.status != http.StatusNoContent {
		t.Fatal(got.status)
	}
	if got := w.send(t, w.as(own, http.MethodGet, link, nil)); got.status != http.StatusConflict {
		t.Errorf("a whole upload goes on: %d", got.status)
	}
}
