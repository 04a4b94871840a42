package api

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/portal"
)

// Base is the path below which the API lies.
const Base = "/api/v1"

var anybody = []account.Role{account.Visitor}

// Routes is every address of the API and of its pages, with who may ask for it.
// HEAD is answered wherever GET is, and below Base OPTIONS too. An operation that is not listed here stops the
// program when it is mounted.
var Routes = append([]portal.Route{
	{Method: "GET", Path: Base + "/openapi.json", By: anybody},
	{Method: "GET", Path: Base + "/datasets", By: anybody},
	{Method: "GET", Path: Base + "/datasets/:slug", By: anybody},
	{Method: "GET", Path: Base + "/datasets/:slug/notes", By: anybody},
	{Method: "GET", Path: Base + "/datasets/:slug/questions", By: anybody},
	{Method: "GET", Path: Base + "/datasets/:slug/corrections", By: anybody},
	{Method: "GET", Path: Base + "/datasets/:slug/apply", By: anybody},
	{Method: "GET", Path: Base + "/datasets/:slug/decisions", By: anybody},
	{Method: "GET", Path: Base + "/corrections", By: anybody},
	{Method: "GET", Path: Base + "/resources/:id", By: anybody},
	{Method: "GET", Path: Base + "/resources/:id/versions", By: anybody},
	{Method: "GET", Path: Base + "/resources/:id/versions/:n", By: anybody},
	{Method: "GET", Path: Base + "/resources/:id/schema", By: anybody},
	{Method: "GET", Path: Base + "/resources/:id/dictionary.:format", By: anybody},
	{Method: "GET", Path: Base + "/resources/:id/changes", By: anybody},
	{Method: "GET", Path: Base + "/resources/:id/profile", By: anybody},
	{Method: "GET", Path: Base + "/resources/:id/rows", By: anybody},
	{Method: "GET", Path: Base + "/resources/:id/export.:format", By: anybody},
	{Method: "GET", Path: Base + "/resources/:id/facets/:column", By: anybody},
	{Method: "GET", Path: Base + "/resources/:id/distributions/:column", By: anybody},
	{Method: "GET", Path: Base + "/requests", By: anybody},
	{Method: "GET", Path: Base + "/requests/:id", By: anybody},
	{Method: "GET", Path: Base + "/scenarios", By: anybody},
	{Method: "GET", Path: Base + "/operation", By: anybody},
	{Method: "GET", Path: Base + "/tenders", By: anybody},
	{Method: "GET", Path: Base + "/products", By: anybody},
	{Method: "GET", Path: Base + "/products/:number/rows", By: anybody},
	{Method: "GET", Path: Base + "/registrations", By: anybody},
	{Method: "GET", Path: Base + "/certificates", By: anybody},
	{Method: "GET", Path: Base + "/verify/:what", By: anybody},
	{Method: "GET", Path: Base + "/departments", By: anybody},
	{Method: "GET", Path: Base + "/departments/:slug", By: anybody},
	{Method: "GET", Path: Base + "/themes", By: anybody},
	{Method: "GET", Path: Base + "/themes/:slug", By: anybody},
	{Method: "GET", Path: Base + "/stats", By: anybody},
	{Method: "GET", Path: Base + "/log/checkpoint", By: anybody},
	{Method: "GET", Path: Base + "/log/tile/*", By: anybody},
	{Method: "GET", Path: Base + "/log/proof/inclusion", By: anybody},
	{Method: "GET", Path: Base + "/log/proof/consistency", By: anybody},
	{Method: "GET", Path: Base + "/log/keys", By: anybody},

	{Method: "GET", Path: "/developers", By: anybody, Public: true},
	{Method: "GET", Path: "/developers/reference", By: anybody, Public: true},
}, slices.Concat(keyedRoutes(), writingRoutes(), []portal.Route{objectionsRoute(), receiptsRoute()})...)

// api is the API on one portal. The zero value describes itself and answers
// nothing.
type api struct {
	*portal.Server
	doc    *huma.OpenAPI
	limits *account.Leases
}

// Mount adds the API to a portal. Name it in portal.Deps.Mounts:
//
//	portal.Deps{..., Mounts: []func(*portal.Server){api.Mount}}
func Mount(s *portal.Server) {
	a := &api{Server: s, limits: account.NewLeases(s.Accounts, nil)}
	s.App().Use("/api/", a.around)
	h := humafiber.NewWithGroup(s.App(), gate{s.App(), a}, config())
	a.doc = h.OpenAPI()
	a.register(h)
	describeWriting(h)
	describeWebhooks(a.doc)
	finish(a.doc)
	a.handle(Base+"/openapi.json", a.showDocument)
	a.handle(Base+"/log/tile/*", a.sendTile)
	a.handle("/developers", a.showDevelopers)
	a.handle("/developers/reference", a.showReference)
	a.handleWriting()
	a.handleKeyed()
	a.handleShares()
	a.Handle(objectionsRoute())
	a.Handle(receiptsRoute())
	a.App().Options(receiptsRoute().Path, preflight) // it has no GET, and what needs no key is not posted from another site
}

// gate is the router that huma registers operations on: each goes behind the
// portal's gate, as Routes says.
type gate struct {
	fiber.Router
	a *api
}

var fiberParam = regexp.MustCompile(`:(\w+)`)

// Add implements fiber.Router for huma, which calls nothing else of it.
func (g gate) Add(_, path string, handlers ...fiber.Handler) fiber.Router {
	described := fiberParam.ReplaceAllString(path, "{$1}")
	g.a.handle(Base+path, func(_ *portal.Server, c *fiber.Ctx) error {
		op := g.a.doc.Paths[described].Get
		if op.Metadata[live] != nil {
			return g.a.serveLive(c, op, handlers[0])
		}
		return g.a.serve(c, op, handlers[0])
	})
	return g
}

// handle registers what answers a GET of path.
func (a *api) handle(path string, answer func(*portal.Server, *fiber.Ctx) error) {
	i := slices.IndexFunc(Routes, func(r portal.Route) bool { return r.Path == path })
	if i < 0 {
		panic("api: " + path + " is not in Routes")
	}
	r := Routes[i]
	r.Handle = answer
	a.Handle(r)
	if strings.HasPrefix(path, Base) {
		a.App().Options(path, preflight)
	}
}

// visitor is who the catalogue is read as: the API tells everybody the same. A
// key raises the quota and shows nothing more, but for data (see reader), and a
// session is not looked at, so that no page can read as the person before it.
var visitor = account.Actor{}

// call is one request to an operation.
type call struct {
	err  error
	next string                 // the address of the next page
	send func(*fiber.Ctx) error // of a live operation: what answers it
}

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// serve holds the request against the description of the operation and answers
// it, from the page cache if it can.
func (a *api) serve(c *fiber.Ctx, op *huma.Operation, answer fiber.Handler) error {
	if err := check(c, op); err != nil {
		return err
	}
	return a.kept(c, func(_ *portal.Server, c *fiber.Ctx) error {
		r, err := called(c, op, answer)
		if err != nil {
			return err
		}
		if r.next != "" {
			c.Set(fiber.HeaderLink, "<"+r.next+`>; rel="next"`)
		}
		c.Set(fiber.HeaderCacheControl, "public, no-cache")
		return nil
	})
}

// called has huma read the parameters and call the operation.
func called(c *fiber.Ctx, op *huma.Operation, answer fiber.Handler) (*call, error) {
	r := &call{}
	c.SetUserContext(context.WithValue(c.UserContext(), callKey{}, r))
	if err := answer(c); err != nil {
		return nil, err
	}
	if r.err == nil && c.Response().StatusCode() >= fiber.StatusBadRequest {
		r.err = fmt.Errorf("%s: huma refused what check allowed: %s", op.OperationID, c.Response().Body())
	}
	if r.err != nil {
		c.Response().ResetBody()
		return nil, r.err
	}
	return r, nil
}

// live marks an operation whose answers are not kept: they depend on who asks,
// and are sent as they are made.
const live = "live"

// serveLive holds the request against the description and has the operation
// answer it.
func (a *api) serveLive(c *fiber.Ctx, op *huma.Operation, answer fiber.Handler) error {
	if err := check(c, op); err != nil {
		return err
	}
	r, err := called(c, op, answer)
	if err != nil {
		return err
	}
	c.Response().ResetBody()
	c.Status(fiber.StatusOK)
	if err := r.send(c); err != nil {
		c.Response().Header.Del(fiber.HeaderETag) // of what could not be sent
		c.Response().Header.Del(fiber.HeaderContentDisposition)
		return err
	}
	return nil
}

// kept answers from the page cache. What it holds depends on nothing but the
// address.
func (a *api) kept(c *fiber.Ctx, make func(*portal.Server, *fiber.Ctx) error) error {
	if err := a.Kept(c, make); err != nil {
		return err
	}
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	return nil
}

// body is what huma writes.
type body[O any] struct{ Body O }

// register adds one operation. What answer returns as an error is shown by the
// portal as every error is; huma writes none.
func register[I, O any](h huma.API, o operation, answer func(context.Context, *call, *I) (*O, error)) {
	o.SkipValidateParams = true // check does it before, in both languages
	prepare(h, &o.Operation)
	huma.Register(h, o.Operation, func(ctx context.Context, in *I) (*body[O], error) {
		r := callOf(ctx)
		out, err := answer(ctx, r, in)
		if err != nil {
			r.err = err
			return nil, nil
		}
		return &body[O]{*out}, nil
	})
	translate(h.OpenAPI().Paths[o.Path].Get, reflect.TypeFor[I]())
}

// registerLive adds an operation that sends its answer itself. It is described
// by O.
func registerLive[I, O any](h huma.API, o operation, answer func(*fiber.Ctx, *I) error) {
	o.SkipValidateParams = true
	o.Metadata = map[string]any{live: true}
	prepare(h, &o.Operation)
	huma.Register(h, o.Operation, func(ctx context.Context, in *I) (*O, error) {
		callOf(ctx).send = func(c *fiber.Ctx) error { return answer(c, in) }
		return nil, nil
	})
	translate(h.OpenAPI().Paths[o.Path].Get, reflect.TypeFor[I]())
}
