package deidentify_test

import (
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/datasetstest"
	"shuyuan/datasets/deidentify"
	"shuyuan/datasets/ingest"
	"shuyuan/datasets/opening"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
)

const register = "姓名,档案号,地区,月收入\n张三,DA-001,鞍山市铁东区,850\n李四,DA-002,鞍山市铁东区,890\n王五,DA-003,鞍山市铁西区,920\n" +
	"赵六,DA-004,鞍山市铁东区,870\n钱七,DA-005,鞍山市铁东区,880\n孙八,DA-006,鞍山市铁西区,960\n"

type desk struct {
	*datasetstest.Catalogue
	made    *deidentify.Service
	reviews *opening.Service
	officer account.Actor
	entry   *datasets.Dataset
	version *datasets.Version
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	c := datasetstest.New(t, licensing.Gate{}, datasetstest.Asked, datasetstest.Uploading())
	d := &desk{Catalogue: c, made: c.Deidentify(t), reviews: c.Opening(t)}
	d.officer = datasetstest.Officer(c.Office(t))
	d.entry = c.Dataset(t, func(e *datasets.Dataset) { e.Open, e.Slug, e.Title = datasets.Withheld, "applicants", "救助对象" })
	d.version = c.Version(t, d.entry, c.Resource(t, d.entry), "register.csv", register)
	return d
}

// recipe leaves out who it is, and knows where only by the city.
func recipe() ingest.Recipe {
	return ingest.Recipe{Least: 5, Columns: []ingest.Treatment{{Method: ingest.Drop}, {Method: ingest.Hash}, {Method: ingest.Place, Level: "city", Quasi: true}, {Method: ingest.Band, Width: 1000, Quasi: true}}}
}

func (d *desk) source() deidentify.Source { return deidentify.Source{Version: d.version.ID} }

var titled = catalogue.NewEntry{Declaration: catalogue.NotSecret, Title: "救助对象（脱敏）"}

// AB-31.3: what is withheld becomes a new entry of which nothing names anybody,
// with a report that its review must have; the original stays as it was.
func TestWithheldDataBecomesANewEntryWithItsReport(t *testing.T) {
	d := newDesk(t)
	o, err := d.made.Open(t.Context(), d.officer, d.source())
	if err != nil || len(o.Columns) != 4 || o.Least != 5 {
		t.Fatalf("%+v, %v", o, err)
	}
	shown, err := d.made.Preview(t.Context(), d.officer, d.source(), recipe())
	if err != nil || shown.Before != 1 || shown.After != 6 || shown.Suppressed != 0 || len(shown.Preview) != 6 || strings.Contains(strings.Join(shown.Preview[0], ","), "张三") {
		t.Fatalf("%+v, %v", shown, err)
	}
	l, err := d.made.Make(t.Context(), d.officer, d.source(), recipe(), titled)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Service.ReadReceived(t.Context(), datasets.UploadReceived{ID: l.UploadID}); err != nil {
		t.Fatal(err)
	}
	u, err := d.Service.Upload(t.Context(), d.officer, l.UploadID)
	if err != nil || u.State != datasets.Reviewing || u.SHA256 != l.SHA256 || u.DatasetID == d.entry.ID || len(u.Tables[0].Columns) != 3 {
		t.Fatalf("%+v, %v", u, err)
	}
	r, err := d.reviews.Propose(t.Context(), d.officer, opening.Proposal{UploadID: u.ID, Terms: datasets.Terms{Open: datasets.Unconditional}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := d.reviews.Review(t.Context(), datasetstest.Player(d.Office(t), account.SecurityReviewer), r.ID)
	if err != nil || f.Origin == nil || f.Origin.SourceSlug != "applicants" || f.Origin.SourceSHA256 != d.version.SHA256 || f.Origin.Report.After != 6 || f.Origin.Report.LeftOut() != 1 || len(f.Origin.ReportSHA256) != 64 {
		t.Errorf("the reviewer sees %+v, %v", f.Origin, err)
	}
	kept, err := d.Service.Dataset(t.Context(), d.officer, "applicants")
	if err != nil || kept.Open != datasets.Withheld || kept.Resources[0].Newest.SHA256 != d.version.SHA256 {
		t.Errorf("the original is %+v, %v", kept, err)
	}
	if _, err := d.Pool.Exec(t.Context(), `UPDATE lineages SET report = '{}'`); err == nil {
		t.Error("the database let a report be changed")
	}
	var reports int
	if err := d.Pool.QueryRow(t.Context(), `SELECT count(*) FROM lineages WHERE report LIKE '%张三%' OR report LIKE '%鞍山%'`).Scan(&reports); err != nil || reports != 0 {
		t.Errorf("%d reports hold values: %v", reports, err)
	}
}

// What lies in an entry that was made of withheld data, or is a copy of it, is
// not reviewed without report or consent.
func TestNoReviewOfDerivedDataWithoutReportOrConsent(t *testing.T) {
	d := newDesk(t)
	l, err := d.made.Make(t.Context(), d.officer, d.source(), recipe(), titled)
	if err != nil {
		t.Fatal(err)
	}
	resource := ""
	if err := d.Pool.QueryRow(t.Context(), `SELECT resource_id FROM uploads WHERE id = $1`, l.UploadID).Scan(&resource); err != nil {
		t.Fatal(err)
	}
	plain := d.Dataset(t, func(e *datasets.Dataset) { e.Slug = "plain" })
	for name, into := range map[string]string{"another file of the derived entry": resource, "a copy of the withheld file elsewhere": d.Resource(t, plain)} {
		text := register
		if into == resource {
			text = "地区,月收入\n鞍山市,850\n"
		}
		u, err := d.Service.StartUpload(t.Context(), d.officer, datasets.NewUpload{ResourceID: into, FileName: "b.csv", Bytes: int64(len(text))})
		if err == nil {
			_, err = d.Service.AppendUpload(t.Context(), d.officer, u.ID, datasets.Chunk{Reader: strings.NewReader(text)})
		}
		if err == nil {
			err = d.Service.ReadReceived(t.Context(), datasets.UploadReceived{ID: u.ID})
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.reviews.Propose(t.Context(), d.officer, opening.Proposal{UploadID: u.ID, Terms: datasets.Terms{Open: datasets.Unconditional}}); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "脱敏报告") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The second road of AB-31.3: whoever has the right agrees. Either is enough.
func TestTheRightHolderConsents(t *testing.T) {
	d := newDesk(t)
	full := datasets.Consent{Holder: "示例行业协会", Document: "示函〔2026〕1号", Date: "2026-11-20", Scope: "无条件开放，长期"}
	for field, change := range map[string]func(*datasets.Consent){
		"holder": func(c *datasets.Consent) { c.Holder = " " }, "document": func(c *datasets.Consent) { c.Document = "" }, "scope": func(c *datasets.Consent) { c.Scope = "" },
		"date": func(c *datasets.Consent) { c.Date = "2026-11-23" },
	} {
		c := full
		change(&c)
		if _, err := d.made.Consent(t.Context(), d.officer, d.version.ID, c, titled); fault.Of(err).Field != field {
			t.Errorf("without %s: %v", field, err)
		}
	}
	l, err := d.made.Consent(t.Context(), d.officer, d.version.ID, full, titled)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Service.ReadReceived(t.Context(), datasets.UploadReceived{ID: l.UploadID}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.reviews.Propose(t.Context(), d.officer, opening.Proposal{UploadID: l.UploadID, Terms: datasets.Terms{Open: datasets.Unconditional}}); err != nil {
		t.Errorf("%v", err)
	}
}

func TestWhoMayDeidentifyWhat(t *testing.T) {
	d := newDesk(t)
	open := d.Dataset(t)
	v := d.Version(t, open, d.Resource(t, open), "b.csv", "甲\n1\n")
	key := d.officer
	key.Key = "sy_AAAAAAAA"
	for name, c := range map[string]struct {
		who  account.Actor
		src  deidentify.Source
		want fault.Kind
	}{
		"another department":     {datasetstest.Officer(d.Department(t)), d.source(), fault.NotFound},
		"a reviewer":             {datasetstest.Player(d.Office(t), account.SecurityReviewer), d.source(), fault.Forbidden},
		"a visitor":              {account.Actor{}, d.source(), fault.Forbidden},
		"a key":                  {key, d.source(), fault.Forbidden},
		"what is not withheld":   {d.officer, deidentify.Source{Version: v.ID}, fault.Conflict},
		"a version there isn't":  {d.officer, deidentify.Source{Version: 99}, fault.NotFound},
		"a table there isn't":    {d.officer, deidentify.Source{Version: d.version.ID, Table: 1}, fault.NotFound},
		"an upload there isn't":  {d.officer, deidentify.Source{Upload: "nonesuchnonesuchnonesuchno"}, fault.NotFound},
		"a table before a first": {d.officer, deidentify.Source{Version: d.version.ID, Table: -1}, fault.NotFound},
	} {
		if _, err := d.made.Open(t.Context(), c.who, c.src); fault.KindOf(err) != c.want {
			t.Errorf("%s opens: %v", name, err)
		}
		if _, err := d.made.Preview(t.Context(), c.who, c.src, recipe()); fault.KindOf(err) != c.want {
			t.Errorf("%s previews: %v", name, err)
		}
		if _, err := d.made.Make(t.Context(), c.who, c.src, recipe(), titled); fault.KindOf(err) != c.want {
			t.Errorf("%s makes: %v", name, err)
		}
	}
	small := recipe()
	small.Least = 4
	secret := titled
	secret.Declaration = catalogue.Secret
	for field, try := range map[string]func() error{
		"least": func() error { _, err := d.made.Make(t.Context(), d.officer, d.source(), small, titled); return err },
		"title": func() error {
			_, err := d.made.Make(t.Context(), d.officer, d.source(), recipe(), catalogue.NewEntry{Declaration: catalogue.NotSecret})
			return err
		},
		"secret": func() error { _, err := d.made.Make(t.Context(), d.officer, d.source(), recipe(), secret); return err },
	} {
		if err := try(); fault.Of(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	var n int
	if err := d.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM lineages) + (SELECT count(*) FROM uploads) + (SELECT count(*) FROM datasets) - 2`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d things were made by what was refused: %v", n, err)
	}
}

// A file that a review returned is treated in its own place.
func TestAReturnedFileIsTreatedInItsPlace(t *testing.T) {
	d := newDesk(t)
	entry := d.Dataset(t)
	resource := d.Resource(t, entry)
	u, err := d.Service.StartUpload(t.Context(), d.officer, datasets.NewUpload{ResourceID: resource, FileName: "c.csv", Bytes: int64(len(register))})
	if err == nil {
		_, err = d.Service.AppendUpload(t.Context(), d.officer, u.ID, datasets.Chunk{Reader: strings.NewReader(strings.Replace(register, "850", "851", 1))})
	}
	if err == nil {
		err = d.Service.ReadReceived(t.Context(), datasets.UploadReceived{ID: u.ID})
	}
	if err != nil {
		t.Fatal(err)
	}
	src := deidentify.Source{Upload: u.ID}
	if _, err := d.made.Open(t.Context(), d.officer, src); fault.KindOf(err) != fault.Conflict {
		t.Errorf("before anybody returned it: %v", err)
	}
	r, err := d.reviews.Propose(t.Context(), d.officer, opening.Proposal{UploadID: u.ID})
	if err == nil {
		_, err = d.reviews.Decide(t.Context(), datasetstest.Player(d.Office(t), account.SecurityReviewer), r.ID, opening.Decision{Action: opening.ReturnToDeidentify, Revision: r.Revision, Words: "有档案号"})
	}
	if err != nil {
		t.Fatal(err)
	}
	if all, err := d.made.Sources(t.Context(), d.officer); err != nil || len(all) != 2 || all[0].Upload+all[1].Upload != u.ID {
		t.Errorf("%+v, %v", all, err)
	}
	l, err := d.made.Make(t.Context(), d.officer, src, recipe(), catalogue.NewEntry{})
	if err != nil || l.DatasetID != entry.ID {
		t.Fatalf("%+v, %v", l, err)
	}
}
