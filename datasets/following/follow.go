package following

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
)

// Kind is what can be followed.
type Kind string

// The kinds.
const (
	Dataset    Kind = "dataset"
	Department Kind = "department"
	Theme      Kind = "theme"
	Search     Kind = "search"
)

// Target is one thing that can be followed: its slug, or of a search the query of
// its address in its one spelling.
type Target struct {
	Kind Kind
	Of   string
}

// Follow is that somebody follows something.
type Follow struct {
	ID    int64
	Kind  Kind
	Of    string // as in Target
	Name  string // of a search: its text, which may be empty
	NameE string // in English
	Gone  bool   // nobody may see it any more; it tells nothing until somebody may
	Since time.Time
}

// Finder finds datasets for searches that people follow; search.Service does.
type Finder interface {
	// Found is what a saved search finds now: how much, and the slugs where it is
	// no more than most.
	Found(ctx context.Context, query string, most int) (slugs []string, total int, err error)
	// Matching tells which of the searches find which of the datasets, as these
	// are now.
	Matching(ctx context.Context, queries []string, datasetIDs []int64) (map[string][]int64, error)
}

// Limiter counts what somebody does, as account.Service does.
type Limiter interface {
	Allow(ctx context.Context, bucket, subject string) (account.Limit, error)
}

// Bucket names the limit of how often one account follows and ends it.
const Bucket = "follow"

// Service has every operation on follows and notices.
type Service struct {
	pool      *pgxpool.Pool
	catalogue *datasets.Service
	finder    Finder
	limits    Limiter
	keeper    account.Keeper
	rules     Rules
	now       func() time.Time
	onTold    []func(context.Context, pgx.Tx, []Told) error
	desk      Desk // nil: nobody is told of a desk
	calendar  func() workdays.Calendar
}

// Config is what a Service stands on.
type Config struct {
	Pool      *pgxpool.Pool
	Catalogue *datasets.Service
	Finder    Finder // nil: nobody can follow a search
	Limits    Limiter
	Secret    []byte // of the installation; nil: one that ends with the process
	Rules     Rules
	Now       func() time.Time
}

// New returns the follows of a catalogue.
func New(c Config) *Service {
	return &Service{pool: c.Pool, catalogue: c.Catalogue, finder: c.Finder, limits: c.Limits, keeper: account.NewKeeper(c.Secret), rules: c.Rules, now: c.Now}
}

// Rules are the rules in force here.
func (s *Service) Rules() Rules { return s.rules }

// person returns a fault unless who has signed in.
func person(who account.Actor) error {
	if who.IsVisitor() || who.Key != "" || who.ID < 1 {
		return fault.New(fault.Unauthenticated, "请先登录。")
	}
	return nil
}

// longestSearch is how many bytes the query of a followed search may have.
const longestSearch = 4000

// Follow follows a thing that everybody may see, in the language in which its
// page was read. It returns fault.NotFound for what there is not, fault.Conflict
// above the number of follows or for a search that finds too much, and changes
// nothing where who follows it already.
func (s *Service) Follow(ctx context.Context, who account.Actor, t Target, lang Lang) error {
	if err := person(who); err != nil {
		return err
	}
	limit, err := s.limits.Allow(ctx, Bucket, strconv.FormatInt(who.ID, 10))
	if err != nil {
		return err
	}
	if !limit.Allowed {
		f := fault.New(fault.TooMany, "关注和取消太频繁，请过一会儿再试。")
		f.Retry = limit.Retry
		return f
	}
	id, seen, err := s.find(ctx, t)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if err := lockReader(ctx, tx, who.ID, lang); err != nil {
			return none, err
		}
		follow, err := insertFollow(ctx, tx, who.ID, t, id, s.rules.Most, s.now())
		if err != nil || follow == 0 {
			return none, err
		}
		if err := keepMatches(ctx, tx, follow, seen); err != nil {
			return none, err
		}
		return none, audit.Append(ctx, tx, who, "follow", strconv.FormatInt(follow, 10), "follow", map[string]string{"kind": string(t.Kind)})
	})
	return err
}

// find is the id of a target, and of a search the slugs of what it finds now.
func (s *Service) find(ctx context.Context, t Target) (id int64, seen []string, err error) {
	everybody := account.Actor{}
	switch t.Kind {
	case Dataset:
		d, err := s.catalogue.Dataset(ctx, everybody, t.Of)
		if err != nil {
			return 0, nil, err
		}
		return d.ID, nil, nil
	case Department:
		d, err := s.catalogue.Department(ctx, everybody, t.Of)
		if err != nil {
			return 0, nil, err
		}
		return d.Item.ID, nil, nil
	case Theme:
		th, err := s.catalogue.Theme(ctx, everybody, t.Of)
		if err != nil {
			return 0, nil, err
		}
		return th.Item.ID, nil, nil
	case Search:
		if t.Of == "" || len(t.Of) > longestSearch || s.finder == nil {
			return 0, nil, fault.At("of", "请先写要找的词，或者选一个筛选条件，再关注这个搜索。")
		}
		seen, total, err := s.finder.Found(ctx, t.Of, s.rules.Hits)
		if err != nil {
			return 0, nil, err
		}
		if total > s.rules.Hits {
			return 0, nil, fault.New(fault.Conflict, "这个搜索现在找到 %d 个数据集，超过 %d 个，太宽了：请加条件，或者改为关注部门、主题。", total, s.rules.Hits)
		}
		return 0, seen, nil
	}
	return 0, nil, fault.New(fault.NotFound, "没有这个可以关注的东西。")
}

// Unfollow ends a follow of who's own, by its number. One that has ended is no
// error.
func (s *Service) Unfollow(ctx context.Context, who account.Actor, id int64) error {
	if err := person(who); err != nil {
		return err
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		ended, err := deleteFollow(ctx, tx, who.ID, id)
		if err != nil || !ended {
			return none, err
		}
		return none, audit.Append(ctx, tx, who, "follow", strconv.FormatInt(id, 10), "unfollow", nil)
	})
	return err
}

// Follows are who's follows, the newest first.
func (s *Service) Follows(ctx context.Context, who account.Actor) ([]Follow, error) {
	if err := person(who); err != nil {
		return nil, err
	}
	found, err := selectFollows(ctx, s.pool, `f.user_id = @user`, pgx.NamedArgs{"user": who.ID})
	for i := range found {
		if f := &found[i]; f.Kind == Search {
			f.Name = searchText(f.Of)
			f.NameE = f.Name
		}
	}
	return found, err
}

// searchText is the text of a followed search.
func searchText(query string) string {
	v, err := url.ParseQuery(query)
	if err != nil {
		return ""
	}
	return v.Get("q")
}

// Following is the number of who's follow of a thing; 0 where there is none.
func (s *Service) Following(ctx context.Context, who account.Actor, t Target) (int64, error) {
	if person(who) != nil {
		return 0, nil
	}
	return selectFollowing(ctx, s.pool, who.ID, t)
}
