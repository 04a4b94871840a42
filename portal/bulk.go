package portal

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/workbook"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// Entries of the catalogue as sheets: out, and in again after a look. What was
// sent is kept nowhere between the look and the confirmation: the page that
// shows what would be done sends the files back.

// mediaXLSX is the media type of a workbook.
const mediaXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// showImports is GET /desk/imports.
func (s *Server) showImports(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.importsPage(c, templates.ImportsPage{}, nil)
}

func (s *Server) importsPage(c *fiber.Ctx, p templates.ImportsPage, failed error) error {
	ctx := c.UserContext()
	if wrong, ok := s.mistake(c, failed); ok {
		p.Mistake = wrong
	} else if failed != nil {
		return failed
	}
	p.Frame = s.quietFrame(c, text.T(ctx, "批量导入导出"))
	p.Wide = true
	var err error
	if p.Imports, err = s.Catalogue.Imports(ctx, actor(c)); err != nil {
		return err
	}
	return s.page(c, templates.Imports(p))
}

// bulkFiles are the sheets that can be taken along, with the words that a file
// is called by.
var bulkFiles = map[string]func(*catalogue.Sheets) ([]byte, error){
	"entries.csv": func(s *catalogue.Sheets) ([]byte, error) { return catalogue.CSV(s.Entries), nil },
	"items.csv":   func(s *catalogue.Sheets) ([]byte, error) { return catalogue.CSV(s.Items), nil },
	"help.csv":    func(s *catalogue.Sheets) ([]byte, error) { return catalogue.CSV(s.Help), nil },
	"catalogue.xlsx": func(s *catalogue.Sheets) ([]byte, error) {
		var out bytes.Buffer
		err := workbook.Write(&out, s.Workbook())
		return out.Bytes(), err
	},
}

// bulkFile is GET /desk/imports/files/{file}: the entries of the department, or
// with template- before its name the sheet without any.
func (s *Server) bulkFile(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	name, template := strings.CutPrefix(c.Params("file"), "template-")
	write := bulkFiles[name]
	if write == nil {
		return fault.New(fault.NotFound, "没有这个文件。")
	}
	sheets, err := s.Catalogue.Sheets(c.UserContext(), actor(c), template)
	if err != nil {
		return err
	}
	body, err := write(sheets)
	if err != nil {
		return err
	}
	media := mediaXLSX
	if strings.HasSuffix(name, ".csv") {
		media = "text/csv; charset=utf-8"
	}
	return attach(c, media, c.Params("file"), body)
}

func attach(c *fiber.Ctx, media, name string, body []byte) error {
	c.Set(fiber.HeaderContentType, media)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	return c.Send(body)
}

// previewImport is POST /desk/imports: the files as a form sends them, looked at
// and stored nowhere.
func (s *Server) previewImport(c *fiber.Ctx) error {
	body := s.arriving(c)
	defer body.done()
	in, err := s.bulkForm(c, body)
	if err != nil {
		c.Response().Header.SetConnectionClose() // the rest of the body is not read
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = fault.New(fault.Malformed, "表单没有送完，什么也没有保存，请重新上传。").Because(err)
		}
		return s.importsPage(c, templates.ImportsPage{Secret: string(in.Declaration)}, err)
	}
	plan, err := s.Catalogue.Plan(c.UserContext(), actor(c), in)
	if err != nil {
		if in.Declaration == catalogue.Secret || fault.Of(err).Field == "secret" && in.Declaration != "" {
			return s.refuseSecret(c, err)
		}
		return s.importsPage(c, templates.ImportsPage{Secret: string(in.Declaration)}, err)
	}
	return s.planPage(c, in, plan, templates.Mistake{})
}

// bulkForm reads a form with the fields csrf, secret, file and items, in this
// order.
func (s *Server) bulkForm(c *fiber.Ctx, body io.Reader) (in catalogue.Bulk, err error) {
	_, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || params["boundary"] == "" {
		return in, malformed("", "请求的格式不对。")
	}
	form := multipart.NewReader(body, params["boundary"])
	secret, err := formField(form, "csrf")
	if err != nil {
		return in, err
	}
	if err := s.Accounts.CheckCSRF(token(c), secret); err != nil {
		return in, err
	}
	part, err := form.NextRawPart()
	if err != nil {
		return in, bulkEnd(err, "secret")
	}
	if part.FormName() == "secret" { // of a question that was not answered a browser says nothing
		answer, err := io.ReadAll(io.LimitReader(part, 16))
		if err != nil {
			return in, bulkEnd(err, "secret")
		}
		in.Declaration = catalogue.Declaration(answer)
		if part, err = form.NextRawPart(); err != nil {
			return in, bulkEnd(err, "file")
		}
	}
	if in.Declaration != catalogue.NotSecret {
		return in, nil // not a byte of the file is looked at
	}
	if in.Entries, err = bulkPart(part, "file"); err != nil {
		return in, err
	}
	if part, err = form.NextRawPart(); err != nil {
		return in, bulkEnd(err, "items")
	}
	in.Items, err = bulkPart(part, "items")
	return in, err
}

// bulkEnd is why the next part of a form did not come.
func bulkEnd(err error, field string) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return malformed(field, "请求的格式不对。")
}

func bulkPart(part *multipart.Part, name string) (catalogue.BulkFile, error) {
	if part.FormName() != name {
		return catalogue.BulkFile{}, malformed(name, "请求的格式不对。")
	}
	body, err := io.ReadAll(io.LimitReader(part, catalogue.MostBulkBytes+1))
	if err != nil {
		return catalogue.BulkFile{}, bulkEnd(err, name)
	}
	if len(body) > catalogue.MostBulkBytes {
		return catalogue.BulkFile{}, fault.At(name, "文件太大，最多 %d KB；请分几次导入。", catalogue.MostBulkBytes>>10)
	}
	return catalogue.BulkFile{Name: part.FileName(), Body: body}, nil
}

// planPage shows what an import would do.
func (s *Server) planPage(c *fiber.Ctx, in catalogue.Bulk, plan *catalogue.Plan, wrong templates.Mistake) error {
	ctx := c.UserContext()
	p := templates.PlanPage{
		Frame: s.quietFrame(c, text.T(ctx, "导入前先看")), Book: s.Policy, Plan: plan, Mistake: wrong,
		FileName: in.Entries.Name, ItemsName: in.Items.Name,
		File: base64.RawURLEncoding.EncodeToString(in.Entries.Body), Items: base64.RawURLEncoding.EncodeToString(in.Items.Body),
	}
	p.Wide = true
	var err error
	if p.Vocab, err = s.Catalogue.Vocabulary(ctx); err != nil {
		return err
	}
	if plan.Whole || plan.Count(catalogue.Refused) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return s.page(c, templates.ImportPlan(p))
}

// confirmImport is POST /desk/imports/confirm: the files once more, and what was
// seen of them.
func (s *Server) confirmImport(c *fiber.Ctx) error {
	f, err := form(c, "secret", "file_name", "file", "items_name", "items", "mark", "only_good", "step")
	if err != nil {
		return err
	}
	in := catalogue.Bulk{Declaration: catalogue.Declaration(f.Get("secret"))}
	for _, part := range []struct {
		name string
		to   *catalogue.BulkFile
	}{{"file", &in.Entries}, {"items", &in.Items}} {
		body, err := base64.RawURLEncoding.DecodeString(f.Get(part.name))
		if err != nil {
			return malformed(part.name, "请求的格式不对。")
		}
		*part.to = catalogue.BulkFile{Name: f.Get(part.name + "_name"), Body: body}
	}
	ctx, who := c.UserContext(), actor(c)
	switch f.Get("step") {
	case "errors", "report":
		plan, err := s.Catalogue.Plan(ctx, who, in)
		if err != nil {
			return s.importsPage(c, templates.ImportsPage{Secret: f.Get("secret")}, err)
		}
		if f.Get("step") == "errors" {
			return attach(c, "text/csv; charset=utf-8", "import-errors.csv", errorsCSV(c, plan))
		}
		return attach(c, "text/csv; charset=utf-8", "import-plan.csv", planCSV(c, plan))
	case "apply":
	default:
		return malformed("step", "请求的格式不对。")
	}
	id, plan, err := s.Catalogue.Apply(ctx, who, in, f.Get("mark"), f.Get("only_good") == "1")
	if err != nil && plan == nil {
		if in.Declaration == catalogue.Secret || fault.Of(err).Field == "secret" && in.Declaration != "" {
			return s.refuseSecret(c, err)
		}
		return s.importsPage(c, templates.ImportsPage{Secret: f.Get("secret")}, err)
	}
	if wrong, ok := s.mistake(c, err); ok {
		status := c.Response().StatusCode()
		err := s.planPage(c, in, plan, wrong)
		c.Status(status)
		return err
	}
	if err != nil {
		return err
	}
	return seeOther(c, templates.ImportHref(id)+"?done=imported")
}

// errorsCSV is everything that is wrong with a sheet, a line for each.
func errorsCSV(c *fiber.Ctx, plan *catalogue.Plan) []byte {
	ctx := c.UserContext()
	rows := [][]string{{text.T(ctx, "工作表"), text.T(ctx, "行号"), text.T(ctx, "栏"), text.T(ctx, "为什么不收")}}
	for _, w := range plan.Wrong {
		rows = append(rows, []string{harmless(w.Sheet), strconv.Itoa(w.Line), harmless(w.Column), text.T(ctx, w.Sentence, w.Args...)})
	}
	return csvOf(rows)
}

// planCSV is everything that an import would do, a line for each field.
func planCSV(c *fiber.Ctx, plan *catalogue.Plan) []byte {
	ctx := c.UserContext()
	rows := [][]string{{text.T(ctx, "工作表"), text.T(ctx, "行号"), text.T(ctx, "网址名"), text.T(ctx, "名称"), text.T(ctx, "会怎样"), text.T(ctx, "栏"), text.T(ctx, "原来"), text.T(ctx, "导入后")}}
	for _, r := range plan.Rows {
		row := []string{harmless(r.Sheet), strconv.Itoa(r.Line), harmless(r.Slug), harmless(r.Title), templates.VerdictName(ctx, r.Verdict)}
		if len(r.Diff) == 0 {
			rows = append(rows, append(row, "", "", ""))
		}
		for _, d := range r.Diff {
			rows = append(rows, append(row[:5:5], text.T(ctx, d.Field.Label), datasets.Armoured(d.Before), datasets.Armoured(d.After)))
		}
	}
	return csvOf(rows)
}

func csvOf(rows [][]string) []byte {
	var out bytes.Buffer
	out.WriteString("\uFEFF")
	_ = csv.NewWriter(&out).WriteAll(rows) // a buffer takes everything
	return out.Bytes()
}

// showImport is GET /desk/imports/{id}.
func (s *Server) showImport(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.importPage(c, q.Get("done"), templates.Mistake{})
}

func (s *Server) importPage(c *fiber.Ctx, done string, wrong templates.Mistake) error {
	ctx := c.UserContext()
	id, err := importID(c)
	if err != nil {
		return err
	}
	p := templates.ImportPage{Frame: s.quietFrame(c, text.T(ctx, "一次导入")), Mistake: wrong}
	p.Wide = true
	if p.Import, err = s.Catalogue.Imported(ctx, actor(c), id); err != nil {
		return err
	}
	if p.Vocab, err = s.Catalogue.Vocabulary(ctx); err != nil {
		return err
	}
	switch done {
	case "imported":
		p.Done = text.T(ctx, "已导入。新建的和改过的都是草稿，还没有报送。")
	case "undone":
		p.Done = text.T(ctx, "已撤销。没有撤的行，原因写在旁边。")
	}
	return s.page(c, templates.ImportRecord(p))
}

func importID(c *fiber.Ctx) (int64, error) {
	id, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, fault.New(fault.NotFound, "没有这次导入。")
	}
	return id, nil
}

// undoImport is POST /desk/imports/{id}/undo.
func (s *Server) undoImport(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	id, err := importID(c)
	if err != nil {
		return err
	}
	_, _, err = s.Catalogue.Undo(c.UserContext(), actor(c), id)
	if wrong, ok := s.mistake(c, err); ok {
		return s.importPage(c, "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, templates.ImportHref(id)+"?done=undone")
}
