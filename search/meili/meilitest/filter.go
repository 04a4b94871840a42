package meilitest

import (
	"strconv"
	"strings"
	"unicode"
)

// match tells whether a document passes a filter.
type match func(*document) bool

// filter reads the filter of a request: a string, or an array whose parts must
// all hold, where an array within is of alternatives.
func (x *index) filter(v any) (match, *failure) {
	switch v := v.(type) {
	case nil:
		return func(*document) bool { return true }, nil
	case string:
		return x.parse(v)
	case []any:
		var all []match
		for _, part := range v {
			list, nested := part.([]any)
			if !nested {
				list = []any{part}
			}
			var any []match
			for _, one := range list {
				text, ok := one.(string)
				if !ok {
					return nil, bad("invalid_search_filter", "Invalid syntax for the filter parameter: `expected String, found: %v`.", one)
				}
				m, f := x.parse(text)
				if f != nil {
					return nil, f
				}
				any = append(any, m)
			}
			all = append(all, oneOf(any))
		}
		return every(all), nil
	}
	return nil, bad("invalid_search_filter", "Invalid syntax for the filter parameter: `expected String, Array, found: %v`.", v)
}

func every(list []match) match {
	return func(d *document) bool {
		for _, m := range list {
			if !m(d) {
				return false
			}
		}
		return true
	}
}

func oneOf(list []match) match {
	return func(d *document) bool {
		for _, m := range list {
			if m(d) {
				return true
			}
		}
		return false
	}
}

func (x *index) parse(text string) (match, *failure) {
	if strings.TrimSpace(text) == "" {
		return func(*document) bool { return true }, nil
	}
	p := &parser{x: x, rest: text}
	m := p.or(0)
	p.blanks()
	if p.failure == nil && p.rest != "" {
		p.fail("Found unexpected characters at the end of the filter: `%s`.", p.rest)
	}
	return m, p.failure
}

// parser reads an expression of the filter language. After a failure it goes
// on without meaning.
type parser struct {
	x       *index
	rest    string
	failure *failure
}

// deepest is how deep an expression may nest: each parenthesis goes down four.
const deepest = 150

var keywords = map[string]bool{"AND": true, "OR": true, "IN": true, "NOT": true, "TO": true, "EXISTS": true, "IS": true, "NULL": true, "EMPTY": true,
	"CONTAINS": true, "STARTS": true, "WITH": true, "_geoRadius": true, "_geoBoundingBox": true}

func (p *parser) fail(message string, args ...any) {
	if p.failure == nil {
		p.failure = bad("invalid_search_filter", message, args...)
	}
	p.rest = ""
}

func (p *parser) blanks() { p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace) }

// word takes a keyword if it stands here.
func (p *parser) word(w string) bool {
	p.blanks()
	after, ok := strings.CutPrefix(p.rest, w)
	if !ok {
		return false
	}
	if r := []rune(after); len(r) > 0 && component(r[0]) {
		return false
	}
	p.rest = after
	return true
}

func (p *parser) sign(s string) bool {
	p.blanks()
	after, ok := strings.CutPrefix(p.rest, s)
	if ok {
		p.rest = after
	}
	return ok
}

func (p *parser) or(depth int) match {
	if depth > deepest {
		p.fail("The filter exceeded the maximum depth limit.")
	}
	list := []match{p.and(depth + 1)}
	for p.failure == nil && p.word("OR") {
		list = append(list, p.and(depth+1))
	}
	return oneOf(list)
}

func (p *parser) and(depth int) match {
	list := []match{p.not(depth + 1)}
	for p.failure == nil && p.word("AND") {
		list = append(list, p.not(depth+1))
	}
	return every(list)
}

func (p *parser) not(depth int) match {
	if p.word("NOT") {
		m := p.not(depth + 1)
		return func(d *document) bool { return !m(d) }
	}
	if !p.sign("(") {
		return p.condition()
	}
	m := p.or(depth + 2)
	if p.failure == nil && !p.sign(")") {
		p.fail("Expression is missing the following closing delimiter: `)`.")
	}
	return m
}

func (p *parser) condition() match {
	attribute := p.value()
	if p.failure != nil {
		return nil
	}
	r, ok := p.x.settings.ruleOf(attribute)
	if !ok {
		p.fail("Attribute `%s` is not filterable.", attribute)
		return nil
	}
	negated := p.word("NOT")
	m := p.operator(attribute, r, negated)
	if negated && m != nil {
		return func(d *document) bool { return !m(d) }
	}
	return m
}

func (p *parser) operator(attribute string, r rule, negated bool) match {
	switch {
	case p.word("IN"):
		return p.list(attribute)
	case p.word("STARTS"):
		if !p.word("WITH") {
			p.fail("Was expecting an operation after `%s`.", attribute)
		}
		v := p.value()
		return func(d *document) bool { return d.begins(attribute, v) }
	case p.word("EXISTS"):
		return func(d *document) bool { _, ok := d.fields[attribute]; return ok }
	case p.word("CONTAINS"):
		p.fail("Using `CONTAINS` in a filter requires enabling the `contains filter` experimental feature.")
		p.failure.Code = "feature_not_enabled"
		return nil
	case negated:
	case p.sign("!="):
		v := p.value()
		return func(d *document) bool { return !d.equals(attribute, v) }
	case p.sign("="):
		v := p.value()
		return func(d *document) bool { return d.equals(attribute, v) }
	default:
		for _, s := range []string{"<=", ">=", "<", ">"} {
			if p.sign(s) {
				return p.compare(attribute, s, r)
			}
		}
	}
	p.fail("Was expecting an operation `=`, `!=`, `>=`, `>`, `<=`, `<`, `IN`, `NOT IN`, `TO`, `EXISTS`, `NOT EXISTS`, … at `%s`.", p.rest)
	return nil
}

func (p *parser) compare(attribute, sign string, r rule) match {
	v := p.value()
	if p.failure == nil && !r.Comparison {
		p.fail("Filter operator `%s` is not allowed for the attribute `%s`.", sign, attribute)
	}
	n, err := strconv.ParseFloat(v, 64)
	if p.failure == nil && err != nil {
		p.fail("the stand-in compares numbers only")
	}
	return func(d *document) bool {
		for _, m := range d.nums[attribute] {
			switch {
			case sign == "<" && m < n, sign == "<=" && m <= n, sign == ">" && m > n, sign == ">=" && m >= n:
				return true
			}
		}
		return false
	}
}

func (p *parser) list(attribute string) match {
	if !p.sign("[") {
		p.fail("Expected `[` after `IN` keyword.")
		return nil
	}
	var values []string
	for p.failure == nil && !p.sign("]") {
		values = append(values, p.value())
		if !p.sign(",") && p.failure == nil && !strings.HasPrefix(strings.TrimSpace(p.rest), "]") {
			p.fail("Expected only comma-separated field names inside `IN[..]` but instead found `%s`.", p.rest)
		}
	}
	return func(d *document) bool {
		for _, v := range values {
			if d.equals(attribute, v) {
				return true
			}
		}
		return false
	}
}

func component(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || r == '_' || r == '-' || r == '.'
}

// value reads a word, or a text in quotes in which a backslash escapes.
func (p *parser) value() string {
	p.blanks()
	if p.failure != nil || p.rest == "" {
		p.fail("Was expecting a value but instead got nothing.")
		return ""
	}
	if quote := p.rest[0]; quote == '"' || quote == '\'' {
		return p.quoted(quote)
	}
	end := strings.IndexFunc(p.rest, func(r rune) bool { return !component(r) })
	if end < 0 {
		end = len(p.rest)
	}
	w := p.rest[:end]
	switch {
	case w == "":
		p.fail("Was expecting a value but instead got `%s`.", p.rest)
	case keywords[w]:
		p.fail("Was expecting a value but instead got `%s`, which is a reserved keyword.", w)
	}
	if p.failure == nil {
		p.rest = p.rest[end:]
	}
	return w
}

func (p *parser) quoted(quote byte) string {
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == quote:
			p.rest = p.rest[i+1:]
			return b.String()
		case c == '\\' && i+1 < len(p.rest):
			i++
			if c = p.rest[i]; c != quote && c != '\\' {
				p.fail("the stand-in knows no escape of `%c`", c)
				return ""
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	p.fail("Expression `%s` is missing the following closing delimiter: `%c`.", p.rest, quote)
	return ""
}
