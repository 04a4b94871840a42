package portal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
)

// query reads the parameters of the address. Those named may occur; one whose
// name ends in * may occur several times. Anything else is refused, and so are
// control characters and what is not UTF-8: a mistyped filter should say so
// and not be ignored.
func query(c *fiber.Ctx, names ...string) (url.Values, error) {
	q, err := only(string(c.Request().URI().QueryString()), names)
	if err != nil {
		return nil, err
	}
	for name, values := range q {
		for _, v := range values {
			if !utf8.ValidString(v) || strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' }) {
				return nil, malformed(name, "含有看不见的控制字符。")
			}
		}
	}
	return q, nil
}

// form reads the fields of a form, in the manner of query: a field that the
// form does not have is refused, so that nothing can be set that was not
// offered. What a value may hold, the operation says that takes it.
func form(c *fiber.Ctx, names ...string) (url.Values, error) {
	return only(string(c.Request().Body()), append(names, "csrf"))
}

// sent is the mark of a form that was sent, by which it makes what it makes once: the
// same while the page, who sends it and every input are the same. A form without the
// word of chance of its page has none, and makes something each time.
func sent(c *fiber.Ctx, f url.Values) string {
	if f.Get("sent") == "" {
		return ""
	}
	said := maps.Clone(f)
	said.Del("csrf")
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %s", actor(c).ID, c.Path(), said.Encode()))
	return hex.EncodeToString(sum[:])
}

// formWith is form for a form whose inputs are as many as the thing has parts:
// their names begin with one of these.
func formWith(c *fiber.Ctx, begin []string, names ...string) (url.Values, error) {
	raw, err := url.ParseQuery(string(c.Request().Body()))
	if err != nil {
		return nil, fault.New(fault.Malformed, "地址的写法不对。")
	}
	for name := range raw {
		if slices.ContainsFunc(begin, func(b string) bool { return strings.HasPrefix(name, b) }) {
			names = append(names, name)
		}
	}
	return form(c, names...)
}

// only reads raw as parameters and refuses those that are not named.
func only(raw string, names []string) (url.Values, error) {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return nil, fault.New(fault.Malformed, "地址的写法不对。") // err holds a piece of it
	}
	for name, values := range q {
		switch {
		case slices.Contains(names, name+"*"):
		case !slices.Contains(names, name):
			return nil, unknown(name)
		case len(values) > 1:
			return nil, malformed(name, "这个参数只能出现一次。")
		}
	}
	return q, nil
}

// plainName is how the name of a parameter looks that may be written back: it
// says what was mistyped, and is too short and too plain to say anything else.
var plainName = regexp.MustCompile(`^[a-z0-9_-]{1,20}$`)

func unknown(name string) error {
	if plainName.MatchString(name) {
		return malformed(name, "不认识参数 %s。", name)
	}
	return malformed(name, "不认识这个参数。")
}

func malformed(field, sentence string, args ...any) error {
	f := fault.New(fault.Malformed, sentence, args...)
	f.Field = field
	return f
}

// pageNumber reads a page between 1 and most.
func pageNumber(q url.Values, most int) (int, error) {
	text := q.Get("page")
	if text == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most || strconv.Itoa(n) != text {
		return 0, malformed("page", "页码须是 1 到 %d 的整数。", most)
	}
	return n, nil
}

func escapeQuery(s string) string { return url.QueryEscape(s) }

// localPath is the address of this request on the portal: its path and its
// query in one spelling for all orders and escapes, so that a cached page does
// not repeat how its first reader happened to write it.
func localPath(c *fiber.Ctx) string {
	raw := string(c.Request().URI().QueryString())
	if raw == "" {
		return c.Path()
	}
	q, err := url.ParseQuery(raw)
	if err != nil || len(q) == 0 {
		return c.Path()
	}
	return c.Path() + "?" + q.Encode()
}
