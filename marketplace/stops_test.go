package marketplace_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shuyuan/internal/fault"
	"shuyuan/marketplace"
	"shuyuan/marketplace/marketplacetest"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
)

// Whatever is changed above a version after it was checked stops its seal, with
// nothing left behind; then two seal it at once, and one of them does.
func TestWhatStopsASeal(t *testing.T) {
	w := marketplacetest.New(t)
	p := w.Made(t)
	w.Built(t, p, w.Release(t))
	w.Move(t, p.Number, "1.0.0", marketplace.Check)
	count := func() (n int) {
		if err := w.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM product_seals) + (SELECT count(*) FROM product_artefacts) + (SELECT count(*) FROM product_sources) + (SELECT count(*) FROM log_leaves)`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before, now := count(), w.Clock()
	for _, c := range []struct{ what, do, undo, says string }{
		{"the day of acquisition", `UPDATE acquisition_ends SET ended_at = ended_at - interval '1 day'`, `UPDATE acquisition_ends SET ended_at = ended_at + interval '1 day'`, "上游的记录变了"},
		{"the end of the acquisition", `UPDATE acquisition_ends SET whole = false`, `UPDATE acquisition_ends SET whole = true`, "没有写明取完"},
		{"an acquisition after the build", `UPDATE acquisition_ends SET ended_at = ended_at + interval '1 year'`, `UPDATE acquisition_ends SET ended_at = ended_at - interval '1 year'`, "做成产品以后才获取"},
		{"the title of the data", `UPDATE datasets SET title = title || '二'`, `UPDATE datasets SET title = left(title, -1)`, "上游的记录变了"},
		{"the department", `UPDATE departments SET name = name || '二'`, `UPDATE departments SET name = left(name, -1)`, "上游的记录变了"},
		{"the digest of the acquisition", `UPDATE acquisitions SET sha256 = reverse(sha256)`, `UPDATE acquisitions SET sha256 = reverse(sha256)`, "摘要和"},
		{"the program of the job", `UPDATE workspace_jobs SET code_digest = reverse(code_digest)`, `UPDATE workspace_jobs SET code_digest = reverse(code_digest)`, "上游的记录变了"},
		{"an input that nothing explains", `UPDATE release_inputs SET release_id = release_id + 1000`, `UPDATE release_inputs SET release_id = release_id - 1000`, "说不清"},
		{"a review that is missing", `UPDATE output_reviews SET state = 'rejected'`, `UPDATE output_reviews SET state = 'released'`, "两个人审核放出"},
		{"a mandate that is suspended", `UPDATE mandates SET state = 'suspended', reason = '检查', held_by = 'body', basis = '某条'`, `UPDATE mandates SET state = 'active', reason = '', held_by = ''`, "现在不生效"},
		{"a mandate that ran out", `UPDATE mandates SET until_at = until_at - interval '10 years', from_at = from_at - interval '10 years'`, `UPDATE mandates SET until_at = until_at + interval '10 years', from_at = from_at + interval '10 years'`, "现在不生效"},
		{"a scenario that was revoked", `UPDATE scenarios SET state = 'terminated', reason = '违约'`, `UPDATE scenarios SET state = 'active', reason = ''`, "现在不生效"},
		{"data that was withdrawn", `UPDATE datasets SET status = 'withdrawn', withdrawn_reason = '有误'`, `UPDATE datasets SET status = 'published', withdrawn_reason = ''`, "已经撤下"},
		{"data for academic use", `UPDATE scenarios SET use_class = 'public_benefit', research = true`, `UPDATE scenarios SET use_class = 'industry', research = false`, "学术研究"},
		{"the digest of the content", `UPDATE product_contents SET digest = reverse(digest)`, `UPDATE product_contents SET digest = reverse(digest)`, "登记的摘要不一致"},
		{"what left the workspace", `UPDATE release_files SET body = replace(convert_from(body, 'UTF8'), '60', '61')::bytea WHERE form = 'json'`, `UPDATE release_files SET body = replace(convert_from(body, 'UTF8'), '61', '60')::bytea WHERE form = 'json'`, "登记的摘要不一致"},
		{"the organisation", `UPDATE organisations SET suspended_at = now(), suspended_reason = '核查' WHERE side = 'use'`, `UPDATE organisations SET suspended_at = NULL, suspended_reason = ''`, "被暂停"},
	} {
		w.Exec(t, c.do)
		err := w.Try(t, p.Number, "1.0.0", marketplace.Seal)
		if err == nil || !strings.Contains(fault.Of(err).Text(), c.says) {
			t.Errorf("%s: it says %v", c.what, err)
		}
		w.Exec(t, c.undo)
		if n := count(); n != before {
			t.Fatalf("%s: %d rows were left, not %d", c.what, n, before)
		}
	}
	w.Set(now.Add(-time.Hour))
	if err := w.Try(t, p.Number, "1.0.0", marketplace.Seal); err == nil || !strings.Contains(fault.Of(err).Text(), "时钟倒退") {
		t.Errorf("the clock went back: %v", err)
	}
	w.Set(now.Add(time.Minute))

	v := w.Version(t, p.Number, "1.0.0")
	var sealed, refused int
	var mu sync.Mutex
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			_, err := w.Products.MoveVersion(t.Context(), w.Owner, p.Number, "1.0.0", marketplace.Step{Action: string(marketplace.Seal), Revision: v.Revision})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				sealed++
			case fault.KindOf(err) == fault.Conflict:
				refused++
			default:
				t.Error(err)
			}
		})
	}
	both.Wait()
	if sealed != 1 || refused != 1 {
		t.Errorf("%d sealed it, %d were refused", sealed, refused)
	}
	for _, sql := range []string{`UPDATE product_seals SET leaf = leaf`, `DELETE FROM product_artefacts`, `UPDATE product_contents SET digest = repeat('a', 64)`, `DELETE FROM product_sources`, `UPDATE product_versions SET method = 'x'`, `UPDATE products SET sold = false`} {
		if _, err := w.Pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("after the seal: %s", sql)
		}
	}
}

// No organisation is ever written down as the holder of public data.
func TestPublicDataIsHeldByTheState(t *testing.T) {
	w := marketplacetest.New(t)
	p := w.Made(t)
	if _, err := w.Products.Edit(t.Context(), w.Owner, p.Number, p.Revision, marketplace.ProductForm{Kind: p.Kind, Title: p.Title, Scenario: w.Name, Sold: true}, marketplace.RightsForm{Own: "自建", Process: "场景授权", Operate: "自行开发"}); err != nil {
		t.Fatal(err)
	}
	v, err := w.Products.Product(t.Context(), w.Owner, p.Number)
	if err != nil || len(v.Rights) != 4 {
		t.Fatalf("%+v (%v)", v.Rights, err)
	}
	for _, r := range v.Rights {
		if r.Over == marketplace.OverPublic && r.What == marketplace.Hold && !strings.Contains(r.Holder, "国家") {
			t.Errorf("%+v", r)
		}
	}
	for _, sql := range []string{
		`UPDATE product_rights SET organisation_id = (SELECT id FROM organisations LIMIT 1) WHERE over = 'public' AND what = 'hold'`,
		`UPDATE product_rights SET holder = (SELECT name FROM organisations WHERE side = 'use') WHERE over = 'public' AND what = 'hold'`,
	} {
		if _, err := w.Pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("taken: %s", sql)
		}
	}
}

// What is withdrawn flags what was made from it, and what was made from that; a
// recall is told by whoever is asked.
func TestWhatIsWithdrawnOrRecalledIsTold(t *testing.T) {
	w := marketplacetest.New(t)
	set := func(sql string) { // with all guards: the database counts withdrawals
		t.Helper()
		if _, err := w.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	v := w.Published(t)
	of := w.Made(t, func(f *marketplace.ProductForm) { f.Title, f.Scenario = "示例：二次产品", "" })
	if _, err := w.Products.Build(t.Context(), w.Owner, of.Number, marketplace.VersionForm{Number: "1.0.0", Method: "再汇总", Forms: []marketplace.Form{"csv"}}); err != nil {
		t.Fatal(err)
	}
	w.Set(w.Clock().Add(time.Minute))
	if err := w.Products.AddFile(t.Context(), w.Owner, of.Number, "1.0.0", "", "汇总.csv", strings.NewReader("站,人数\n东站,60\n西站,60\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Try(t, of.Number, "1.0.0", marketplace.Check); err == nil || !strings.Contains(fault.Of(err).Text(), "从哪里来") {
		t.Errorf("without an input: %v", err)
	}
	if err := w.Products.AddVersion(t.Context(), w.Owner, of.Number, "1.0.0", v.Full()); err != nil {
		t.Fatal(err)
	}
	below := w.Move(t, of.Number, "1.0.0", marketplace.Check, marketplace.Seal, marketplace.Publish)
	if got, want := below.Seal.Statement.Predicate.Sources, v.Seal.Statement.Predicate.Sources; len(got) != 1 || got[0].Acquired.Record != want[0].Acquired.Record || got[0].Basis != statement.Inherited || got[0].Through != v.Full() || got[0].RowsRead != 0 {
		t.Errorf("it inherits %+v of %+v", got, want)
	}
	set(`UPDATE datasets SET status = 'withdrawn', withdrawn_reason = '有误'`)
	for range 2 { // once
		if err := w.Products.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var flags, letters int
	if err := w.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM product_flags), (SELECT count(*) FROM river_job WHERE kind = 'product_notice')`).Scan(&flags, &letters); err != nil || flags != 2 || letters != 2 {
		t.Errorf("%d flags, %d letters (%v)", flags, letters, err)
	}
	w.Set(w.Clock().Add(time.Minute))
	if a, err := w.Products.Verify(t.Context(), below.Full()); err != nil || a.Verdict != verify.Lapsed || !strings.Contains(a.Reasons[0].Text(), "已经撤下") {
		t.Errorf("%+v (%v)", a, err)
	}
	status := func(of string, want verify.State, says string) {
		t.Helper()
		if err := w.Log.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		p, err := w.Products.Proof(t.Context(), of)
		if err != nil || p.Status.State != want || p.Status.Since == "" || !strings.Contains(p.Status.Reason, says) || (p.Recall != nil) != (want == verify.Recalled) {
			t.Errorf("%s: %+v (%v)", of, p, err)
		}
	}
	status(below.Full(), verify.InputGone, "已经撤下")
	set(`UPDATE datasets SET status = 'published', withdrawn_reason = ''`)
	if err := w.Products.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	set(`UPDATE datasets SET status = 'withdrawn', withdrawn_reason = '又有误'`)
	for range 2 {
		if err := w.Products.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var leaves int
	if err := w.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM product_flags WHERE words = '又有误'), (SELECT count(*) FROM river_job WHERE kind = 'product_notice'), (SELECT count(*) FROM log_leaves WHERE kind = 'recall')`).Scan(&flags, &letters, &leaves); err != nil || flags != 2 || letters != 4 || leaves != 4 {
		t.Errorf("withdrawn once more: %d flags, %d letters and %d leaves in all (%v)", flags, letters, leaves, err)
	}
	set(`UPDATE datasets SET status = 'published', withdrawn_reason = ''`)
	w.Set(w.Clock().Add(time.Minute))
	if a, err := w.Products.Verify(t.Context(), below.Full()); err != nil || a.Verdict != verify.Valid {
		t.Errorf("once it is back: %+v (%v)", a, err)
	}
	w.Move(t, v.Product, "1.0.0", marketplace.Recall)
	if err := w.Products.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Set(w.Clock().Add(time.Minute))
	for _, one := range []string{v.Full(), below.Full()} {
		if a, err := w.Products.Verify(t.Context(), one); err != nil || a.Verdict != verify.Lapsed || !strings.Contains(a.Reasons[0].Text(), "召回") {
			t.Errorf("%s after the recall: %+v (%v)", one, a, err)
		}
	}
	status(v.Full(), verify.Recalled, "召回")
	status(below.Full(), verify.InputGone, "召回")
	w.Exec(t, `UPDATE mandates SET state = 'suspended', reason = '检查', held_by = 'body', basis = '某条'`)
	again := w.Version(t, v.Product, "1.0.0")
	w.Set(w.Clock().Add(time.Minute))
	if a, err := w.Products.Verify(t.Context(), again.Seal.Digest); err != nil || len(a.Reasons) < 2 {
		t.Errorf("recalled, and its mandate suspended: %+v (%v)", a, err)
	}
}

// A sealed version that is not published is nobody's business: its digests stand in the
// log, and who asks for them is told nothing. It is published only while it holds.
func TestWhatIsNotPublishedIsNotToldOf(t *testing.T) {
	w := marketplacetest.New(t)
	p, release := w.Made(t), w.Release(t)
	w.Built(t, p, release)
	v := w.Move(t, p.Number, "1.0.0", marketplace.Check, marketplace.Seal)
	asked := func(what string) *marketplace.Answer {
		t.Helper()
		w.Set(w.Clock().Add(time.Minute)) // an answer is kept for a moment
		a, err := w.Products.Verify(t.Context(), what)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	names := []string{v.Seal.Digest, v.Artefacts[0].SHA256, v.Contents[0].Digest, v.Full(), v.Product}
	for _, what := range names {
		if a := asked(what); a.Verdict != verify.Unknown || a.Title != "" || a.Said != nil {
			t.Errorf("%s before it is published: %+v", what, a)
		}
	}
	w.Exec(t, `UPDATE datasets SET status = 'withdrawn', withdrawn_reason = '有误'`)
	if err := w.Try(t, p.Number, "1.0.0", marketplace.Publish); fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.Of(err).Text(), "已经撤下") {
		t.Errorf("published with data that was withdrawn: %v", err)
	}
	w.Exec(t, `UPDATE datasets SET status = 'published', withdrawn_reason = ''`)
	w.Move(t, p.Number, "1.0.0", marketplace.Publish)
	for _, what := range names {
		if a := asked(what); a.Verdict != verify.Valid || a.Version != "1.0.0" {
			t.Errorf("%s once it is published: %+v", what, a)
		}
	}

	if _, err := w.Products.Build(t.Context(), w.Owner, p.Number, marketplace.VersionForm{Number: "1.1.0", Method: "按车站分组计数", Forms: []marketplace.Form{"csv"}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Products.AddRelease(t.Context(), w.Owner, p.Number, "1.1.0", release, "stations"); err != nil {
		t.Fatal(err)
	}
	w.Move(t, p.Number, "1.1.0", marketplace.Check, marketplace.Seal)
	if a := asked(v.Contents[0].Digest); a.Version != "1.0.0" || len(a.Also) != 0 {
		t.Errorf("the content of a version that is sealed too: %+v", a)
	}
	w.Move(t, p.Number, "1.1.0", marketplace.Publish)
	if a := asked(v.Contents[0].Digest); a.Version != "1.1.0" || !slices.Equal(a.Also, []string{v.Full()}) {
		t.Errorf("the content of two versions: %+v", a)
	}

	w.Exec(t, `UPDATE datasets SET status = 'withdrawn', withdrawn_reason = '有误'`)
	w.Set(w.Clock().Add(time.Minute))
	public, err := w.Products.Public(t.Context(), p.Number)
	if err != nil || public.Lapsed == nil || public.Versions[0].Lapsed == nil || public.Versions[1].Lapsed == nil {
		t.Errorf("the public page of a product whose data was withdrawn: %+v (%v)", public, err)
	}
	if found, err := w.Products.Find(t.Context(), marketplace.Filter{Limit: 10}); err != nil || len(found) != 1 || found[0].Lapsed == nil {
		t.Errorf("the market: %+v (%v)", found, err)
	}
}

// What is made from a product stays under the mandate of that product: its statement names
// both, it stops being valid when the mandate does, and nothing more is sealed from it.
func TestAProductOfAProductIsUnderItsMandate(t *testing.T) {
	w := marketplacetest.New(t)
	v := w.Published(t)
	of := w.Made(t, func(f *marketplace.ProductForm) { f.Title, f.Scenario = "示例：二次产品", "" })
	build := func(number string) {
		t.Helper()
		if _, err := w.Products.Build(t.Context(), w.Owner, of.Number, marketplace.VersionForm{Number: number, Method: "再汇总", Forms: []marketplace.Form{"csv"}}); err != nil {
			t.Fatal(err)
		}
		w.Set(w.Clock().Add(time.Minute))
		if err := w.Products.AddFile(t.Context(), w.Owner, of.Number, number, "", "汇总.csv", strings.NewReader("站,人数\n东站,60\n西站,"+number[:1]+"\n")); err != nil {
			t.Fatal(err)
		}
		if err := w.Products.AddVersion(t.Context(), w.Owner, of.Number, number, v.Full()); err != nil {
			t.Fatal(err)
		}
	}
	build("1.0.0")
	below := w.Move(t, of.Number, "1.0.0", marketplace.Check, marketplace.Seal, marketplace.Publish)
	d, above := below.Seal.Statement.Predicate, v.Seal.Statement.Predicate.Mandate
	if len(d.Products) != 1 || d.Products[0].Full() != v.Full() || d.Products[0].Statement.SHA256 != v.Seal.Digest || d.Mandate != nil || len(d.Mandates()) != 1 || d.Mandates()[0] != *above {
		t.Errorf("it names %+v, under %+v", d.Products, d.Mandates())
	}
	lines := strings.Join(below.Seal.Statement.Lines(false, "x"), "\n")
	for _, says := range []string{"所用产品：" + v.Full(), "授权编号：" + above.Authorization} {
		if !strings.Contains(lines, says) {
			t.Errorf("its notice does not say %s: %s", says, lines)
		}
	}
	build("2.0.0")
	w.Exec(t, `UPDATE mandates SET forms = '{interface}'`)
	if err := w.Try(t, of.Number, "2.0.0", marketplace.Check); err == nil || !strings.Contains(fault.Of(err).Text(), "不含这一类产品") {
		t.Errorf("of a kind that the mandate does not cover: %v", err)
	}
	w.Exec(t, `UPDATE mandates SET forms = '{result_table}'`)
	w.Exec(t, `UPDATE scenarios SET state = 'suspended', reason = '违约'`)
	w.Set(w.Clock().Add(time.Minute))
	if a, err := w.Products.Verify(t.Context(), below.Full()); err != nil || a.Verdict != verify.Lapsed {
		t.Errorf("while the scenario is suspended: %+v (%v)", a, err)
	}
	if err := w.Try(t, of.Number, "2.0.0", marketplace.Check); err == nil || !strings.Contains(fault.Of(err).Text(), "现在不生效") {
		t.Errorf("and another version: %v", err)
	}
	w.Exec(t, `UPDATE scenarios SET state = 'active', reason = ''`)
	w.Set(w.Clock().Add(time.Minute))
	if a, err := w.Products.Verify(t.Context(), below.Full()); err != nil || a.Verdict != verify.Valid {
		t.Errorf("when it is active again: %+v (%v)", a, err)
	}
}

// Who asks by a content is told of the newest version that has it, and of a recall of any.
func TestARecallIsToldOfItsContent(t *testing.T) {
	w := marketplacetest.New(t)
	v := w.Published(t)
	if _, err := w.Products.Build(t.Context(), w.Owner, v.Product, marketplace.VersionForm{Number: "1.1.0", Method: "按车站分组计数，说明写得更清楚", Forms: []marketplace.Form{"csv"}}); err != nil {
		t.Fatal(err)
	}
	w.Set(w.Clock().Add(time.Minute))
	if err := w.Products.AddRelease(t.Context(), w.Owner, v.Product, "1.1.0", v.Contents[0].Release, "visits"); err != nil {
		t.Fatal(err)
	}
	newer := w.Move(t, v.Product, "1.1.0", marketplace.Check, marketplace.Seal, marketplace.Publish)
	content := newer.Contents[0].Digest
	if content != v.Contents[0].Digest {
		t.Fatal("the contents differ")
	}
	asked := func(what string, version string, verdict verify.Verdict, says string) {
		t.Helper()
		w.Set(w.Clock().Add(time.Minute))
		a, err := w.Products.Verify(t.Context(), what)
		if err != nil || a.Version != version || a.Verdict != verdict || says != "" && (len(a.Reasons) == 0 || !strings.Contains(a.Reasons[0].Text(), says)) {
			t.Errorf("%s: %+v (%v)", what, a, err)
		}
	}
	asked(content, "1.1.0", verify.Valid, "")
	w.Move(t, v.Product, "1.1.0", marketplace.Recall)
	asked(content, "1.1.0", verify.Lapsed, "召回了这一版")
	asked(v.Product, "1.0.0", verify.Valid, newer.Full()+" 在 2026-11-02 召回了")
}
