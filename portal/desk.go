package portal

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// uploadsPerPage is how many uploads the desk lists at once.
const uploadsPerPage = 30

// showUploads is GET /desk/uploads: the uploads of the department.
func (s *Server) showUploads(c *fiber.Ctx) error {
	q, err := query(c, "page")
	if err != nil {
		return err
	}
	page, err := pageNumber(q, 1000)
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	p := templates.UploadsPage{Frame: s.quietFrame(c, text.T(ctx, "上传")), Rules: s.Datasets.UploadRules(), Page: page}
	if p.UploadsPage, err = s.Datasets.Uploads(ctx, who, (page-1)*uploadsPerPage, uploadsPerPage); err != nil {
		return err
	}
	p.Pages = (p.Total + uploadsPerPage - 1) / uploadsPerPage
	if p.Targets, err = s.uploadTargets(ctx, who); err != nil {
		return err
	}
	for _, r := range s.Policy.House().Rules() {
		if strings.HasPrefix(r.Path, "upload_") {
			p.House = append(p.House, r)
		}
	}
	return s.page(c, templates.Uploads(p))
}

// uploadTargets are the files of the department's entries.
func (s *Server) uploadTargets(ctx context.Context, who account.Actor) ([]templates.UploadTarget, error) {
	return s.ownFiles(ctx, who, datasets.Filter{})
}

// ownFiles are the files of the entries of the viewer's department.
func (s *Server) ownFiles(ctx context.Context, who account.Actor, f datasets.Filter) ([]templates.UploadTarget, error) {
	department, err := s.departmentOf(ctx, who.Department)
	if err != nil || department == nil {
		return nil, err
	}
	var out []templates.UploadTarget
	f.Department, f.Order, f.Limit = department.Slug, datasets.ByTitle, 200
	for {
		page, err := s.Datasets.List(ctx, who, f)
		if err != nil {
			return nil, err
		}
		for i := range page.Items {
			for j := range page.Items[i].Resources {
				if r := &page.Items[i].Resources[j]; r.Link == nil {
					out = append(out, templates.UploadTarget{Dataset: &page.Items[i], Resource: r})
				}
			}
		}
		if f.After = page.Next; f.After == "" {
			return out, nil
		}
	}
}

// showNewUpload is GET /desk/uploads/new: the form for a file.
func (s *Server) showNewUpload(c *fiber.Ctx) error {
	q, err := query(c, "resource", "resume")
	if err != nil {
		return err
	}
	u, err := s.cutOff(c, q.Get("resource"), q.Get("resume"))
	if err != nil {
		return err
	}
	return s.newUploadPage(c, q.Get("resource"), u, templates.Mistake{})
}

// cutOff is the upload that the reader began and that is to go on; nil where
// none is named. Of one that needs no more bytes its page is told.
func (s *Server) cutOff(c *fiber.Ctx, resource, id string) (*datasets.Upload, error) {
	if id == "" {
		return nil, nil
	}
	u, err := s.Datasets.Upload(c.UserContext(), actor(c), id)
	if err != nil {
		return nil, err
	}
	if u.Owner != actor(c).ID || u.ResourceID != resource || u.State != datasets.Uploading {
		return nil, fault.New(fault.Conflict, "这次上传不能从这里接着传：它已经收完或作废，或是别人开始的。")
	}
	return u, nil
}

func (s *Server) newUploadPage(c *fiber.Ctx, resource string, resume *datasets.Upload, wrong templates.Mistake) error {
	ctx, who := c.UserContext(), actor(c)
	d, r, err := s.Datasets.Resource(ctx, who, resource)
	if err != nil {
		return err
	}
	rules := s.Datasets.UploadRules()
	switch {
	case d.Department.ID != who.Department:
		return fault.New(fault.Forbidden, "只有本部门的数据专员可以改这个条目。")
	case rules == nil:
		return fault.New(fault.Unavailable, "这里不能上传文件。")
	}
	return s.page(c, templates.NewUpload(templates.NewUploadPage{
		Frame: s.quietFrame(c, text.T(ctx, "上传新版本")), UploadTarget: templates.UploadTarget{Dataset: d, Resource: r}, Rules: rules, Resume: resume, Mistake: wrong,
	}))
}

// takeForm is POST /desk/uploads: a file as a form sends it, without script. Its
// fields come before it, so that nobody waits for a file that is not for us.
func (s *Server) takeForm(c *fiber.Ctx) error {
	body := s.arriving(c)
	defer body.done()
	u, resource, err := s.formUpload(c, body)
	if err != nil {
		c.Response().Header.SetConnectionClose() // the rest of the body is not read
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fault.New(fault.Malformed, "表单没有送完，文件没有保存，请重新上传。").Because(err)
	}
	if wrong, ok := s.mistake(c, err); ok && resource != "" {
		return s.newUploadPage(c, resource, nil, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/uploads/"+u.ID)
}

// formUpload reads a form with the fields csrf, resource and file, in this order.
func (s *Server) formUpload(c *fiber.Ctx, body *arriving) (u *datasets.Upload, resource string, err error) {
	_, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || params["boundary"] == "" {
		return nil, "", malformed("", "请求的格式不对。")
	}
	form := multipart.NewReader(body, params["boundary"])
	secret, err := formField(form, "csrf")
	if err != nil {
		return nil, "", err
	}
	if err := s.Accounts.CheckCSRF(token(c), secret); err != nil {
		return nil, "", err
	}
	if resource, err = formField(form, "resource"); err != nil {
		return nil, "", err
	}
	part, err := form.NextRawPart()
	if err != nil || part.FormName() != "file" {
		return nil, resource, malformed("file", "请求的格式不对。")
	}
	if part.FileName() == "" {
		return nil, resource, fault.At("file", "请选一个文件。")
	}
	ctx, who := context.WithoutCancel(c.UserContext()), actor(c)
	bound := body.length // the form is a little longer than its file
	if rules := s.Datasets.UploadRules(); rules != nil && (bound < 0 || bound > rules.FileBytes && bound-rules.FileBytes < 64<<10) {
		bound = rules.FileBytes
	}
	if u, err = s.Datasets.StartUpload(ctx, who, datasets.NewUpload{ResourceID: resource, FileName: part.FileName(), Bytes: bound}); err != nil {
		return nil, resource, err
	}
	got, err := s.Datasets.AppendUpload(ctx, who, u.ID, datasets.Chunk{Reader: part, Last: true, Stop: body.Stop})
	if err == nil && got == 0 {
		err = fault.New(fault.Invalid, "文件是空的。")
	}
	if err != nil { // a form cannot go on where it was cut off
		err = errors.Join(err, s.Datasets.DiscardUpload(ctx, who, u.ID))
	}
	return u, resource, err
}

func formField(form *multipart.Reader, name string) (string, error) {
	part, err := form.NextRawPart()
	if err != nil || part.FormName() != name {
		return "", malformed(name, "请求的格式不对。")
	}
	value, err := io.ReadAll(io.LimitReader(part, 4<<10))
	if err != nil || !utf8.Valid(value) {
		return "", malformed(name, "请求的格式不对。")
	}
	return string(value), nil
}

// showUpload is GET /desk/uploads/{id}.
func (s *Server) showUpload(c *fiber.Ctx) error {
	q, err := query(c, "table", "page")
	if err != nil {
		return err
	}
	return s.uploadPage(c, func(p *templates.UploadPage) error {
		if p.Page, err = pageNumber(q, 1000); err != nil {
			return err
		}
		p.Table, err = tableNumber(q.Get("table"), p.Upload)
		return err
	})
}

// tableNumber reads the number of a table, from 1; the first that has misfits if
// there is none.
func tableNumber(raw string, u *datasets.Upload) (int, error) {
	if raw == "" {
		return max(0, slices.IndexFunc(u.Tables, func(t datasets.UploadTable) bool { return t.Misfits > 0 })), nil
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < 1 || n > len(u.Tables) || strconv.Itoa(n) != raw {
		return 0, malformed("table", "这个文件没有第 %d 张表。", n)
	}
	return n - 1, nil
}

// uploadPage shows an upload, with what show adds to the page.
func (s *Server) uploadPage(c *fiber.Ctx, show func(*templates.UploadPage) error) error {
	ctx, who := c.UserContext(), actor(c)
	u, err := s.Datasets.Upload(ctx, who, c.Params("id"))
	if err != nil {
		return err
	}
	p := templates.UploadPage{Frame: s.quietFrame(c, u.FileName), Upload: u, Mine: u.Owner == who.ID, Offers: u.Offers(who), Page: 1}
	p.Wide = true
	if u.State == datasets.Received || u.State == datasets.Reading {
		p.Refresh = 2
	}
	if p.Dataset, p.Resource, err = s.Datasets.Resource(ctx, who, u.ResourceID); err != nil {
		return err
	}
	if p.Said, err = s.Datasets.Overrides(ctx, who, u.ResourceID); err != nil {
		return err
	}
	if p.Against, err = s.Datasets.Objections(ctx, who, u); err != nil {
		return err
	}
	if p.Changes, err = s.Datasets.Succession(ctx, who, u); err != nil {
		return err
	}
	if err := s.cover(ctx, who, &p); err != nil {
		return err
	}
	if p.Table, err = tableNumber("", u); err != nil {
		return err
	}
	if err := show(&p); err != nil {
		return err
	}
	if p.Misfits, err = s.Datasets.Misfits(ctx, who, u.ID, p.Table, (p.Page-1)*templates.MisfitsPerPage, templates.MisfitsPerPage); err != nil {
		return err
	}
	return s.page(c, templates.Upload(p))
}

// misfitsCSV is GET /desk/uploads/{id}/misfits.csv: the cells that do not fit a
// table, as a file that Excel opens. What Excel would take for a formula is
// marked as text.
func (s *Server) misfitsCSV(c *fiber.Ctx) error {
	q, err := query(c, "table")
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	u, err := s.Datasets.Upload(ctx, who, c.Params("id"))
	if err != nil {
		return err
	}
	table, err := tableNumber(q.Get("table"), u)
	if err != nil {
		return err
	}
	found, err := s.Datasets.Misfits(ctx, who, u.ID, table, 0, 0)
	if err != nil {
		return err
	}
	var out strings.Builder
	out.WriteString("\uFEFF")
	w := csv.NewWriter(&out)
	_ = w.Write([]string{text.T(ctx, "行号"), text.T(ctx, "列"), text.T(ctx, "原样"), text.T(ctx, "为什么不合")})
	for _, m := range found {
		_ = w.Write([]string{strconv.FormatInt(m.Row, 10), harmless(m.Column), harmless(m.Text), text.T(ctx, m.Reason.Sentence, m.Reason.Args...)})
	}
	w.Flush()
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="misfits-%d.csv"`, table+1))
	return c.SendString(out.String())
}

// harmless is a cell that no spreadsheet takes for a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// rereadUpload is POST /desk/uploads/{id}/reread.
func (s *Server) rereadUpload(c *fiber.Ctx) error {
	ctx, who, id := c.UserContext(), actor(c), c.Params("id")
	u, err := s.Datasets.Upload(ctx, who, id)
	if err != nil {
		return err
	}
	names := []string{"header", "encoding", "delimiter"}
	for i, t := range u.Tables {
		for j := range t.Columns {
			for _, what := range []string{"type", "label", "unit"} {
				names = append(names, columnField(what, i, j))
			}
		}
	}
	f, err := form(c, names...)
	if err != nil {
		return err
	}
	r := datasets.Reread{Header: f.Get("header"), Encoding: f.Get("encoding"), Delimiter: f.Get("delimiter")}
	if r.Delimiter == "tab" {
		r.Delimiter = "\t"
	}
	for i, t := range u.Tables {
		for j, col := range t.Columns {
			if f.Has(columnField("type", i, j)) {
				r.Columns = append(r.Columns, datasets.ColumnOverride{Position: i, Name: col.Name, Override: datasets.Override{
					Type: f.Get(columnField("type", i, j)), Label: f.Get(columnField("label", i, j)), Unit: f.Get(columnField("unit", i, j)),
				}})
			}
		}
	}
	err = s.Datasets.RereadUpload(ctx, who, id, r)
	if wrong, ok := s.mistake(c, err); ok {
		return s.uploadPage(c, func(p *templates.UploadPage) error { p.Mistake = wrong; return nil })
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/uploads/"+id)
}

func columnField(what string, table, column int) string {
	return fmt.Sprintf("%s-%d-%d", what, table, column)
}

// publishUpload is POST /desk/uploads/{id}/publish.
func (s *Server) publishUpload(c *fiber.Ctx) error {
	f, err := form(c, "reason", "reason_en", "reviewed")
	if err != nil {
		return err
	}
	asked := templates.PublishForm{Reason: f.Get("reason"), ReasonEN: f.Get("reason_en"), Reviewed: f.Get("reviewed")}
	v, err := s.Datasets.PublishUpload(c.UserContext(), actor(c), c.Params("id"), datasets.Publication{Reason: asked.Reason, ReasonEN: asked.ReasonEN, Reviewed: asked.Reviewed})
	if wrong, ok := s.mistake(c, err); ok {
		asked.Mistake = wrong
		return s.uploadPage(c, func(p *templates.UploadPage) error { p.Form = asked; return nil })
	}
	if err != nil {
		return err
	}
	d, _, err := s.Datasets.Resource(c.UserContext(), actor(c), v.ResourceID)
	if err != nil {
		return err
	}
	return seeOther(c, "/datasets/"+d.Slug+"/resources/"+v.ResourceID)
}

// discardUpload is POST /desk/uploads/{id}/discard.
func (s *Server) discardUpload(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	if err := s.Datasets.DiscardUpload(c.UserContext(), actor(c), c.Params("id")); err != nil {
		return err
	}
	return seeOther(c, "/desk/uploads")
}
