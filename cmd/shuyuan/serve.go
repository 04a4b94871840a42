package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/deidentify"
	"shuyuan/datasets/notes"
	"shuyuan/datasets/opening"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/calendars"
	"shuyuan/internal/config"
	"shuyuan/internal/jobs"
	"shuyuan/internal/policy"
	"shuyuan/internal/sandbox"
	"shuyuan/licensing"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/sharing"
	"shuyuan/licensing/supervision"
	"shuyuan/licensing/tender"
	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/engine"
	"shuyuan/marketplace"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/payment"
	"shuyuan/marketplace/registration"
	"shuyuan/marketplace/settlement"
	"shuyuan/portal"
	"shuyuan/portal/api"
	"shuyuan/portal/notify"
	"shuyuan/search"
)

// How long each step of a stop may take. What is not done by then is cut off;
// nothing acknowledged is lost with it.
const (
	stopRequests   = 15 * time.Second
	stopJobs       = 15 * time.Second
	stopBackground = 10 * time.Second
)

// server is everything that runs between the start and the stop of `serve`.
type server struct {
	services
	in            *installation
	log           *slog.Logger
	search        *search.Service
	rows          *rows.Service
	portal        *portal.Server
	jobs          *jobs.Client
	cases         *supervision.Service
	scenarios     *scenario.Service
	operation     *operation.Service
	products      *marketplace.Service
	registrations *registration.Service
	offers        *offering.Service
	books         *ledger.Book
	bank          *payment.Bank
	settlements   *settlement.Service
	online        *payment.Online // nil: nobody pays online
	paid          paidFor
	engine        *engine.Engine
	base          string // address of the portal, for links and for people

	listener, files, orders net.Listener // files may be nil
	admin                   *http.Server

	background sync.WaitGroup // ends when halt is called
	halt       context.CancelFunc
	failed     chan error // a listener that ended by itself
}

func serve(ctx context.Context, c *call) error {
	cfg, err := c.setup(nil)
	if err != nil {
		return err
	}
	if err := c.noArguments(); err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(c.err, nil))
	log.LogAttrs(ctx, slog.LevelInfo, "configuration", slog.Any("config", cfg))
	in, err := open(ctx, cfg, c.command.name, log)
	if err != nil {
		return err
	}
	return errors.Join(in.serve(ctx, c.out), in.Close())
}

// serve runs the server until ctx ends or a part of it fails.
func (in *installation) serve(ctx context.Context, out io.Writer) error {
	s := &server{in: in, log: in.log, failed: make(chan error, 3)}
	defer s.stop()
	if err := s.assemble(ctx); err != nil {
		return err
	}
	if err := s.start(ctx); err != nil {
		return err
	}
	s.greet(ctx, out)
	select {
	case <-ctx.Done():
		s.log.LogAttrs(ctx, slog.LevelInfo, "stopping")
		return nil
	case err := <-s.failed:
		return err
	}
}

// assemble makes every part; none of them works yet.
func (s *server) assemble(ctx context.Context) (err error) {
	if err := s.listen(); err != nil {
		return err
	}
	if s.base = s.in.cfg.BaseURL; s.base == "" {
		s.base = "http://" + reachable(s.listener.Addr())
	}
	s.in.base = s.base
	if err := sandbox.Check(ctx); err != nil {
		return err
	}
	if s.rows, err = s.in.openRows(); err != nil {
		return err
	}
	book, err := policy.Load(policy.Files)
	if err != nil {
		return err
	}
	uploads, err := s.in.uploads()
	if err != nil {
		return err
	}
	if s.services, err = s.in.services(ctx, datasets.Rows(s.rows), uploads); err != nil {
		return err
	}
	if s.engine, err = s.in.openWorkspaces(); err != nil {
		return err
	}
	parts, err := licensing.PartsOf(book)
	if err != nil {
		return err
	}
	if s.workspaces, err = s.in.workspaces(s.services, book, parts, s.engine); err != nil {
		return err
	}
	if s.search, err = s.in.openSearch(s.datasets); err != nil {
		return err
	}
	reached, err := s.reached(ctx)
	if err != nil {
		return err
	}
	follows, err := s.in.following(s.services, s.search)
	if err != nil {
		return err
	}
	hooks, err := s.in.webhooks(s.services, follows)
	if err != nil {
		return err
	}
	if s.products, err = s.in.products(s.services, s.accounts, book, s.rows, s.base); err != nil {
		return err
	}
	s.registrations = s.in.registrations(s.services, s.accounts, s.products, s.base, s.clock.Now)
	if s.offers, err = offering.New(offering.Config{Pool: s.in.pool, Products: s.products, Book: book, Clocks: s.clocks, Now: s.clock.Now}); err != nil {
		return err
	}
	s.books, s.paid = ledger.New(s.clock.Now), paidFor{}
	s.bank = &payment.Bank{Pool: s.in.pool, Book: s.books, Now: s.clock.Now, Layouts: payment.Layouts, Orders: s.paid, Instructed: map[payment.InstructionKind]payment.Instructed{}}
	s.online = s.in.online(s.paid, s.books, s.base, s.clock.Now)
	if s.settlements, err = settlement.New(settlement.Config{Pool: s.in.pool, Book: s.books, Bank: s.bank, Gateway: s.gateway(), Policy: book, Clocks: s.clocks, Now: s.clock.Now}); err != nil {
		return err
	}
	s.bank.Instructed[payment.ToPayOut] = s.settlements
	reviews := opening.New(s.in.pool, s.datasets, book, s.clocks, s.clock.Now)
	shares := sharing.New(s.in.pool, s.datasets, book, s.clocks, s.clock.Now)
	if s.scenarios, err = scenario.New(scenario.Config{Pool: s.in.pool, Catalogue: s.datasets, Book: book, Clocks: s.clocks, Accounts: s.accounts, Now: s.clock.Now}); err != nil {
		return err
	}
	s.scenarios.KeepPapers(s.licensing.Papers())
	s.scenarios.Compete(tender.About)
	s.tenders.OnConfirm(s.scenarios.AwardByTender)
	s.scenarios.KeepOpen(workspace.Left)
	s.scenarios.CountReleased(workspace.ReleasedOf)
	s.scenarios.ListResults(workspace.ResultsOf)
	s.scenarios.Follow(workspace.ScenarioMoved)
	s.cases = supervision.New(supervision.Config{Pool: s.in.pool, Catalogue: s.datasets, Licensing: s.licensing, Sharing: shares, Book: book, Clocks: s.clocks, Accounts: s.accounts, Now: s.clock.Now})
	if s.operation, err = operation.New(operation.Config{Pool: s.in.pool, Catalogue: s.datasets, Papers: s.licensing.Papers(), Book: book, Clocks: s.clocks, Accounts: s.accounts, Now: s.clock.Now}); err != nil {
		return err
	}
	if s.portal, err = portal.New(portal.Deps{
		PublicLog: s.public.log.Reader, Keys: s.public.keys,
		Operation:   s.operation,
		Supervision: s.cases, Scenarios: s.scenarios, Tenders: s.tenders,
		Datasets: s.datasets, Catalogue: s.catalogue, Questions: s.questions, Licensing: s.licensing, Corrections: s.corrections, Demands: s.demands, Following: follows, Webhooks: hooks, Notes: notes.New(s.in.pool, s.datasets, s.clock.Now),
		Search: s.search, Accounts: s.accounts, Audit: audit.NewReader(s.in.pool), Calendars: s.calendars, Clocks: s.clocks, Policy: book, Opening: reviews,
		Runners: []calendars.Runner{s.questions, s.licensing, s.corrections, s.demands, s.catalogue, s.catalogue.Sources(), reviews, shares, s.cases, s.use, s.workspaces, s.tenders, s.scenarios, s.operation, s.registrations, s.offers},
		Sharing: shares, Use: s.use, Workspaces: s.workspaces, Products: s.products, Registrations: s.registrations, Offers: s.offers, Bank: s.bank, Ledger: &ledger.Reader{Pool: s.in.pool, Book: s.books}, Online: s.online, Settlements: s.settlements,
		Now: s.clock.Now, Config: reached, Log: s.log,
		Identity:   s.in.identity(s.base, s.clock.Now),
		Mounts:     []func(*portal.Server){api.Mount},
		Deidentify: deidentify.New(s.in.pool, s.datasets, s.catalogue, book, s.clock.Now),
	}); err != nil {
		return err
	}
	s.search.OnChange(s.portal.Changed)
	follows.AtDesk(s.portal, s.calendars.Calendar)
	workers := jobs.NewWorkers()
	sender, err := s.in.openMail(s.base, s.clock.Now)
	if err != nil {
		return err
	}
	if err := notify.Handle(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleLetters(workers, sender, s.base, s.accounts.LinkOf); err != nil {
		return err
	}
	if err := notify.HandleLinks(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleLate(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleQuestions(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleCorrections(workers, sender, s.base, follows, s.corrections.LinkFor); err != nil {
		return err
	}
	if err := notify.HandleDemands(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := jobs.Handle(workers, s.demands.Spread); err != nil {
		return err
	}
	if err := notify.HandleOrganisations(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleSharing(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleSupervision(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleSettlements(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleListings(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleRegistrations(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleScenarios(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleTenders(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleOpening(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleFollowing(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := s.products.Hear(workers, follows.Spread); err != nil {
		return err
	}
	if err := jobs.Handle(workers, hooks.Deliver); err != nil {
		return err
	}
	if err := notify.HandleWebhooks(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleApplications(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleUse(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleOperation(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := s.workspaces.Hear(workers, s.operation.Moved, s.operation.EntryHasMoved, s.operation.OrganisationHasMoved); err != nil {
		return err
	}
	if err := notify.HandleWorkspaces(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleProducts(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := notify.HandleFindings(workers, sender, s.base, follows); err != nil {
		return err
	}
	if err := jobs.HandleSlow(workers, s.datasets.ReadReceived); err != nil {
		return err
	}
	if err := jobs.HandleSlow(workers, audit.NewChecker(s.in.pool).Work); err != nil {
		return err
	}
	s.jobs, err = jobs.New(s.in.pool, jobs.Config{Workers: workers, Log: s.log, Tasks: []jobs.Task{
		{Name: "account-sweep", Every: 5 * time.Minute, AtStart: true, Run: s.accounts.Sweep},
		{Name: "account-leaving", Every: time.Hour, AtStart: true, Run: s.accounts.Depart},
		{Name: "key-warning", Every: time.Hour, AtStart: true, Run: s.accounts.WarnOfKeys},
		{Name: "applications", Every: time.Minute, AtStart: true, Run: s.licensing.Tick},
		{Name: "tenders", Every: 15 * time.Second, AtStart: true, Run: s.tenders.Tick},
		{Name: "operation", Every: time.Minute, AtStart: true, Run: s.operation.Tick},
		{Name: "supervision", Every: time.Minute, AtStart: true, Run: s.cases.Tick},
		{Name: "scenarios", Every: time.Minute, AtStart: true, Run: s.scenarios.Tick},
		{Name: "workspaces", Every: time.Minute, AtStart: true, Run: s.workspaces.Tick},
		{Name: "products", Every: time.Minute, AtStart: true, Run: s.products.Tick},
		{Name: "registrations", Every: time.Minute, AtStart: true, Run: s.registrations.Tick},
		{Name: "bank-lines", Every: 15 * time.Second, AtStart: true, Run: s.bank.Work},
		{Name: "settlements", Every: time.Minute, AtStart: true, Run: s.settlements.Tick},
		{Name: "ledger-fold", Every: time.Minute, AtStart: true, Run: func(ctx context.Context) error { return s.books.Fold(ctx, s.in.pool) }},
		{Name: "online-payments", Every: 5 * time.Second, AtStart: true, Run: s.payOnline},
		{Name: "use-of-data", Every: 5 * time.Minute, AtStart: true, Run: s.use.Tick},
		{Name: "upload-resume", Every: 15 * time.Second, AtStart: true, Run: s.datasets.ResumeUploads},
		{Name: "upload-sweep", Every: 10 * time.Minute, AtStart: true, Run: s.datasets.SweepUploads},
		{Name: "make-tables", Every: time.Hour, AtStart: true, Run: s.datasets.MakeTables},
		{Name: "compare-versions", Every: time.Minute, AtStart: true, Run: s.datasets.CompareVersions},
		{Name: "quality", Every: time.Minute, AtStart: true, Run: s.datasets.LookAtVersions},
		{Name: "link-check", Every: 10 * time.Minute, AtStart: true, Run: s.datasets.CheckLinks},
		{Name: "demands-met", Every: time.Minute, AtStart: true, Run: s.demands.Appeared},
		{Name: "tell-late", Every: time.Hour, AtStart: true, Run: s.datasets.TellOfLate},
		{Name: "share-tend", Every: 5 * time.Minute, AtStart: true, Run: shares.Tend},
		{Name: "match-searches", Every: 15 * time.Second, AtStart: true, Run: follows.MatchSearches},
		{Name: "daily-letters", Every: 15 * time.Minute, AtStart: true, Run: func(ctx context.Context) error {
			return errors.Join(follows.RemindDesks(ctx), follows.SendDaily(ctx)) // what waits at a desk goes into the letter of the day
		}},
		{Name: "correction-sweep", Every: time.Hour, AtStart: true, Run: s.corrections.Sweep},
		{Name: "notice-sweep", Every: 6 * time.Hour, Run: follows.Sweep},
		{Name: "webhook-sweep", Every: 6 * time.Hour, Run: hooks.Sweep},
		{Name: "signing-keys", Every: 24 * time.Hour, Run: s.public.renew},
		{Name: "object-sweep", Every: 6 * time.Hour, AtStart: true, Run: s.datasets.Sweep},
	}})
	s.admin = s.newAdmin()
	return err
}

// listen takes the addresses first, so that one that is not free is reported
// before anything is changed.
func (s *server) listen() (err error) {
	cfg := s.in.cfg
	if s.listener, err = listenOn(cfg.Listen, "SHUYUAN_LISTEN or --listen"); err != nil {
		return err
	}
	if cfg.FilesListen != "" {
		if s.files, err = listenOn(cfg.FilesListen, "SHUYUAN_FILES_LISTEN"); err != nil {
			return err
		}
	}
	if cfg.AdminListen != "" {
		s.orders, err = listenOn(cfg.AdminListen, "SHUYUAN_ADMIN_LISTEN")
		return err
	}
	if s.orders, err = net.Listen("tcp", "127.0.0.1:8081"); err != nil {
		s.orders, err = net.Listen("tcp", "127.0.0.1:0")
	}
	return err
}

func listenOn(address, setting string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use by another program: set another address with %s", address, setting)
	}
	return l, err
}

// reached is how the portal is reached, as configured or as it came about.
func (s *server) reached(ctx context.Context) (portal.Config, error) {
	cfg := s.in.cfg
	proxies, err := config.Prefixes(cfg.TrustedProxies)
	if err != nil {
		return portal.Config{}, err
	}
	departments, err := s.datasets.Departments(ctx, account.Actor{})
	if err != nil {
		return portal.Config{}, err
	}
	sample := slices.ContainsFunc(departments, func(d datasets.Counted[datasets.Department]) bool { return d.Item.Sample })
	return portal.Config{
		BaseURL: s.base, FilesURL: cfg.FilesBaseURL, Proxies: proxies,
		Gallery: sample, Sample: sample, Secure: strings.HasPrefix(s.base, "https://"),
	}, nil
}

// reachable is an address that a browser on this machine can open.
func reachable(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if ip, bad := netip.ParseAddr(host); err == nil && bad == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// start sets everything going. What runs in the background outlives ctx and
// ends with halt, so that a stop can go in order.
func (s *server) start(ctx context.Context) error {
	work, halt := context.WithCancel(context.WithoutCancel(ctx))
	s.halt = halt
	s.background.Go(func() { s.search.Run(work) })
	s.background.Go(func() { jobs.Local(work, 5*time.Second, s.logged("clock", s.clock.Sync)) })
	s.background.Go(func() { jobs.Local(work, 10*time.Second, s.logged("usage", s.datasets.FlushUsage)) })
	s.background.Go(func() { jobs.Local(work, 10*time.Second, s.logged("use of keys", s.accounts.FlushKeyUse)) })
	s.background.Go(func() { jobs.Local(work, 10*time.Second, s.logged("calendars", s.calendars.Refresh)) })
	s.background.Go(func() {
		s.workspaces.Run(work, func(err error) {
			s.log.LogAttrs(work, slog.LevelWarn, "work of a workspace could not be done, will be tried again", slog.Any("error", err))
		})
	})
	s.background.Go(func() {
		audit.SealEvery(work, s.in.pool, time.Second, func(err error) {
			s.log.LogAttrs(work, slog.LevelWarn, "audit trail not sealed", slog.Any("error", err))
		})
	})
	s.background.Go(func() { s.runLog(work) })
	if err := s.jobs.Start(work); err != nil {
		return fmt.Errorf("start jobs: %w", err)
	}
	token := rand.Text()
	s.run("portal", func() error { return s.portal.Serve(s.listener) })
	if s.files != nil {
		s.run("downloads", func() error { return s.portal.ServeFiles(s.files) })
	}
	s.admin.Handler = s.administration(token)
	s.run("administration", func() error { return s.admin.Serve(s.orders) })
	return s.in.say("serve", reachable(s.orders.Addr()), token)
}

// run serves in the background; that it ends is a failure unless we stop.
func (s *server) run(name string, serve func() error) {
	go func() {
		if err := serve(); err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			s.failed <- fmt.Errorf("%s: %w", name, err)
		}
	}()
}

// logged is what jobs.Local calls: a failure is told and tried again next time.
func (s *server) logged(name string, do func(context.Context) error) func(context.Context) {
	return func(ctx context.Context) {
		if err := do(ctx); err != nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "could not be done, will be tried again", slog.String("task", name), slog.Any("error", err))
		}
	}
}

// greet tells a person where to look.
func (s *server) greet(ctx context.Context, out io.Writer) {
	fmt.Fprintf(out, "\n数源 Shuyuan: %s   (Ctrl-C stops it)\n", s.base)
	fmt.Fprintf(out, "health and figures: http://%s/readyz /metrics, data: %s\n", s.orders.Addr(), s.in.cfg.Data)
	if n, err := s.datasets.LastChange(ctx); err == nil && n == 0 {
		fmt.Fprint(out, "the catalogue is empty: stop, load the sample world with `shuyuan demo`, start again\n")
	}
	fmt.Fprintln(out)
}

// stop ends what runs, readers first and the database (by Close) last. It
// copes with a server that was only half started.
func (s *server) stop() {
	ctx := context.Background()
	if s.orders != nil && s.in.lock != nil {
		_ = s.in.say("serve") // whoever wants to work beside us waits until we are gone
	}
	if s.portal != nil {
		bound, cancel := context.WithTimeout(ctx, stopRequests)
		s.warn("requests cut off", s.portal.Shutdown(bound))
		cancel()
	}
	if s.halt != nil {
		bound, cancel := context.WithTimeout(ctx, stopJobs)
		s.warn("jobs cut off", jobs.Stop(bound, s.jobs))
		cancel()
		s.stopBackground(ctx)
	}
	if s.search != nil {
		s.warn("search index not closed", s.search.Engine.Close())
	}
	if s.rows != nil {
		s.rows.Close()
	}
	if s.engine != nil {
		s.engine.Close()
	}
	if s.admin != nil {
		_ = s.admin.Close()
	}
	for _, l := range []net.Listener{s.listener, s.files, s.orders} {
		if l != nil {
			_ = l.Close() // most are closed by now
		}
	}
}

// stopBackground ends what runs beside the requests, and seals what they did.
func (s *server) stopBackground(ctx context.Context) {
	bound, cancel := context.WithTimeout(ctx, stopBackground)
	defer cancel()
	s.halt()
	ended := make(chan struct{})
	go func() { s.background.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-bound.Done():
		s.warn("background work cut off", bound.Err())
		return
	}
	_, err := audit.Seal(bound, s.in.pool)
	s.warn("audit trail not sealed", err)
}

func (s *server) warn(what string, err error) {
	if err != nil {
		s.log.LogAttrs(context.Background(), slog.LevelWarn, what, slog.Any("error", err))
	}
}
