package policy

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// loaded is one profile with what can only be joined once all are read.
type loaded struct {
	profile *Profile
	lastDay string
	answers map[string][]string

	succeeds, yieldsTo string             // ids
	refuse             func(string) error // at the line on which the text begins to apply
}

// reader reads one file and names the line of what it refuses.
type reader struct {
	file  string
	words map[string]Text
}

func (r reader) refuse(n ast.Node, format string, args ...any) error {
	return fmt.Errorf("policy: %s:%d: %s", r.file, n.GetToken().Position.Line, fmt.Sprintf(format, args...))
}

// entry is one key of a mapping.
type entry struct {
	key   string
	node  ast.Node // of the key
	value ast.Node
}

func (r reader) mapping(n ast.Node) ([]entry, error) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		return nil, r.refuse(n, "names with values are expected here")
	}
	var out []entry
	for _, v := range values {
		key := v.Key.GetToken().Value
		if slices.ContainsFunc(out, func(e entry) bool { return e.key == key }) {
			return nil, r.refuse(v.Key, "%s stands twice", key)
		}
		out = append(out, entry{key, v.Key, v.Value})
	}
	return out, nil
}

// list is a list of plain values, or the one value standing alone.
func (r reader) list(n ast.Node) ([]string, error) {
	if s, ok := n.(*ast.SequenceNode); ok {
		var out []string
		for _, v := range s.Values {
			one, err := r.scalar(v)
			if err != nil {
				return nil, err
			}
			out = append(out, one)
		}
		return out, nil
	}
	one, err := r.scalar(n)
	return []string{one}, err
}

func (r reader) scalar(n ast.Node) (string, error) {
	switch n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode:
		return n.GetToken().Value, nil
	}
	return "", r.refuse(n, "a plain value is expected here")
}

func (r reader) date(n ast.Node) (time.Time, error) {
	s, err := r.scalar(n)
	if err != nil {
		return time.Time{}, err
	}
	d, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		return time.Time{}, r.refuse(n, "%q is no date", s)
	}
	return d, nil
}

// name is what a key is called.
func (r reader) name(n ast.Node, key string) (Text, error) {
	t, ok := r.words[key]
	if !ok {
		return t, r.refuse(n, "unknown word %q", key)
	}
	return t, nil
}

// code is a value made of code, as against the words of a text.
var code = regexp.MustCompile(`^[A-Za-z_/]+$`)

var yesNo = map[string]Text{"true": {"是", "yes"}, "false": {"否", "no"}}

func (r reader) word(n ast.Node, s string) (Word, error) {
	if s == Silent {
		return Word{Code: Silent, Text: Text{"原文未规定", "the text is silent"}}, nil
	}
	if t, ok := yesNo[s]; ok {
		return Word{Code: s, Text: t}, nil
	}
	if code.MatchString(s) {
		t, err := r.name(n, s)
		return Word{Code: s, Text: t}, err
	}
	return Word{Text: Text{Zh: s}}, nil
}

func (r reader) valueWords(n ast.Node) ([]Word, error) {
	values, err := r.list(n)
	if err != nil {
		return nil, err
	}
	var out []Word
	for _, v := range values {
		w, err := r.word(n, v)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

func silent(words []Word) bool { return len(words) == 1 && words[0].Code == Silent }

func readProfile(fsys fs.FS, name string, words map[string]Text) (loaded, error) {
	out := loaded{profile: &Profile{}, answers: map[string][]string{}}
	r := reader{file: name, words: words}
	body, err := parse(fsys, name)
	if err != nil {
		return out, err
	}
	head, err := r.mapping(body)
	if err != nil {
		return out, err
	}
	p := out.profile
	for _, e := range head {
		if err := r.head(e, &out); err != nil {
			return out, err
		}
	}
	if p.id == "" || p.short.Zh == "" || p.short.En == "" || p.kind.Zh == "" || len(p.rules) == 0 {
		return out, r.refuse(body, "profile, short, short_en, kind and rules are needed")
	}
	if !p.House() && p.from.IsZero() {
		return out, r.refuse(body, "effective_from is needed")
	}
	for i := range p.rules {
		p.rules[i].House = p.House()
		for _, c := range p.rules[i].Cite {
			if p.House() != (c == HouseCite) {
				return out, r.refuse(body, "%s cites %s: %s is the source of the platform's own rules, and of no other", p.rules[i].Path, c, HouseCite)
			}
		}
	}
	return out, nil
}

func (r reader) head(e entry, out *loaded) error {
	p := out.profile
	if e.key == "rules" {
		return r.rules(e.value, out)
	}
	if e.key == "adopted" || e.key == "effective_from" {
		d, err := r.date(e.value)
		if e.key == "adopted" {
			p.adopted = d
		} else {
			p.from = d
			out.refuse = func(why string) error { return r.refuse(e.value, "%s", why) }
		}
		return err
	}
	s, err := r.scalar(e.value)
	if err != nil {
		return err
	}
	switch e.key {
	case "profile":
		p.id = s
	case "code":
		p.code = s
	case "title":
		p.title.Zh = s
		if s == Silent {
			p.title, p.untitled = Text{"（原文缺标题）", "(the title is missing in the text)"}, true
		}
	case "title_en":
		p.title.En = s
	case "short":
		p.short.Zh = s
	case "short_en":
		p.short.En = s
	case "document":
		p.document = s
	case "kind":
		p.kind, err = r.name(e.value, s)
	case "kind_note":
		p.kindNote.Zh = s
	case "kind_note_en":
		p.kindNote.En = s
	case "effective_to":
		p.to = s
		if d, wrong := time.ParseInLocation(time.DateOnly, s, zone); wrong == nil {
			p.last = d
		}
	case "succeeds":
		out.succeeds = s
	case "yields_to":
		out.yieldsTo = s
	case "last_day":
		out.lastDay = s
	case "effective_note":
		p.effectiveNote.Zh = s
	case "effective_note_en":
		p.effectiveNote.En = s
	default:
		return r.refuse(e.node, "unknown field %q", e.key)
	}
	return err
}

func (r reader) rules(n ast.Node, out *loaded) error {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return r.refuse(n, "rules is a list")
	}
	for _, item := range list.Values {
		rule, answers, err := r.rule(item)
		if err != nil {
			return err
		}
		if _, twice := out.profile.Rule(rule.Path); twice {
			return r.refuse(item, "%s stands twice", rule.Path)
		}
		out.profile.rules = append(out.profile.rules, rule)
		for _, at := range answers {
			out.answers[at] = append(out.answers[at], rule.Path)
		}
	}
	return nil
}

func (r reader) rule(n ast.Node) (rule Rule, answers []string, err error) {
	entries, err := r.mapping(n)
	if err != nil {
		return rule, nil, err
	}
	for _, e := range entries {
		if e.key == "answers" {
			answers, err = r.list(e.value)
		} else {
			err = r.field(e, &rule)
		}
		if err != nil {
			return rule, nil, err
		}
	}
	if rule.Path == "" {
		return rule, nil, r.refuse(n, "a rule needs a path")
	}
	rule.Silent = rule.decidesNothing()
	if len(rule.Cite) == 0 && !rule.Silent {
		return rule, nil, r.refuse(n, "%s has no source: cite the article, or write silent", rule.Path)
	}
	return rule, answers, nil
}

// decidesNothing reports whether all that a rule says is that it is silent.
func (rule Rule) decidesNothing() bool {
	if len(rule.Value) > 0 {
		return silent(rule.Value)
	}
	if len(rule.Wording) > 0 || len(rule.Options) > 0 || len(rule.Details) == 0 {
		return false
	}
	return !slices.ContainsFunc(rule.Details, func(d Detail) bool { return !d.Silent })
}

func (r reader) field(e entry, rule *Rule) (err error) {
	switch e.key {
	case "path":
		return r.path(e, rule)
	case "value":
		rule.Value, err = r.valueWords(e.value)
		return err
	case "options":
		return r.options(e.value, rule)
	case "details":
		rule.Details, err = r.details(e.value)
		return err
	case "cite":
		rule.Cite, err = r.list(e.value)
		return err
	case "wording":
		lines, err := r.list(e.value)
		for _, l := range lines {
			rule.Wording = append(rule.Wording, Text{Zh: l})
		}
		return err
	}
	s, err := r.scalar(e.value)
	if err != nil {
		return err
	}
	switch e.key {
	case "unit":
		rule.Unit, err = r.name(e.value, s)
	case "from":
		rule.From, err = r.word(e.value, s)
	case "target":
		rule.Target, err = r.word(e.value, s)
	case "wording_en":
		if len(rule.Wording) != 1 {
			return r.refuse(e.node, "wording_en follows one wording")
		}
		rule.Wording[0].En = s
	case "note":
		rule.Note.Zh = s
	case "note_en":
		rule.Note.En = s
	default:
		return r.refuse(e.node, "unknown field %q", e.key)
	}
	return err
}

func (r reader) path(e entry, rule *Rule) error {
	s, err := r.scalar(e.value)
	if err != nil {
		return err
	}
	rule.Path = s
	parts := strings.Split(s, ".")
	for i, part := range parts {
		t, err := r.name(e.value, part)
		if err != nil {
			return err
		}
		if i < len(parts)-1 {
			rule.Section = append(rule.Section, t)
		} else {
			rule.Label = t
		}
	}
	return nil
}

func (r reader) details(n ast.Node) ([]Detail, error) {
	entries, err := r.mapping(n)
	if err != nil {
		return nil, err
	}
	var out []Detail
	for _, e := range entries {
		d, err := r.detail(e)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func (r reader) detail(e entry) (Detail, error) {
	d := Detail{Key: e.key}
	for i, part := range strings.Split(e.key, ".") {
		t, err := r.name(e.node, part)
		if err != nil {
			return d, err
		}
		if i > 0 {
			d.Name.Zh += "："
			d.Name.En += ": "
		}
		d.Name.Zh += t.Zh
		d.Name.En += t.En
	}
	var err error
	d.Value, err = r.valueWords(e.value)
	d.Silent = silent(d.Value)
	return d, err
}

func (r reader) options(n ast.Node, rule *Rule) error {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return r.refuse(n, "options is a list")
	}
	for _, item := range list.Values {
		entries, err := r.mapping(item)
		if err != nil {
			return err
		}
		var o Option
		for _, e := range entries {
			var s string
			switch e.key {
			case "code", "wording", "wording_en":
				if s, err = r.scalar(e.value); err != nil {
					return err
				}
			}
			switch e.key {
			case "code":
				_, err = r.name(e.value, s)
				o.Code = s
			case "wording":
				o.Name.Zh = s
			case "wording_en":
				o.Name.En = s
			default:
				var d Detail
				d, err = r.detail(e)
				o.Details = append(o.Details, d)
			}
			if err != nil {
				return err
			}
		}
		if o.Code == "" || o.Name.Zh == "" {
			return r.refuse(item, "an option needs a code and a wording")
		}
		rule.Options = append(rule.Options, o)
	}
	return nil
}

func parse(fsys fs.FS, name string) (ast.Node, error) {
	raw, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	f, err := parser.ParseBytes(raw, 0)
	if err != nil {
		return nil, fmt.Errorf("policy: %s: %w", name, err)
	}
	if len(f.Docs) != 1 || f.Docs[0].Body == nil {
		return nil, fmt.Errorf("policy: %s: one document is expected", name)
	}
	return f.Docs[0].Body, nil
}

func readWords(fsys fs.FS, name string) (map[string]Text, error) {
	body, err := parse(fsys, name)
	if err != nil {
		return nil, err
	}
	r := reader{file: name}
	entries, err := r.mapping(body)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Text, len(entries))
	for _, e := range entries {
		both, err := r.list(e.value)
		if err != nil {
			return nil, err
		}
		if len(both) != 2 || both[0] == "" || both[1] == "" {
			return nil, r.refuse(e.node, "%s: Chinese and English are needed", e.key)
		}
		out[e.key] = Text{both[0], both[1]}
	}
	return out, nil
}

func readProvisions(fsys fs.FS, name string, profiles []*Profile) ([]Provision, error) {
	raw, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	seen := map[string]bool{}
	var out []Provision
	for i, line := range strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")[1:] {
		row := strings.Split(line, "\t")
		if len(row) != 6 {
			return nil, fmt.Errorf("policy: %s:%d: %d columns instead of 6", name, i+2, len(row))
		}
		of := slices.IndexFunc(profiles, func(p *Profile) bool { return strings.HasPrefix(row[0], p.code+"-") })
		if of < 0 || seen[row[0]] || row[1] == "" {
			return nil, fmt.Errorf("policy: %s:%d: %s belongs to no text, stands twice or says nothing", name, i+2, row[0])
		}
		seen[row[0]] = true
		p := profiles[of]
		out = append(out, Provision{
			ID: row[0], Profile: p.id, Title: p.title,
			Quote: row[1], English: row[2], Behaviour: row[3], Parameters: row[4], Actor: row[5],
		})
	}
	return out, nil
}
