package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/datasetstest"
	"shuyuan/datasets/deidentify"
	"shuyuan/datasets/following"
	"shuyuan/datasets/notes"
	"shuyuan/datasets/opening"
	"shuyuan/datasets/questions"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database/dbtest"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
	"shuyuan/licensing/corrections"
	"shuyuan/licensing/demands"
	"shuyuan/licensing/papers"
	"shuyuan/licensing/sharing"
	"shuyuan/licensing/supervision"
	"shuyuan/licensing/tender"
	"shuyuan/licensing/use"
)

// installation is an empty one, with everything written to out.
type installation struct {
	Deps
	pool  *pgxpool.Pool
	store *store
	out   bytes.Buffer
}

func install(t *testing.T, rules ...func(*datasets.UploadRules)) *installation {
	t.Helper()
	return installIn(t, t.TempDir(), dbtest.New(t), rules...)
}

// installIn is install with a folder and a database that may hold something.
func installIn(t *testing.T, dir string, pool *pgxpool.Pool, rules ...func(*datasets.UploadRules)) *installation {
	t.Helper()
	kept, err := blob.NewDir(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	in := &installation{pool: pool, store: &store{Store: kept}}
	in.store.left.Store(1 << 30)
	now := func() time.Time { return time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC) }
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	entries := datasets.NewService(in.pool, in.store, licensing.NewGate(in.pool, licensing.Parts{Within: 24 * time.Hour, Times: 2}), now, datasetstest.UploadingIn(filepath.Join(dir, "uploads"), rules...)(t, kept), datasets.Confirmed(catalogue.EnsureConfirmed))
	clocks := deadline.New(book, func() workdays.Calendar { return calendar })
	accounts := account.NewService(in.pool, account.Config{Papers: account.Papers{Store: in.store, Look: entries.LookAtPDF}}, now)
	paperRules, err := papers.RulesOf(book)
	if err != nil {
		t.Fatal(err)
	}
	follows, err := following.RulesOf(book)
	if err != nil {
		t.Fatal(err)
	}
	in.Deps = Deps{
		Datasets:  entries,
		Catalogue: catalogue.New(in.pool, entries, book, clocks, now),
		Accounts:  accounts,
		Opening:   opening.New(in.pool, entries, book, clocks, now),
		Notes:     notes.New(in.pool, entries, now),
		Following: following.New(following.Config{Pool: in.pool, Catalogue: entries, Limits: accounts, Rules: follows, Now: now}),
		Questions: func(now func() time.Time) *questions.Service {
			return questions.New(in.pool, entries, clocks, accounts, now)
		},
		Demands: demands.New(in.pool, entries, book, clocks, accounts, now),
		Sharing: sharing.New(in.pool, entries, book, clocks, now),
		Use: func(l *licensing.Service, now func() time.Time) (*use.Service, error) {
			return use.New(use.Config{Pool: in.pool, Catalogue: entries, Licensing: l, Accounts: Known(accounts), Book: book, Clocks: clocks, Now: now})
		},
		Corrections: func(now func() time.Time) *corrections.Service {
			return corrections.New(corrections.Config{Pool: in.pool, Catalogue: entries, Sources: in.Catalogue.Sources(), Book: book, Clocks: clocks, Limits: accounts, Secret: []byte("secret"), Now: now})
		},
		Licensing: func(now func() time.Time) (*licensing.Service, error) {
			l, err := licensing.New(in.pool, entries, book, clocks, Known(accounts), now)
			if err == nil {
				l.KeepPapers(papers.NewService(papers.Config{
					Pool: in.pool, Store: in.store, Keeper: account.NewKeeper([]byte("secret")), Limits: accounts, Rules: paperRules, Look: entries.LookAtAttachment, Now: now,
				}))
			}
			return l, err
		},
		Now:  now,
		Kept: filepath.Join(dir, "demo-accounts"),
		Out:  &in.out,
	}
	in.Tenders = func(now func() time.Time) (*tender.Service, error) {
		l, err := in.Licensing(now)
		if err != nil {
			return nil, err
		}
		return tender.New(tender.Config{Pool: in.pool, Catalogue: in.Datasets, Accounts: Known(in.Accounts), Book: book, Clocks: clocks, Papers: l.Papers(), Keeper: account.NewKeeper([]byte("tenders")), Now: now})
	}
	in.Supervision = func(now func() time.Time) (*supervision.Service, error) {
		l, err := in.Licensing(now)
		return supervision.New(supervision.Config{
			Pool: in.pool, Catalogue: entries, Licensing: l, Sharing: in.Sharing.At(now), Book: book, Clocks: clocks, Accounts: Known(accounts), Now: now,
		}), err
	}
	in.operated(t, dir, book, clocks)
	in.traded(t, dir, book, clocks)
	in.Deidentify = deidentify.New(in.pool, entries, in.Catalogue, book, now)
	return in
}

// played is the sample world, loaded once for all tests that begin with it.
var played struct {
	once sync.Once
	db   *dbtest.Snapshot
	dir  string
	said []byte
}

// loaded is an installation with the sample world: a copy of its own.
func loaded(t *testing.T) *installation {
	t.Helper()
	played.once.Do(func() {
		dir, err := os.MkdirTemp("", "shuyuan-demo-")
		if err != nil {
			t.Fatal(err)
		}
		atExit = append(atExit, func() { os.RemoveAll(dir) })
		in := installIn(t, dir, dbtest.New(t))
		if !in.load(t) {
			t.Fatal("nothing was loaded")
		}
		played.db, played.dir, played.said = dbtest.Snap(t, in.pool), dir, in.out.Bytes()
	})
	if played.db == nil {
		t.Fatal("the sample world could not be loaded: the test that tried says why")
	}
	dir := t.TempDir()
	if err := copyFolder(dir, played.dir); err != nil {
		t.Fatal(err)
	}
	in := installIn(t, dir, played.db.New(t))
	in.out.Write(played.said)
	return in
}

// copyFolder copies files with their modes.
func copyFolder(to, from string) error {
	return filepath.WalkDir(from, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		target := filepath.Join(to, inside)
		if entry.IsDir() {
			return os.MkdirAll(target, info.Mode().Perm())
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return errors.Join(os.WriteFile(target, content, 0o600), os.Chmod(target, info.Mode().Perm()))
	})
}

// store breaks when it has taken so many files.
type store struct {
	blob.Store
	left atomic.Int64
}

var errKilled = errors.New("killed")

func (s *store) Put(ctx context.Context, r io.Reader, limit int64) (blob.Info, error) {
	if s.left.Add(-1) < 0 {
		return blob.Info{}, errKilled
	}
	return s.Store.Put(ctx, r, limit)
}

func (in *installation) load(t *testing.T) bool {
	t.Helper()
	loaded, err := Load(t.Context(), in.Deps)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// state is all of the catalogue that a load writes, and how often it wrote.
func (in *installation) state(t *testing.T, query string) []string {
	t.Helper()
	rows, err := in.pool.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(values...))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

const (
	holds = `SELECT concat_ws(' ', d.slug, d.status, d.open_type, r.id, v.number, v.sha256, l.kind, l.url)
		FROM datasets d LEFT JOIN resources r ON r.dataset_id = d.id LEFT JOIN versions v ON v.resource_id = r.id LEFT JOIN links l ON l.resource_id = r.id
		WHERE d.slug NOT LIKE 'fj-yjt-%' AND d.slug <> 'relief-by-city' -- whose addresses are made as they come
		ORDER BY d.slug COLLATE "C", r.position, v.number`
	acts    = `SELECT count(*) FROM audit_entries UNION ALL SELECT count(*) FROM changes UNION ALL SELECT count(*) FROM uploads`
	waiting = `SELECT concat_ws(' ', d.slug, u.file_name, u.user_name, u.state, u.got) FROM uploads u JOIN resources r ON r.id = u.resource_id JOIN datasets d ON d.id = r.dataset_id WHERE u.state = 'received'`
)

// wanted is what holds yields once the whole sample world is there.
func wanted(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, e := range theWorld(t).entries {
		status := datasets.Published
		if e.about.Draft {
			status = datasets.Draft
		}
		start := fmt.Sprint(e.slug, " ", status, " ", e.dataset.Open)
		if len(e.resources) == 0 {
			out = append(out, start)
		}
		for _, r := range e.resources {
			if r.Link != nil {
				out = append(out, fmt.Sprint(start, " ", r.ID, " ", r.Link.Kind, " ", r.Link.URL))
			}
			if r.waiting != "" {
				out = append(out, fmt.Sprint(start, " ", r.ID))
			}
			for i, v := range r.versions {
				content, err := files.ReadFile("world/files/" + v.file)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, fmt.Sprintf("%s %s %d %x", start, r.ID, i+1, sha256.Sum256(content)))
			}
		}
	}
	out = append(out, wantedStates(t)...)
	slices.SortStableFunc(out, func(a, b string) int { return strings.Compare(strings.Fields(a)[0], strings.Fields(b)[0]) })
	return out
}

func TestTheSampleWorld(t *testing.T) {
	in := loaded(t)
	if diff := cmp.Diff(wanted(t), in.state(t, holds)); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	all, err := in.Datasets.List(t.Context(), account.Actor{}, datasets.Filter{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}

	t.Run("has what the issue asks for", func(t *testing.T) {
		stats, err := in.Datasets.Stats(t.Context(), account.Actor{})
		if err != nil {
			t.Fatal(err)
		}
		got := []int{stats.Datasets, stats.Unconditional, stats.Conditional, stats.Files, stats.Versions, stats.Departments, stats.Themes}
		if want := []int{39, 34, 5, 48, 52, 29, 19}; !slices.Equal(got, want) {
			t.Errorf("datasets, unconditional, conditional, files, versions, departments, themes: %v, want %v", got, want)
		}
		kinds := in.state(t, `SELECT DISTINCT format || ' ' || encoding || ' ' || compression || CASE WHEN header THEN '' ELSE ' no header' END FROM versions ORDER BY 1`)
		want := []string{"csv GB18030 ", "csv UTF-8 ", "csv UTF-8 gzip", "csv UTF-8-BOM ", "geojson UTF-8 ", "json UTF-8 ", "json UTF-8 gzip", "tsv UTF-8 ", "tsv UTF-8 gzip", "txt UTF-8  no header", "xlsx  "}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Errorf("formats and encodings:\n%s", diff)
		}
	})

	t.Run("shows every state on the way to the public", in.showsEveryState)

	t.Run("keeps a trail without what is needless", in.keepsACleanTrail)

	t.Run("shows nobody what is withheld or a draft but its department", func(t *testing.T) {
		hidden := 0
		for _, e := range theWorld(t).entries {
			public := slices.ContainsFunc(all.Items, func(d datasets.Dataset) bool { return d.Slug == e.slug })
			if public == (e.about.Draft || e.dataset.Open == datasets.Withheld) {
				t.Errorf("%s is public: %v", e.slug, public)
			}
			if public {
				continue
			}
			hidden++
			if _, err := in.Datasets.Dataset(t.Context(), account.Actor{}, e.slug); fault.KindOf(err) != fault.NotFound {
				t.Errorf("a visitor who asks for %s gets %v", e.slug, err)
			}
			department, err := in.Datasets.Department(t.Context(), account.Actor{}, e.about.Department)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := in.Datasets.Dataset(t.Context(), theWorld(t).officer(department.Item.ID), e.slug); err != nil {
				t.Errorf("an officer of its department who asks for %s gets %v", e.slug, err)
			}
		}
		if hidden != 7 {
			t.Errorf("%d entries are hidden, want two withheld and five drafts", hidden)
		}
	})

	t.Run("has one upload that waits to be looked over", func(t *testing.T) {
		if diff := cmp.Diff([]string{theUpload}, in.state(t, waiting)); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("keeps a dictionary, a source and a licence beside every file", func(t *testing.T) {
		for _, d := range all.Items {
			whole, err := in.Datasets.Dataset(t.Context(), account.Actor{}, d.Slug)
			if err != nil {
				t.Fatal(err)
			}
			if whole.Source == "" || whole.Licence.Terms == "" || whole.Licence.TermsEN == "" || !whole.Department.Sample || !whole.Sample {
				t.Errorf("%s: source %q, licence %+v, sample %v", d.Slug, whole.Source, whole.Licence, whole.Sample)
			}
			for _, r := range whole.Resources {
				if l := r.Link; l != nil && r.Name != "" && r.NameEN != "" && r.Description != "" && l.URL[0] == '/' && l.Usage != "" && l.UsageEN != "" {
					continue // an address works offline: it is of the portal itself
				}
				if r.Newest == nil && d.Slug == "serious-bird-strikes" && r.Name != "" && r.NameEN != "" {
					continue // it waits for its review
				}
				if r.Name == "" || r.NameEN == "" || r.Description == "" || r.Newest == nil || len(r.Newest.Tables) == 0 {
					t.Fatalf("%s: resource %+v", d.Slug, r)
				}
				for _, table := range r.Newest.Tables {
					if keyed := len(table.Keys()) > 0; keyed == (keyless[r.Newest.FileName] != "") {
						t.Errorf("%s, %s: the columns %v name its rows", d.Slug, r.Name, table.Keys())
					}
					for _, f := range table.Fields {
						if f.LabelEN == "" {
							t.Errorf("%s, %s: the column %s is not in the dictionary", d.Slug, r.Name, f.Name)
						}
					}
				}
			}
		}
	})

	t.Run("has as many rows as world/README.md says", func(t *testing.T) {
		readme, err := files.ReadFile("world/README.md")
		if err != nil {
			t.Fatal(err)
		}
		listed := 0
		for _, version := range in.state(t, `
			SELECT concat('| `+"`', v.file_name, '`"+` | ', d.title, ' | ', string_agg(trim(to_char(w.rows, '999,999,999')), ' + ' ORDER BY w.position))
			FROM datasets d JOIN resources r ON r.dataset_id = d.id JOIN versions v ON v.resource_id = r.id JOIN version_tables w ON w.version_id = v.id
			GROUP BY v.id, d.id`) {
			file, _, _ := strings.Cut(version, "` | ")
			if !strings.Contains(string(readme), file+"` | ") {
				continue // an earlier or later version, named further down
			}
			if listed++; !strings.Contains(string(readme), version) {
				t.Errorf("world/README.md does not say %s", version)
			}
		}
		if listed != 45 {
			t.Errorf("%d files are listed, want 45", listed)
		}
	})

	t.Run("lets the demo accounts in", func(t *testing.T) {
		for _, line := range strings.Split(strings.TrimSpace(shown(in)), "\n") {
			who := strings.Fields(line)
			session, err := in.Accounts.SignIn(t.Context(), who[0], who[1], "192.0.2.7", "test")
			if err != nil {
				t.Errorf("%s cannot sign in: %v", who[0], err)
			} else if !strings.HasSuffix(who[0], ".example") || session.Token == "" {
				t.Errorf("account %s, session %+v", who[0], session)
			}
		}
	})

	t.Run("is not changed by a second load, which shows the accounts again", func(t *testing.T) {
		before := shown(in)
		in.out.Reset()
		written := in.state(t, acts)
		if in.load(t) {
			t.Error("the second load says that it loaded something")
		}
		if got := shown(in); got != before {
			t.Errorf("the second load shows %q, the first %q", got, before)
		}
		if diff := cmp.Diff(written, in.state(t, acts)); diff != "" {
			t.Errorf("the second load wrote:\n%s", diff)
		}
		info, err := os.Stat(in.Kept)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the passwords are kept as %v, %v", info.Mode(), err)
		}
	})

	t.Run("gives new passwords on request", func(t *testing.T) {
		before := shown(in)
		in.out.Reset()
		if err := Passwords(t.Context(), in.Deps); err != nil {
			t.Fatal(err)
		}
		if after := shown(in); after == before || len(after) != len(before) {
			t.Errorf("before %q, after %q", before, after)
		}
		if diff := cmp.Diff(wanted(t), in.state(t, holds)); diff != "" {
			t.Errorf("the catalogue changed:\n%s", diff)
		}
	})

	t.Run("says how to get passwords that were not kept", func(t *testing.T) {
		in.out.Reset()
		in.Kept = ""
		if in.load(t) {
			t.Error("the load says that it loaded something")
		}
		if got := shown(in); !strings.Contains(got, "officer@mzj.anshan.example") || !strings.Contains(got, "shuyuan demo --passwords") {
			t.Errorf("shown: %q", got)
		}
	})
}

// shown are the accounts as they were written for a person.
func shown(in *installation) string {
	_, accounts, _ := strings.Cut(in.out.String(), "demo accounts (示例):\n")
	return accounts
}

func TestALoadThatWasCutOffIsCompletedByTheNext(t *testing.T) {
	for _, after := range []int64{17, 112} { // the last while its states are played
		t.Run(fmt.Sprintf("after %d files", after), func(t *testing.T) {
			t.Parallel()
			in := install(t)
			in.store.left.Store(after)
			if loaded, err := Load(t.Context(), in.Deps); loaded || !errors.Is(err, errKilled) {
				t.Fatalf("loaded %v, %v", loaded, err)
			}
			half := in.state(t, `
				SELECT d.slug FROM datasets d LEFT JOIN resources r ON r.dataset_id = d.id LEFT JOIN versions v ON v.resource_id = r.id
				WHERE d.status = 'published' AND d.open_type <> 'withheld' AND v.id IS NULL
				AND NOT EXISTS (SELECT FROM links l WHERE l.resource_id = r.id) AND NOT EXISTS (SELECT FROM uploads u WHERE u.resource_id = r.id)`)
			if len(half) > 0 {
				t.Errorf("published without all their files: %v", half)
			}
			if users := in.state(t, `SELECT identifier FROM users`); len(users) > 0 && after < 100 {
				t.Errorf("there are accounts already: %v", users)
			}
			in.store.left.Store(1 << 30)
			if !in.load(t) {
				t.Error("the second load says that there was nothing to load")
			}
			if diff := cmp.Diff(wanted(t), in.state(t, holds)); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
			if diff := cmp.Diff([]string{theUpload}, in.state(t, waiting)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

const theUpload = "anshan-service-stations-draft elderly-service-stations.csv 示例专员（鞍山市民政局） received 12961"

func TestWithoutRoomForAnUploadTheRestIsLoaded(t *testing.T) {
	in := install(t, func(r *datasets.UploadRules) { r.FreeBytes = 1 << 60 })
	if !in.load(t) || len(in.state(t, waiting)) != 0 {
		t.Error("nothing was loaded, or the upload too")
	}
	if !strings.Contains(in.out.String(), "the sample upload elderly-service-stations.csv is left out: 存储空间不多了") || shown(in) == "" {
		t.Errorf("said: %s", in.out.String())
	}
}

func TestAnInstallationWithItsOwnCatalogueIsLeftAlone(t *testing.T) {
	in := install(t)
	own := datasets.Vocabulary{Departments: []datasets.Department{{Slug: "own", Name: "真实部门", NameEN: "A real department", Region: "350000"}}}
	if err := in.Datasets.PutVocabulary(t.Context(), account.System("test"), own); err != nil {
		t.Fatal(err)
	}
	written := in.state(t, acts)
	if in.load(t) {
		t.Error("the sample world was loaded")
	}
	if diff := cmp.Diff(written, in.state(t, acts)); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
	if err := Passwords(t.Context(), in.Deps); !errors.Is(err, ErrNotLoaded) {
		t.Errorf("new passwords without a sample world: %v", err)
	}
	if in.out.String() != "the installation has a catalogue of its own: the sample world is not loaded\n" {
		t.Errorf("said: %q", in.out.String())
	}
}
