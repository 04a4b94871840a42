package templates

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/internal/policy"
	"shuyuan/templates/text"
)

// EntriesPage lists what a department compiles, or an authority decides about.
type EntriesPage struct {
	Frame
	Lines  []catalogue.ListLine
	Total  int
	Filter catalogue.Filter
	Pager  Pager
	May    bool // make entries
	All    bool // of several departments
}

// NewEntryPage is where an entry begins.
type NewEntryPage struct {
	Frame
	Form      NewEntryForm
	Mistake   Mistake
	Templates []catalogue.Template
	Entries   []catalogue.ListLine
}

// NewEntryForm is what was typed there.
type NewEntryForm struct{ Secret, Title, Slug, From, Template string }

// EntryPage is an entry as its department writes it, or as others decide about
// it.
type EntryPage struct {
	Frame
	Book     *policy.Book
	Entry    *catalogue.Entry
	Content  catalogue.Content // as saved, or as typed and refused
	Findings []catalogue.Finding
	Shown    bool // the findings are shown at their fields
	Edit     bool
	Locked   string // why it cannot be edited; empty where it can or nobody asks
	Offers   []catalogue.Action
	Vocab    catalogue.Vocabulary
	History  []catalogue.Revision
	Typed    []catalogue.Typing
	Theirs   []catalogue.Difference // what another editor saved meanwhile
	Conflict bool
	Mistake  Mistake
	Reason   string
	Done     string
	Alike    AlikePart
	Change   *catalogue.Change // the change under which a public entry is edited
}

// SecretPage says that something was refused, and repeats nothing of it.
type SecretPage struct {
	Frame
	Book     *policy.Book
	Sentence string
}

// EntryHref is the desk's page about an entry.
func EntryHref(slug string) string { return "/desk/catalogue/" + slug }

// stateNames are the states of an entry in words.
var stateNames = map[catalogue.State]string{
	catalogue.Draft: "草稿", catalogue.WithHead: "待负责人签发", catalogue.Submitted: "已报送，待确认", catalogue.Confirmed: "已确认", catalogue.Returned: "已退回",
}

// StateName is a state of an entry in words.
func StateName(ctx context.Context, s catalogue.State) string { return text.T(ctx, stateNames[s]) }

// actionNames are the buttons.
var actionNames = map[catalogue.Action]string{
	catalogue.Submit: "报送主管部门", catalogue.SendToHead: "送负责人签发", catalogue.Sign: "签发并报送", catalogue.Recall: "撤回修改", catalogue.Confirm: "确认", catalogue.Return: "退回",
}

// ActionName is an action in words.
func ActionName(ctx context.Context, a catalogue.Action) string { return text.T(ctx, actionNames[a]) }

// acts are what a revision was.
var acts = map[string]string{"create": "新建", "save": "保存", "import": "批量导入", "undo-import": "撤销导入", "change": "按变更更新"}

func actName(ctx context.Context, act string) string { return text.T(ctx, acts[act]) }

// ClassName is a class of databases in words.
func ClassName(ctx context.Context, c datasets.DBClass) string { return text.T(ctx, c.Title()) }

// cited is one provision with its place, its words, and where it can be read.
type cited struct {
	Words, Quote, Href string
	House              bool
}

// citedBy are the provisions behind a rule. A rule of the platform has none.
func citedBy(ctx context.Context, b *policy.Book, s catalogue.Source) []cited {
	if s.House && slices.Equal(s.Cite, []string{policy.HouseCite}) {
		return []cited{{Words: text.T(ctx, "平台规则"), House: true}}
	}
	var out []cited
	for _, id := range s.Cite {
		c := cited{Words: pick(ctx, policy.Place(id)), House: s.House}
		if held := b.Provision(id); len(held) > 0 {
			p, _ := b.Profile(held[0].Profile)
			c.Words = pick(ctx, p.Short()) + " " + pick(ctx, policy.Place(id))
			c.Quote, c.Href = held[0].Quote, "/law/"+p.ID()+"#"+held[0].ID
		}
		if c.Words == "" {
			c.Words = id
		}
		out = append(out, c)
	}
	return out
}

// names are the words a field stands under: those of the text where it asks for
// this field alone, else ours.
func (p EntryPage) names(ctx context.Context, f catalogue.Field) string {
	out := p.Entry.Rules.NamesOf(f)
	if len(out) == 0 {
		return text.T(ctx, f.Label)
	}
	if zh := strings.Join(out, "、"); text.Of(ctx) == text.English {
		return text.T(ctx, f.Label) + " (" + zh + ")"
	}
	return strings.Join(out, "、")
}

// asked are the rules that ask for a field.
func (p EntryPage) asked(f catalogue.Field) []catalogue.Source { return p.Entry.Rules.SourcesOf(f) }

// must is how far the field must be filled in: "" always, "if" on conditions,
// "opt" never.
func (p EntryPage) must(f catalogue.Field) string {
	return map[catalogue.Need]string{catalogue.If: "if", catalogue.May: "opt"}[p.Entry.Rules.NeedOf(f)]
}

// wrong is what is wrong with a field.
func (p EntryPage) wrong(ctx context.Context, key string) []string {
	var out []string
	for _, f := range p.Findings {
		if f.Field == key && p.Shown {
			out = append(out, text.T(ctx, f.Sentence, f.Args...))
		}
	}
	if m := p.Mistake.at(key); m != "" && len(out) == 0 {
		out = append(out, m)
	}
	return out
}

// fields are those of a group.
func (p EntryPage) fields(group string) []catalogue.Field {
	return slices.DeleteFunc(slices.Clone(catalogue.Fields), func(f catalogue.Field) bool { return f.Group != group })
}

// blocking are the findings that stand in the way.
func (p EntryPage) blocking() []catalogue.Finding {
	return slices.DeleteFunc(slices.Clone(p.Findings), func(f catalogue.Finding) bool { return !f.Blocks() })
}

// notices are the findings that are only to be known.
func (p EntryPage) notices() []catalogue.Finding {
	return slices.DeleteFunc(slices.Clone(p.Findings), catalogue.Finding.Blocks)
}

// option is one value of a choice with its words.
type option struct{ Value, Words, Note string }

// options are what a choice offers.
func (p EntryPage) options(ctx context.Context, f catalogue.Field) []option {
	var out []option
	switch f.Key {
	case "theme":
		for _, t := range p.Vocab.Themes {
			out = append(out, option{Value: t.Slug, Words: text.Pick(ctx, t.Name, t.NameEN)})
		}
	case "licence":
		for _, l := range p.Vocab.Licences {
			out = append(out, option{Value: l.ID, Words: text.Pick(ctx, l.Name, l.NameEN)})
		}
	case "region":
		for _, r := range p.Vocab.Regions {
			out = append(out, option{Value: r.Code, Words: text.Pick(ctx, r.Name, r.NameEN) + " " + r.Code})
		}
	case "db_class":
		for _, c := range f.Offers {
			out = append(out, option{Value: c, Words: ClassName(ctx, datasets.DBClass(c))})
		}
	case "update_frequency":
		for _, c := range f.Offers {
			out = append(out, option{Value: c, Words: FrequencyName(ctx, datasets.Frequency(c))})
		}
	case "share_type":
		out = typeOptions(ctx, p.Entry.Rules.Share)
	case "open_type":
		out = typeOptions(ctx, p.Entry.Rules.Open)
	}
	return out
}

func typeOptions(ctx context.Context, a catalogue.Axis) []option {
	var out []option
	for _, t := range a.Types {
		out = append(out, option{Value: t.Code, Words: pick(ctx, t.Text)})
	}
	return out
}

// typeSource is where the words of a type come from.
func (p EntryPage) typeSource(f catalogue.Field, code string) catalogue.Source {
	a := p.Entry.Rules.Share
	if f.Key == "open_type" {
		a = p.Entry.Rules.Open
	}
	for _, t := range a.Types {
		if t.Code == code {
			return t.Source
		}
	}
	return catalogue.Source{}
}

// valueWords is what a field says, for people.
func (p EntryPage) valueWords(ctx context.Context, f catalogue.Field, value string) string {
	return ValueWords(ctx, p.Entry.Rules, p.Vocab, f, value)
}

// ValueWords is a value of a field, for people: codes in their words.
func ValueWords(ctx context.Context, r catalogue.Rules, v catalogue.Vocabulary, f catalogue.Field, value string) string {
	page := EntryPage{Entry: &catalogue.Entry{Rules: r}, Vocab: v}
	if f.Kind == catalogue.Choice {
		for _, o := range page.options(ctx, f) {
			if o.Value == value {
				return o.Words
			}
		}
	}
	return value
}

// The form of what has parts: some lines more than there are.

// Slot is the name of an input of one line.
func Slot(key string, i int, part string) string { return key + "-" + strconv.Itoa(i) + "-" + part }

// The parts of what is written in lines, and how many lines a form takes.
var (
	BasisParts  = []string{"kind", "instrument", "article", "quote"}
	FilingParts = []string{"date", "with", "number"}
	ItemParts   = []string{"name", "label", "type", "unit", "level", "codes", "about"}
)

// The most lines that a form shows of each; what has more is written as text.
const (
	MaxSlots     = 20
	MaxItemSlots = 60
)

// PartsOf are the parts of a field in lines.
func PartsOf(k catalogue.Kind) []string {
	return map[catalogue.Kind][]string{catalogue.Bases: BasisParts, catalogue.Filed: FilingParts, catalogue.Items: ItemParts}[k]
}

// slots are the lines of a value, with so many empty ones.
func slots(value string, parts, more, most int) [][]string {
	var out [][]string
	for l := range strings.Lines(value) {
		if strings.TrimSpace(l) == "" {
			continue
		}
		cut := strings.SplitN(l, "|", parts)
		for len(cut) < parts {
			cut = append(cut, "")
		}
		for i := range cut {
			cut[i] = strings.TrimSpace(cut[i])
		}
		out = append(out, cut)
	}
	for range more {
		if len(out) < most {
			out = append(out, make([]string, parts))
		}
	}
	return out
}

// asLines reports whether data items are too many for a form of their own.
func asLines(value string) bool { return strings.Count(value, "\n") >= MaxItemSlots-5 }

// BasisInputs are the lines of a basis with what the text counts as one.
type BasisInputs struct {
	Key   string // that the names of the inputs begin with
	Value string // what stands there, a line each
	Book  *policy.Book
	Axis  catalogue.Axis
}

// basis are the lines of a field of bases.
func (p EntryPage) basis(f catalogue.Field) BasisInputs {
	in := BasisInputs{Key: f.Key, Value: p.Content[f.Key], Book: p.Book, Axis: p.Entry.Rules.Share}
	if f.Key == "open_bases" {
		in.Axis = p.Entry.Rules.Open
	}
	return in
}

// table is the file that has tables, if the entry has one.
func (p EntryPage) table() *datasets.Resource {
	for i := range p.Entry.Resources {
		if r := &p.Entry.Resources[i]; r.Newest != nil && len(r.Newest.Tables) > 0 {
			return r
		}
	}
	return nil
}

// entriesHref is the list with the filter f.
func entriesHref(f catalogue.Filter, page int) string {
	q := url.Values{}
	for k, v := range map[string]string{"q": f.Text, "state": string(f.State), "open": string(f.Open), "share": f.Share, "class": string(f.DBClass), "status": string(f.Status)} {
		if v != "" {
			q.Set(k, v)
		}
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	if len(q) == 0 {
		return "/desk/catalogue"
	}
	return "/desk/catalogue?" + q.Encode()
}

// EntriesPager goes through the list.
func EntriesPager(f catalogue.Filter, page, pages int) Pager {
	var p Pager
	if page > 1 {
		p.Prev = entriesHref(f, page-1)
	}
	if page < pages {
		p.Next = entriesHref(f, page+1)
	}
	for n := 1; n <= pages; n++ {
		p.Pages = append(p.Pages, PageLink{Number: n, Href: entriesHref(f, n), Here: n == page})
	}
	return p
}

// clockOf is where the clock of an entry's confirmation comes from, in words.
func dueWords(ctx context.Context, e catalogue.ListLine) string {
	if e.Clock == nil {
		return ""
	}
	return Day(e.Clock.Last)
}

func mayReturn(offers []catalogue.Action) bool { return slices.Contains(offers, catalogue.Return) }

// saveTo is where the form goes.
func (p EntryPage) saveTo() string {
	if p.Change != nil {
		return ChangeHref(p.Change.ID) + "/entries/" + p.Entry.Slug
	}
	return EntryHref(p.Entry.Slug)
}

func saveWords(ctx context.Context, p EntryPage) string {
	if p.Change != nil {
		return text.T(ctx, "存入这次变更")
	}
	return text.T(ctx, "保存草稿")
}

// orNo is the answer about secrets as it was given; an entry that is there has
// been answered for.
func orNo(p EntryPage) string {
	if p.Mistake.at("secret") != "" {
		return ""
	}
	return "no"
}

func invalid(wrong []string) string {
	if strings.Join(wrong, "") != "" {
		return "true"
	}
	return "false"
}

func publicWords(ctx context.Context, s datasets.Status) string {
	return text.T(ctx, map[datasets.Status]string{datasets.Published: "已公开", datasets.Withdrawn: "已撤下"}[s])
}

func fieldLabel(ctx context.Context, key string) string {
	f, ok := catalogue.FieldOf(key)
	if !ok {
		return key
	}
	return text.T(ctx, f.Label)
}

func kindWords(ctx context.Context, kinds []string) string {
	var out []string
	for _, k := range kinds {
		out = append(out, text.T(ctx, k))
	}
	return joinedWords(out)
}

func joinedWords(list []string) string { return strings.Join(list, "、") }

// ChangeHref is the desk's page about a change.
func ChangeHref(id int64) string { return "/desk/changes/" + strconv.FormatInt(id, 10) }

func dash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}
