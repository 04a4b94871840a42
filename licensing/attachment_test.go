package licensing_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/papers"
)

// listing makes an entry whose department asks for two materials.
func listing(t *testing.T, w *licensingtest.World) (slug string, officer account.Actor) {
	t.Helper()
	d, _ := w.Conditional(t, licensingtest.Tianjin)
	officer = w.Official(t, d.Department, account.Officer)
	if err := w.Licensing.SetConditions(t.Context(), officer, d.Slug, licensing.Conditions{Months: 12, Files: 20, Rows: 1000, Materials: []string{"营业执照", "数据安全方案"}}); err != nil {
		t.Fatal(err)
	}
	return d.Slug, officer
}

// drafted is a draft in which nothing but files is missing.
func drafted(t *testing.T, w *licensingtest.World, who account.Actor, slug string) *licensing.Application {
	t.Helper()
	a, err := w.Licensing.Begin(t.Context(), who, slug, 0)
	if err != nil {
		t.Fatal(err)
	}
	d, err := w.Service.Dataset(t.Context(), who, slug)
	if err != nil {
		t.Fatal(err)
	}
	if a, err = w.Licensing.SaveDraft(t.Context(), who, a.Number, licensingtest.Form(d), a.Revision); err != nil {
		t.Fatal(err)
	}
	return a
}

func names(all []papers.Paper) string {
	var out []string
	for _, p := range all {
		out = append(out, p.Name)
	}
	return strings.Join(out, " ")
}

// What an entry lists is handed in before anything is submitted; what is signed
// names each file by its hash; from then on nothing of them changes.
func TestMaterialsAreHandedInAndFrozen(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-11-02")
	slug, officer := listing(t, w)
	citizen := w.Person(t, "张三")
	a := drafted(t, w, citizen, slug)
	submit := func() error {
		_, err := w.Licensing.Submit(t.Context(), citizen, a.Number, a.Revision, w.Shown(t, a))
		return err
	}
	again := func() {
		t.Helper()
		var err error
		if a, _, err = w.Licensing.One(t.Context(), citizen, a.Number); err != nil {
			t.Fatal(err)
		}
	}
	kind(t, "nothing handed in", submit(), fault.Invalid, "papers")
	w.HandIn(t, citizen, a.Number, "营业执照", "执照.pdf")
	if err := submit(); !strings.Contains(fault.Of(err).Text(), "数据安全方案") {
		t.Errorf("one is missing: %v", err)
	}
	_, err := w.Licensing.AddPaper(t.Context(), citizen, a.Number, papers.New{Slot: "无犯罪记录", Name: "a.pdf"}, strings.NewReader(licensingtest.PDF))
	kind(t, "nobody asked for it", err, fault.Invalid, "slot")
	plan := w.HandIn(t, citizen, a.Number, "数据安全方案", "方案.pdf")
	more := w.HandIn(t, citizen, a.Number, "", "补充.pdf")
	if err := w.Licensing.RemovePaper(t.Context(), citizen, a.Number, more.ID); err != nil {
		t.Fatal(err)
	}
	kind(t, "the agreement as it was before", submit(), fault.Conflict, "")
	again()
	if _, _, err := w.Licensing.ReadPaper(t.Context(), officer, a.Number, plan.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the department reads a draft: %v", err)
	}
	if err := submit(); err != nil {
		t.Fatal(err)
	}
	again()
	all, err := w.Licensing.Agreements(t.Context(), citizen, a)
	if err != nil || !strings.Contains(all[0].Body, "数据安全方案：方案.pdf") || !strings.Contains(all[0].Body, plan.SHA256) || all[0].SHA256 != licensing.Digest(all[0].Body) {
		t.Errorf("signed: %s, %v", all[0].Body, err)
	}
	kind(t, "taken back afterwards", w.Licensing.RemovePaper(t.Context(), citizen, a.Number, plan.ID), fault.Conflict, "")
	_, err = w.Licensing.AddPaper(t.Context(), citizen, a.Number, papers.New{Name: "a.pdf"}, strings.NewReader(licensingtest.PDF))
	kind(t, "added afterwards", err, fault.Conflict, "")
	for _, sql := range []string{`DELETE FROM case_papers`, `UPDATE case_papers SET sha256 = repeat('0', 64)`} {
		if _, err := w.Pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s goes through", sql)
		}
	}
	got, raw, err := w.Licensing.ReadPaper(t.Context(), officer, a.Number, plan.ID)
	if err != nil || string(raw) != licensingtest.PDF || got.Media != "application/pdf" {
		t.Errorf("the department: %+v, %v", got, err)
	}
}

// A file is read by whoever has to do with the case and by nobody else, and each
// reading is in the trail.
func TestWhoReadsThePapersOfACase(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-11-02")
	slug, officer := listing(t, w)
	d, err := w.Service.Dataset(t.Context(), officer, slug)
	if err != nil {
		t.Fatal(err)
	}
	owner, member := w.Person(t, "王五"), w.Person(t, "赵六")
	id := w.Organisation(t, owner, "甲公司", company)
	w.Join(t, id, member, account.Member)
	a, err := w.Licensing.Begin(t.Context(), member, slug, id)
	if err != nil {
		t.Fatal(err)
	}
	p := w.HandIn(t, member, a.Number, "营业执照", "执照.pdf")
	w.HandIn(t, owner, a.Number, "数据安全方案", "方案.pdf")
	stranger, other := w.Person(t, "钱七"), w.Official(t, w.Department(t), account.Officer)
	authority, regulator := w.Official(t, d.Department, account.Authority), w.Regulator(t)
	reads := func(stage string, want map[string]fault.Kind) {
		t.Helper()
		for name, who := range map[string]account.Actor{"owner": owner, "member": member, "stranger": stranger, "officer": officer, "other": other, "authority": authority, "regulator": regulator, "visitor": {},
			"administrator": {ID: 9999, Session: "s", Roles: []account.Role{account.Administrator}, Side: account.Manage}, "key": {ID: owner.ID, Key: "sy_x", Side: account.Use}} {
			_, raw, err := w.Licensing.ReadPaper(t.Context(), who, a.Number, p.ID)
			expected, told := want[name]
			if !told {
				expected = fault.NotFound
			}
			if fault.KindOf(err) != expected || (err == nil) != (len(raw) > 0) {
				t.Errorf("%s, %s: %d bytes, %v", stage, name, len(raw), err)
			}
		}
	}
	reads("draft", map[string]fault.Kind{"owner": -1, "member": -1, "key": fault.Unauthenticated})
	if a, err = w.Licensing.SaveDraft(t.Context(), owner, a.Number, licensingtest.Form(d), a.Revision); err != nil {
		t.Fatal(err)
	}
	if a, err = w.Licensing.Submit(t.Context(), owner, a.Number, a.Revision, w.Shown(t, a)); err != nil {
		t.Fatal(err)
	}
	reads("submitted", map[string]fault.Kind{"owner": -1, "member": -1, "officer": -1, "regulator": -1, "key": fault.Unauthenticated})

	// refused: what is prepared for a dispute is the applicant's alone until it is brought
	a = w.Accepted(t, officer, a)
	if a, err = w.Licensing.Decide(t.Context(), officer, a.Number, licensingtest.Refused(a), a.Revision); err != nil {
		t.Fatal(err)
	}
	p = w.HandIn(t, owner, a.Number, "", "证据.pdf")
	reads("prepared", map[string]fault.Kind{"owner": -1, "member": -1, "key": fault.Unauthenticated})
	if a, err = w.Licensing.Dispute(t.Context(), owner, a.Number, "材料齐全，理由不成立。", a.Revision); err != nil {
		t.Fatal(err)
	}
	reads("disputed", map[string]fault.Kind{"owner": -1, "member": -1, "officer": -1, "regulator": -1, "authority": -1, "key": fault.Unauthenticated})
	var n int
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_entries WHERE subject = 'case-paper' AND act = 'read'`).Scan(&n); err != nil || n != 2+4+2+5 {
		t.Errorf("%d readings are in the trail, %v", n, err)
	}
	stored := 0
	if err := w.Store.List(t.Context(), func(i blob.Info) error {
		o, err := w.Store.Open(t.Context(), i.Digest)
		if err != nil {
			return err
		}
		defer o.Close()
		raw, err := io.ReadAll(o)
		if strings.Contains(string(raw), "%PDF") {
			stored++
		}
		return err
	}); err != nil || stored != 0 {
		t.Errorf("%d papers lie in the open, %v", stored, err)
	}
}

// A department asks once, and of materials only for those that were listed; the
// answer brings each of them anew.
func TestMaterialsAreAskedForOnce(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-11-02")
	slug, officer := listing(t, w)
	citizen := w.Person(t, "张三")
	a := drafted(t, w, citizen, slug)
	first := w.HandIn(t, citizen, a.Number, "营业执照", "执照.pdf")
	w.HandIn(t, citizen, a.Number, "数据安全方案", "方案.pdf")
	a, _, err := w.Licensing.One(t.Context(), citizen, a.Number)
	if err != nil {
		t.Fatal(err)
	}
	if a, err = w.Licensing.Submit(t.Context(), citizen, a.Number, a.Revision, w.Shown(t, a)); err != nil {
		t.Fatal(err)
	}
	_, err = w.Licensing.Return(t.Context(), officer, a.Number, "", a.Revision, "户口本")
	kind(t, "it was not listed", err, fault.Invalid, "material")
	if a, err = w.Licensing.Return(t.Context(), officer, a.Number, "第二页缺章", a.Revision, "营业执照"); err != nil || strings.Join(a.Missing, "|") != "营业执照|第二页缺章" {
		t.Fatalf("%v, %v", a, err)
	}
	kind(t, "the old one taken away", w.Licensing.RemovePaper(t.Context(), citizen, a.Number, first.ID), fault.NotFound, "")
	_, err = w.Licensing.Submit(t.Context(), citizen, a.Number, a.Revision, w.Shown(t, a))
	kind(t, "nothing new", err, fault.Invalid, "papers")
	w.HandIn(t, citizen, a.Number, "营业执照", "执照二.pdf")
	if a, _, err = w.Licensing.One(t.Context(), citizen, a.Number); err != nil {
		t.Fatal(err)
	}
	if a, err = w.Licensing.Submit(t.Context(), citizen, a.Number, a.Revision, w.Shown(t, a)); err != nil {
		t.Fatal(err)
	}
	if got := names(a.PapersOf(papers.Application, licensing.OfDepartment)); got != "执照.pdf 方案.pdf 执照二.pdf" {
		t.Errorf("the department sees %s", got)
	}
}

// What was only prepared goes with the draft, however that ends, and its bytes
// with the next sweep; what was handed in stays.
func TestPapersGoWithTheDraft(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-03-02")
	slug, officer := listing(t, w)
	count := func(sql string) (n int) {
		t.Helper()
		if err := w.Pool.QueryRow(t.Context(), sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count(`SELECT count(*) FROM blobs`)
	gone := func(what string) {
		t.Helper()
		if n, m := count(`SELECT count(*) FROM case_papers WHERE frozen_at IS NULL`), count(`SELECT count(*) FROM blobs b WHERE NOT EXISTS (SELECT FROM case_papers p WHERE p.object = b.sha256)`); n != 0 || m != before {
			t.Errorf("%s: %d papers, %d other objects for %d", what, n, m, before)
		}
	}
	thrown, dropped, left := w.Person(t, "甲"), w.Person(t, "乙"), w.Person(t, "丙")
	a := drafted(t, w, thrown, slug)
	w.HandIn(t, thrown, a.Number, "", "a.pdf")
	if _, err := w.Licensing.Withdraw(t.Context(), thrown, a.Number, a.Revision); err != nil {
		t.Fatal(err)
	}
	gone("thrown away")
	a = drafted(t, w, dropped, slug)
	w.HandIn(t, dropped, a.Number, "", "a.pdf")
	w.Day(t, "2026-05-02")
	if err := w.Licensing.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	gone("dropped because nobody saved it")

	// handed in, returned, and then its applicant leaves
	a = drafted(t, w, left, slug)
	w.HandIn(t, left, a.Number, "营业执照", "a.pdf")
	w.HandIn(t, left, a.Number, "数据安全方案", "b.pdf")
	a, _, err := w.Licensing.One(t.Context(), left, a.Number)
	if err != nil {
		t.Fatal(err)
	}
	if a, err = w.Licensing.Submit(t.Context(), left, a.Number, a.Revision, w.Shown(t, a)); err != nil {
		t.Fatal(err)
	}
	if _, err = w.Licensing.Return(t.Context(), officer, a.Number, "签字", a.Revision); err != nil {
		t.Fatal(err)
	}
	w.HandIn(t, left, a.Number, "", "c.pdf")
	tx, err := w.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Licensing.Forget(t.Context(), tx, left.ID), tx.Commit(t.Context()), w.Licensing.Tick(t.Context())); err != nil {
		t.Fatal(err)
	}
	gone("its applicant left")
	if n := count(`SELECT count(*) FROM case_papers`); n != 2 {
		t.Errorf("%d of what was handed in", n)
	}
}

// Nobody fills the disk: room is counted by case, account and applicant, exactly
// so where several send at once.
func TestRoomForPapersIsExact(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-11-02")
	slug, _ := listing(t, w)
	citizen := w.Person(t, "张三")
	a := drafted(t, w, citizen, slug)
	rules := w.Papers.Rules
	w.Papers.Look = func(context.Context, *os.File) (ingest.AttachmentType, error) {
		return ingest.AttachmentType{Media: "application/pdf", Suffix: ".pdf"}, nil
	}
	send := func(bytes int) error {
		_, err := w.Licensing.AddPaper(t.Context(), citizen, a.Number, papers.New{Name: "a.pdf"}, io.LimitReader(zeros{}, int64(bytes)))
		return err
	}
	kind(t, "larger than one may be", send(rules.File<<20+1), fault.Invalid, "file")
	kind(t, "empty", send(0), fault.Invalid, "file")
	var group sync.WaitGroup
	var kept, refused int
	var mu sync.Mutex
	for range rules.Files + 6 {
		group.Go(func() {
			err := send(1000)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				kept++
			} else if fault.KindOf(err) == fault.Invalid && fault.Of(err).Field == "file" {
				refused++
			}
		})
	}
	group.Wait()
	if kept != rules.Files || refused != 6 {
		t.Errorf("%d kept, %d refused", kept, refused)
	}
	for _, c := range []struct {
		what string
		days int
		mib  int
		user int64
	}{{"in a day", 0, rules.Day, 0}, {"in a year", 200, rules.Year, 0}, {"of one case", 0, rules.Case, a.ID}} {
		if _, err := w.Pool.Exec(t.Context(), `DELETE FROM case_papers`); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Pool.Exec(t.Context(), `
			WITH o AS (INSERT INTO blobs (sha256, bytes, created_at) VALUES (repeat('a', 64), 1, now()) RETURNING sha256)
			INSERT INTO case_papers (id, kind, case_id, name, media, bytes, sha256, object, uploaded_by, uploaded_name, uploaded_at)
			SELECT repeat('0', 32), 'application', $1, 'a', 'image/png', $2, repeat('0', 64), sha256, $3, 'x', $4 FROM o`, c.user, int64(c.mib)<<20, citizen.ID, w.Clock().AddDate(0, 0, -c.days)); err != nil {
			t.Fatal(err)
		}
		kind(t, c.what, send(1), fault.Invalid, "file")
	}
}

// zeros is as much of nothing as one likes.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
