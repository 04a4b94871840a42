package portal

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/deidentify"
	"shuyuan/datasets/following"
	"shuyuan/datasets/notes"
	"shuyuan/datasets/opening"
	"shuyuan/datasets/questions"
	"shuyuan/datasets/webhooks"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/calendars"
	"shuyuan/internal/deadline"
	"shuyuan/internal/identity"
	"shuyuan/internal/inbox"
	"shuyuan/internal/policy"
	"shuyuan/internal/signing/register"
	"shuyuan/internal/transparency"
	"shuyuan/licensing"
	"shuyuan/licensing/corrections"
	"shuyuan/licensing/demands"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/sharing"
	"shuyuan/licensing/supervision"
	"shuyuan/licensing/tender"
	"shuyuan/licensing/use"
	"shuyuan/licensing/workspace"
	"shuyuan/marketplace"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/payment"
	"shuyuan/marketplace/registration"
	"shuyuan/marketplace/settlement"
	"shuyuan/search"
)

// Finder answers searches. It does so in some way also while the engine is
// down.
type Finder interface {
	Search(ctx context.Context, q search.Query) (search.Result, error)
	Suggest(ctx context.Context, prefix string, limit int) ([]search.Suggestion, error)
}

// Deps is what the portal stands on.
type Deps struct {
	Datasets  *datasets.Service
	Catalogue *catalogue.Service
	Search    Finder
	Accounts  *account.Service
	Audit     *audit.Reader
	Calendars *calendars.Service
	Clocks    *deadline.Clocks // counted by Calendars
	Policy    *policy.Book
	Opening   *opening.Service

	Deidentify *deidentify.Service // with Opening
	Now        func() time.Time
	Config     Config
	Log        *slog.Logger

	Questions *questions.Service
	Licensing *licensing.Service

	Demands     *demands.Service
	Corrections *corrections.Service // nil: nobody objects to data
	Identity    *identity.Provider   // nil where the installation has none
	Notes       *notes.Service       // nil: no entry is explained
	Following   *following.Service   // nil: nobody follows anything
	Webhooks    *webhooks.Service    // with Following
	Use         *use.Service         // nil: nothing follows a grant
	Sharing     *sharing.Service     // nil: departments share nothing with each other

	Workspaces *workspace.Service   // nil: nobody develops on what they cannot see
	Products   *marketplace.Service // nil: nothing is made of data

	Registrations *registration.Service // with Products
	Offers        *offering.Service     // likewise
	Bank          *payment.Bank         // likewise
	Ledger        *ledger.Reader        // likewise
	Online        *payment.Online       // nil: nobody pays online
	Settlements   *settlement.Service   // with Bank

	Tenders *tender.Service // with Licensing

	Scenarios   *scenario.Service    // nil: nobody develops
	Operation   *operation.Service   // authorised operation
	Supervision *supervision.Service // with Licensing and Sharing; nil: nothing is held against anybody

	PublicLog *transparency.Reader // the transparency log
	Keys      *register.Register   // that sign it and statements

	Inbox   []inbox.Source     // what makes work for people, besides Datasets, Questions and Calendars
	Runners []calendars.Runner // whose clocks run

	// Mounts register what has a description of its own, as the API has its
	// OpenAPI document: on App, behind the same gates as Routes.
	Mounts []func(*Server)
}

// Config is how the portal is reached.
type Config struct {
	BaseURL  string         // https://data.example.gov.cn, without a slash at the end; links are made from it and never from the Host header
	FilesURL string         // the cookieless origin of downloads; empty: the same origin
	Proxies  []netip.Prefix // whose X-Forwarded-For is believed
	Gallery  bool           // show /_gallery
	Sample   bool           // the sample world is loaded: every page says so
	Secure   bool           // cookies only over https
}

// Server is the portal.
type Server struct {
	Deps
	app   *fiber.App
	files *fiber.App
	cache *pageCache
	small packedFiles

	exports slots
	visits  *account.Leases

	streams  []Route       // that take a body of any length
	patience time.Duration // how long a sender of such a body may send next to nothing

	drawings drawings
	known    atomic.Pointer[names]

	linkRules datasets.LinkRules
}

// The limits on one request.
const (
	maxBody     = 1 << 20 // forms; uploads have a way of their own
	requestTime = 30 * time.Second
	idleTime    = 75 * time.Second
	stallTime   = 60 * time.Second // how long a reader may take nothing
)

// New builds the portal; Serve answers requests with it.
func New(d Deps) (*Server, error) {
	d.Config.BaseURL = strings.TrimRight(d.Config.BaseURL, "/")
	d.Config.FilesURL = strings.TrimRight(d.Config.FilesURL, "/")
	if d.Config.BaseURL == "" {
		return nil, errors.New("portal: the base URL is not set")
	}
	s := &Server{Deps: d, cache: newPageCache(d.Now), patience: stallTime}
	var err error
	if s.linkRules, err = datasets.LinkRulesOf(d.Policy); err != nil {
		return nil, err
	}
	rates, err := VisitRates(d.Policy)
	if err != nil {
		return nil, err
	}
	s.visits = account.NewLeases(d.Accounts, rates)
	s.app = s.newApp()
	s.app.Use(s.observe, s.guard, s.identify)
	for _, r := range Routes {
		if r.Gallery && !d.Config.Gallery {
			continue
		}
		s.add(s.app, r)
	}
	for _, mount := range d.Mounts {
		mount(s)
	}
	s.files = s.newApp()
	s.files.Use(s.observe, s.guard)
	for _, r := range FileRoutes {
		s.add(s.files, r)
	}
	return s, nil
}

func (s *Server) newApp() *fiber.App {
	app := fiber.New(fiber.Config{
		Immutable:             true, // strings outlive the request they came with
		StrictRouting:         true,
		CaseSensitive:         true,
		UnescapePath:          false, // what is escaped stays so: %2e is no dot for the router
		DisableStartupMessage: true,
		ReadBufferSize:        maxHeader,

		DisablePreParseMultipartForm: true, // nothing here takes one, and parsing it writes files
		BodyLimit:                    maxBody,
		StreamRequestBody:            true, // see takeBody
		ReadTimeout:                  requestTime,
		IdleTimeout:                  idleTime,
		// No WriteTimeout: it would end a large download on a slow line.
		// Serve ends connections that take nothing instead.
		ErrorHandler: s.showError,
	})
	// A body larger than any form is looked at by its first byte, and not by
	// the first 8 KiB: who sends too much need not send them to be told. So is
	// a part of a file: each of its bytes is kept, however few come.
	app.Server().HeaderReceived = func(h *fasthttp.RequestHeader) (c fasthttp.RequestConfig) {
		if h.ContentLength() > maxBody || string(h.ContentType()) == tusMedia {
			c.MaxRequestBodySize = 1
		}
		return c
	}
	route := app.Server().Handler
	app.Server().Handler = func(request *fasthttp.RequestCtx) {
		if slices.Contains(fiber.DefaultMethods, string(request.Method())) {
			route(request)
			return
		}
		// fiber would answer a method it does not know by itself, without
		// our headers
		c := app.AcquireCtx(request)
		defer app.ReleaseCtx(c)
		c.Set(fiber.HeaderAllow, "GET, HEAD")
		_ = s.showError(c, fiber.ErrMethodNotAllowed) // a page that cannot be made has nobody else to tell
	}
	return app
}

// App is the portal as fiber serves it.
func (s *Server) App() *fiber.App { return s.app }

// Files is the cookieless origin of downloads.
func (s *Server) Files() *fiber.App { return s.files }

// Changed empties the page cache: what it holds may no longer be so. Search
// calls it with every change it takes in.
func (s *Server) Changed() { s.cache.clear() }

// Actor is who asks, for what Mounts register.
func (s *Server) Actor(c *fiber.Ctx) account.Actor { return actor(c) }

// Network is what limits count a request under: the network it comes from, or
// comes from behind a trusted proxy.
func (s *Server) Network(c *fiber.Ctx) string { return account.Network(s.clientIP(c)) }

// Reference names this request in the log and on a page that says it failed.
func (s *Server) Reference(c *fiber.Ctx) string { return requestID(c) }

// Ready reports whether the database answers.
func (s *Server) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err := s.Datasets.LastChange(ctx)
	return err
}
