package account_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
)

const pdf = "%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"

func (w world) addPaper(a account.Actor, org int64) {
	w.t.Helper()
	if err := w.AddPaper(context.Background(), a, org, account.NewPaper{Kind: account.Registration, Name: "执照.pdf"}, strings.NewReader(pdf)); err != nil {
		w.t.Fatal(err)
	}
}

// draft is an organisation of a's with nothing but its name.
func (w world) draft(a account.Actor, kind string) int64 {
	w.t.Helper()
	id, err := w.SaveOrganisation(context.Background(), a, 0, account.NewOrganisation{Kind: kind, Name: "甲", Code: code})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func TestWhatIsTakenAsAPaper(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	a := w.signUp("zhao@tests.example")
	org := w.draft(a, account.Legal)
	jpg := "\xFF\xD8\xFF\xE0rest\xFF\xD9"
	png := "\x89PNG\r\n\x1a\nrest\x00\x00\x00\x00IEND\xaeB`\x82"
	for name, c := range map[string]struct {
		n     account.NewPaper
		body  string
		field string // that is wrong; empty: taken
		as    string // name that it is kept under
	}{
		"pdf":                {n: account.NewPaper{Kind: account.Registration, Name: "执照.pdf"}, body: pdf, as: "执照.pdf"},
		"jpg called html":    {n: account.NewPaper{Kind: account.Qualification, Name: "证.html"}, body: jpg, as: "证.jpg"},
		"png with folders":   {n: account.NewPaper{Kind: account.Qualification, Name: `..\..\etc/证.png`}, body: png, as: "证.png"},
		"a day":              {n: account.NewPaper{Kind: account.Qualification, Name: "a.pdf", Expires: "2026-03-02"}, body: pdf, as: "a.pdf"},
		"nothing":            {n: account.NewPaper{Kind: account.Registration, Name: "a.pdf"}, field: "file"},
		"page":               {n: account.NewPaper{Kind: account.Registration, Name: "a.pdf"}, body: "<html>%PDF-1.4 %%EOF", field: "file"},
		"program":            {n: account.NewPaper{Kind: account.Registration, Name: "a.pdf"}, body: "MZ\x90", field: "file"},
		"gif":                {n: account.NewPaper{Kind: account.Registration, Name: "a.png"}, body: "GIF89a", field: "file"},
		"cut off":            {n: account.NewPaper{Kind: account.Registration, Name: "a.jpg"}, body: jpg[:8], field: "file"},
		"script in a pdf":    {n: account.NewPaper{Kind: account.Registration, Name: "a.pdf"}, body: "%PDF-1.4\n/JavaScript (app.alert(1))\n%%EOF\n", field: "file"},
		"too large":          {n: account.NewPaper{Kind: account.Registration, Name: "a.jpg"}, body: jpg[:7] + strings.Repeat("x", 10<<20) + "\xFF\xD9", field: "file"},
		"no such kind":       {n: account.NewPaper{Kind: "other", Name: "a.pdf"}, body: pdf, field: "kind"},
		"no day":             {n: account.NewPaper{Kind: account.Registration, Name: "a.pdf", Expires: "2026-02-30"}, body: pdf, field: "expires"},
		"a day gone by":      {n: account.NewPaper{Kind: account.Registration, Name: "a.pdf", Expires: "2026-03-01"}, body: pdf, field: "expires"},
		"name of two lines":  {n: account.NewPaper{Kind: account.Registration, Name: "a\r\nX: y.pdf"}, body: pdf, field: "file"},
		"name without end":   {n: account.NewPaper{Kind: account.Registration, Name: strings.Repeat("长", 101)}, body: pdf, field: "file"},
		"replaces another's": {n: account.NewPaper{Kind: account.Qualification, Name: "a.pdf", Replaces: strings.Repeat("0", 32)}, body: pdf, field: "replaces"},
	} {
		before := w.count(`SELECT count(*) FROM papers`)
		err := w.AddPaper(ctx, a, org, c.n, strings.NewReader(c.body))
		if c.field != "" {
			if fault.Of(err).Field != c.field {
				t.Errorf("%s: %v", name, err)
			}
			if w.count(`SELECT count(*) FROM papers`) != before {
				t.Errorf("%s: it is kept all the same", name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if w.count(`SELECT count(*) FROM papers WHERE name = '`+c.as+`'`) == 0 {
			t.Errorf("%s: it is not kept as %s", name, c.as)
		}
	}
}

// A paper is read by the organisation and by whoever verifies it, and each
// reading is in the trail; another one replaces it and it stays.
func TestWhoReadsAPaper(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	a, stranger := w.signUp("zhao@tests.example"), w.signUp("qian@tests.example")
	org := w.draft(a, account.Legal)
	w.addPaper(a, org)
	w.addPaper(a, org)
	all, err := w.PapersOf(ctx, a, org)
	if err != nil || len(all) != 2 || all[0].Replaced != nil || all[1].Replaced == nil {
		t.Fatalf("%+v, %v", all, err)
	}
	authority := account.Actor{ID: 99, Roles: []account.Role{account.Authority}, Session: "s"}
	for name, c := range map[string]struct {
		who  account.Actor
		want fault.Kind
	}{
		"the owner": {a, -1}, "a stranger": {stranger, fault.NotFound}, "the authority, of a draft": {authority, fault.NotFound},
		"an administrator": {account.Actor{ID: 98, Roles: []account.Role{account.Administrator}, Session: "s"}, fault.NotFound},
		"a visitor":        {account.Actor{}, fault.Unauthenticated},
		"a key":            {account.Actor{ID: a.ID, Key: "sy_x"}, fault.Unauthenticated},
	} {
		_, raw, err := w.ReadPaper(ctx, c.who, org, all[1].ID)
		if fault.KindOf(err) != c.want || (err == nil) != (string(raw) == pdf) {
			t.Errorf("%s: %q, %v", name, raw, err)
		}
	}
	if _, err := w.SaveOrganisation(ctx, a, org, account.NewOrganisation{Kind: account.Legal, Name: "甲", Code: code, Head: "赵一", Registrar: "局", Address: "路"}); err != nil {
		t.Fatal(err)
	}
	if err := w.SubmitOrganisation(ctx, a, org); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.ReadPaper(ctx, authority, org, all[0].ID); err != nil {
		t.Errorf("the authority: %v", err)
	}
	if n := w.count(`SELECT count(*) FROM audit_entries WHERE act = 'organisation.paper-read'`); n != 2 {
		t.Errorf("%d readings are in the trail", n)
	}
	err = w.AddPaper(ctx, a, org, account.NewPaper{Kind: account.Registration, Name: "a.pdf"}, strings.NewReader(pdf))
	wantKind(t, err, fault.NotFound) // it is being looked at
	another := w.draft(stranger, account.Legal)
	_, _, err = w.ReadPaper(ctx, stranger, another, all[0].ID) // of another organisation than the address says
	wantKind(t, err, fault.NotFound)
	err = w.AddPaper(ctx, stranger, org, account.NewPaper{Kind: account.Registration, Name: "a.pdf"}, strings.NewReader(pdf))
	wantKind(t, err, fault.NotFound)
}

// Whoever copies the store has nothing: it holds no byte of a paper in the open.
func TestPapersLieLockedInTheStore(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	a := w.signUp("zhao@tests.example")
	w.addPaper(a, w.draft(a, account.Legal))
	digests := 0
	if err := w.store.List(ctx, func(i blob.Info) error {
		o, err := w.store.Open(ctx, i.Digest)
		if err != nil {
			return err
		}
		defer o.Close()
		raw, err := io.ReadAll(o)
		if bytes.Contains(raw, []byte("%PDF")) {
			t.Error("a paper lies in the open")
		}
		digests++
		return err
	}); err != nil || digests != 1 {
		t.Errorf("%d objects, %v", digests, err)
	}
}

// Each kind has its own fields, and nothing is submitted without them.
func TestWhatIsMissingIsSaidBeforeAnybodyLooks(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	for i, kind := range []string{account.Legal, account.Unincorporated} {
		a := w.signUp([]string{"zhao@tests.example", "qian@tests.example"}[i])
		n := account.NewOrganisation{Kind: kind, Name: "甲", Code: []string{code, "92350200MA0000001R"}[i]}
		org, err := w.SaveOrganisation(ctx, a, 0, n)
		if err != nil {
			t.Fatal(err)
		}
		sentences := map[string]bool{}
		for _, step := range []struct {
			missing string
			mend    func()
		}{
			{"head", func() { n.Head = "赵一" }}, {"registrar", func() { n.Registrar = "局" }}, {"address", func() { n.Address = "路" }},
			{"papers", func() {
				if err := w.AddPaper(ctx, a, org, account.NewPaper{Kind: account.Registration, Name: "a.pdf", Expires: "2026-03-02"}, strings.NewReader(pdf)); err != nil {
					t.Fatal(err)
				}
			}},
		} {
			err := w.SubmitOrganisation(ctx, a, org)
			if fault.Of(err).Field != step.missing {
				t.Errorf("%s: %v, wanted %s", kind, err, step.missing)
			}
			sentences[fault.Of(err).Text()] = true
			step.mend()
			if _, err := w.SaveOrganisation(ctx, a, org, n); err != nil {
				t.Fatal(err)
			}
		}
		if kind == account.Unincorporated && !sentences["提交以前请填写主要经营场所，并保存。"] {
			t.Errorf("it is told what a legal person lacks: %v", sentences)
		}
		w.clock.pass(24 * time.Hour)
		if err := w.SubmitOrganisation(ctx, a, org); fault.Of(err).Field != "papers" {
			t.Errorf("with a paper that has expired: %v", err)
		}
		w.clock.pass(-24 * time.Hour)
		if err := w.SubmitOrganisation(ctx, a, org); err != nil {
			t.Error(err)
		}
	}
}

// An organisation keeps so many papers and no more, those that were replaced
// included, whoever of its owners sends them (F21).
func TestOnlySoManyPapersAreKept(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	a := w.signUp("zhao@tests.example")
	org := w.draft(a, account.Legal)
	w.addPaper(a, org)
	if _, err := w.pool.Exec(ctx, `
		INSERT INTO papers (id, organisation_id, kind, name, media, bytes, sha256, uploaded_by, uploaded_at)
		SELECT lpad(n::text, 32, '0'), organisation_id, 'qualification', name, media, bytes, sha256, uploaded_by, uploaded_at FROM papers, generate_series(1, 48) n`); err != nil {
		t.Fatal(err)
	}
	again := func() error {
		return w.AddPaper(ctx, a, org, account.NewPaper{Kind: account.Qualification, Name: "证.pdf"}, strings.NewReader(pdf))
	}
	if err := again(); err != nil {
		t.Errorf("the fiftieth: %v", err)
	}
	if err := again(); fault.KindOf(err) != fault.Invalid || fault.Of(err).Field != "file" {
		t.Errorf("one more: %v", err)
	}
	if n := w.count(`SELECT count(*) FROM papers`); n != 50 {
		t.Errorf("%d are kept", n)
	}
}
