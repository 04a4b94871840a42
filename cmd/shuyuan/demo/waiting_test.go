package demo

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
)

// The sample upload shows an officer what there is to look over: cells that fit
// no type, and numbers that stop it until they are decided about.
func TestTheSampleUploadIsLookedOver(t *testing.T) {
	in := install(t)
	w := theWorld(t)
	asked := datasets.NewService(in.pool, in.store, licensing.Gate{}, func() time.Time { return time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC) },
		datasetstest.Asked(t, in.store), datasetstest.Uploading()(t, in.store))
	if err := w.loadOnly(t, in, "anshan-service-stations-draft"); err != nil {
		t.Fatal(err)
	}
	department, err := in.Datasets.Department(t.Context(), account.Actor{}, "as-mzj")
	if err != nil {
		t.Fatal(err)
	}
	who := w.officer(department.Item.ID)
	page, err := in.Datasets.Uploads(t.Context(), who, 0, 10)
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	id := page.Items[0].ID
	if err := in.Datasets.ReadReceived(t.Context(), datasets.UploadReceived{ID: id}); err != nil {
		t.Fatal(err)
	}
	if err := asked.ScanUploads(t.Context()); err != nil {
		t.Fatal(err)
	}
	misfits, err := asked.Misfits(t.Context(), who, id, 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range misfits {
		got = append(got, fmt.Sprint(m.Row, " ", m.Column, " ", m.Text))
	}
	if diff := cmp.Diff([]string{"27 床位数 约20", "63 登记日期 2023-02-30", "118 床位数 二十张", "141 登记日期 2021年底"}, got); diff != "" {
		t.Errorf("misfits:\n%s", diff)
	}
	found, err := asked.Findings(t.Context(), who, datasets.FindingFilter{Open: true})
	if err != nil {
		t.Fatal(err)
	}
	got = nil
	for _, f := range found {
		got = append(got, fmt.Sprint(f.Column, " ", f.Kind, " ", f.Severity, " ", f.Rows, " ", f.Masked[0]))
	}
	if diff := cmp.Diff([]string{"备注 mobile block 1 161******40", "联系电话 mobile block 20 161******08"}, got); diff != "" {
		t.Errorf("findings:\n%s", diff)
	}
	if _, err := asked.PublishUpload(t.Context(), who, id, datasets.Publication{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("published: %v", err)
	}
	for _, f := range found {
		if err := asked.DecideFinding(t.Context(), who, f.ID, datasets.FindingDismissed, "编出来的号码"); err != nil {
			t.Fatal(err)
		}
	}
	// what is decided stands against it no more: now its opening review does
	if _, err := asked.PublishUpload(t.Context(), who, id, datasets.Publication{}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("decided: %v", err)
	}
	if _, err := asked.Dataset(t.Context(), account.Actor{}, "anshan-service-stations-draft"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a visitor gets %v", err)
	}
}

// loadOnly loads one entry, with what waits in it.
func (w *world) loadOnly(t *testing.T, in *installation, slug string) error {
	t.Helper()
	one := &world{folder: w.folder, sample: true, departments: w.departments, themes: w.themes, vocabulary: w.vocabulary, library: w.library}
	for _, e := range w.entries {
		if e.slug == slug {
			one.entries = []*entry{e}
		}
	}
	people, err := readPeople()
	if err != nil {
		return err
	}
	if err := one.load(t.Context(), in.Deps); err != nil {
		return err
	}
	return one.upload(t.Context(), in.Deps, people)
}
