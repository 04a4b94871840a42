package portal

import (
	"context"
	"strings"
	"unicode"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/policy"
	"shuyuan/marketplace"
	"shuyuan/search"
	"shuyuan/search/chinese"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showHelp says how to do what people come for, with examples from the catalogue.
func (s *Server) showHelp(c *fiber.Ctx) error {
	ctx, viewer := c.UserContext(), actor(c)
	if _, err := query(c); err != nil {
		return err
	}
	p := templates.HelpPage{Frame: s.frame(c, text.T(ctx, "帮助"), text.T(ctx, "怎样找公共数据，怎样下载并用 Excel 打开不乱码，开放类型和许可是什么意思，数据有错找谁。"))}
	stats, err := s.Datasets.Stats(ctx, viewer)
	if err != nil {
		return err
	}
	if p.File, err = s.exampleFile(ctx, viewer); err != nil {
		return err
	}
	if p.File != nil {
		p.Fetch = snippets(ctx, s.Config.BaseURL, mainFile(p.File).Newest)[0].Code
	}
	if p.Examples, err = s.examples(ctx, viewer, p.File); err != nil {
		return err
	}
	if p.Licences, err = s.Datasets.Licences(ctx); err != nil {
		return err
	}
	p.Types = s.openTypes(stats)
	for _, profile := range s.inForce() {
		p.Asked = append(p.Asked, templates.AskedText{Profile: profile, Rule: firstRule(profile, "correction.deadline", "correction")})
	}
	return s.page(c, templates.Help(p))
}

func (s *Server) inForce() []*policy.Profile {
	var out []*policy.Profile
	for _, p := range s.Policy.Profiles() {
		if p.InForce(s.Now()) {
			out = append(out, p)
		}
	}
	return out
}

// exampleFile is a dataset with a table that everybody may have, whole; nil
// where there is none.
func (s *Server) exampleFile(ctx context.Context, viewer account.Actor) (*datasets.Dataset, error) {
	page, err := s.Datasets.List(ctx, viewer, datasets.Filter{Open: datasets.Unconditional, Order: datasets.ByPopular, Limit: 20})
	if err != nil {
		return nil, err
	}
	for i := range page.Items {
		if r := mainFile(&page.Items[i]); r != nil && len(r.Newest.Tables) > 0 {
			return s.Datasets.Dataset(ctx, viewer, page.Items[i].Slug)
		}
	}
	return nil, nil
}

// examples are ways to search, made of words that are in this catalogue. Each
// finds something; what does not is left out.
func (s *Server) examples(ctx context.Context, viewer account.Actor, file *datasets.Dataset) ([]templates.SearchExample, error) {
	var out []templates.SearchExample
	try := func(words, why string) {
		if words == "" {
			return
		}
		f := finding{text: words}
		if n := s.count(ctx, f); n > 0 {
			out = append(out, templates.SearchExample{Text: words, Why: why, Href: f.href(), Count: n})
		}
	}
	if word := s.commonWord(ctx); word != "" {
		runes := []rune(word)
		whole, initials := romanised(word)
		try(word, text.T(ctx, "标题、简介、标签里的词"))
		try(string(runes[len(runes)-2:]), text.T(ctx, "词的一部分"))
		try(string(runes[0]), text.T(ctx, "一个字也行"))
		try(whole, text.T(ctx, "同一个词的拼音"))
		try(initials, text.T(ctx, "同一个词的拼音首字母"))
	}
	departments, err := s.Datasets.Departments(ctx, viewer)
	if err != nil {
		return nil, err
	}
	for _, d := range departments {
		if d.Datasets > 0 && len(d.Item.Aliases) > 0 {
			try(d.Item.Aliases[0], text.T(ctx, "部门的别名，这里是%s", templates.DepartmentName(ctx, &d.Item)))
			break
		}
	}
	if file != nil {
		for _, f := range mainFile(file).Newest.Tables[0].Fields {
			if len([]rune(f.Label)) >= 3 {
				try(f.Label, text.T(ctx, "表里的列名"))
				break
			}
		}
		try(firstWord(file.TitleEN), text.T(ctx, "英文标题里的词"))
	}
	return out, nil
}

// commonWord is the most used tag of at least three Chinese characters.
func (s *Server) commonWord(ctx context.Context) string {
	r, err := s.Search.Search(ctx, search.Query{Facets: []search.Facet{search.FacetTag}, FacetSize: 30, Limit: 1})
	if err != nil {
		return ""
	}
	for _, tag := range r.Facets[search.FacetTag] {
		if runes := []rune(tag.Value); len(runes) >= 3 && strings.IndexFunc(tag.Value, func(r rune) bool { return !unicode.Is(unicode.Han, r) }) < 0 {
			return tag.Value
		}
	}
	return ""
}

// romanised is a word in pinyin, and its initials; empty where a character has
// no reading.
func romanised(word string) (whole, initials string) {
	for _, readings := range chinese.Read(chinese.Fold(word).Runes) {
		if len(readings) == 0 {
			return "", ""
		}
		whole += strings.ReplaceAll(readings[0], "ü", "v")
		initials += readings[0][:1]
	}
	return whole, initials
}

func firstWord(s string) string {
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if len(w) >= 4 {
			return strings.ToLower(w)
		}
	}
	return ""
}

// openTypes are the three open types with what each text in force calls them.
// Where a text does not name one and the platform does for it, that is said.
func (s *Server) openTypes(stats datasets.Stats) []templates.OpenTypeHelp {
	out := []templates.OpenTypeHelp{{Open: datasets.Unconditional, Count: stats.Unconditional}, {Open: datasets.Conditional, Count: stats.Conditional}, {Open: datasets.Withheld}}
	for i := range out {
		for _, p := range s.inForce() {
			if t, ok := openTypeIn(p, string(out[i].Open)); ok {
				out[i].Texts = append(out[i].Texts, t)
			}
		}
	}
	return out
}

func openTypeIn(p *policy.Profile, code string) (templates.OpenTypeText, bool) {
	for _, path := range []string{"open.types", "open.other_types"} {
		r, ok := p.Rule(path)
		if !ok {
			continue
		}
		if name, ok := option(r, code); ok {
			return templates.OpenTypeText{Profile: p, Name: name, Rule: r}, true
		}
		for _, a := range r.Answers {
			if name, ok := option(a, code); ok {
				return templates.OpenTypeText{Profile: p, Name: name, Rule: a, House: true}, true
			}
		}
	}
	return templates.OpenTypeText{}, false
}

func option(r policy.Rule, code string) (policy.Text, bool) {
	for _, o := range r.Options {
		if o.Code == code {
			return o.Name, true
		}
	}
	return policy.Text{}, false
}

// showAbout says what the portal is.
func (s *Server) showAbout(c *fiber.Ctx) error {
	ctx := c.UserContext()
	if _, err := query(c); err != nil {
		return err
	}
	f := s.frame(c, text.T(ctx, "关于数源"), text.T(ctx, "数源是什么，今天有什么，数字怎么算，记什么不记什么，用了谁的东西。"))
	made, err := s.Products.Find(ctx, marketplace.Filter{Limit: 1})
	if err != nil {
		return err
	}
	return s.page(c, templates.About(templates.AboutPage{Frame: f, Stamped: len(made) > 0}))
}
