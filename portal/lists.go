package portal

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/workbook"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// The three catalogues and the two opening lists, for people and for programs:
// the same for everybody, at addresses that stay.

// showLists is GET /catalogues.
func (s *Server) showLists(c *fiber.Ctx) error {
	q, err := query(c, "department")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.ListsPage{Frame: s.frame(c, text.T(ctx, "目录与开放清单"), text.T(ctx, "三类数据资源目录和两张开放清单，可下载。")), Book: s.Policy}
	for _, l := range catalogue.Lists {
		found, err := s.Catalogue.Listed(ctx, l, q.Get("department"))
		if err != nil {
			return err
		}
		p.Lists = append(p.Lists, *found)
		p.Department = found.Department
	}
	all, err := s.Datasets.Departments(ctx, account.Actor{})
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.Datasets > 0 {
			p.Departments = append(p.Departments, d.Item)
		}
	}
	return s.page(c, templates.Lists(p))
}

// listEntry is an entry of a list. Its tags are the names that programs know.
type listEntry struct {
	Slug            string `json:"slug"`
	Title           string `json:"title"`
	TitleEN         string `json:"title_en"`
	Department      string `json:"department"`
	DepartmentSlug  string `json:"department_slug"`
	Theme           string `json:"theme"`
	DBClass         string `json:"db_class"`
	OpenType        string `json:"open_type"`
	OpenMethod      string `json:"open_method"`
	UseRequirements string `json:"use_requirements"`
	Safeguards      string `json:"safeguards"`
	OpenBasis       string `json:"open_basis"`
	Frequency       string `json:"update_frequency"`
	LastUpdated     string `json:"last_updated"`
	NextDue         string `json:"next_due"`
	Licence         string `json:"licence"`
	URL             string `json:"url"`
	Law             string `json:"law"`
}

// listHead are the columns of a list as a table, in the order of listEntry.cells.
var listHead = []string{"网址名", "目录名称", "英文名称", "提供部门", "部门网址名", "主题", "数据库类别", "开放类型", "开放方式", "使用要求", "安全保障措施", "限制开放的依据", "更新频率", "数据最近更新", "承诺的下次更新", "使用许可", "网址", "依据", "清单", "截至"}

func (e listEntry) cells(list, asOf string) []string {
	out := []string{e.Slug, e.Title, e.TitleEN, e.Department, e.DepartmentSlug, e.Theme, e.DBClass, e.OpenType, e.OpenMethod, e.UseRequirements, e.Safeguards, e.OpenBasis, e.Frequency, e.LastUpdated, e.NextDue, e.Licence, e.URL, e.Law, list, asOf}
	for i := range out {
		out[i] = datasets.Armoured(out[i])
	}
	return out
}

func (s *Server) listEntry(l catalogue.List, d *datasets.Dataset) listEntry {
	e := listEntry{
		Slug: d.Slug, Title: d.Title, TitleEN: d.TitleEN, Department: d.Department.Name, DepartmentSlug: d.Department.Slug, Theme: d.Theme.Name,
		DBClass: string(d.DBClass), OpenType: string(d.Open), OpenBasis: strings.Join(d.OpenBasis, "；"), Frequency: string(d.Frequency),
		LastUpdated: d.LastUpdated.Format(time.DateOnly), Licence: d.Licence.ID, URL: s.Config.BaseURL + "/datasets/" + d.Slug, Law: s.Catalogue.AskedInWords(l, d.Department.Profile),
	}
	if d.Open == datasets.Conditional {
		e.OpenMethod, e.UseRequirements, e.Safeguards = d.OpenMethod, d.UseRequirements, d.Safeguards
	}
	if d.NextDue != nil {
		e.NextDue = d.NextDue.Format(time.DateOnly)
	}
	return e
}

// listFile is GET /catalogues/{list}.{csv,json,xlsx}.
func (s *Server) listFile(c *fiber.Ctx) error {
	q, err := query(c, "department")
	if err != nil {
		return err
	}
	name, format, _ := strings.Cut(c.Params("file"), ".")
	l, ok := catalogue.ListOf(name)
	if !ok || format != "csv" && format != "json" && format != "xlsx" {
		return fault.New(fault.NotFound, "没有这个文件。")
	}
	found, err := s.Catalogue.Listed(c.UserContext(), l, q.Get("department"))
	if err != nil {
		return err
	}
	entries := make([]listEntry, len(found.Entries))
	for i := range found.Entries {
		entries[i] = s.listEntry(l, &found.Entries[i])
	}
	asOf := ""
	if !found.AsOf.IsZero() {
		asOf = found.AsOf.In(china).Format(time.RFC3339)
	}
	if format == "json" {
		return s.listJSON(c, found, entries, asOf)
	}
	sheet := workbook.Sheet{Name: l.Name.Zh, Rows: [][]string{listHead}}
	for _, e := range entries {
		sheet.Rows = append(sheet.Rows, e.cells(l.Name.Zh, asOf))
	}
	if format == "csv" {
		c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
		return c.Send(catalogue.CSV(sheet))
	}
	var out bytes.Buffer
	if err := workbook.Write(&out, []workbook.Sheet{sheet}); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, mediaXLSX)
	return c.Send(out.Bytes())
}

func (s *Server) listJSON(c *fiber.Ctx, found *catalogue.Listed, entries []listEntry, asOf string) error {
	out := struct {
		List       string      `json:"list"`
		Name       string      `json:"name"`
		NameEN     string      `json:"name_en"`
		Department string      `json:"department"` // slug; empty: of all
		AsOf       string      `json:"as_of"`
		Count      int         `json:"count"`
		Entries    []listEntry `json:"entries"`
	}{List: found.Key, Name: found.Name.Zh, NameEN: found.Name.En, AsOf: asOf, Count: len(entries), Entries: entries}
	if found.Department != nil {
		out.Department = found.Department.Slug
	}
	body, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	return c.Send(body)
}
