package datasets_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/datasets/ingest"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
)

// personas are who may look.
func personas(t *testing.T, c *datasetstest.Catalogue) map[string]account.Actor {
	own := datasetstest.Officer(c.Office(t))
	other := datasetstest.Officer(c.Department(t))
	dismissed := own
	dismissed.Roles = nil
	return map[string]account.Actor{
		"visitor": {}, "administrator": {ID: 7, Roles: []account.Role{account.Administrator}}, "system": account.System("test"),
		"other": other, "own": own,
		"dismissed": dismissed,                                       // still of the department, no longer an officer
		"homeless":  {ID: 8, Roles: []account.Role{account.Officer}}, // an officer of no department
		"both":      {ID: 9, Roles: []account.Role{account.Officer, account.Administrator}, Department: own.Department},
	}
}

// What each may know of an entry (L: it stands in lists; P: its page; G: only
// that it was withdrawn) and whether its bytes may be had (B).
const whoSees = `
entry                     visitor  administrator  system  dismissed  homeless  other  own  both
draft-conditional         -        -              -       -          -         -      LP   LP
draft-unconditional       -        -              -       -          -         -      LPB  LPB
draft-withheld            -        -              -       -          -         -      LP   LP
published-conditional     LP       LP             LP      LP         LP        LP     LP   LP
published-unconditional   LPB      LPB            LPB     LPB        LPB       LPB    LPB  LPB
published-withheld        -        -              -       -          -         -      LP   LP
withdrawn-conditional     G        G              G       G          G         G      LP   LP
withdrawn-unconditional   G        G              G       G          G         G      LPB  LPB
withdrawn-withheld        -        -              -       -          -         -      LP   LP
`

func TestWhoSeesWhat(t *testing.T) {
	c := datasetstest.New(t, licensing.Gate{})
	grid, who := c.Grid(t), personas(t, c)
	lines := strings.Split(strings.TrimSpace(whoSees), "\n")
	columns := strings.Fields(lines[0])[1:]
	if len(columns) != len(who) || len(lines) != len(grid)+1 {
		t.Fatalf("the grid has %d entries and %d personas, there are %d and %d", len(lines)-1, len(columns), len(grid), len(who))
	}
	got := []string{fmt.Sprintf("%-25s %s", "entry", strings.Join(columns, "  "))}
	for _, line := range lines[1:] {
		slug := strings.Fields(line)[0]
		row := fmt.Sprintf("%-26s", slug)
		for _, name := range columns {
			row += fmt.Sprintf("%-*s", len(name)+2, seen(t, c.Service, who[name], grid[slug]))
		}
		got = append(got, strings.TrimSpace(row))
	}
	if diff := cmp.Diff(lines, got); diff != "" {
		t.Error(diff)
	}
}

// seen is what a persona gets to know of one entry.
func seen(t *testing.T, s *datasets.Service, who account.Actor, d *datasets.Dataset) string {
	t.Helper()
	ctx, out := t.Context(), ""
	listed, err := s.BySlugs(ctx, who, []string{d.Slug})
	if err != nil {
		t.Fatal(err)
	}
	if len(listed) == 1 {
		out += "L"
	}
	roads := map[string]error{}
	_, roads["page"] = s.Dataset(ctx, who, d.Slug)
	_, _, roads["resource"] = s.Resource(ctx, who, d.Resources[0].ID)
	_, roads["versions"] = s.Versions(ctx, who, d.Resources[0].ID)
	_, roads["some versions"] = s.VersionsBefore(ctx, who, d.Resources[0].ID, 9, 9)
	_, roads["version"] = s.Version(ctx, who, d.Resources[0].ID, 1)
	kind := fault.KindOf(roads["page"])
	for road, err := range roads {
		if fault.KindOf(err) != kind {
			t.Errorf("%s: %s says %v, the page %v", d.Slug, road, err, roads["page"])
		}
	}
	switch kind {
	case fault.NotFound:
	case fault.Gone:
		out += "G"
	case fault.KindOf(nil):
		out += "P"
		if f, err := s.Original(ctx, who, d.Resources[0].Newest); err == nil {
			f.Object.Close()
			out += "B"
		}
	default:
		t.Errorf("%s: %v", d.Slug, roads["page"])
	}
	if out == "" {
		out = "-"
	}
	return out
}

// Every road on which entries are listed or counted leads to the same entries.
func TestEveryListHoldsTheSameEntries(t *testing.T) {
	c := datasetstest.New(t, licensing.Gate{})
	grid := c.Grid(t, func(d *datasets.Dataset) { d.Tags = []string{"共同"}; d.Summary = "哨兵" })
	origin := c.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Tags, d.Status = "origin", []string{"共同"}, datasets.Published })
	slugs := []string{"origin"}
	for slug := range grid {
		slugs = append(slugs, slug)
		c.Service.CountView(grid[slug].ID)
	}
	if err := c.Service.FlushUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	of := func(found []datasets.Dataset, err error) []string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, d := range found {
			out = append(out, d.Slug)
		}
		slices.Sort(out)
		return out
	}
	for name, who := range personas(t, c) {
		ctx := t.Context()
		want := of(c.Service.BySlugs(ctx, who, slugs))
		without := slices.DeleteFunc(slices.Clone(want), func(s string) bool { return s == "origin" })
		page, err := c.Service.List(ctx, who, datasets.Filter{})
		if diff := cmp.Diff(want, of(page.Items, err)); diff != "" || page.Total != len(want) {
			t.Errorf("%s: list, total %d: %s", name, page.Total, diff)
		}
		page, err = c.Service.Find(ctx, who, "哨兵", datasets.Filter{})
		if diff := cmp.Diff(without, of(page.Items, err)); diff != "" || page.Total != len(without) {
			t.Errorf("%s: find, total %d: %s", name, page.Total, diff)
		}
		public := slices.DeleteFunc(of(c.Service.BySlugs(ctx, account.Actor{}, slugs)), func(s string) bool { return s == "origin" })
		if diff := cmp.Diff(public, of(c.Service.Related(ctx, who, origin, 50))); diff != "" { // which everybody is shown alike
			t.Errorf("%s: related: %s", name, diff)
		}
		addresses, err := c.Service.Addresses(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		var addressed []string
		for _, a := range addresses {
			addressed = append(addressed, a.Slug)
			if files := len(a.Resources); (files == 1) != (a.Slug != "origin") {
				t.Errorf("%s: %s has the addresses of %d files", name, a.Slug, files)
			}
		}
		slices.Sort(addressed)
		if diff := cmp.Diff(want, addressed); diff != "" {
			t.Errorf("%s: addresses: %s", name, diff)
		}
		stats, err := c.Service.Stats(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		if stats.Datasets != len(want) || stats.Files != len(without) || stats.Versions != len(without) {
			t.Errorf("%s: stats count %d entries, %d files and %d versions, not %d, %d, %d", name, stats.Datasets, stats.Files, stats.Versions, len(want), len(without), len(without))
		}
		department, err := c.Service.Department(ctx, who, "tjj")
		if err != nil {
			t.Fatal(err)
		}
		theme, err := c.Service.Theme(ctx, who, "people")
		if err != nil {
			t.Fatal(err)
		}
		if department.Datasets != len(want) || theme.Datasets != len(want) {
			t.Errorf("%s: the department counts %d, the theme %d, not %d", name, department.Datasets, theme.Datasets, len(want))
		}
	}
	public := of(c.Service.BySlugs(t.Context(), account.Actor{}, slugs))
	indexed, err := c.Service.IndexEntries(t.Context(), 0, 50)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, d := range grid {
		ids = append(ids, d.ID)
	}
	some, err := c.Service.IndexEntriesOf(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	popular, err := c.Service.Popularity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	changes, err := c.Service.Changes(t.Context(), 0, 500)
	if err != nil {
		t.Fatal(err)
	}
	var inIndex, inPart, used, changed []string
	for _, e := range indexed {
		inIndex = append(inIndex, e.Slug)
	}
	for _, e := range some {
		inPart = append(inPart, e.Slug)
	}
	for _, p := range popular {
		used = append(used, p.Slug)
	}
	for _, ch := range changes {
		if ch.Public {
			changed = append(changed, ch.Slug)
		}
	}
	for road, got := range map[string][]string{"index": inIndex, "part of the index": append(inPart, "origin"), "popularity": used, "changes": changed} {
		slices.Sort(got)
		if diff := cmp.Diff(public, slices.Compact(got)); diff != "" {
			t.Errorf("%s: %s", road, diff)
		}
	}
}

// sentinel stands in the data and nowhere else, but for the code list that
// names it.
const sentinel = "哨兵八三七一"

var coded = datasets.Field{Name: "甲", Key: true, Codes: []datasets.Code{{Value: sentinel, Label: "意思", LabelEN: "meaning"}}}

// older is the version before the newest one, for the roads that compare two.
var older *datasets.Version

// roads is every exported method of the service, called so that it could give
// away the sentinel. A method that is not here fails the test: whoever adds
// one decides here whether it hands out data, and then it asks the Gate.
var roads = map[string]func(context.Context, *datasets.Service, account.Actor, *datasets.Dataset) (any, error){
	"AddResource": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.AddResource(ctx, who, d, datasets.Resource{Name: "又一个"})
	},
	"AddResourceIn": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.AddResourceIn(ctx, nil, who, d, datasets.Resource{Name: ""})
	},
	"Deidentify": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		c, err := s.VersionContent(ctx, nil, d.Resources[0].Newest.ID)
		if err != nil {
			return nil, err
		}
		r := ingest.Recipe{}
		for range d.Resources[0].Newest.Tables[0].Fields {
			r.Columns = append(r.Columns, ingest.Treatment{Method: ingest.Keep})
		}
		made, _, err := s.Deidentify(ctx, who, c, 0, r, false)
		return made, err
	},
	"KeepDerived": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.KeepDerived(ctx, nil, who, d.Resources[0].ID, "", blob.Info{}, datasets.Lineage{})
	},
	"KnowDownload": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return nil, s.KnowDownload(ctx, who, d.ID)
	},
	"KnownDownloaders": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		return s.KnownDownloaders(ctx, nil, d.ID)
	},
	"Lineages": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		return s.Lineages(ctx, nil, d.ID)
	},
	"Origin": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		return s.Origin(ctx, nil, d, d.Resources[0].Newest.SHA256)
	},
	"TableColumns": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		c, err := s.VersionContent(ctx, nil, d.Resources[0].Newest.ID)
		if err != nil {
			return nil, err
		}
		return s.TableColumns(ctx, who, c, 0)
	},
	"AddVersion": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		v, err := s.AddVersion(ctx, who, d, d.Resources[0].ID, datasets.NewVersion{
			FileName: "a.csv", Content: strings.NewReader("甲\n" + sentinel + "\n"), Fields: [][]datasets.Field{{coded}}})
		if err != nil {
			return nil, err
		}
		return v.Tables[0].Preview, nil // the dictionary is what we gave it
	},
	"EventsByID": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return s.EventsByID(ctx, nil, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9})
	},
	"EventsOf": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.EventsOf(ctx, who, d.Slug, 100)
	},
	"Retract": func(context.Context, *datasets.Service, account.Actor, *datasets.Dataset) (any, error) {
		return nil, nil // writes a flag that hides; the questions that call it ask whose they are
	},
	"Rechecked": func(context.Context, *datasets.Service, account.Actor, *datasets.Dataset) (any, error) {
		return nil, nil // counts what is open about an entry; the objections that call it ask whose they are
	},
	"Happened": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		return nil, s.Happened(ctx, nil, d.ID, datasets.EventAnswer, 1, "", datasets.EventDetail{}) // refused before anything is written
	},
	"TellOfLate": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.TellOfLate(ctx)
	},
	"ContentFindings": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		c, err := s.VersionContent(ctx, nil, d.Resources[0].Newest.ID)
		if err != nil {
			return nil, err
		}
		return s.ContentFindings(ctx, nil, c)
	},
	"ContentObjections": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		c, err := s.VersionContent(ctx, nil, d.Resources[0].Newest.ID)
		if err != nil {
			return nil, err
		}
		return s.ContentObjections(ctx, nil, c)
	},
	"ContentOriginal": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		c, err := s.VersionContent(ctx, nil, d.Resources[0].Newest.ID)
		if err != nil {
			return nil, err
		}
		f, err := s.ContentOriginal(ctx, who, c, &datasets.Reviewers{Department: d.Department.ID})
		if err == nil {
			defer f.Object.Close()
			all, err := io.ReadAll(f.Object)
			return string(all), err
		}
		return nil, err
	},
	"ContentRows": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		c, err := s.VersionContent(ctx, nil, d.Resources[0].Newest.ID)
		if err != nil {
			return nil, err
		}
		return s.ContentRows(ctx, who, c)
	},
	"NewerThan": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		c, err := s.VersionContent(ctx, nil, d.Resources[0].Newest.ID)
		if err != nil {
			return nil, err
		}
		_, upload, err := s.NewerThan(ctx, nil, c, 1)
		return upload, err
	},
	"Shown": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		c, err := s.VersionContent(ctx, nil, d.Resources[0].Newest.ID)
		if err != nil {
			return nil, err
		}
		return c, s.Shown(ctx, who, c, &datasets.Reviewers{Department: d.Department.ID})
	},
	"UploadContent": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return s.UploadContent(ctx, nil, "nonesuchnonesuchnonesuchno")
	},
	"VersionContent": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		return s.VersionContent(ctx, nil, d.Resources[0].Newest.ID)
	},
	"Announce": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.Announce(ctx, nil) // of no entry
	},
	"TryDraft": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		changed := *d
		return nil, s.TryDraft(ctx, who, &changed)
	},
	"DiscardDraft": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		return nil, s.DiscardDraft(ctx, nil, account.Actor{}, d) // who may is asked before anything is done
	},
	"Records": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return s.Records(ctx, []byte("a,b\n"))
	},
	"Sheets": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return s.Sheets(ctx, []byte("no workbook"))
	},
	"SaveDraft": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		changed := *d
		changed.Slug = "\x00" // refused before anything is asked
		return nil, s.SaveDraft(ctx, nil, who, &changed)
	},
	"SaveIn": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		changed := *d
		changed.Title = ""
		return nil, s.SaveIn(ctx, nil, who, &changed)
	},
	"Waiting": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		return s.Waiting(ctx, who)
	},
	"Tighten": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.Tighten(ctx, nil, who, 0, datasets.Terms{Open: datasets.Unconditional}, 0) // tightens nothing
	},
	"WithdrawIn": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.WithdrawIn(ctx, nil, who, 0, "\x00") // refused before anything is asked
	},
	"Addresses": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		return s.Addresses(ctx, who)
	},
	"Acquired": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		return s.Acquired(ctx, who, 0, 10)
	},
	"AcquiredUnder": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return s.AcquiredUnder(ctx, 1, 0, 10)
	},
	"CheckCondition": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		return nil, s.CheckCondition(ctx, d.Resources[0].Newest, 0, "")
	},
	"Deliver": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		_, err := s.Deliver(ctx, who, d.Resources[0].Newest, datasets.Delivery{Channel: datasets.ByPage, Form: "html"})
		return nil, err
	},
	"Permit": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		_, err := s.Permit(ctx, who, d.Resources[0].Newest)
		return nil, err
	},
	"BySlugs": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.BySlugs(ctx, who, []string{d.Slug})
	},
	"Changes": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return s.Changes(ctx, 0, 100)
	},
	"CheckLink": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return nil, s.CheckLink(ctx, who, d.Resources[0].ID)
	},
	"CheckLinks": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.CheckLinks(ctx)
	},
	"CheckVersions": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.CheckVersions(ctx)
	},
	"Checks": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		if err := s.CheckVersions(ctx); err != nil {
			return nil, err
		}
		return s.Checks(ctx, who, d.Resources[0].Newest)
	},
	"CompareVersions": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.CompareVersions(ctx)
	},
	"CorrectDictionary": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.CorrectDictionary(ctx, who, "nonesuchnonesuch")
	},
	"Corrections": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.Corrections(ctx, who, d.Resources[0].Newest)
	},
	"CountDownload": func(_ context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		s.CountDownload(d.ID, 1)
		return nil, nil
	},
	"CountView": func(_ context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		s.CountView(d.ID)
		return nil, nil
	},
	"CursorTable": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		_, _, err := s.CursorTable(d.Resources[0].ID, "")
		return nil, err
	},
	"Dataset": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.Dataset(ctx, who, d.Slug)
	},
	"DecideFinding": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.DecideFinding(ctx, who, 1, datasets.FindingDismissed, "可以公开")
	},
	"Department": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.Department(ctx, who, d.Department.Slug)
	},
	"Departments": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		return s.Departments(ctx, who)
	},
	"Differences": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		found, err := s.Differences(ctx, who, older, d.Resources[0].Newest)
		if err != nil {
			return nil, err
		}
		var out []any
		for _, t := range found.Tables { // the versions themselves are what we gave it
			out = append(out, t.Columns, t.Words, t.Rows)
		}
		return out, nil
	},
	"Disagree": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		found, err := s.Disagree(ctx, who, older, d.Resources[0].Newest, func(a, b datasets.Field) bool { return a.Name == b.Name })
		if err != nil {
			return nil, err
		}
		return []any{found.Columns, found.Differ, found.Sample}, nil // the versions themselves are what we gave it
	},
	"Unreviewed": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		return s.Unreviewed(ctx, d.ID, datasets.Unconditional)
	},
	"DifferingRows": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.DifferingRows(ctx, who, older, d.Resources[0].Newest, 0, rows.Query{})
	},
	"Distribution": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.Distribution(ctx, who, d.Resources[0].Newest, 0, "甲", "")
	},
	"Export": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		e, err := s.Export(ctx, who, d.Resources[0].Newest, 0, rows.Query{}, rows.ExportOptions{Format: rows.CSV})
		if err != nil {
			return nil, err
		}
		var out strings.Builder
		err = e.Write(ctx, &out)
		return out.String(), err
	},
	"ExportDiffering": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		e, err := s.ExportDiffering(ctx, who, older, d.Resources[0].Newest, 0, rows.Query{}, rows.ExportOptions{Format: rows.CSV})
		if err != nil {
			return nil, err
		}
		var out strings.Builder
		err = e.Write(ctx, &out)
		return out.String(), err
	},
	"Facet": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.Facet(ctx, who, d.Resources[0].Newest, 0, "甲", "", 10)
	},
	"Finding": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		return s.Finding(ctx, who, 1)
	},
	"Findings": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		return s.Findings(ctx, who, datasets.FindingFilter{})
	},
	"Find": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		return s.Find(ctx, who, "", datasets.Filter{})
	},
	"FlushUsage": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.FlushUsage(ctx)
	},
	"IndexEntries": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return s.IndexEntries(ctx, 0, 100)
	},
	"IndexEntriesOf": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		return s.IndexEntriesOf(ctx, []int64{d.ID})
	},
	"LastChange": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return s.LastChange(ctx)
	},
	"Licences": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return s.Licences(ctx)
	},
	"LinkDays": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.LinkDays(ctx, who, d.Resources[0].ID)
	},
	"LinkFigures": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		f, err := s.LinkFigures(ctx)
		return f.Health, err
	},
	"LinkState": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		return s.LinkState(ctx, d.Resources[0].ID)
	},
	"List": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		return s.List(ctx, who, datasets.Filter{})
	},
	"ShareDirectory": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		return s.ShareDirectory(ctx, who, datasets.ShareFilter{})
	},
	"Shared": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		return s.Shared(ctx, datasetstest.Officer(d.Department), d.Slug) // visitors find nothing in that directory
	},
	"SharedIn": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		return s.Shared(ctx, datasetstest.Officer(d.Department), d.Slug)
	},
	"ScanUploads": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.ScanUploads(ctx)
	},
	"LookAtVersions": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.LookAtVersions(ctx)
	},
	"MakeOf": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) { // of what its caller put into the store, by digest: no version
		_, _, err := s.MakeOf(ctx, blob.Digest(strings.Repeat("0", 64)), "a.csv", ingest.Options{})
		return nil, err
	},
	"MakeProfiles": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.MakeProfiles(ctx)
	},
	"MakeTables": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.MakeTables(ctx)
	},
	"MayServe": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return nil, s.MayServe(ctx, who, d.Resources[0].Newest)
	},
	"Mount": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		refuse := func(context.Context) error { return fault.New(fault.Forbidden, "没有。") }
		var read rows.Table
		_, err := s.Mount(ctx, datasets.Mounting{User: who.ID, Stands: refuse}, d.Resources[0].Newest, 0, func(t rows.Table) (int64, error) { read = t; return 0, nil })
		return read, err
	},
	"MountCodes": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		refuse := func(context.Context) error { return fault.New(fault.Forbidden, "没有。") }
		return s.MountCodes(ctx, refuse, d.Resources[0].Newest, 0, []string{coded.Name})
	},
	"MountSchema": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		return s.MountSchema(ctx, d.Resources[0].Newest, 0)
	},
	"Move": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return nil, s.Move(ctx, who, d.Slug, datasets.Withdraw, "", d.Revision)
	},
	"NameResource": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return nil, s.NameResource(ctx, who, d, datasets.Resource{ID: d.Resources[0].ID, Name: d.Resources[0].Name})
	},
	"Newest": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		v, err := s.Newest(ctx, d.Resources[0].ID)
		if err != nil {
			return nil, err
		}
		return *v, nil
	},
	"Numbered": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		v, err := s.Numbered(ctx, d.Resources[0].ID, d.Resources[0].Newest.Number)
		if err != nil {
			return nil, err
		}
		return *v, nil
	},
	"RemoveResource": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return nil, s.RemoveResource(ctx, who, d, d.Resources[0].ID)
	},
	"Original": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return content(s.Original(ctx, who, d.Resources[0].Newest))
	},
	"OwnLinks": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		return s.OwnLinks(ctx, who, nil, "")
	},
	"Package": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		packed, err := content(s.Package(ctx, who, d, d.Resources[0].Newest, 0, ""))
		if err != nil {
			return nil, err
		}
		return unzipped([]byte(packed.(string)))
	},
	"Popularity": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return s.Popularity(ctx)
	},
	"Preview": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		v := *d.Resources[0].Newest
		v.Tables = []datasets.Table{{}}
		err := s.Preview(ctx, who, &v)
		return v, err
	},
	"PreviewMisfits": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		all, err := s.PreviewMisfits(ctx, who, d.Resources[0].Newest, 0)
		return len(all), err
	},
	"Profile": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.Profile(ctx, who, d.Resources[0].Newest, 0, "甲")
	},
	"Profiles": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		if err := s.MakeProfiles(ctx); err != nil {
			return nil, err
		}
		return s.Profiles(ctx, who, d.Resources[0].Newest, 0)
	},
	"PutVocabulary": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.PutVocabulary(ctx, account.System("test"), datasets.Vocabulary{})
	},
	"Quality": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		return s.Quality(ctx, d)
	},
	"QualityCard": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		return s.QualityCard(ctx, who, "")
	},
	"Query": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.Query(ctx, who, d.Resources[0].Newest, 0, rows.Query{})
	},
	"Question": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		q, err := s.Question(ctx, who, d.Resources[0].Newest, 0, rows.Query{})
		if err != nil {
			return nil, err
		}
		return q.Answer(ctx)
	},
	"Regions": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return s.Regions(ctx)
	},
	"ReadDictionary": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		corrections, _, err := s.ReadDictionary(ctx, who, "nonesuchnonesuch", []byte("name\n甲\n"))
		return corrections, err
	},
	"Related": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.Related(ctx, who, &datasets.Dataset{Department: d.Department, Theme: d.Theme}, 10)
	},
	"Rendition": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return content(s.Rendition(ctx, who, d.Resources[0].Newest, 0, datasets.JSON))
	},
	"Reshapings": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.Reshapings(ctx, who, d.Resources[0].ID)
	},
	"Resource": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		kept, r, err := s.Resource(ctx, who, d.Resources[0].ID)
		return []any{kept, r}, err
	},
	"Rows": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		var out []string
		err := s.Rows(ctx, who, d.Resources[0].Newest, 0, func(row []string) error { out = append(out, row...); return nil })
		return out, err
	},
	"Save": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		changed := *d
		changed.Title = ""
		return nil, s.Save(ctx, who, &changed)
	},
	"ScanVersions": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.ScanVersions(ctx)
	},
	"SetLink": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return nil, s.SetLink(ctx, who, d.Resources[0].ID, datasets.Link{Kind: datasets.LinkPage, URL: "https://data.example.gov.cn/"})
	},
	"ScoreCard": func(ctx context.Context, s *datasets.Service, _ account.Actor, d *datasets.Dataset) (any, error) {
		return s.ScoreCard(ctx, d.Department.Slug)
	},
	"ScoreDatasets": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.ScoreDatasets(ctx)
	},
	"Schema": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.Schema(ctx, who, d.Resources[0].Newest, 0)
	},
	"Stats": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		return s.Stats(ctx, who)
	},
	"Summaries": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.Summaries(ctx, who, []datasets.Version{*d.Resources[0].Newest, *older})
	},
	"LookAtPDF": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		f, err := os.Open(os.DevNull)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return nil, s.LookAtPDF(ctx, "a.pdf", f)
	},
	"LookAtAttachment": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		f, err := os.Open(os.DevNull)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return s.LookAtAttachment(ctx, f)
	},
	"Sweep": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.Sweep(ctx)
	},
	"TagsInEnglish": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.TagsInEnglish(ctx, who, d.Tags)
	},
	"TellOfFindings": func(ctx context.Context, s *datasets.Service, _ account.Actor, _ *datasets.Dataset) (any, error) {
		return nil, s.TellOfFindings(ctx)
	},
	"Theme": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.Theme(ctx, who, d.Theme.Slug)
	},
	"Themes": func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
		return s.Themes(ctx, who)
	},
	"Version": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.Version(ctx, who, d.Resources[0].ID, 2)
	},
	"Versions": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.Versions(ctx, who, d.Resources[0].ID)
	},
	"Whole": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		w, err := s.Whole(ctx, who, d.Slug)
		if err != nil {
			return nil, err
		}
		defer w.Close()
		var out bytes.Buffer
		if err := w.Write(ctx, &out, ""); err != nil {
			return nil, err
		}
		return unzipped(out.Bytes())
	},
	"VersionsBefore": func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
		return s.VersionsBefore(ctx, who, d.Resources[0].ID, 100, 100)
	},
}

// unzipped is what is in a zip.
func unzipped(b []byte) (any, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(in)
		if err != nil {
			return nil, err
		}
		files[f.Name] = string(body)
	}
	return files, nil
}

// handsOut are the roads on which data itself, or values of it, leave.
var handsOut = []string{"Checks", "ContentOriginal", "Deidentify", "Shown", "Corrections", "Dataset", "Differences", "DifferingRows", "Distribution", "Export", "ExportDiffering", "Facet", "IndexEntries", "IndexEntriesOf", "Original", "Package", "Preview", "Profile", "Profiles", "Query", "Question", "Rendition", "Resource", "Rows", "Shared", "SharedIn", "Version", "Versions", "VersionsBefore", "Whole"}

// refuses are those of them that say so, rather than leave the values out.
var refuses = []string{"ContentOriginal", "ContentRows", "Deidentify", "Deliver", "Permit", "TableColumns", "Shown", "DifferingRows", "Disagree", "Distribution", "Export", "ExportDiffering", "Facet", "MayServe", "Original", "Package", "Preview", "PreviewMisfits", "Profile", "Profiles", "Query", "Question", "Rendition", "Rows", "Schema", "Whole"}

// asks are roads that give to nobody a value of the data, but counts of it only
// to who may have it.
var asks = []string{"Summaries"}

func content(f *datasets.File, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	defer f.Object.Close()
	b, err := io.ReadAll(f.Object)
	return string(b), err
}
