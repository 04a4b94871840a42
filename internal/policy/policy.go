// Package policy holds the legal rules as data: what each text decides, with
// the article it comes from, what it leaves open, and what the platform itself
// decides where a text is silent.
//
// The rules are in profiles/, one file a text; house.yaml holds the platform's
// own (平台规则), which are never shown as law. words.yaml names everything
// they are made of in both languages, and provisions.tsv holds the articles
// that citations lead to. Load refuses a field or word it does not know, and a
// rule without a source, with the line it stands on.
//
// A Book does not change once it is loaded. Which rule applies to a case is
// asked with the day the case was received: see Book.On.
package policy

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// Files are the texts built in.
//
//go:embed profiles/*.yaml words.yaml provisions.tsv readers.tsv
var Files embed.FS

// HouseCite is the source of the platform's own rules.
const HouseCite = "平台规则"

// Silent is the value of what a text does not decide.
const Silent = "silent"

// Text is a word in both languages. En is empty where only the Chinese of the
// text itself exists.
type Text struct{ Zh, En string }

// Word is one value: a code with its meaning, or the words of the text.
type Word struct {
	Code string // empty for words of the text
	Text
}

// Rule is one thing that a text decides, or leaves open.
type Rule struct {
	Path    string // open.application.decision_deadline
	Section []Text // the names of the path but the last
	Label   Text   // the name of the last

	Value   []Word // one, or a list; empty where Wording, Options or Details say it
	Unit    Text   // of a number
	From    Word   // the event a deadline counts from; its code may be Silent
	Target  Word   // what must be done by then
	Wording []Text // the words of the text
	Options []Option
	Details []Detail
	Note    Text

	Cite    []string // ids of provisions, or the number of a whole document
	House   bool     // a rule of the platform, not of law
	Silent  bool     // the text decides nothing here
	Answers []Rule   // what the platform decides where this is silent
}

// Option is one of the kinds that a rule names, as an open type.
type Option struct {
	Code    string
	Name    Text
	Details []Detail
}

// Detail is one more thing that a rule says.
type Detail struct {
	Key    string
	Name   Text
	Value  []Word
	Silent bool
}

// Number is the value as a whole number, if it is one.
func (r Rule) Number() (int, bool) {
	if len(r.Value) != 1 {
		return 0, false
	}
	var n int
	if _, err := fmt.Sscanf(r.Value[0].Zh, "%d", &n); err != nil || fmt.Sprint(n) != r.Value[0].Zh {
		return 0, false
	}
	return n, true
}

// Is reports whether the value is the one word with this code.
func (r Rule) Is(code string) bool { return len(r.Value) == 1 && r.Value[0].Code == code }

// Profile is the rules of one text.
type Profile struct {
	id, code, document string
	title, short, kind Text
	kindNote           Text
	untitled           bool
	adopted            time.Time
	from               time.Time
	to                 string // as the text says it
	last               time.Time
	effectiveNote      Text
	rules              []Rule

	before, after *Profile // the editions of the same text before and after it
	above         *Profile // the text of the higher level that prevails over it (AS-52)
}

// ID is the profile's own name, as cn-tianjin-2018.
func (p *Profile) ID() string { return p.id }

// Code is the prefix of its provisions, as TJ; empty for the house overlay.
func (p *Profile) Code() string { return p.code }

// Title is the name of the text. The title line of some is not handed down;
// then it says so.
func (p *Profile) Title() Text { return p.title }

// Short is what the platform calls the text for short; it is not the text's own
// name.
func (p *Profile) Short() Text { return p.short }

// Titled reports whether the title line of the text is handed down.
func (p *Profile) Titled() bool { return !p.untitled }

// Document is its number, empty where it has none.
func (p *Profile) Document() string { return p.document }

// Kind is what kind of text it is, and KindNote what to bear in mind about it.
func (p *Profile) Kind() Text { return p.kind }

// KindNote is empty for most.
func (p *Profile) KindNote() Text { return p.kindNote }

// House reports whether these are the platform's own rules.
func (p *Profile) House() bool { return p.code == "" }

// Effective is from when to when it is in force. last is zero for a text that
// names no end. note says how the days were found.
func (p *Profile) Effective() (from, last time.Time, note Text) {
	return p.from, p.last, p.effectiveNote
}

// Adopted is the day of adoption, zero where the text does not say.
func (p *Profile) Adopted() time.Time { return p.adopted }

// InForce reports whether the text is in force on the day of t in China. The
// house overlay always is.
func (p *Profile) InForce(t time.Time) bool {
	d := date(t)
	return !d.Before(p.from) && (p.last.IsZero() || !d.After(p.last))
}

// Rules are its rules in the order of the file.
func (p *Profile) Rules() []Rule { return slices.Clone(p.rules) }

// Rule is the rule at path.
func (p *Profile) Rule(path string) (Rule, bool) {
	for _, r := range p.rules {
		if r.Path == path {
			return r, true
		}
	}
	return Rule{}, false
}

// Provision is an article, paragraph or item of a text with what is said of it.
type Provision struct {
	ID         string
	Profile    string // id of the profile it belongs to
	Title      Text   // of the text
	Quote      string // verbatim; … marks an omission
	English    string // in plain English
	Behaviour  string // what the software does to satisfy it
	Parameters string // how strong it is, and its figures
	Actor      string
}

// Book is every text.
type Book struct {
	profiles   []*Profile
	house      *Profile
	provisions []Provision
}

// Profiles are the texts, in the order of their codes' first appearance in the
// law; the house overlay is not among them.
func (b *Book) Profiles() []*Profile { return slices.Clone(b.profiles) }

// House is the platform's own rules.
func (b *Book) House() *Profile { return b.house }

// Profile is the text with this id, also one no longer in force.
func (b *Book) Profile(id string) (*Profile, bool) {
	for _, p := range b.profiles {
		if p.id == id {
			return p, true
		}
	}
	return nil, false
}

// Provisions are all provisions of a profile, in the order of the text.
func (b *Book) Provisions(profile string) []Provision {
	var out []Provision
	for _, p := range b.provisions {
		if p.Profile == profile {
			out = append(out, p)
		}
	}
	return out
}

// Provision is what a citation leads to: the provision with this id, or all
// that lie within it, as AS-27.3 holds AS-27.3a and AS-27.3b. It is empty for
// the house overlay, for a whole document, and for what the tables leave out.
func (b *Book) Provision(id string) []Provision {
	var out []Provision
	for _, p := range b.provisions {
		if p.ID == id || within(p.ID, id) {
			out = append(out, p)
		}
	}
	return out
}

// within reports whether provision id is a part of whole: a letter, paragraph
// or item of it, and not merely a number that begins alike.
func within(id, whole string) bool {
	rest, ok := strings.CutPrefix(id, whole)
	return ok && rest != "" && (rest[0] == '.' || rest[0] == '(' || rest[0] >= 'a' && rest[0] <= 'z')
}

// Load reads the texts of fsys, laid out as Files.
func Load(fsys fs.FS) (*Book, error) {
	words, err := readWords(fsys, "words.yaml")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(fsys, "profiles/*.yaml")
	if err != nil {
		return nil, err
	}
	b := &Book{}
	var texts []loaded
	answers := map[string][]string{} // "profile path" -> house paths
	endings := map[*Profile]string{} // profile -> house path of its last day
	for _, name := range names {
		d, err := readProfile(fsys, name, words)
		if err != nil {
			return nil, err
		}
		if d.lastDay != "" {
			endings[d.profile] = d.lastDay
		}
		if path.Base(name) == "house.yaml" {
			b.house, answers = d.profile, d.answers
			continue
		}
		for _, p := range b.profiles {
			if p.id == d.profile.id {
				return nil, fmt.Errorf("policy: %s: two texts are called %s", name, p.id)
			}
			if p.code == d.profile.code {
				return nil, fmt.Errorf("policy: %s: two texts have the code %s", name, p.code)
			}
		}
		b.profiles, texts = append(b.profiles, d.profile), append(texts, d)
	}
	if b.house == nil {
		return nil, fmt.Errorf("policy: profiles/house.yaml is missing")
	}
	slices.SortFunc(b.profiles, func(x, y *Profile) int { return x.from.Compare(y.from) })
	if err := b.join(answers, endings); err != nil {
		return nil, err
	}
	if err := b.relate(texts); err != nil {
		return nil, err
	}
	if b.provisions, err = readProvisions(fsys, "provisions.tsv", b.profiles); err != nil {
		return nil, err
	}
	return b, nil
}

// join hangs the house rules on what they answer.
func (b *Book) join(answers map[string][]string, endings map[*Profile]string) error {
	for at, paths := range answers {
		id, rule, _ := strings.Cut(at, " ")
		p, ok := b.Profile(id)
		if !ok {
			return fmt.Errorf("policy: house.yaml answers %q, and there is no such profile", at)
		}
		i := slices.IndexFunc(p.rules, func(r Rule) bool { return r.Path == rule })
		if i < 0 {
			return fmt.Errorf("policy: house.yaml answers %q, and there is no such rule", at)
		}
		for _, path := range paths {
			r, _ := b.house.Rule(path)
			p.rules[i].Answers = append(p.rules[i].Answers, r)
		}
	}
	for p, path := range endings {
		r, ok := b.house.Rule(path)
		if !ok || len(r.Value) != 1 {
			return fmt.Errorf("policy: %s ends by %q, and there is no such rule of the platform", p.id, path)
		}
		var err error
		if p.last, err = time.ParseInLocation(time.DateOnly, r.Value[0].Zh, zone); err != nil {
			return fmt.Errorf("policy: %s: %w", path, err)
		}
		if p.last.Before(p.from) {
			return fmt.Errorf("policy: %s: %s ends before it begins", path, p.id)
		}
	}
	return nil
}

// zone is the time zone that the texts count days in.
var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// date is the day of t in China.
func date(t time.Time) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}
