package rows

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"shuyuan/internal/fault"
)

// The most that one expression may be. What is over it is no question that a
// person or a program asks.
const (
	MaxText    = 8000 // bytes
	mostTokens = 2500
	mostNodes  = 400
	mostDepth  = 40
)

var tokens = lexer.MustSimple([]lexer.SimpleRule{
	{Name: "Space", Pattern: `[\s\x{3000}]+`},
	{Name: "Geometry", Pattern: `(?i)geom'[^']*'`},
	{Name: "Date", Pattern: `(?i)date'[^']*'`},
	{Name: "Distance", Pattern: `(?i)\d+(\.\d+)?(km|m)\b`},
	{Name: "Number", Pattern: `\d+(\.\d+)?([eE][-+]?\d+)?`},
	{Name: "Text", Pattern: `"(\\.|[^"\\])*"|'(\\.|''|[^'\\])*'|“[^”]*”|‘[^’]*’`},
	{Name: "Quoted", Pattern: "`(``|[^`])+`"},
	{Name: "Name", Pattern: `[\p{L}_][\p{L}\p{M}\p{N}_.]*`},
	{Name: "Sign", Pattern: `<=|>=|!=|<>|[-+*/%=<>(),]|＜＝|＞＝|！＝|[（），＝＜＞≤≥≠]`},
})

// widths are the signs that Chinese keyboards write, as those that they mean.
var widths = strings.NewReplacer("（", "(", "）", ")", "，", ",", "＝", "=", "＜", "<", "＞", ">", "！", "!", "≤", "<=", "≥", ">=", "≠", "!=")

func narrow(t lexer.Token) (lexer.Token, error) {
	t.Value = widths.Replace(t.Value)
	return t, nil
}

// The grammar. Words of the language may be written in any case.
type (
	orNode struct {
		Any []*andNode `parser:"@@ ( 'or' @@ )*"`
	}
	andNode struct {
		All []*notNode `parser:"@@ ( 'and' @@ )*"`
	}
	notNode struct {
		Not  bool         `parser:"@'not'?"`
		Test *compareNode `parser:"@@"`
	}
	compareNode struct {
		Left    *sumNode     `parser:"@@"`
		Op      string       `parser:"( @( '<=' | '>=' | '!=' | '<>' | '=' | '<' | '>' )"`
		Right   *sumNode     `parser:"  @@"`
		Is      *isNode      `parser:"| 'is' @@"`
		Not     bool         `parser:"| @'not'?"`
		In      []*sumNode   `parser:"  ( 'in' '(' @@ ( ',' @@ )* ')'"`
		Between *betweenNode `parser:"  | 'between' @@"`
		Like    *string      `parser:"  | 'like' @Text ) )?"`
	}
	isNode struct {
		Not bool `parser:"@'not'? 'null'"`
	}
	betweenNode struct {
		From *sumNode `parser:"@@ 'and'"`
		To   *sumNode `parser:"@@"`
	}
	sumNode struct {
		First *termNode    `parser:"@@"`
		Rest  []*addedNode `parser:"@@*"`
	}
	addedNode struct {
		Op   string    `parser:"@( '+' | '-' )"`
		Term *termNode `parser:"@@"`
	}
	termNode struct {
		First *unaryNode   `parser:"@@"`
		Rest  []*timesNode `parser:"@@*"`
	}
	timesNode struct {
		Op    string     `parser:"@( '*' | '/' | '%' )"`
		Unary *unaryNode `parser:"@@"`
	}
	unaryNode struct {
		Minus bool         `parser:"@'-'?"`
		Value *primaryNode `parser:"@@"`
	}
	primaryNode struct {
		Distance *string   `parser:"  @Distance"`
		Number   *string   `parser:"| @Number"`
		Geometry *string   `parser:"| @Geometry"`
		Date     *string   `parser:"| @Date"`
		Text     *string   `parser:"| @Text"`
		Word     *string   `parser:"| @( 'true' | 'false' | 'null' )"`
		Call     *callNode `parser:"| @@"`
		Column   *string   `parser:"| @( Name | Quoted )"`
		Group    *orNode   `parser:"| '(' @@ ')'"`
	}
	callNode struct {
		Name     string    `parser:"@Name '('"`
		Star     bool      `parser:"( @'*'"`
		Distinct bool      `parser:"| @'distinct'?"`
		Args     []*orNode `parser:"  @@ ( ',' @@ )* )? ')'"`
	}
	selectNode struct {
		Star  bool        `parser:"  @'*'"`
		Items []*itemNode `parser:"| @@ ( ',' @@ )*"`
	}
	itemNode struct {
		Pos    lexer.Position
		Expr   *orNode `parser:"@@"`
		EndPos lexer.Position
		As     string `parser:"( 'as' @( Name | Quoted ) )?"`
	}
	groupNode struct {
		Items []*itemNode `parser:"@@ ( ',' @@ )*"`
	}
	orderNode struct {
		Items []*byNode `parser:"@@ ( ',' @@ )*"`
	}
	byNode struct {
		Expr *orNode `parser:"@@"`
		Dir  string  `parser:"@( 'asc' | 'desc' )?"`
	}
)

func grammar[T any]() *participle.Parser[T] {
	return participle.MustBuild[T](
		participle.Lexer(tokens), participle.Elide("Space"), participle.CaseInsensitive("Name"), participle.UseLookahead(8), participle.Map(narrow, "Sign"),
	)
}

var (
	whereGrammar  = grammar[orNode]()
	selectGrammar = grammar[selectNode]()
	groupGrammar  = grammar[groupNode]()
	orderGrammar  = grammar[orderNode]()
)

// parse reads the text of one parameter. It returns fault.Malformed that names
// the parameter and the place.
func parse[T any](p *participle.Parser[T], parameter, text string) (*T, error) {
	if len(text) > MaxText {
		return nil, malformed(parameter, "表达式太长，最多 %d 字节。", MaxText)
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, control) {
		return nil, malformed(parameter, "表达式里有不能用的字符。")
	}
	if err := measure(p, parameter, text); err != nil {
		return nil, err
	}
	tree, err := parsed(p, text)
	if err != nil {
		return nil, unreadable(parameter, text, err)
	}
	return tree, nil
}

// parsed keeps a text on which the library panics from ending the server.
func parsed[T any](p *participle.Parser[T], text string) (tree *T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("rows: the parser cannot read %q: %v", text, r)
		}
	}()
	return p.ParseString("", text)
}

// control reports whether r is no character that a person writes: blanks
// between lines are, everything else below the space is not.
func control(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f
}

// measure counts tokens and how deep parentheses are nested before the text is
// parsed: a parser that calls itself must not be led too far.
func measure[T any](p *participle.Parser[T], parameter, text string) error {
	all, err := p.Lex("", strings.NewReader(text))
	if err != nil {
		return unreadable(parameter, text, err)
	}
	if len(all) > mostTokens {
		return malformed(parameter, "表达式太复杂，最多 %d 个部分。", mostNodes)
	}
	depth := 0
	for _, t := range all {
		switch t.Value {
		case "(":
			depth++
		case ")":
			depth--
		}
		if depth > mostDepth {
			return malformed(parameter, "表达式的括号套得太深，最多 %d 层。", mostDepth)
		}
	}
	return nil
}

// unreadable names the place at which the text could not be read on.
func unreadable(parameter, text string, err error) error {
	var where participle.Error
	if !errors.As(err, &where) {
		return fault.Of(malformed(parameter, "表达式读不懂。")).Because(err)
	}
	offset := min(max(where.Position().Offset, 0), len(text))
	rest := strings.TrimSpace(text[offset:])
	if rest == "" {
		return malformed(parameter, "表达式没有写完。")
	}
	return malformed(parameter, "表达式从第 %d 个字符“%s”起读不下去。列名里有空格、符号或以数字开头时，请写在反引号里。",
		utf8.RuneCountInString(text[:offset])+1, clip(rest))
}

// unquoted is err, or what is behind it: a column stands in the text without
// the backquotes that its name needs. It says how the text is right.
func unquoted(schema Schema, q Query, err error) error {
	f := fault.Of(err)
	text := map[string]string{"where": q.Where, "select": q.Select, "group_by": q.GroupBy, "order_by": q.OrderBy}[f.Field]
	if f.Kind != fault.Malformed || len(text) > MaxText {
		return err
	}
	found, plain := "", quotedParts.ReplaceAllStringFunc(text, func(s string) string { return strings.Repeat(" ", len(s)) })
	for _, c := range schema {
		if len(c.Name) > len(found) && !plainName.MatchString(c.Name) && strings.Contains(plain, c.Name) {
			found = c.Name
		}
	}
	if found == "" {
		return err
	}
	at := strings.Index(plain, found)
	return malformed(f.Field, "“%s”的名称里有括号、空格或别的符号，要写在反引号里：%s", clip(found), clip(text[:at]+Quoted(found)+text[at+len(found):]))
}

// plainName is a name that needs no backquotes.
var plainName = regexp.MustCompile(`^[\p{L}_][\p{L}\p{M}\p{N}_.]*$`)

// quotedParts are what stands in quotes of any kind.
var quotedParts = regexp.MustCompile("`(``|[^`])*`" + `|"(\\.|[^"\\])*"|'(\\.|''|[^'\\])*'|“[^”]*”|‘[^’]*’`)

// malformed is a fault about one parameter of the query.
func malformed(parameter, sentence string, args ...any) error {
	f := fault.New(fault.Malformed, sentence, args...)
	f.Field = parameter
	return f
}

// unquote is what a quoted text says: a backslash stands before a character
// that stands for itself, and two single quotes for one.
func unquote(s string) string {
	if text, ok := curly(s); ok {
		return text
	}
	quote, inner := s[0], s[1:len(s)-1]
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		if inner[i] == '\\' && i+1 < len(inner) || quote == '\'' && inner[i] == '\'' {
			i++
		}
		b.WriteByte(inner[i])
	}
	return b.String()
}

// curly is the text between “ and ” or ‘ and ’, in which nothing is special.
func curly(s string) (string, bool) {
	for _, pair := range [][2]string{{"“", "”"}, {"‘", "’"}} {
		if text, ok := strings.CutPrefix(s, pair[0]); ok {
			return strings.TrimSuffix(text, pair[1]), true
		}
	}
	return "", false
}

// bare is a name without its backquotes; within them two stand for one.
func bare(s string) string {
	if len(s) < 2 || s[0] != '`' {
		return s
	}
	return strings.ReplaceAll(s[1:len(s)-1], "``", "`")
}

// Quoted is the name of a column as it may always be written in an expression.
func Quoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
