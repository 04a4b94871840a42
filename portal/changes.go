package portal

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/portal/interop"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// changesPage is how many differing rows one page shows.
const changesPage = 50

// comparing is which two versions of which file are compared, and what of that
// is looked at.
type comparing struct {
	dataset  *datasets.Dataset
	resource *datasets.Resource
	versions []datasets.Version // newest first
	from, to *datasets.Version  // from is nil where to is the first
	table    int
	kind     string
	cursor   string
}

// chooseChanges is GET /datasets/{slug}/resources/{id}/changes: two versions to
// the address of their comparison; without any, the newest with the one before.
func (s *Server) chooseChanges(c *fiber.Ctx) error {
	q, err := query(c, "from", "to")
	if err != nil {
		return err
	}
	d, r, err := s.fileOf(c)
	if err != nil {
		return err
	}
	if r.Newest == nil {
		return fault.New(fault.NotFound, "这个文件还没有发布任何版本。")
	}
	to, err := versionNumber(q, "to", r.Newest.Number)
	if err != nil {
		return err
	}
	from, err := versionNumber(q, "from", to-1)
	if err != nil {
		return err
	}
	if from > to { // whoever chooses them in the other order means the same
		from, to = to, from
	}
	if from == to {
		return malformed("from", "请选两个不同的版本。")
	}
	return c.Redirect(templates.ChangesHref(d, r, from, to, nil), fiber.StatusSeeOther)
}

// fileOf is the file that the address names, of the dataset that it names.
func (s *Server) fileOf(c *fiber.Ctx) (*datasets.Dataset, *datasets.Resource, error) {
	d, r, err := s.Datasets.Resource(c.UserContext(), actor(c), c.Params("id"))
	if err == nil && d.Slug != c.Params("slug") {
		err = fault.New(fault.NotFound, "没有这个文件。")
	}
	return d, r, err
}

func versionNumber(q url.Values, name string, otherwise int) (int, error) {
	raw := q.Get(name)
	if raw == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < 1 || strconv.Itoa(n) != raw {
		return 0, malformed(name, "版本号须为正整数。")
	}
	return n, nil
}

// readComparing reads which versions the address compares.
func (s *Server) readComparing(c *fiber.Ctx, names ...string) (*comparing, error) {
	q, err := query(c, append(names, "from", "table", "kind")...)
	if err != nil {
		return nil, err
	}
	d, r, err := s.fileOf(c)
	if err != nil {
		return nil, err
	}
	x := &comparing{dataset: d, resource: r, kind: q.Get("kind"), cursor: q.Get("cursor")}
	if x.versions, err = s.Datasets.Versions(c.UserContext(), actor(c), r.ID); err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(c.Params("version"))
	if err != nil || strconv.Itoa(number) != c.Params("version") {
		return nil, fault.New(fault.NotFound, "没有这个版本。")
	}
	if x.to = byNumber(x.versions, number); x.to == nil {
		return nil, fault.New(fault.NotFound, "没有这个版本。")
	}
	from, err := versionNumber(q, "from", number-1)
	if err != nil {
		return nil, err
	}
	if x.from = byNumber(x.versions, from); x.from == nil && from > 0 || from >= number {
		return nil, malformed("from", "只能和同一个文件更早的版本相比。")
	}
	if !slices.Contains([]string{"", rows.RowChanged, rows.RowRemoved, rows.RowAdded}, x.kind) {
		return nil, malformed("kind", "kind 只能是 changed、removed 或 added。")
	}
	if raw := q.Get("table"); raw != "" {
		n, err := strconv.Atoi(raw)
		if err != nil || n < 1 || n > len(x.to.Tables) {
			return nil, malformed("table", "这个文件有 %d 张表，请给出 1 到 %d 的序号。", len(x.to.Tables), len(x.to.Tables))
		}
		x.table = n - 1
	}
	return x, nil
}

func byNumber(versions []datasets.Version, n int) *datasets.Version {
	for i := range versions {
		if versions[i].Number == n {
			return &versions[i]
		}
	}
	return nil
}

// rowQuery chooses the differing rows that are looked at.
func (x *comparing) rowQuery() rows.Query {
	q := rows.Query{Limit: changesPage, Cursor: x.cursor, Clip: 400}
	if x.kind != "" {
		q.Where = rows.DifferenceKind + ` = "` + x.kind + `"`
	}
	return q
}

// showChanges is GET /datasets/{slug}/resources/{id}/changes/{version}: how a
// version differs from the one before, or from the one that from= names.
func (s *Server) showChanges(c *fiber.Ctx) error {
	x, err := s.readComparing(c, "cursor")
	if err != nil {
		return err
	}
	ctx, viewer := c.UserContext(), actor(c)
	title := text.T(ctx, "第 %d 版的变化", x.to.Number)
	p := templates.ChangesPage{
		Frame:   s.frame(c, title+" · "+text.Pick(ctx, x.resource.Name, x.resource.NameEN), text.Pick(ctx, x.dataset.Summary, x.dataset.SummaryEN)),
		Dataset: x.dataset, Resource: x.resource, Versions: x.versions, To: x.to, From: x.from, Table: x.table, Kind: x.kind,
		API: fmt.Sprintf("/api/v1/resources/%s/changes?to=%d", x.resource.ID, x.to.Number),
	}
	if x.from == nil {
		return s.page(c, templates.Changes(p))
	}
	p.API += fmt.Sprintf("&from=%d", x.from.Number)
	if p.Found, err = s.Datasets.Differences(ctx, viewer, x.from, x.to); err != nil {
		return err
	}
	p.Refused = s.sentence(c, p.Found.Refused)
	p.Waiting = s.sentence(c, p.Found.Waiting)
	if p.Reshaped, err = s.reshapedBetween(c, x); err != nil {
		return err
	}
	if p.Found.Waiting != nil {
		c.Status(fiber.StatusAccepted) // and so it is not kept
		return s.page(c, templates.Changes(p))
	}
	if at := slices.IndexFunc(p.Found.Tables, func(t datasets.TableDifference) bool { return t.Position == x.table }); at >= 0 {
		p.Shown = &p.Found.Tables[at]
	}
	if p.Shown != nil && p.Shown.Rows != nil && p.Shown.Rows.Listed > 0 {
		if _, err := s.shown(c, x.to, fmt.Sprintf("changes from %d", x.from.Number), false); err != nil {
			return err
		}
		if _, err := s.shown(c, x.from, fmt.Sprintf("changes to %d", x.to.Number), true); err != nil {
			return err
		}
		r, err := s.Datasets.DifferingRows(ctx, viewer, x.from, x.to, x.table, x.rowQuery())
		if err != nil {
			return err
		}
		p.Rows = changedRows(ctx, r, p.Shown)
		p.Next, p.Prev = r.Next, r.Prev
	} else if x.cursor != "" {
		return rows.ErrCursor()
	}
	return s.page(c, templates.Changes(p))
}

// sentence is what a fault says, empty where there is none.
func (s *Server) sentence(c *fiber.Ctx, err error) string {
	if err == nil {
		return ""
	}
	return Sentence(c.UserContext(), fault.Of(err))
}

// reshapedBetween are the versions after from up to to from which on columns
// are others.
func (s *Server) reshapedBetween(c *fiber.Ctx, x *comparing) ([]datasets.Reshaping, error) {
	all, err := s.Datasets.Reshapings(c.UserContext(), actor(c), x.resource.ID)
	return slices.DeleteFunc(all, func(r datasets.Reshaping) bool { return r.Version <= x.from.Number || r.Version > x.to.Number }), err
}

// changedRows is a page of differing rows as it is shown: of a row that is in
// both versions, each cell once where it is the same and twice where it is not.
func changedRows(ctx context.Context, r *rows.Result, t *datasets.TableDifference) templates.ChangedRows {
	out := templates.ChangedRows{Times: true}
	step := 1
	if len(t.Rows.Key) > 0 {
		step, out.Times = 2, false
	}
	for i := rows.DifferenceColumns; i+step <= len(r.Fields); i += step {
		name := strings.TrimSuffix(r.Fields[i+step-1].Name, rows.AfterSuffix)
		if step == 1 {
			name = r.Fields[i].Name
		}
		column := templates.Column{Label: name, Name: name, Num: r.Fields[i].Type == rows.Integer || r.Fields[i].Type == rows.Decimal}
		if at := slices.IndexFunc(t.After.Fields, func(f datasets.Field) bool { return f.Name == name }); at >= 0 {
			column.Label = cmp.Or(text.Pick(ctx, t.After.Fields[at].Label, t.After.Fields[at].LabelEN), name)
		}
		out.Columns = append(out.Columns, column)
	}
	for _, row := range r.Rows {
		line := templates.ChangedRow{Kind: cellWords(row[0]), Before: cellWords(row[1]), After: cellWords(row[2]), Times: cellWords(row[3])}
		for i := rows.DifferenceColumns; i+step <= len(row); i += step {
			was, is := cellWords(row[i]), cellWords(row[i+step-1])
			line.Cells = append(line.Cells, templates.ChangedCell{Before: was, After: is, Differs: line.Kind == rows.RowChanged && was != is})
		}
		out.Rows = append(out.Rows, line)
	}
	return out
}

// cellWords is a value of a row as text; empty where there is none.
func cellWords(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case rows.Misfit:
		return string(v)
	case json.RawMessage:
		return string(v)
	}
	return fmt.Sprint(v)
}

// downloadChanges is GET …/changes/{version}/rows.csv: the listed rows as CSV
// that Excel opens and in which no cell is run as a formula.
func (s *Server) downloadChanges(c *fiber.Ctx) error {
	x, err := s.readComparing(c)
	if err != nil {
		return err
	}
	if x.from == nil {
		return fault.New(fault.NotFound, "这是第一版，没有更早的版本可比。")
	}
	q := x.rowQuery()
	q.Limit, q.Clip = 0, 0
	e, err := s.Datasets.ExportDiffering(c.UserContext(), actor(c), x.from, x.to, x.table, q, rows.ExportOptions{Format: rows.CSV, BOM: true, Safe: true, Labels: true, English: text.Of(c.UserContext()) == text.English})
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, rows.CSV.MediaType())
	c.Set(fiber.HeaderContentDisposition, disposition(fmt.Sprintf("%s-changes-%d-%d.csv", x.resource.ID, x.from.Number, x.to.Number)))
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	h, err := s.Deliver(c, actor(c), x.to, datasets.ByExport, string(rows.CSV), fmt.Sprintf("changes from %d", x.from.Number))
	if err != nil {
		return err
	}
	older, err := s.deliver(c, actor(c), x.from, datasets.Delivery{Channel: datasets.ByExport, Form: string(rows.CSV), Part: fmt.Sprintf("changes to %d", x.to.Number), Beside: true})
	if err != nil {
		h.End(false)
		return err
	}
	return s.Stream(c, older.Write(h.Write(e.Write)))
}

// fileFeed is GET /datasets/{slug}/resources/{id}/feed.xml: each version of one
// file, and each change of its columns as an entry of its own, so that whoever
// reads it by program hears of it.
func (s *Server) fileFeed(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	d, r, err := s.fileOf(c)
	if err != nil {
		return err
	}
	ctx, viewer := c.UserContext(), actor(c)
	versions, err := s.Datasets.VersionsBefore(ctx, viewer, r.ID, math.MaxInt32, feedLength)
	if err != nil {
		return err
	}
	reshaped, err := s.Datasets.Reshapings(ctx, viewer, r.ID)
	if err != nil {
		return err
	}
	page := s.Config.BaseURL + "/datasets/" + d.Slug + "/resources/" + r.ID
	f := interop.Feed{
		ID: page + "/feed.xml", Title: text.Pick(ctx, r.Name, r.NameEN) + " · " + text.Pick(ctx, d.Title, d.TitleEN), Self: page + "/feed.xml", Page: page,
		Lang: string(text.Of(ctx)), Updated: time.Unix(0, 0).UTC(), // a file without versions has never changed
	}
	for i := range versions {
		v := &versions[i]
		if v.PublishedAt.After(f.Updated) {
			f.Updated = v.PublishedAt
		}
		entry := interop.Entry{
			ID: fmt.Sprintf("%s#version-%d", page, v.Number), Title: text.T(ctx, "第 %d 版", v.Number), Summary: text.Pick(ctx, v.Reason, v.ReasonEN),
			Link: s.Config.BaseURL + templates.ChangesHref(d, r, v.Number-1, v.Number, nil), Author: templates.DepartmentName(ctx, &d.Department), Updated: v.PublishedAt,
		}
		if at := slices.IndexFunc(reshaped, func(r datasets.Reshaping) bool { return r.Version == v.Number }); at >= 0 {
			f.Entries = append(f.Entries, interop.Entry{
				ID: entry.ID + "-columns", Title: text.T(ctx, "第 %d 版：列有变化", v.Number), Summary: templates.ReshapedWords(ctx, reshaped[at]), Link: entry.Link + "#columns",
				Author: entry.Author, Theme: "schema-change", Updated: v.PublishedAt,
			})
		}
		f.Entries = append(f.Entries, entry)
	}
	body, err := interop.Atom(f)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/atom+xml; charset=utf-8")
	return c.Send(body)
}
