package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	netmail "net/mail"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sys/unix"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/following"
	"shuyuan/datasets/questions"
	"shuyuan/datasets/rows"
	"shuyuan/datasets/webhooks"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/calendars"
	"shuyuan/internal/config"
	"shuyuan/internal/database"
	"shuyuan/internal/database/embedded"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/identity"
	"shuyuan/internal/mail"
	"shuyuan/internal/outbound"
	"shuyuan/internal/policy"
	"shuyuan/internal/signing/vault"
	"shuyuan/internal/transparency"
	"shuyuan/licensing"
	"shuyuan/licensing/corrections"
	"shuyuan/licensing/demands"
	"shuyuan/licensing/papers"
	"shuyuan/licensing/tender"
	"shuyuan/licensing/use"
	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/engine"
	"shuyuan/marketplace"
	"shuyuan/marketplace/receipts"
	"shuyuan/marketplace/registration"
	"shuyuan/portal"
	"shuyuan/portal/notify"
)

// installation is what every command works on: the database and the files of
// one data folder.
type installation struct {
	cfg   config.Config
	log   *slog.Logger
	pool  *pgxpool.Pool
	store blob.Store
	admin string           // where the running server takes orders, if we work beside one
	token string           // shows that an order comes from whoever may read the data folder
	lock  *os.File         // nil beside a running server
	base  string           // address of the portal, as a server knows it that listens
	vault *vault.Process   // nil until it is wanted, and beside a running server
	pg    *embedded.Server // nil with an outside database and beside a running server
}

// open gets hold of the data folder. One process at a time owns it; a command
// works beside a running server, on its database, and waits for any other
// command to end.
func open(ctx context.Context, cfg config.Config, name string, log *slog.Logger) (*installation, error) {
	in := &installation{cfg: cfg, log: log}
	if err := makeDataFolder(cfg.Data); err != nil {
		return nil, err
	}
	if err := in.enter(ctx, name); err != nil {
		return nil, err
	}
	if err := in.connect(ctx); err != nil {
		in.Close()
		return nil, err
	}
	return in, nil
}

// makeDataFolder closes what is in the folder to other users. The folder
// itself lets PostgreSQL's user pass through where we are root.
func makeDataFolder(dir string) error {
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	return os.MkdirAll(dir, mode)
}

// enter takes the folder's lock, whose file names the holder and where it
// takes orders.
func (in *installation) enter(ctx context.Context, name string) error {
	f, err := os.OpenFile(in.path("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	told := false
	for waited := 0; ; waited++ {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			in.lock = f
			return in.say(name)
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			f.Close()
			return fmt.Errorf("lock %s: %w", f.Name(), err)
		}
		holder, admin, token := in.holder()
		switch {
		case holder == "serve" && name != "serve" && admin != "":
			in.admin, in.token = admin, token
			return f.Close()
		case holder == "serve" && name == "serve" && waited > 20: // one that was killed is gone by then
			f.Close()
			return fmt.Errorf("a server already runs on %s", in.cfg.Data)
		case waited == 20 && holder != "":
			told = true
			in.log.Warn("waiting for another command on the same data folder", slog.String("command", holder))
		}
		select {
		case <-ctx.Done():
			f.Close()
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
		if told && waited > 20*60*10 {
			f.Close()
			return fmt.Errorf("%s does not end on %s", holder, in.cfg.Data)
		}
	}
}

// say writes who holds the folder, where it takes orders and with which token.
func (in *installation) say(words ...string) error {
	if err := in.lock.Truncate(0); err != nil {
		return err
	}
	_, err := in.lock.WriteAt([]byte(strings.Join(words, " ")), 0)
	return err
}

func (in *installation) holder() (name, admin, token string) {
	b, err := os.ReadFile(in.path("lock"))
	if err != nil {
		return "", "", ""
	}
	words := append(strings.Fields(string(b)), "", "", "")
	return words[0], words[1], words[2]
}

func (in *installation) connect(ctx context.Context) error {
	url := in.cfg.DatabaseURL.Reveal()
	if url == "" {
		var err error
		if url, err = in.privateDatabase(ctx); err != nil {
			return err
		}
	}
	pool, err := database.Open(ctx, url)
	if err != nil {
		return err
	}
	in.pool = pool
	if err := in.reach(ctx); err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	in.store, err = openStore(ctx, in.cfg)
	return err
}

func (in *installation) privateDatabase(ctx context.Context) (string, error) {
	dir := in.path("postgres")
	if in.lock == nil {
		url, err := embedded.RunningURL(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("the server on %s does not use a private database: set SHUYUAN_DATABASE_URL as it does", in.cfg.Data)
		}
		return url, err
	}
	pg, err := embedded.Start(ctx, embedded.Options{Dir: dir, Log: in.log})
	if err != nil {
		return "", err
	}
	in.pg = pg
	return pg.URL(), nil
}

// reach waits a little for a database that is starting beside us.
func (in *installation) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		err := in.pool.Ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func openStore(ctx context.Context, cfg config.Config) (blob.Store, error) {
	if cfg.S3Endpoint == "" {
		return blob.NewDir(filepath.Join(cfg.Data, "files"))
	}
	return blob.NewS3(ctx, blob.S3Config{
		Endpoint: cfg.S3Endpoint, Bucket: cfg.S3Bucket, Region: cfg.S3Region,
		AccessKey: cfg.S3AccessKey, SecretKey: cfg.S3SecretKey.Reveal(),
	})
}

// openMail is how letters go out, from noreply at the host of the portal.
func (in *installation) openMail(base string, now func() time.Time) (mail.Sender, error) {
	host := "localhost"
	if u, err := url.Parse(base); err == nil && net.ParseIP(u.Hostname()) == nil {
		host = u.Hostname()
	}
	from := mail.From{Address: netmail.Address{Name: "数源 Shuyuan", Address: "noreply@" + host}, Now: now}
	if address := in.cfg.SMTPURL.Reveal(); address != "" {
		return mail.NewSMTP(address, from, 0)
	}
	return mail.NewFiles(in.path("mail"), from)
}

// identity is the provider of identity; nil where none is configured.
func (in *installation) identity(base string, now func() time.Time) *identity.Provider {
	if in.cfg.OIDCIssuer == "" {
		return nil
	}
	return identity.New(identity.Config{
		Issuer: in.cfg.OIDCIssuer, ClientID: in.cfg.OIDCClientID, Secret: in.cfg.OIDCSecret.Reveal(), Name: cmp.Or(in.cfg.OIDCName, "统一身份认证平台"),
		Callback: base + portal.IdentityCallback, Home: base + "/", Create: in.cfg.OIDCCreate == "yes", Now: now,
	})
}

// services are the domains on one installation.
type services struct {
	clock     *database.Clock
	datasets  *datasets.Service
	catalogue *catalogue.Service
	questions *questions.Service

	licensing     *licensing.Service
	papersAt      func(now func() time.Time) *papers.Service // files of cases, as of some time
	use           *use.Service
	workspaces    *workspace.Service // nothing runs there but in the server
	demands       *demands.Service
	corrections   *corrections.Service
	correctionsAt func(now func() time.Time) *corrections.Service // as of some time
	accounts      *account.Service
	calendars     *calendars.Service
	clocks        *deadline.Clocks // counted by calendars
	tenders       *tender.Service
	tendersAt     func(tender.Accounts, func() time.Time) (*tender.Service, error)

	public publicLog
}

// services brings the database up to date, unless a server that runs has done
// so, and makes the domains on it.
func (in *installation) services(ctx context.Context, options ...datasets.Option) (services, error) {
	if err := in.migrate(ctx); err != nil {
		return services{}, err
	}
	clock, err := database.NewClock(ctx, in.pool, time.Now)
	if err != nil {
		return services{}, err
	}
	secret, err := in.secret("accounts")
	if err != nil {
		return services{}, err
	}
	links, err := in.links(clock.Now)
	if err != nil {
		return services{}, err
	}
	book, err := policy.Load(policy.Files)
	if err != nil {
		return services{}, err
	}
	parts, err := licensing.PartsOf(book)
	if err != nil {
		return services{}, err
	}
	out := services{
		clock:    clock,
		datasets: datasets.NewService(in.pool, in.store, licensing.NewGate(in.pool, parts), clock.Now, append(options, links, datasets.Confirmed(catalogue.EnsureConfirmed), datasets.Work(in.path("work")))...),
	}
	out.accounts = account.NewService(in.pool, account.Config{Secret: secret, Papers: account.Papers{Store: in.store, Look: out.datasets.LookAtPDF}}, clock.Now)
	if out.calendars, err = calendars.New(ctx, in.pool, book, clock.Now, in.log); err != nil {
		return services{}, err
	}
	if out.public, err = in.openLog(book, clock.Now); err != nil {
		return services{}, err
	}
	out.clocks = deadline.New(book, out.calendars.Calendar)
	out.catalogue = catalogue.New(in.pool, out.datasets, book, out.clocks, clock.Now)
	out.questions = questions.New(in.pool, out.datasets, out.clocks, out.accounts, clock.Now)
	out.accounts.OnLeave(questions.Forget)
	out.correctionsAt = func(now func() time.Time) *corrections.Service {
		return corrections.New(corrections.Config{
			Pool: in.pool, Catalogue: out.datasets, Sources: out.catalogue.Sources(), Book: book, Clocks: out.clocks, Limits: out.accounts, Secret: secret, Now: now,
		})
	}
	out.corrections = out.correctionsAt(clock.Now)
	out.demands = demands.New(in.pool, out.datasets, book, out.clocks, out.accounts, clock.Now)
	out.accounts.OnLeave(demands.Forget)
	if out.licensing, err = licensing.New(in.pool, out.datasets, book, out.clocks, out.accounts, clock.Now); err != nil {
		return services{}, err
	}
	paperRules, err := papers.RulesOf(book)
	if err != nil {
		return services{}, err
	}
	out.papersAt = func(now func() time.Time) *papers.Service {
		return papers.NewService(papers.Config{
			Pool: in.pool, Store: in.store, Keeper: account.NewKeeper(secret), Limits: out.accounts, Rules: paperRules, Look: out.datasets.LookAtAttachment, Now: now,
		})
	}
	out.licensing.KeepPapers(out.papersAt(clock.Now))
	bids, err := in.secret("tenders")
	if err != nil {
		return services{}, err
	}
	out.tendersAt = func(accounts tender.Accounts, now func() time.Time) (*tender.Service, error) {
		return tender.New(tender.Config{Pool: in.pool, Catalogue: out.datasets, Accounts: accounts, Book: book, Clocks: out.clocks, Papers: out.papersAt(now), Keeper: account.NewKeeper(bids), Now: now})
	}
	if out.tenders, err = out.tendersAt(out.accounts, clock.Now); err != nil {
		return services{}, err
	}
	out.licensing.UseTenders(out.tenders)
	out.accounts.OnLeave(out.licensing.Forget)
	if out.use, err = use.New(use.Config{Pool: in.pool, Catalogue: out.datasets, Licensing: out.licensing, Accounts: out.accounts, Book: book, Clocks: out.clocks, Now: clock.Now}); err != nil {
		return services{}, err
	}
	out.workspaces, err = in.workspaces(out, book, parts, nil)
	return out, err
}

// workspaces are the secure workspaces, whose programs e runs; nil: nothing runs
// here.
func (in *installation) workspaces(s services, book *policy.Book, parts licensing.Parts, e *engine.Engine) (*workspace.Service, error) {
	secret, err := in.secret("workspaces")
	if err != nil {
		return nil, err
	}
	c := workspace.Config{
		Pool: in.pool, Catalogue: s.datasets, Gate: licensing.NewGate(in.pool, parts), Accounts: s.accounts, Book: book, Clocks: s.clocks, Secret: secret, Workers: runtime.NumCPU(), Now: s.clock.Now,
	}
	if e != nil {
		c.Engine = e
	}
	return workspace.New(c)
}

// products are the products on an installation; accounts say who has just shown who
// they are, asked answers questions about rows, and seals need it. Beside a running
// server nothing is sealed.
func (in *installation) products(s services, accounts marketplace.Fresh, book *policy.Book, asked *rows.Service, base string) (*marketplace.Service, error) {
	parts, err := licensing.PartsOf(book)
	if err != nil {
		return nil, err
	}
	checks, err := marketplace.CheckRulesOf(book)
	if err != nil {
		return nil, err
	}
	signs, err := marketplace.SigningRulesOf(book)
	if err != nil {
		return nil, err
	}
	c := marketplace.Config{
		Signing:  signs,
		Receipts: in.receipts(s, base),
		Pool:     in.pool, Store: in.store, Catalogue: s.datasets, Gate: licensing.NewGate(in.pool, parts), Accounts: accounts, Rows: asked, Work: in.path("work"), Base: base, Log: transparency.NewReader(in.pool), Checks: checks, Now: s.clock.Now,
	}
	if in.vault != nil {
		c.Signer = in.vault
	}
	if c.Witnesses, err = witnessKeys(in.cfg.Witnesses); err != nil {
		return nil, err
	}
	return marketplace.New(c), nil
}

// receipts are the certificates of download of an installation. Beside a running server
// none is signed.
func (in *installation) receipts(s services, base string) *receipts.Service {
	c := receipts.Config{Pool: in.pool, Catalogue: s.datasets, Limits: s.accounts, Base: base, Now: s.clock.Now}
	if in.vault != nil {
		c.Signer = in.vault
	}
	return receipts.New(c)
}

// registrations are the registrations of products on an installation, as of some time;
// accounts say who has just shown who they are. Beside a running server no certificate
// is signed.
func (in *installation) registrations(s services, accounts registration.Accounts, products *marketplace.Service, base string, now func() time.Time) *registration.Service {
	c := registration.Config{Pool: in.pool, Products: products, Accounts: accounts, Clocks: s.clocks, Base: base, Now: now}
	if in.vault != nil {
		c.Signer = in.vault
	}
	return registration.New(c)
}

// openWorkspaces starts what computes in workspaces. Whoever opened it closes it.
func (in *installation) openWorkspaces() (*engine.Engine, error) {
	dir := in.path("workspaces")
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return nil, err
	}
	sketches, err := in.secret("sketches")
	if err != nil {
		return nil, err
	}
	return engine.New(engine.Options{Store: in.store, Dir: dir, Now: time.Now, Sketches: sketches})
}

// following is who follows what; finder looks through searches, nil where nobody
// follows one.
func (in *installation) following(s services, finder following.Finder) (*following.Service, error) {
	book, err := policy.Load(policy.Files)
	if err != nil {
		return nil, err
	}
	rules, err := following.RulesOf(book)
	if err != nil {
		return nil, err
	}
	secret, err := in.secret("accounts")
	return following.New(following.Config{
		Pool: in.pool, Catalogue: s.datasets, Finder: finder, Limits: s.accounts, Secret: secret, Rules: rules, Now: s.clock.Now,
	}), err
}

// webhooks tells programs what follows tell their owners.
func (in *installation) webhooks(s services, follows *following.Service) (*webhooks.Service, error) {
	book, err := policy.Load(policy.Files)
	if err != nil {
		return nil, err
	}
	rules, err := webhooks.RulesOf(book)
	if err != nil {
		return nil, err
	}
	networks, ports, err := config.Reach(in.cfg.OutboundAllow)
	if err != nil {
		return nil, err
	}
	gate, err := outbound.New(outbound.Config{
		Allow: outbound.Allow{Networks: networks, Ports: ports}, Agent: "Shuyuan-Webhook/1.0", Contact: in.reachedAt() + "/developers#webhooks", Now: s.clock.Now,
		Times: outbound.Times{Head: rules.Answer, Whole: rules.Answer},
	})
	if err != nil {
		return nil, err
	}
	secret, err := in.secret("accounts")
	if err != nil {
		return nil, err
	}
	hooks := webhooks.NewService(webhooks.Config{
		Pool: in.pool, Gate: gate, Notices: follows, Limits: s.accounts, Secret: secret, Rules: rules, Now: s.clock.Now, Write: notify.Webhook(in.reachedAt()),
	})
	follows.OnTold(hooks.Tell)
	return hooks, nil
}

// uploads lets files be uploaded, under the rules of the platform.
func (in *installation) uploads() (datasets.Option, error) {
	book, err := policy.Load(policy.Files)
	if err != nil {
		return nil, err
	}
	rules, err := datasets.UploadRulesFrom(book)
	if err != nil {
		return nil, err
	}
	if free, err := config.Size(in.cfg.DiskFree); err != nil {
		return nil, err
	} else if free > 0 {
		rules.FreeBytes = free
	}
	return datasets.Uploads(in.path("uploads"), rules), nil
}

// migrate brings the database up to date. Beside a running server it is.
func (in *installation) migrate(ctx context.Context) error {
	if in.guest() {
		return nil
	}
	return database.Migrate(ctx, in.pool)
}

// reachStore returns nil if files can be had.
func (in *installation) reachStore(ctx context.Context) error {
	if in.cfg.S3Endpoint == "" {
		_, err := os.Stat(in.path("files"))
		return err
	}
	_, err := in.store.Stat(ctx, blob.Digest(strings.Repeat("0", 64))) // it is enough that it knows of no such object
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// guest reports whether we work beside a running server.
func (in *installation) guest() bool { return in.lock == nil }

func (in *installation) path(name string) string { return filepath.Join(in.cfg.Data, name) }

// folders are the folders that a backup holds beside database and files.
func (in *installation) folders() map[string]string {
	return map[string]string{"keys": in.path("keys"), "config": in.path("config")}
}

// patience is how long closing waits for queries that are still under way.
const patience = 5 * time.Second

// Close ends what we started, the database last.
func (in *installation) Close() error {
	if in.pool != nil {
		closed := make(chan struct{})
		go func() { in.pool.Close(); close(closed) }()
		select {
		case <-closed:
		case <-time.After(patience): // the database ends what is left of them
		}
	}
	if in.vault != nil {
		in.vault.Close()
	}
	var err error
	if in.pg != nil {
		err = in.pg.Stop()
	}
	if in.lock != nil {
		err = errors.Join(err, in.lock.Truncate(0), in.lock.Close())
	}
	return err
}
