package templates

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"shuyuan/datasets"
	"shuyuan/internal/policy"
	"shuyuan/templates/text"
)

// LawText is one text with what is known of it.
type LawText struct {
	Profile     *policy.Profile
	InForce     bool // today
	Rules       int
	Silent      int // rules that the text leaves open
	Provisions  int
	Departments []datasets.Department // that it binds and that publish here
}

// RuleSection is the rules about one subject.
type RuleSection struct {
	ID    string
	Title policy.Text // empty for rules that share no subject
	Rules []RuleView
}

// RuleView is one rule with where its sources and its gaps stand.
type RuleView struct {
	policy.Rule
	Sources []Source
	Fills   []policy.Gap // of a rule of the platform: what it fills
}

// Source is a citation with the place it stands at.
type Source struct {
	Cite  string
	Place policy.Text // empty for a whole document
	Here  bool        // the provision is quoted on the page of the text
}

// Article is one article with its clauses.
type Article struct {
	ID      string // AS-27
	Place   policy.Text
	Clauses []Clause
}

// Clause is provisions of an article that the same rules come from.
type Clause struct {
	Quotes []Quote
	Rules  []policy.Rule
}

// Quote is one provision. IDs are all that lead here: its own and that of the
// paragraph it begins.
type Quote struct {
	policy.Provision
	IDs []string
}

// pick is a text of the rules in the reader's language, the Chinese where there
// is no other: the words of the text itself are never translated by us.
func pick(ctx context.Context, t policy.Text) string { return text.Pick(ctx, t.Zh, t.En) }

// foreign reports whether t can only be shown in Chinese to a reader of
// English.
func foreign(ctx context.Context, t policy.Text) bool {
	return text.Of(ctx) == text.English && t.En == ""
}

// joined is a list of Chinese words as one writes it.
func joined(list []string) string { return strings.Join(list, "、") }

// listMark is what stands between the items of a list.
func listMark(ctx context.Context) string {
	if text.Of(ctx) == text.English {
		return ", "
	}
	return "、"
}

// ruleName is the name of a rule within its section: 申请 · 答复期限.
func ruleName(ctx context.Context, r policy.Rule) string {
	var parts []string
	if len(r.Section) > 1 {
		for _, s := range r.Section[1:] {
			parts = append(parts, pick(ctx, s))
		}
	}
	return strings.Join(append(parts, pick(ctx, r.Label)), " · ")
}

// fullName is the name of a rule with its section: 开放 · 申请 · 答复期限.
func fullName(ctx context.Context, r policy.Rule) string {
	if len(r.Section) == 0 {
		return pick(ctx, r.Label)
	}
	return pick(ctx, r.Section[0]) + " · " + ruleName(ctx, r)
}

// figure is a value as people read it: large whole numbers with separators.
func figure(w policy.Word) policy.Text {
	if n, err := strconv.ParseInt(w.Zh, 10, 64); err == nil && n >= 10000 {
		return policy.Text{Zh: Thousands(n), En: Thousands(n)}
	} else if err == nil {
		return policy.Text{Zh: w.Zh, En: w.Zh}
	}
	return w.Text
}

// counts reports whether the rule is a number of something, so that what it
// says "from" is where counting starts.
func counts(r policy.Rule) bool {
	_, number := r.Number()
	return number || r.Unit.Zh != ""
}

// vague reports whether a word says that nothing is said, so that it does not
// fit into a sentence.
func vague(w policy.Word) bool {
	return w.Code == policy.Silent || strings.HasPrefix(w.Code, "not_stated")
}

// phrase is a part of a sentence about a rule. kind says how it is set.
type phrase struct {
	text string
	kind phraseKind
}

type phraseKind int

const (
	plain   phraseKind = iota
	chinese            // the words of the text, where the reader reads English
	quoted             // the words of the text as a quotation
	unsaid             // that a part is not said
	silent             // that nothing is said at all
)

// sentence gathers phrases; what is set alike becomes one.
type sentence struct {
	ctx   context.Context
	parts []phrase
}

func (s *sentence) say(words string, kind phraseKind) {
	if n := len(s.parts); n > 0 && s.parts[n-1].kind == kind && kind != quoted {
		s.parts[n-1].text += words
		return
	}
	s.parts = append(s.parts, phrase{words, kind})
}

func (s *sentence) words(t policy.Text) {
	kind := plain
	if foreign(s.ctx, t) {
		kind = chinese
	}
	s.say(pick(s.ctx, t), kind)
}

// mark separates what follows from what was said, if anything was.
func (s *sentence) mark(m string) {
	if len(s.parts) > 0 {
		s.say(m, plain)
	}
}

func (s *sentence) values(values []policy.Word, unit policy.Text) {
	for i, v := range values {
		if i > 0 {
			s.say(listMark(s.ctx), plain)
		}
		s.words(figure(v))
	}
	if unit.Zh != "" {
		s.say(" ", plain)
		s.words(unit)
	}
}

// valueWords are values in a row, with their unit.
func valueWords(ctx context.Context, values []policy.Word, unit policy.Text) []phrase {
	s := sentence{ctx: ctx}
	s.values(values, unit)
	return s.parts
}

// briefly is a rule in one line: what it decides, without its source.
func briefly(ctx context.Context, r policy.Rule) []phrase {
	s := sentence{ctx: ctx}
	if r.Silent {
		s.say(text.T(ctx, "未规定"), silent)
	} else {
		s.values(r.Value, unitOfValue(r))
	}
	if r.From.Zh != "" && !(r.Silent && vague(r.From)) {
		s.mark(text.T(ctx, "，"))
		switch {
		case vague(r.From):
			s.say(text.T(ctx, "起算：")+pick(ctx, r.From.Text), unsaid)
		case counts(r):
			s.say(text.T(ctx, "自%s起", pick(ctx, r.From.Text)), plain)
		default:
			s.say(text.T(ctx, "从%s", pick(ctx, r.From.Text)), plain)
		}
	}
	if r.Target.Zh != "" {
		s.mark(text.T(ctx, "，"))
		s.words(r.Target.Text)
	}
	for i, o := range r.Options {
		if i > 0 {
			s.say(listMark(ctx), plain)
		}
		s.words(o.Name)
	}
	if r.Silent || len(r.Value) == 0 {
		s.quote(r.Wording)
	}
	if !r.Silent {
		s.details(r)
	}
	return s.parts
}

func (s *sentence) quote(wording []policy.Text) {
	for i, q := range wording {
		if i == 0 && len(s.parts) > 0 {
			s.say(" ", plain)
		}
		s.say(q.Zh, quoted)
		if text.Of(s.ctx) == text.English && q.En != "" {
			s.say(" ("+q.En+")", plain)
		}
	}
}

func (s *sentence) details(r policy.Rule) {
	for _, d := range r.Details {
		s.mark(text.T(s.ctx, "；"))
		s.words(d.Name)
		s.say(" ", plain)
		if d.Silent {
			s.say(text.T(s.ctx, "未规定"), unsaid)
			continue
		}
		s.values(d.Value, unitOf(d, unitOfDetails(r)))
	}
}

// unitOfValue is the unit of the rule's own value.
func unitOfValue(r policy.Rule) policy.Text {
	if len(r.Value) == 0 {
		return policy.Text{}
	}
	return r.Unit
}

// unitOfDetails is the unit of the figures that stand in details: a rule
// without a value of its own keeps its unit there.
func unitOfDetails(r policy.Rule) policy.Text {
	if len(r.Value) == 0 {
		return r.Unit
	}
	return policy.Text{}
}

// unitOf is unit for a detail that is a number, none for another.
func unitOf(d policy.Detail, unit policy.Text) policy.Text {
	if _, number := (policy.Rule{Value: d.Value}).Number(); number {
		return unit
	}
	return policy.Text{}
}

// told reports whether there is anything to say beside what a rule decides.
func told(p *policy.Profile, r RuleView) bool {
	return len(r.Sources) > 0 || p.House() || r.Note.Zh != "" || len(r.Answers) > 0
}

// cites are the citations of a rule, and whether each stands on the page of its
// text. held answers that.
func cites(r policy.Rule, held func(id string) bool) []Source {
	var out []Source
	for _, c := range r.Cite {
		out = append(out, Source{Cite: c, Place: policy.Place(c), Here: held(c)})
	}
	return out
}

// Sections orders the rules of a text by subject: what shares the first word of
// its path stands together, in the order of the text; rules without company
// come last.
func Sections(b *policy.Book, p *policy.Profile) []RuleSection {
	held := func(id string) bool { return len(b.Provision(id)) > 0 }
	company := map[string]int{}
	for _, r := range p.Rules() {
		company[subject(r)]++
	}
	at := map[string]int{}
	var out []RuleSection
	rest := RuleSection{ID: "other"}
	for _, r := range p.Rules() {
		view := RuleView{Rule: r}
		if p.House() {
			view.Fills = b.Fills(r.Path)
		} else {
			view.Sources = cites(r, held)
		}
		name := subject(r)
		if company[name] < 2 {
			rest.Rules = append(rest.Rules, view)
			continue
		}
		i, ok := at[name]
		if !ok {
			i = len(out)
			at[name] = i
			out = append(out, RuleSection{ID: name})
		}
		if len(r.Section) > 0 {
			out[i].Title = r.Section[0]
		} else {
			out[i].Title = r.Label
		}
		out[i].Rules = append(out[i].Rules, view)
	}
	if len(out) == 0 {
		rest.ID = allRules
	}
	if len(rest.Rules) > 0 {
		out = append(out, rest)
	}
	return out
}

// allRules is the section of a text whose rules share no subjects.
const allRules = "all"

func subject(r policy.Rule) string {
	first, _, _ := strings.Cut(r.Path, ".")
	return first
}

// Articles are the provisions of a text, article by article.
func Articles(b *policy.Book, p *policy.Profile) []Article {
	var out []Article
	rules := p.Rules()
	taken := map[string]bool{}
	for _, v := range b.Provisions(p.ID()) {
		id := policy.ArticleOf(v.ID)
		if len(out) == 0 || out[len(out)-1].ID != id {
			out = append(out, Article{ID: id, Place: policy.Place(id)})
			taken[id] = true
		}
		quote := Quote{Provision: v}
		for whole := v.ID; whole != id; whole = policy.Whole(whole) {
			if !taken[whole] {
				taken[whole] = true
				quote.IDs = append(quote.IDs, whole)
			}
		}
		out[len(out)-1].add(quote, slices.DeleteFunc(slices.Clone(rules), func(r policy.Rule) bool { return !r.Cites(v.ID) }))
	}
	return out
}

// add puts a provision beside those that the same rules come from.
func (a *Article) add(q Quote, rules []policy.Rule) {
	samePath := func(x, y policy.Rule) bool { return x.Path == y.Path }
	if n := len(a.Clauses); n > 0 && slices.EqualFunc(a.Clauses[n-1].Rules, rules, samePath) {
		a.Clauses[n-1].Quotes = append(a.Clauses[n-1].Quotes, q)
		return
	}
	a.Clauses = append(a.Clauses, Clause{Quotes: []Quote{q}, Rules: rules})
}

// lawPlace is the address of a citation on the page of its text.
func lawPlace(p *policy.Profile, s Source) string {
	if !s.Here {
		return ""
	}
	return "/law/" + p.ID() + "#" + s.Cite
}

// houseHref is the page of the platform's own rules.
const houseHref = "/law/house-defaults"

// places are where a rule has its sources, in one line.
func places(ctx context.Context, r policy.Rule) string {
	var out []string
	for _, c := range r.Cite {
		if t := policy.Place(c); t.Zh != "" {
			out = append(out, pick(ctx, t))
		} else {
			out = append(out, c)
		}
	}
	return strings.Join(out, listMark(ctx))
}
