// Package licensingtest makes valid applications and grants for tests: each test
// states only what it is about.
package licensingtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
	"shuyuan/licensing/papers"
	"shuyuan/licensing/tender"
)

// World is a catalogue with applications, people and organisations.
type World struct {
	*datasetstest.Catalogue
	Licensing *licensing.Service
	Accounts  *account.Service
	Papers    *papers.Service
	Tenders   *tender.Service
	Gate      licensing.Gate
	Book      *policy.Book

	people int
}

// The profiles that departments are bound by.
const (
	Tianjin = "cn-tianjin-2018"
	Aba     = "cn-sichuan-aba-2021"
	Anshan  = "cn-liaoning-anshan-2022"
	Fujian  = "cn-fujian-2023"
)

// New returns an empty world.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{}
	var err error
	if w.Book, err = policy.Load(policy.Files); err != nil {
		t.Fatal(err)
	}
	parts, err := licensing.PartsOf(w.Book)
	if err != nil {
		t.Fatal(err)
	}
	w.Catalogue = datasetstest.NewOn(t, func(pool *pgxpool.Pool) datasets.Gate {
		w.Gate = licensing.NewGate(pool, parts)
		return w.Gate
	}, datasetstest.Asked)
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	w.Accounts = account.NewService(w.Pool, account.Config{Secret: []byte("a secret of an installation")}, w.Clock)
	clocks := deadline.New(w.Book, func() workdays.Calendar { return calendar })
	if w.Licensing, err = licensing.New(w.Pool, w.Service, w.Book, clocks, w.Accounts, w.Clock); err != nil {
		t.Fatal(err)
	}
	rules, err := papers.RulesOf(w.Book)
	if err != nil {
		t.Fatal(err)
	}
	w.Papers = papers.NewService(papers.Config{
		Pool: w.Pool, Store: w.Store, Keeper: account.NewKeeper([]byte("a secret of an installation")), Limits: w.Accounts, Rules: rules, Look: w.Service.LookAtAttachment, Now: w.Clock,
	})
	w.Licensing.KeepPapers(w.Papers)
	if w.Tenders, err = tender.New(tender.Config{
		Pool: w.Pool, Catalogue: w.Service, Accounts: w.Accounts, Book: w.Book, Clocks: clocks, Papers: w.Papers, Keeper: account.NewKeeper([]byte("a secret for tenders")), Now: w.Clock,
	}); err != nil {
		t.Fatal(err)
	}
	w.Licensing.UseTenders(w.Tenders)
	return w
}

// PDF is a file that is taken with a case.
const PDF = "%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"

// HandIn adds a PDF to a case of who's.
func (w *World) HandIn(t testing.TB, who account.Actor, number, slot, name string) papers.Paper {
	t.Helper()
	p, err := w.Licensing.AddPaper(t.Context(), who, number, papers.New{Slot: slot, Name: name}, strings.NewReader(PDF))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Day sets the clock to ten in the morning of a day in China.
func (w *World) Day(t testing.TB, day string) {
	t.Helper()
	d, err := time.ParseInLocation(time.DateOnly, day, datasetstest.China)
	if err != nil {
		t.Fatal(err)
	}
	w.Set(d.Add(10 * time.Hour))
}

// Table is what the file of Conditional holds.
const Table = "年份,地区,人口,备注\n2024,福州,845,甲\n2025,福州,848,乙\n2025,厦门,533,丙\n"

// Conditional makes an entry of a department under a profile that is open on
// conditions, with one table.
func (w *World) Conditional(t testing.TB, profile string, options ...func(*datasets.Dataset)) (*datasets.Dataset, *datasets.Version) {
	t.Helper()
	office := w.Department(t, func(d *datasets.Department) { d.Profile = profile })
	return w.File(t, "people.csv", Table, append([]func(*datasets.Dataset){func(d *datasets.Dataset) { d.Department, d.Open = office, datasets.Conditional }}, options...)...)
}

// Person is somebody who has an account and shows now who they are.
func (w *World) Person(t testing.TB, name string) account.Actor {
	t.Helper()
	return w.account(t, name, account.Use, 0)
}

func (w *World) account(t testing.TB, name string, side account.Side, department int64, roles ...account.Role) account.Actor {
	t.Helper()
	w.people++
	a := account.Actor{Name: name, Side: side, Department: department, Roles: roles, Session: strings.Repeat("0", 32), Confirmed: w.Clock().AddDate(100, 0, 0)}
	var office *int64
	if department != 0 {
		office = &department
	}
	if err := w.Pool.QueryRow(t.Context(), `INSERT INTO users (identifier, name, side, department_id, created_at, confirmed_at) VALUES ($1, $2, $3, $4, $5, $5) RETURNING id`,
		fmt.Sprintf("person%d@people.example", w.people), name, side, office, w.Clock()).Scan(&a.ID); err != nil {
		t.Fatal(err)
	}
	for _, r := range roles {
		if _, err := w.Pool.Exec(t.Context(), `INSERT INTO user_roles (user_id, role, side, department_id, granted_at) SELECT $1, $2, $3, $4, $5`, a.ID, r, side, office, w.Clock()); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// Played are the roles that somebody plays by now: those that were given and those
// that follow from what somebody does here.
func (w *World) Played(t testing.TB, who account.Actor) []account.Role {
	t.Helper()
	now, err := w.Accounts.ActorOf(t.Context(), who.ID)
	if err != nil {
		t.Fatal(err)
	}
	return now.Roles
}

// Official is somebody who plays a role in a department.
func (w *World) Official(t testing.TB, d datasets.Department, role account.Role) account.Actor {
	t.Helper()
	return w.account(t, "示例"+string(role), account.Manage, d.ID, role)
}

// Regulator is somebody of a body that supervises.
func (w *World) Regulator(t testing.TB) account.Actor {
	t.Helper()
	d := w.Department(t, func(d *datasets.Department) { d.Side = account.Regulate })
	return w.account(t, "示例监管人员", account.Regulate, d.ID, account.Regulator)
}

// Operator is somebody of an organisation that operates.
func (w *World) Operator(t testing.TB, name string) account.Actor {
	t.Helper()
	return w.account(t, name, account.Operate, 0, account.Operator)
}

// Organisation makes a verified organisation that owner owns, on the owner's side.
func (w *World) Organisation(t testing.TB, owner account.Actor, name, code string) int64 {
	t.Helper()
	var id int64
	if err := w.Pool.QueryRow(t.Context(), `
		INSERT INTO organisations (kind, name, credit_code, side, status, submitted_at, decided_at, created_at) VALUES ('legal', $1, $2, $4, 'verified', $3, $3, $3) RETURNING id`,
		name, code, w.Clock(), owner.Side).Scan(&id); err != nil {
		t.Fatal(err)
	}
	w.Join(t, id, owner, account.Owner)
	return id
}

// Join puts somebody into an organisation.
func (w *World) Join(t testing.TB, organisation int64, who account.Actor, role string) {
	t.Helper()
	if _, err := w.Pool.Exec(t.Context(), `INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) VALUES ($1, $2, $3, $4, $5)`, organisation, who.ID, who.Side, role, w.Clock()); err != nil {
		t.Fatal(err)
	}
}

// Form is a form in which nothing is missing: every column of every table of d.
func Form(d *datasets.Dataset, change ...func(*licensing.Form)) licensing.Form {
	f := licensing.Form{
		Seen: true, Lane: licensing.Public, Area: "社会服务", Purpose: "向本市居民提示下一日的空气质量，结果免费公布。", Outputs: "按站、按小时的超标概率表", Months: "6", Storage: "自有机房，磁盘加密，仅两人有权限。",
	}
	for _, r := range d.Resources {
		i := licensing.FormItem{Resource: r.ID, Why: "分站统计"}
		for _, t := range r.Newest.Tables {
			for _, c := range t.Fields {
				i.Columns = append(i.Columns, c.Name)
			}
		}
		f.Items = append(f.Items, i)
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

// Submitted is an application of who, for oneself, that was submitted.
func (w *World) Submitted(t testing.TB, who account.Actor, d *datasets.Dataset, change ...func(*licensing.Form)) *licensing.Application {
	t.Helper()
	return w.SubmittedFor(t, who, 0, d, change...)
}

// SubmittedFor is Submitted for an organisation.
func (w *World) SubmittedFor(t testing.TB, who account.Actor, organisation int64, d *datasets.Dataset, change ...func(*licensing.Form)) *licensing.Application {
	t.Helper()
	a, err := w.Licensing.Begin(t.Context(), who, d.Slug, organisation)
	if err != nil {
		t.Fatal(err)
	}
	if a, err = w.Licensing.SaveDraft(t.Context(), who, a.Number, Form(d, change...), a.Revision); err != nil {
		t.Fatal(err)
	}
	_, terms, err := w.Licensing.ConditionsOf(t.Context(), who, d.Slug)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range terms.Materials {
		w.HandIn(t, who, a.Number, m, m+".pdf")
	}
	if a, _, err = w.Licensing.One(t.Context(), who, a.Number); err != nil {
		t.Fatal(err)
	}
	if a, err = w.Licensing.Submit(t.Context(), who, a.Number, a.Revision, w.Shown(t, a)); err != nil {
		t.Fatal(err)
	}
	return a
}

// Shown is the digest of the agreement as the page of signing shows it now.
func (w *World) Shown(t testing.TB, a *licensing.Application) string {
	t.Helper()
	text, err := w.Licensing.Preview(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return licensing.Digest(text)
}

// Accepted is a submitted application that its department took up.
func (w *World) Accepted(t testing.TB, officer account.Actor, a *licensing.Application) *licensing.Application {
	t.Helper()
	a, err := w.Licensing.Accept(t.Context(), officer, a.Number, a.Revision)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Agreed is the verdict that gives everything that was applied for.
func Agreed(a *licensing.Application) licensing.Verdict {
	var v licensing.Verdict
	for _, i := range a.Items {
		v.Items = append(v.Items, licensing.ItemVerdict{Resource: i.Resource, Decision: licensing.ItemGranted})
	}
	return v
}

// Basis is a basis that every text counts.
var Basis = []datasets.LegalBasis{{Kind: "法律", Instrument: "中华人民共和国数据安全法", Article: "第二十一条", Quote: "国家建立数据分类分级保护制度"}}

// Refused is the verdict that gives nothing.
func Refused(a *licensing.Application) licensing.Verdict {
	v := licensing.Verdict{Reason: "安全保障措施达不到条件中的要求。", Bases: Basis}
	for _, i := range a.Items {
		v.Items = append(v.Items, licensing.ItemVerdict{Resource: i.Resource, Decision: licensing.ItemRefused, Reason: "同上"})
	}
	return v
}

// Granted is the whole road of an application to its grant.
func (w *World) Granted(t testing.TB, who, officer account.Actor, d *datasets.Dataset, change ...func(*licensing.Form)) *licensing.Application {
	t.Helper()
	a := w.Accepted(t, officer, w.Submitted(t, who, d, change...))
	a, err := w.Licensing.Decide(t.Context(), officer, a.Number, Agreed(a), a.Revision)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Playing is somebody of a side who plays a role there, in no department.
func (w *World) Playing(t testing.TB, name string, side account.Side, role account.Role) account.Actor {
	t.Helper()
	return w.account(t, name, side, 0, role)
}
