package datasets_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
)

// findingLetters are the letters that wait to be sent since the last call, in
// one line for each thing that they tell.
func findingLetters(t *testing.T, c *datasetstest.Catalogue) []string {
	t.Helper()
	if err := c.Service.LookAtVersions(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := c.Pool.Query(t.Context(), `DELETE FROM river_job WHERE kind = 'finding_notice' RETURNING args`)
	if err != nil {
		t.Fatal(err)
	}
	letters, err := pgx.CollectRows(rows, pgx.RowTo[datasets.FindingNotice])
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, l := range letters {
		if l.ID == "" || !l.At.Equal(c.Clock()) {
			t.Errorf("%+v", l)
		}
		for _, n := range l.News {
			out = append(out, fmt.Sprintf("%s %s: %s %d: ", l.To, l.Department, n.Slug, n.Version)+fmt.Sprintf(n.Sentence, n.Args...))
		}
	}
	slices.Sort(out)
	return out
}

// Who must decide is told by letter of what is found in files that are public
// already: the department, its officers and its reviewers, each version and kind once.
func TestADepartmentIsToldOnceOfWhatIsFoundInPublicFiles(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	office := c.Department(t, func(d *datasets.Department) { d.Name, d.Email = "示例交通局", "kaifang@jt.example" })
	elsewhere := c.Department(t)
	accounts := account.NewService(c.Pool, account.Config{}, c.Clock)
	for _, u := range []account.NewUser{
		{Identifier: "lin@jt.example", Roles: []account.Role{account.Officer}, Department: office.ID},
		{Identifier: "secrecy@jt.example", Roles: []account.Role{account.SecrecyReviewer, account.SecurityReviewer}, Department: office.ID},
		{Identifier: "head@jt.example", Roles: []account.Role{account.Head}, Department: office.ID},
		{Identifier: "secrecy@x.example", Roles: []account.Role{account.SecrecyReviewer}, Department: elsewhere.ID},
		{Identifier: "left@jt.example", Roles: []account.Role{account.Officer}, Department: office.ID},
		{Identifier: "13800138000", Roles: []account.Role{account.Officer}, Department: office.ID},
		{Identifier: "other@x.example", Roles: []account.Role{account.Officer}, Department: elsewhere.ID},
		{Identifier: "admin@x.example", Roles: []account.Role{account.Administrator}},
	} {
		u.Name = "示例"
		id, err := accounts.CreateUser(t.Context(), account.System("test"), u)
		if err == nil && u.Identifier == "left@jt.example" {
			err = accounts.Disable(t.Context(), account.System("test"), id)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	of := func(slug string, change ...func(*datasets.Dataset)) *datasets.Dataset {
		return c.Dataset(t, append(change, func(d *datasets.Dataset) { d.Slug, d.Title, d.Department = slug, slug, office })...)
	}
	const both = "单位,电话,证件\n甲,13800138000," + someID + "\n乙,13900139000,\n"
	v := imported(t, c, of("bus"), "a.csv", both)
	imported(t, c, of("own-address", func(d *datasets.Dataset) { d.Email = "gongjiao@jt.example" }), "a.csv", phones)
	imported(t, c, of("same-address", func(d *datasets.Dataset) { d.Email = "LIN@jt.example" }), "a.csv", phones)
	imported(t, c, of("only-warns"), "a.csv", "单位,邮箱\n甲,a@b.cn\n")
	imported(t, c, of("withheld", func(d *datasets.Dataset) { d.Open = datasets.Withheld }), "a.csv", phones)
	draft := of("draft", func(d *datasets.Dataset) { d.Status = datasets.Draft })
	imported(t, c, draft, "a.csv", phones)
	seen := imported(t, c, of("decided"), "a.csv", phones)
	who := datasetstest.Officer(office)
	if err := c.Service.ScanVersions(t.Context()); err != nil {
		t.Fatal(err)
	}
	decide(t, c, who, theFinding(t, c, who, seen.ResourceID, seen.SHA256), datasets.FindingDismissed, "单位的电话")
	if _, err := c.Pool.Exec(t.Context(), `DELETE FROM findings WHERE kind = 'resident-id'`); err != nil { // which nobody looked for yet
		t.Fatal(err)
	}

	const phone = "“电话”列有 2 行里有手机号码。"
	want := []string{
		"gongjiao@jt.example 示例交通局: own-address 1: " + phone,
		"kaifang@jt.example 示例交通局: bus 1: " + phone,
		"lin@jt.example 示例交通局: bus 1: " + phone,
		"lin@jt.example 示例交通局: own-address 1: " + phone,
		"lin@jt.example 示例交通局: same-address 1: " + phone,
		"secrecy@jt.example 示例交通局: bus 1: " + phone,
		"secrecy@jt.example 示例交通局: own-address 1: " + phone,
		"secrecy@jt.example 示例交通局: same-address 1: " + phone,
	}
	told := findingLetters(t, c)
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if again := findingLetters(t, c); len(again) != 0 {
		t.Errorf("told twice: %v", again)
	}

	// what is looked for now is found, and of what was told there is more
	if _, err := c.Pool.Exec(t.Context(), `UPDATE scans SET detectors = 0; UPDATE findings SET found = 1 WHERE sha256 = '`+v.SHA256+`'`); err != nil {
		t.Fatal(err)
	}
	const id = "“证件”列有 1 行里有居民身份证号：行政区划、出生日期和校验码都对。"
	if diff := cmp.Diff([]string{"kaifang@jt.example 示例交通局: bus 1: " + id, "lin@jt.example 示例交通局: bus 1: " + id, "secrecy@jt.example 示例交通局: bus 1: " + id}, findingLetters(t, c)); diff != "" {
		t.Error(diff)
	}

	if err := c.Service.Move(t.Context(), who, draft.Slug, datasets.Publish, "", draft.Revision); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"kaifang@jt.example 示例交通局: draft 1: " + phone, "lin@jt.example 示例交通局: draft 1: " + phone, "secrecy@jt.example 示例交通局: draft 1: " + phone}, findingLetters(t, c)); diff != "" {
		t.Error(diff)
	}
	if again := findingLetters(t, c); len(again) != 0 {
		t.Errorf("told twice: %v", again)
	}
}

// Where nobody has an address, the desk alone tells, and nothing fails.
func TestADepartmentWithoutAddressIsToldByItsDesk(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	imported(t, c, d, "a.csv", phones)
	if got := findingLetters(t, c); len(got) != 0 || count(t, c, `SELECT count(*) FROM finding_letters`) != 1 {
		t.Errorf("%v", got)
	}
	all, err := c.Service.Findings(t.Context(), datasetstest.Officer(d.Department), datasets.FindingFilter{Open: true})
	if err != nil || len(all) != 1 || !all[0].Alarms() {
		t.Errorf("%+v, %v", all, err)
	}
}

// What is public already stands on the desk before what waits to be published,
// however new that is.
func TestWhatIsPublicAlreadyComesFirstOnTheDesk(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	who := datasetstest.Officer(d.Department)
	imported(t, c, d, "a.csv", phones)
	if err := c.Service.ScanVersions(t.Context()); err != nil {
		t.Fatal(err)
	}
	sent(t, c, who, c.Resource(t, d), "b.csv", phones)
	sent(t, c, who, c.Resource(t, d), "c.csv", "单位,邮箱\n甲,a@b.cn\n")
	all, err := c.Service.Findings(t.Context(), who, datasets.FindingFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range all {
		got = append(got, fmt.Sprintf("%s %d %v", f.Kind, f.Published, f.Alarms()))
	}
	if diff := cmp.Diff([]string{"mobile 1 true", "mobile 0 false", "email 0 false"}, got); diff != "" {
		t.Error(diff)
	}
}
