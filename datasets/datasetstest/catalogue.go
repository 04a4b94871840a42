package datasetstest

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database/dbtest"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
)

// Now is the time at which a catalogue stands still until its clock is set: a
// Sunday morning in China.
var Now = time.Date(2026, 11, 22, 10, 0, 0, 0, China)

// China is the zone of every day of the catalogue.
var China = time.FixedZone("CST", 8*60*60)

// The codes of what every catalogue starts with.
const (
	Region  = "350000"
	Licence = "CC-BY-4.0"
)

// Catalogue is a catalogue in a database of the test's own. It holds no
// entries, but the region, the licence and, from the first use on, the
// department and the theme that an entry has unless told otherwise.
type Catalogue struct {
	Service *datasets.Service
	Compile *catalogue.Service
	Pool    *pgxpool.Pool
	Store   blob.Store
	StoreAt string // its folder

	mu     sync.Mutex
	now    time.Time
	made   int
	office *datasets.Department
	theme  *datasets.Theme
}

// New returns an empty catalogue whose bytes gate guards: licensing.Gate{} in
// the layers above, a *Gate where a test turns the key itself.
func New(t testing.TB, gate datasets.Gate, options ...func(testing.TB, blob.Store) datasets.Option) *Catalogue {
	t.Helper()
	return NewOn(t, func(*pgxpool.Pool) datasets.Gate { return gate }, options...)
}

// NewOn is New for a gate that asks the database.
func NewOn(t testing.TB, gate func(*pgxpool.Pool) datasets.Gate, options ...func(testing.TB, blob.Store) datasets.Option) *Catalogue {
	t.Helper()
	files := t.TempDir()
	store, err := blob.NewDir(files)
	if err != nil {
		t.Fatal(err)
	}
	c := &Catalogue{Pool: dbtest.New(t), Store: store, StoreAt: files, now: Now}
	var with []datasets.Option
	for _, o := range options {
		with = append(with, o(t, store))
	}
	c.Service = datasets.NewService(c.Pool, store, gate(c.Pool), c.Clock, with...)
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	c.Compile = catalogue.New(c.Pool, c.Service, book, deadline.New(book, func() workdays.Calendar { return calendar }), c.Clock)
	c.vocabulary(t, datasets.Vocabulary{
		Regions:  []datasets.Region{{Code: Region, Name: "福建省", NameEN: "Fujian"}},
		Licences: []datasets.Licence{{ID: Licence, Name: "知识共享 署名 4.0", NameEN: "Creative Commons Attribution 4.0", URL: "https://creativecommons.org/licenses/by/4.0/", Attribution: true, Terms: "注明来源即可使用。", TermsEN: "Use it freely and name the source."}},
	})
	return c
}

// Asked is an option of New for tests that ask questions about rows.
func Asked(t testing.TB, store blob.Store) datasets.Option {
	t.Helper()
	dir, err := os.MkdirTemp("", "shuyuan-rows-") // other users reach it, unlike the test's own
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	s, err := rows.New(rows.Options{Store: store, Dir: dir, Secret: []byte("a secret of an installation"), Workers: 1, Memory: 256 << 20, Free: 1 << 20, Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return datasets.Rows(s)
}

// Clock is the catalogue's time.
func (c *Catalogue) Clock() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set puts the clock to now.
func (c *Catalogue) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// next numbers what needs a name of its own.
func (c *Catalogue) next() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	return c.made
}

func (c *Catalogue) vocabulary(t testing.TB, v datasets.Vocabulary) {
	t.Helper()
	if err := c.Service.PutVocabulary(t.Context(), account.System("test"), v); err != nil {
		t.Fatal(err)
	}
}

// Place adds a region below Region and returns it.
func (c *Catalogue) Place(t testing.TB, code, name, nameEN string) datasets.Region {
	t.Helper()
	r := datasets.Region{Code: code, Name: name, NameEN: nameEN, Parent: Region}
	c.vocabulary(t, datasets.Vocabulary{Regions: []datasets.Region{r}})
	return r
}

// Department makes a department.
func (c *Catalogue) Department(t testing.TB, options ...func(*datasets.Department)) datasets.Department {
	t.Helper()
	n := c.next()
	d := datasets.Department{Slug: fmt.Sprintf("department-%d", n), Name: fmt.Sprintf("示例部门%d", n), NameEN: fmt.Sprintf("Sample Department %d", n), Region: Region}
	for _, o := range options {
		o(&d)
	}
	c.vocabulary(t, datasets.Vocabulary{Departments: []datasets.Department{d}})
	kept, err := c.Service.Department(t.Context(), account.Actor{}, d.Slug)
	if err != nil {
		t.Fatal(err)
	}
	return kept.Item
}

// Theme makes a theme.
func (c *Catalogue) Theme(t testing.TB, options ...func(*datasets.Theme)) datasets.Theme {
	t.Helper()
	n := c.next()
	d := datasets.Theme{Slug: fmt.Sprintf("theme-%d", n), Name: fmt.Sprintf("示例主题%d", n), NameEN: fmt.Sprintf("Sample Theme %d", n)}
	for _, o := range options {
		o(&d)
	}
	c.vocabulary(t, datasets.Vocabulary{Themes: []datasets.Theme{d}})
	kept, err := c.Service.Theme(t.Context(), account.Actor{}, d.Slug)
	if err != nil {
		t.Fatal(err)
	}
	return kept.Item
}

// Office is the department of every entry that names none.
func (c *Catalogue) Office(t testing.TB) datasets.Department {
	t.Helper()
	if c.office == nil {
		d := c.Department(t, func(d *datasets.Department) {
			d.Slug, d.Name, d.NameEN, d.Aliases = "tjj", "示例统计局", "Sample Bureau of Statistics", []string{"统计局"}
		})
		c.office = &d
	}
	return *c.office
}

// People is the theme of every entry that names none.
func (c *Catalogue) People(t testing.TB) datasets.Theme {
	t.Helper()
	if c.theme == nil {
		d := c.Theme(t, func(d *datasets.Theme) { d.Slug, d.Name, d.NameEN = "people", "人口", "People" })
		c.theme = &d
	}
	return *c.theme
}

// Officer is a data officer of d.
func Officer(d datasets.Department) account.Actor {
	return account.Actor{ID: 1000 + d.ID, Name: "示例专员", Roles: []account.Role{account.Officer}, Department: d.ID, Session: strings.Repeat("0", 32)}
}

// Visitor is nobody in particular.
func Visitor() account.Actor { return account.Actor{} }
