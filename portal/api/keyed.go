package api

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/portal"
)

// Operations that are about the owner of a key: what somebody has applied for and
// was given. They are answered by the portal and described here, as those that
// change something are.

// keyedOperation is one of them: its route, what it is, and what it takes and
// gives.
type keyedOperation struct {
	operation
	scope  string
	handle func(*portal.Server, *fiber.Ctx) error
	takes  reflect.Type // body; nil: none
	form   bool         // the body is a form with files, read as it comes
	answer reflect.Type // nil: a file
	media  []string     // of a file
	codes  string
}

// pathWords are the parameters that stand in paths.
var pathWords = map[string][2]string{
	"slug":   {"Slug of the dataset", "数据集在地址里的名字"},
	"number": {"Its number", "编号"},
	"id":     {"Its number", "编号"},
	"paper":  {"Id of the file", "文件的编号"},
	"case":   {"Number of the case", "违约案的编号"},

	"job":     {"Number of the job", "作业的编号"},
	"release": {"Number of the release", "放出的编号"},
}

// withKey begins an operation that needs a key that is good for scope.
func withKey(id, method, path, tag, scope string, handle func(*portal.Server, *fiber.Ctx) error) keyedOperation {
	o := op(id, path, tag)
	o.Method, o.Security = method, []map[string][]string{{"key": {scope}}}
	for part := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name, _, _ = strings.Cut(name, "}") // what follows is the form of a file
			words := pathWords[name]
			o.Parameters = append(o.Parameters, &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}, Description: words[0], Extensions: map[string]any{descriptionZH: words[1]}})
		}
	}
	return keyedOperation{operation: o, scope: scope, handle: handle}
}

func (k keyedOperation) says(en, zh string) keyedOperation {
	k.operation = k.summary(en, zh)
	return k
}

func (k keyedOperation) tells(en, zh string) keyedOperation {
	k.operation = k.describe(en, zh)
	return k
}

// may adds a parameter of the address.
func (k keyedOperation) may(name string, s *huma.Schema, en, zh string, example any) keyedOperation {
	k.operation = k.asks(name, s, en, zh, example)
	return k
}

// paged lets the operation be walked by cursor.
func (k keyedOperation) paged() keyedOperation {
	most, least := float64(mostPaged), float64(1)
	return k.may("limit", &huma.Schema{Type: huma.TypeInteger, Minimum: &least, Maximum: &most, Default: usualPaged}, "At most so many items", "一页最多几项", usualPaged).
		may("cursor", &huma.Schema{Type: huma.TypeString}, "Where to go on: the next of the page before. It belongs to this list, these parameters and this account", "从哪里继续：上一页的 next。只能用于同一列表、同样的参数、同一账号", "Zk3qXn8tYgkx")
}

func takes[T any](k keyedOperation) keyedOperation {
	k.takes = reflect.TypeFor[T]()
	return k
}

func answers[T any](k keyedOperation) keyedOperation {
	k.answer = reflect.TypeFor[T]()
	return k
}

// route is that of the operation.
func (k keyedOperation) route() portal.Route {
	return portal.Route{Method: k.Method, Path: Base + strings.NewReplacer("{", ":", "}", "").Replace(k.Path), By: anybody, Scope: k.scope, Stream: k.form, Handle: func(s *portal.Server, c *fiber.Ctx) error {
		if s.Actor(c).Key == "" { // nobody reads as whoever has signed in from a page of another origin
			return fault.New(fault.Unauthenticated, "请先登录。")
		}
		c.Set(fiber.HeaderCacheControl, "private, no-store")
		c.Append(fiber.HeaderVary, fiber.HeaderAuthorization)
		if err := check(c, &k.Operation); err != nil {
			return err
		}
		return k.handle(s, c)
	}}
}

// writing describes the operation as those that change something are.
func (k keyedOperation) writing(of func(reflect.Type) *huma.Schema) writing {
	w := writing{operation: k.operation, status: "200", codes: k.codes}
	if k.takes != nil {
		w.takes, w.must = map[string]*huma.MediaType{fiber.MIMEApplicationJSON: {Schema: of(k.takes)}}, true
	}
	if k.form {
		w.takes, w.must = map[string]*huma.MediaType{fiber.MIMEMultipartForm: {Schema: of(reflect.TypeFor[PaperForm]())}}, true
	}
	if w.sends = k.media; k.answer != nil {
		w.answer = of(k.answer)
	}
	return w
}

const (
	usualPaged = 20
	mostPaged  = 100
)

// walked is where a list of an account goes on, and how many items are wanted of
// it. thread is the list with its parameters.
func walked(s *portal.Server, c *fiber.Ctx, list string) (self thread, before int64, limit int, err error) {
	self = thread(fmt.Sprintf("%s %d", list, s.Actor(c).ID))
	raw, err := self.read(c.Query("cursor"))
	if err != nil {
		return self, 0, 0, err
	}
	before, _ = strconv.ParseInt(raw, 10, 64) // one of ours: 0 at the beginning only
	if limit, _ = strconv.Atoi(c.Query("limit")); limit == 0 {
		limit = usualPaged
	}
	return self, before, limit, nil
}

// partOf cuts a list that was asked for with one item more than a page holds, and
// gives the cursor of the next page and its whole address, in the Link header too.
func partOf[T any](s *portal.Server, c *fiber.Ctx, self thread, items []T, limit int, id func(*T) int64) ([]T, string) {
	if len(items) <= limit {
		return items, ""
	}
	items = items[:limit]
	next := self.write(strconv.FormatInt(id(&items[limit-1]), 10))
	q, _ := portal.Query(c, "limit", "cursor", "grant", "as", "all")
	address := s.Config.BaseURL + c.Path() + "?"
	for _, name := range []string{"grant", "as", "all"} {
		if v := first(q[name]); v != "" {
			address += name + "=" + v + "&"
		}
	}
	c.Append(fiber.HeaderLink, fmt.Sprintf(`<%slimit=%d&cursor=%s>; rel="next"`, address, limit, next))
	return items, next
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// keyedOperations are all of them, in the order of the reference.
func keyedOperations() []keyedOperation {
	return slices.Concat(applying(), handing(), holding(), owing(), developing())
}

func keyedRoutes() (out []portal.Route) {
	for _, k := range keyedOperations() {
		out = append(out, k.route())
	}
	return out
}

// handleKeyed registers them, and what OPTIONS answers.
func (a *api) handleKeyed() {
	methods := map[string][]string{}
	var paths []string
	for _, r := range keyedRoutes() {
		a.Handle(r)
		if methods[r.Path] == nil {
			paths = append(paths, r.Path)
		}
		methods[r.Path] = append(methods[r.Path], r.Method)
		if r.Method == http.MethodGet {
			methods[r.Path] = append(methods[r.Path], http.MethodHead)
		}
	}
	for _, path := range paths {
		allowed := strings.Join(methods[path], ", ")
		a.App().Options(path, func(c *fiber.Ctx) error {
			return portal.PreflightOf(c, allowed, "Authorization, Accept, Accept-Language, Content-Type")
		})
	}
}

// scopeOf is what a key must be good for to call an operation.
func scopeOf(o *huma.Operation) string {
	for _, s := range o.Security {
		if len(s) == 0 {
			return ""
		}
	}
	return strings.Join(o.Security[0]["key"], " ")
}

// goodFor says what a scope is for, in words of a language.
func goodFor(scope string) account.Scope {
	for _, s := range account.Scopes {
		if s.ID == scope {
			return s
		}
	}
	return account.Scope{ID: scope}
}
