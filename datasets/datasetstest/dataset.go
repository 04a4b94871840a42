package datasetstest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
)

// The statuses and open types that there are.
var (
	Statuses  = []datasets.Status{datasets.Draft, datasets.Published, datasets.Withdrawn}
	OpenTypes = []datasets.OpenType{datasets.Unconditional, datasets.Conditional, datasets.Withheld}
)

// Dataset makes an entry without files: public and open without condition
// unless an option says otherwise. What the law asks of its open type and
// status is filled in where the options leave it empty.
func (c *Catalogue) Dataset(t testing.TB, options ...func(*datasets.Dataset)) *datasets.Dataset {
	t.Helper()
	n := c.next()
	d := &datasets.Dataset{
		Slug: fmt.Sprintf("dataset-%d", n), Title: fmt.Sprintf("示例数据%d", n), TitleEN: fmt.Sprintf("Sample data %d", n),
		Summary: "用于测试的数据。", SummaryEN: "Data for a test.", Source: "示例来源", Status: datasets.Published,
		Licence: datasets.Licence{ID: Licence}, Region: datasets.Region{Code: Region},
		Open: datasets.Unconditional, ShareType: string(datasets.Unconditional), Frequency: datasets.Annual, LastUpdated: day(2026, 1, 15),
	}
	for _, o := range options {
		o(d)
	}
	c.complete(t, d)
	status, reason := d.Status, d.WithdrawnReason
	who := Officer(d.Department)
	if err := c.Service.Save(t.Context(), who, d); err != nil {
		t.Fatalf("save %s: %v", d.Slug, err)
	}
	for _, action := range way[status] {
		if err := c.Service.Move(t.Context(), who, d.Slug, action, reason, d.Revision); err != nil {
			t.Fatalf("%s %s: %v", action, d.Slug, err)
		}
		d.Revision++
	}
	return c.read(t, d)
}

// way is how an entry gets to each status.
var way = map[datasets.Status][]datasets.Action{
	datasets.Published: {datasets.Publish},
	datasets.Withdrawn: {datasets.Publish, datasets.Withdraw},
}

func (c *Catalogue) complete(t testing.TB, d *datasets.Dataset) {
	t.Helper()
	if d.Department.ID == 0 {
		d.Department = c.Office(t)
	}
	if d.Theme.ID == 0 {
		d.Theme = c.People(t)
	}
	if d.Open != datasets.Unconditional && d.OpenBasis == nil {
		d.OpenBasis = []string{"《鞍山市政务数据资源共享开放管理办法》第二十七条"}
	}
	if d.Open == datasets.Conditional && d.OpenMethod == "" {
		d.OpenMethod, d.UseRequirements, d.Safeguards = "向本部门申请", "仅用于申请中写明的用途", "不得转让，用后销毁"
	}
	if d.Status == datasets.Withdrawn && d.WithdrawnReason == "" {
		d.WithdrawnReason = "数据有误，正在更正"
	}
}

// read returns d as the officer of its department sees it.
func (c *Catalogue) read(t testing.TB, d *datasets.Dataset) *datasets.Dataset {
	t.Helper()
	kept, err := c.Service.Dataset(t.Context(), Officer(d.Department), d.Slug)
	if err != nil {
		t.Fatalf("read %s: %v", d.Slug, err)
	}
	return kept
}

// Grid makes one entry for each status and open type, published first, each
// with one file, and names it after both: draft-withheld.
func (c *Catalogue) Grid(t testing.TB, options ...func(*datasets.Dataset)) map[string]*datasets.Dataset {
	t.Helper()
	made := map[string]*datasets.Dataset{}
	for _, status := range Statuses {
		for _, open := range OpenTypes {
			slug := string(status) + "-" + string(open)
			d := c.Dataset(t, append(options, func(d *datasets.Dataset) { d.Slug, d.Title, d.Status, d.Open = slug, slug, status, open })...)
			c.Version(t, d, c.Resource(t, d), "grid.csv", "年份,人口\n2025,4193\n")
			made[slug] = c.read(t, d)
		}
	}
	return made
}

// Resource adds a file, still without a version, and returns its id.
func (c *Catalogue) Resource(t testing.TB, d *datasets.Dataset, options ...func(*datasets.Resource)) string {
	t.Helper()
	n := c.next()
	r := datasets.Resource{ID: fmt.Sprintf("resource%04d", n), Name: fmt.Sprintf("示例文件%d", n)}
	for _, o := range options {
		o(&r)
	}
	id, err := c.Service.AddResource(t.Context(), Officer(d.Department), d, r)
	if err != nil {
		t.Fatalf("add resource %s: %v", r.ID, err)
	}
	return id
}

// Version publishes text as the next version of a resource. The fields are the
// dictionary of its one table; a column without one is text.
func (c *Catalogue) Version(t testing.TB, d *datasets.Dataset, resource, fileName, text string, fields ...datasets.Field) *datasets.Version {
	t.Helper()
	v, err := c.Service.AddVersion(t.Context(), Officer(d.Department), d, resource, datasets.NewVersion{
		FileName: fileName, Content: strings.NewReader(text), Fields: [][]datasets.Field{fields}, Reason: "首次发布", Reviewed: true,
	})
	if err != nil {
		t.Fatalf("publish %s: %v", fileName, err)
	}
	return v
}

// File makes an entry with one file of that text, and returns both.
func (c *Catalogue) File(t testing.TB, fileName, text string, options ...func(*datasets.Dataset)) (*datasets.Dataset, *datasets.Version) {
	t.Helper()
	d := c.Dataset(t, options...)
	v := c.Version(t, d, c.Resource(t, d), fileName, text)
	return c.read(t, d), v
}

// day is a day as a date column is read.
func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
