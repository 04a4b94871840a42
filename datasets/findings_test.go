package datasets_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// A number that a test may use: its owner was born at the beginning of 1900.
const someID = "110105190801010018"

// found are the findings of an officer's department, in one line each.
func found(t *testing.T, c *datasetstest.Catalogue, d *datasets.Dataset, f datasets.FindingFilter) []string {
	t.Helper()
	if err := c.Service.ScanVersions(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := c.Service.Findings(t.Context(), datasetstest.Officer(d.Department), f)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, f := range all {
		out = append(out, fmt.Sprintf("%s %d %s %s %d %v %v %s", f.ResourceID, f.Position+1, f.Column, f.Kind, f.Rows, f.First, f.Masked, f.State))
	}
	slices.Sort(out)
	return out
}

// imported publishes a file where nobody can ask for rows, as the command does:
// what it holds is found afterwards.
func imported(t *testing.T, c *datasetstest.Catalogue, d *datasets.Dataset, name, text string) *datasets.Version {
	t.Helper()
	v, err := datasets.NewService(c.Pool, c.Store, &datasetstest.Gate{}, c.Clock).AddVersion(t.Context(), datasetstest.Officer(d.Department), d, c.Resource(t, d),
		datasets.NewVersion{FileName: name, Content: strings.NewReader(text), Reviewed: true})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// U37–U39: all rows of all columns are looked at, by whatever type they were
// read, and what is found is shown masked.
func TestPersonalDataIsFoundInAnyRowOfAnyColumn(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	var text strings.Builder
	text.WriteString("序号,数值,备注,电话\n")
	const n = 130_000 // more than one row group
	for i := range n {
		note, value := "", fmt.Sprint(i*7)
		switch i {
		case 99_999:
			note = "已联系本人（" + someID + "）"
		case 123_455:
			value = "见 13800138000"
		}
		fmt.Fprintf(&text, "%d,%s,%s,0591-8765%04d\n", i, value, note, i%10000)
	}
	v := imported(t, c, d, "a.csv", text.String())
	want := []string{
		v.ResourceID + " 1 备注 resident-id 1 [100000] [1101************18] open",
		v.ResourceID + " 1 数值 mobile 1 [123456] [138******00] open",
	}
	if diff := cmp.Diff(want, found(t, c, d, datasets.FindingFilter{})); diff != "" {
		t.Error(diff)
	}
	for _, secret := range []string{someID, "13800138000"} {
		var rows string
		if err := c.Pool.QueryRow(t.Context(), `SELECT string_agg(f::text, '') FROM findings f`).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(rows, secret) || strings.Contains(rows, secret[:len(secret)-4]) {
			t.Errorf("%s lies in the database: %s", secret, rows)
		}
	}
}

// Long texts are looked at to their end.
func TestPersonalDataIsFoundInLongTexts(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	v := imported(t, c, d, "a.csv", "甲\n"+strings.Repeat("字", 300_000)+someID+"\n短\n")
	if diff := cmp.Diff([]string{v.ResourceID + " 1 甲 resident-id 1 [1] [1101************18] open"}, found(t, c, d, datasets.FindingFilter{})); diff != "" {
		t.Error(diff)
	}
}

func TestRowsInWhichFewPersonsAreAlikeAreFound(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	people := "性别,年龄,街道\n" + strings.Repeat("男,30,东街\n", 5) + strings.Repeat("女,31,东街\n", 4) + "男,99,南街\n"
	counted := "街道,病种,人数\n东街,甲肝,5\n东街,乙肝,4\n南街,甲肝,0\n南街,乙肝,1\n"
	a := imported(t, c, d, "a.csv", people)
	b := imported(t, c, d, "b.csv", counted)
	want := []string{
		a.ResourceID + " 1  small-cells 5 [6 10] [] open",
		b.ResourceID + " 1  small-cells 2 [2 4] [] open",
	}
	if diff := cmp.Diff(want, found(t, c, d, datasets.FindingFilter{})); diff != "" {
		t.Error(diff)
	}
}

// A finding is for the officers of its department alone; they decide, with a
// reason, and the decision stands when the file is looked at again.
func TestOfficersDecideAboutTheFindingsOfTheirDepartment(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	imported(t, c, d, "a.csv", "电话\n13800138000\n")
	if len(found(t, c, d, datasets.FindingFilter{Open: true})) != 1 {
		t.Fatal("nothing was found")
	}
	officer, other := datasetstest.Officer(d.Department), datasetstest.Officer(c.Department(t))
	all, err := c.Service.Findings(t.Context(), officer, datasets.FindingFilter{})
	if err != nil {
		t.Fatal(err)
	}
	id := all[0].ID
	if !all[0].Stands() || all[0].Published != 1 || all[0].Dataset != d.Slug {
		t.Errorf("%+v", all[0])
	}
	for _, who := range []account.Actor{{}, {ID: 5, Roles: []account.Role{account.Administrator}}} {
		if _, err := c.Service.Findings(t.Context(), who, datasets.FindingFilter{}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%v: %v", who, err)
		}
		if _, err := c.Service.Finding(t.Context(), who, id); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%v: %v", who, err)
		}
		if err := c.Service.DecideFinding(t.Context(), who, id, datasets.FindingDismissed, "公开的"); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%v: %v", who, err)
		}
	}
	if theirs, err := c.Service.Findings(t.Context(), other, datasets.FindingFilter{}); err != nil || len(theirs) != 0 {
		t.Errorf("of another department: %v, %v", theirs, err)
	}
	if _, err := c.Service.Finding(t.Context(), other, id); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	if err := c.Service.DecideFinding(t.Context(), other, id, datasets.FindingDismissed, "公开的"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"without a reason": c.Service.DecideFinding(t.Context(), officer, id, datasets.FindingDismissed, "  "),
		"back to open":     c.Service.DecideFinding(t.Context(), officer, id, datasets.FindingOpen, "再看"),
		"with a NUL":       c.Service.DecideFinding(t.Context(), officer, id, datasets.FindingDismissed, "a\x00b"),
	} {
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.Service.DecideFinding(t.Context(), officer, id, datasets.FindingDismissed, "单位对外公布的电话"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Pool.Exec(t.Context(), `UPDATE scans SET detectors = 0`); err != nil {
		t.Fatal(err)
	}
	found(t, c, d, datasets.FindingFilter{}) // looks again
	f, err := c.Service.Finding(t.Context(), officer, id)
	if err != nil || f.State != datasets.FindingDismissed || f.Stands() || f.Reason != "单位对外公布的电话" || f.DecidedBy != officer.ID {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := c.Pool.Exec(t.Context(), `UPDATE scans SET detectors = 0; UPDATE findings SET found = 0`); err == nil {
		t.Error("a finding of nothing is kept")
	}
	if err := c.Service.DecideFinding(t.Context(), officer, id, datasets.FindingConfirmed, ""); err != nil {
		t.Fatal(err)
	}
	if f, err = c.Service.Finding(t.Context(), officer, id); err != nil || !f.Stands() || f.Reason != "" {
		t.Errorf("%+v, %v", f, err)
	}
	var entries int
	if err := c.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_entries WHERE subject = 'finding' AND act = 'decide'`).Scan(&entries); err != nil || entries != 2 {
		t.Errorf("%d entries in the trail, %v", entries, err)
	}
}

// What names a person stops a publication until an officer has decided that it
// may be public, and again where a file has more of it.
func TestNothingIsPublishedWhileAFindingStands(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	id, officer := c.Resource(t, d), datasetstest.Officer(d.Department)
	publish := func(text string) error {
		_, err := c.Service.AddVersion(t.Context(), officer, d, id, datasets.NewVersion{FileName: "a.csv", Content: strings.NewReader(text), Reviewed: true})
		return err
	}
	const text = "单位,电话\n甲,13800138000\n丙,\n"
	for range 2 {
		if err := publish(text); fault.KindOf(err) != fault.Invalid || fault.Of(err).Text() != "“电话”列有 1 行里有手机号码。" {
			t.Fatalf("%v", err)
		}
	}
	all, err := c.Service.Findings(t.Context(), officer, datasets.FindingFilter{Open: true})
	if err != nil || len(all) != 1 || all[0].Published != 0 {
		t.Fatalf("%+v, %v", all, err)
	}
	if err := c.Service.DecideFinding(t.Context(), officer, all[0].ID, datasets.FindingConfirmed, ""); err != nil {
		t.Fatal(err)
	}
	if err := publish(text); fault.KindOf(err) != fault.Invalid {
		t.Errorf("confirmed: %v", err)
	}
	if err := c.Service.DecideFinding(t.Context(), officer, all[0].ID, datasets.FindingDismissed, "单位对外公布的电话"); err != nil {
		t.Fatal(err)
	}
	if err := publish(text); err != nil {
		t.Errorf("dismissed: %v", err)
	}
	if err := publish(text + "乙,13900139000\n"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a file with more of it: %v", err)
	}
	if err := publish("单位,邮箱\n甲,a@b.cn\n"); err != nil {
		t.Errorf("what only warns: %v", err)
	}
}
