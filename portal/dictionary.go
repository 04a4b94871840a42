package portal

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// dictionaryPage is the desk's page about the dictionary of a file, for the
// officers of its department. It returns fault.NotFound to whoever may not know
// of the file, and fault.Forbidden to who may not change it.
func (s *Server) dictionaryPage(c *fiber.Ctx, table string) (*templates.DictionaryPage, error) {
	ctx, who := c.UserContext(), actor(c)
	d, r, err := s.Datasets.Resource(ctx, who, c.Params("id"))
	if err != nil {
		return nil, err
	}
	if d.Department.ID != who.Department {
		return nil, fault.New(fault.Forbidden, "只有本部门的数据专员可以改这个条目。")
	}
	if r.Newest == nil || len(r.Newest.Tables) == 0 {
		return nil, fault.New(fault.NotFound, "这个文件还没有表，没有数据字典可改。")
	}
	p := &templates.DictionaryPage{
		Frame: s.quietFrame(c, text.T(ctx, "数据字典")+" · "+text.Pick(ctx, r.Name, r.NameEN)), Dataset: d, Resource: r, Version: r.Newest,
	}
	if table != "" {
		n, err := strconv.Atoi(table)
		if err != nil || n < 1 || n > len(r.Newest.Tables) {
			return nil, malformed("table", "这个文件有 %d 张表，请给出 1 到 %d 的序号。", len(r.Newest.Tables), len(r.Newest.Tables))
		}
		p.Table = n - 1
	}
	p.CSRF = s.formToken(c)
	p.Fields = r.Newest.Tables[p.Table].Fields
	p.Score = datasets.DictionaryScore(r.Newest.Tables)
	p.Corrections, err = s.Datasets.Corrections(ctx, who, r.Newest)
	return p, err
}

// showDictionaries is GET /desk/dictionaries: the tables of the department, those
// with the least said of them first.
func (s *Server) showDictionaries(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	files, err := s.ownFiles(ctx, actor(c), datasets.Filter{Fields: true})
	if err != nil {
		return err
	}
	p := templates.DictionariesPage{Frame: s.quietFrame(c, text.T(ctx, "本部门的数据字典"))}
	for _, f := range files {
		if f.Resource.Newest != nil && len(f.Resource.Newest.Tables) > 0 {
			p.Items = append(p.Items, templates.DictionaryItem{Dataset: f.Dataset, Resource: f.Resource, Score: datasets.DictionaryScore(f.Resource.Newest.Tables)})
		}
	}
	slices.SortStableFunc(p.Items, func(a, b templates.DictionaryItem) int { return a.Score.Percent() - b.Score.Percent() })
	return s.page(c, templates.Dictionaries(p))
}

// showDictionary is GET /desk/resources/{id}/dictionary.
func (s *Server) showDictionary(c *fiber.Ctx) error {
	q, err := query(c, "table", "done")
	if err != nil {
		return err
	}
	p, err := s.dictionaryPage(c, q.Get("table"))
	if err != nil {
		return err
	}
	p.Done = q.Get("done") == "1"
	return s.page(c, templates.EditDictionary(*p))
}

// saveDictionary is POST /desk/resources/{id}/dictionary: what the form says of
// every column of one table.
func (s *Server) saveDictionary(c *fiber.Ctx) error {
	p, err := s.dictionaryPage(c, string(c.Request().PostArgs().Peek("table")))
	if err != nil {
		return err
	}
	names := []string{"table", "revision", "reason"}
	for i := range p.Fields {
		for _, a := range slices.Concat(templates.TextAttributes, templates.MoreAttributes, []string{"key", "required", "unitless", "sensitivity", "codes"}) {
			names = append(names, templates.FieldInput(i, a))
		}
	}
	f, err := form(c, names...)
	if err != nil {
		return err
	}
	revision, err := strconv.Atoi(f.Get("revision"))
	if err != nil {
		return malformed("revision", "表单不完整，请刷新后重试。")
	}
	p.Reason = f.Get("reason")
	p.Fields = slices.Clone(p.Fields)
	for i := range p.Fields {
		fill(&p.Fields[i], f, i)
	}
	err = s.Datasets.CorrectDictionary(c.UserContext(), actor(c), p.Resource.ID, datasets.Correction{Position: p.Table, Fields: p.Fields, Revision: revision, Reason: p.Reason})
	if err == nil {
		return c.Redirect(templates.DictionaryHref(p.Resource.ID, p.Table)+doneMark(p.Table), fiber.StatusSeeOther)
	}
	return s.refusedDictionary(c, p, err)
}

// doneMark tells the page that follows that something was done.
func doneMark(table int) string {
	if table > 0 {
		return "&done=1"
	}
	return "?done=1"
}

// refusedDictionary shows the form again with what is wrong; what was written is
// still there.
func (s *Server) refusedDictionary(c *fiber.Ctx, p *templates.DictionaryPage, err error) error {
	f := fault.Of(err)
	if f.Kind != fault.Invalid && f.Kind != fault.Conflict && f.Kind != fault.TooLarge {
		return err
	}
	p.Mistake = Sentence(c.UserContext(), f)
	c.Status(fiber.StatusUnprocessableEntity)
	return s.page(c, templates.EditDictionary(*p))
}

// fill takes what the form says of column i.
func fill(to *datasets.Field, f url.Values, i int) {
	for _, a := range slices.Concat(templates.TextAttributes, templates.MoreAttributes) {
		*templates.TextOf(to, a) = f.Get(templates.FieldInput(i, a))
	}
	to.Key, to.Required, to.Unitless = f.Has(templates.FieldInput(i, "key")), f.Has(templates.FieldInput(i, "required")), f.Has(templates.FieldInput(i, "unitless"))
	to.Sensitivity = datasets.Sensitivity(f.Get(templates.FieldInput(i, "sensitivity")))
	if f.Has(templates.FieldInput(i, "codes")) { // else the form could not show them
		to.Codes = templates.Codes(f.Get(templates.FieldInput(i, "codes")))
	}
}

// importDictionary is POST /desk/resources/{id}/dictionary/import: the contents
// of a dictionary file, looked at first and then saved.
func (s *Server) importDictionary(c *fiber.Ctx) error {
	p, err := s.dictionaryPage(c, "")
	if err != nil {
		return err
	}
	f, err := form(c, "text", "reason", "step")
	if err != nil {
		return err
	}
	p.Text, p.Reason, p.Looked = f.Get("text"), f.Get("reason"), true
	ctx, who := c.UserContext(), actor(c)
	found, wrong, err := s.Datasets.ReadDictionary(ctx, who, p.Resource.ID, []byte(p.Text))
	if err != nil {
		return s.refusedDictionary(c, p, err)
	}
	for _, w := range wrong {
		p.Wrong = append(p.Wrong, Sentence(ctx, w))
	}
	if len(wrong) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.page(c, templates.EditDictionary(*p))
	}
	if f.Get("step") != "save" || len(found) == 0 {
		p.Preview = rewordings(p.Version, found)
		return s.page(c, templates.EditDictionary(*p))
	}
	for i := range found {
		found[i].Reason = p.Reason
	}
	if err := s.Datasets.CorrectDictionary(ctx, who, p.Resource.ID, found...); err != nil {
		p.Preview = rewordings(p.Version, found)
		return s.refusedDictionary(c, p, err)
	}
	return c.Redirect(templates.DictionaryHref(p.Resource.ID, 0)+doneMark(0), fiber.StatusSeeOther)
}

// rewordings are what corrections change, of all tables.
func rewordings(v *datasets.Version, found []datasets.Correction) []datasets.Rewording {
	var out []datasets.Rewording
	for _, c := range found {
		out = append(out, datasets.Rewordings(v.Tables[c.Position].Fields, c.Fields)...)
	}
	return out
}

// DictionarySaved is what a data dictionary that was brought back changes. Its
// tags are the words of the API's description.
type DictionarySaved struct {
	Resource string             `json:"resource" doc:"Id of the file" zh:"文件的编号" example:"holidays-csv"`
	Version  int                `json:"version" doc:"The version that it was held against: the newest" zh:"对照的是哪一版：最新的" example:"3"`
	Saved    bool               `json:"saved" doc:"False where nothing differs, and of a dry_run" zh:"没有不同、或是 dry_run 时为 false" example:"true"`
	Changes  []DictionaryChange `json:"changes" nullable:"false" doc:"What it says otherwise" zh:"改了哪些说法"`
}

// DictionaryChange is one thing that it says otherwise.
type DictionaryChange struct {
	Column    string `json:"column" doc:"The column" zh:"哪一列" example:"浓度"`
	Attribute string `json:"attribute" doc:"What of it" zh:"它的哪一项" example:"unit"`
	Before    string `json:"before" doc:"As it was" zh:"原来" example:""`
	After     string `json:"after" doc:"As it is now" zh:"现在" example:"mg/m³"`
}

// putDictionary is PUT /resources/{id}/dictionary?reason= of the API: a dictionary
// file for the newest version, by a key that may publish. With dry_run=1 it only
// says what would change.
func (s *Server) putDictionary(c *fiber.Ctx) error {
	q, err := query(c, "reason", "dry_run")
	if err != nil {
		return err
	}
	if dry := q.Get("dry_run"); dry != "" && dry != "1" {
		return malformed("dry_run", "dry_run 只能是 1。")
	}
	ctx, who := c.UserContext(), actor(c)
	found, wrong, err := s.Datasets.ReadDictionary(ctx, who, c.Params("id"), c.Body())
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return wrong[0]
	}
	_, r, err := s.Datasets.Resource(ctx, who, c.Params("id"))
	if err != nil {
		return err
	}
	out := DictionarySaved{Resource: r.ID, Version: r.Newest.Number, Changes: []DictionaryChange{}}
	for _, w := range rewordings(r.Newest, found) {
		for _, what := range w.What {
			out.Changes = append(out.Changes, DictionaryChange{w.Name, what.Attribute, what.Before, what.After})
		}
	}
	if q.Get("dry_run") == "" && len(found) > 0 {
		for i := range found {
			found[i].Reason = q.Get("reason")
		}
		if err := s.Datasets.CorrectDictionary(ctx, who, r.ID, found...); err != nil {
			return err
		}
		out.Saved = true
	}
	return c.JSON(out)
}
