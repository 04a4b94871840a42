package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"runtime"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/audit/journal"
	"shuyuan/internal/fault"
)

// Config is what an installation may set. A zero field takes the value given
// in brackets.
type Config struct {
	StaffIdle time.Duration   // a session of staff ends after so long without a request (as the rules of the platform say)
	Idle      time.Duration   // the same for everybody else (likewise)
	Absolute  time.Duration   // every session ends after so long (likewise)
	KeyMax    time.Duration   // the longest life of an API key (366 days)
	Argon2    Argon2          // cost of a password check (19 MiB, 2 passes, 1 lane)
	Parallel  int             // password checks at once (the number of cores)
	Limits    map[string]Rate // replaces rows of Rates
	Secret    []byte          // of the installation, the same on every replica (random: what it locks ends with the process)
	Papers    Papers          // of organisations (none are taken)
	Rules     Rules           // of the platform about accounts (those that ship)
}

// Service is everything done with accounts. It keeps no state of its own
// between calls: any number of them work on one database.
type Service struct {
	pool   *pgxpool.Pool
	cfg    Config
	now    func() time.Time
	hasher *hasher
	keeper keeper
	rules  Rules
	used   keyUse

	forgets []Forget
}

// NewService returns the service on pool. now is the clock of the product.
func NewService(pool *pgxpool.Pool, cfg Config, now func() time.Time) *Service {
	cfg.Rules = orElse(cfg.Rules, house())
	cfg.StaffIdle = orElse(cfg.StaffIdle, cfg.Rules.StaffIdle)
	cfg.Idle = orElse(cfg.Idle, cfg.Rules.Idle)
	cfg.Absolute = orElse(cfg.Absolute, cfg.Rules.Absolute)
	cfg.KeyMax = orElse(cfg.KeyMax, 366*24*time.Hour)
	cfg.Argon2 = orElse(cfg.Argon2, Argon2{MemoryKiB: 19 * 1024, Passes: 2, Lanes: 1})
	cfg.Parallel = orElse(cfg.Parallel, runtime.GOMAXPROCS(0))
	limits := maps.Clone(Rates)
	maps.Copy(limits, cfg.Limits)
	cfg.Limits = limits
	return &Service{pool: pool, cfg: cfg, now: now, hasher: newHasher(cfg.Argon2, cfg.Parallel), keeper: newKeeper(cfg.Secret), rules: cfg.Rules}
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// record writes one act of who on an account into the audit trail.
func record(ctx context.Context, tx pgx.Tx, who Actor, userID int64, act string, details map[string]string) error {
	return recordOn(ctx, tx, who, "account", userID, act, details)
}

func recordOn(ctx context.Context, tx pgx.Tx, who Actor, subject string, id int64, act string, details map[string]string) error {
	return journal.Write(ctx, tx, Entry(who, subject, strconv.FormatInt(id, 10), act, details))
}

// Entry is the audit entry of who doing act to a subject. audit.Append is made
// of it.
func Entry(who Actor, subject, id, act string, details map[string]string) journal.Entry {
	roles := make([]string, len(who.Roles))
	for i, r := range who.Roles {
		roles[i] = string(r)
	}
	return journal.Entry{
		Actor: who.ID, Roles: roles, Department: who.Department,
		Subject: subject, SubjectID: id, Act: act,
		Personal: journal.Personal{Name: who.Name, Session: who.Session, Key: who.Key, Details: details},
	}
}

// administers returns fault.Forbidden unless who runs the installation and
// came by a session: a key that leaks must not be able to make accounts.
func administers(who Actor) error {
	if !who.Is(Administrator) || who.Key != "" {
		return fault.New(fault.Forbidden, "只有系统管理员可以管理账号。")
	}
	return nil
}

// guards allows only the security administrator to give and take roles.
func guards(who Actor) error {
	if !who.Is(SecurityAdministrator) || who.Key != "" {
		return fault.New(fault.Forbidden, "只有安全管理员可以授予和收回角色。")
	}
	return nil
}

// randomHex is n random bytes in hex.
func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// sum is what is stored of a secret.
func sum(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

func errNoAccount() error { return fault.New(fault.NotFound, "没有这个账号。") }
