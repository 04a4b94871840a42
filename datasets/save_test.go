package datasets_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

func newCatalogue(t testing.TB) *datasetstest.Catalogue {
	t.Helper()
	return datasetstest.New(t, &datasetstest.Gate{})
}

func TestWhatIsSavedIsWhatIsRead(t *testing.T) {
	c := newCatalogue(t)
	due := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	want := datasets.Dataset{
		Slug: "whole", Title: "完整条目", TitleEN: "A whole entry", Summary: "第一行\n第二行", SummaryEN: "Two lines",
		Department: c.Office(t), Theme: c.People(t), Licence: datasets.Licence{ID: datasetstest.Licence}, Region: datasets.Region{Code: datasetstest.Region},
		Tags: []string{"人口", "年度"}, Status: datasets.Draft, Sample: true,
		Open: datasets.Conditional, OpenBasis: []string{"《办法》第二十七条"}, OpenReason: "涉及个人", OpenMethod: "申请", UseRequirements: "仅限研究", Safeguards: "用后销毁",
		ShareType: "conditional", ShareContent: "全部", ShareConditions: "须审核", ShareScope: "市级", ShareMethod: "接口", ShareBasis: []string{"《办法》第二十条"}, RequiredMaterials: "申请表",
		Frequency: datasets.Annual, UpdateDue: "每年一月", UpdateMethod: "整体替换", LastUpdated: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC), NextDue: &due,
		ResourceCode: "308003/1", Category: "主题", DataForm: "表格", Attributes: "业务", CollectDue: "年初", CollectingOrg: "甲", ApprovingOrg: "乙", ResponsibleOrg: "丙", Duties: "丁",
		Source: "年鉴", SourceURL: "https://example.org/a?b=1", Processing: "合并", SecurityLevel: "一般", LinkedSystem: "统计系统", DutyItem: "权责", CoreBusiness: "统计", CollectionMethod: "调查",
		RelatedCodes: []string{"308003/2"}, TemporalStart: "2004", TemporalEnd: "2025-12", Spatial: "全省", Language: "zh-CN", Contact: "数据科", Phone: "0591-00000000", Email: "data@tjj.example",
		OpenReasonEN: "It concerns people", OpenMethodEN: "Apply", UseRequirementsEN: "For research", SafeguardsEN: "Destroy after use",
		ShareContentEN: "All", ShareConditionsEN: "After review", ShareScopeEN: "The city", ShareMethodEN: "An interface", RequiredMaterialsEN: "A form",
		UpdateDueEN: "Each January", UpdateMethodEN: "As a whole", SourceEN: "Yearbook", ProcessingEN: "Merged", SpatialEN: "The province", MapReview: "闽S〔2026〕1号", Coordinates: "CGCS2000", TagsEN: []string{"people", "people"},
		Revision: 1,
	}
	d := want
	if err := c.Service.Save(t.Context(), datasetstest.Officer(want.Department), &d); err != nil {
		t.Fatal(err)
	}
	if d.ID == 0 || d.Status != datasets.Draft || d.Revision != 1 || !d.UpdatedAt.Equal(datasetstest.Now) {
		t.Errorf("filled in: id %d, status %s, revision %d, at %s", d.ID, d.Status, d.Revision, d.UpdatedAt)
	}
	got, err := c.Service.Dataset(t.Context(), datasetstest.Officer(want.Department), "whole")
	if err != nil {
		t.Fatal(err)
	}
	if got.Licence.Name == "" || got.Region.Name != "福建省" {
		t.Errorf("licence %+v, region %+v", got.Licence, got.Region)
	}
	if diff := cmp.Diff(&want, got, cmpopts.IgnoreFields(datasets.Dataset{}, "ID", "UpdatedAt", "Licence", "Region"), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestTextsAreBroughtToOneForm(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t, func(d *datasets.Dataset) {
		d.Title, d.Summary = "\u3000 人\u0065\u0301口 \t", "一\r\n二\n"
		d.Tags = []string{" 甲 ", "乙", "甲"}
		d.TitleEN = "<script>alert(1)</script> {{7*7}} ]]>" // shown as text: that is the pages' part
	})
	if d.Title != "人é口" || d.Summary != "一\n二" || !slices.Equal(d.Tags, []string{"甲", "乙"}) || !strings.HasPrefix(d.TitleEN, "<script>") {
		t.Errorf("%q %q %q %q", d.Title, d.Summary, d.Tags, d.TitleEN)
	}
}

func TestAnEntryThatCannotBeShownIsRefused(t *testing.T) {
	c := newCatalogue(t)
	title := func(s string) func(*datasets.Dataset) { return func(d *datasets.Dataset) { d.Title = s } }
	link := func(s string) func(*datasets.Dataset) { return func(d *datasets.Dataset) { d.SourceURL = s } }
	for _, x := range []struct {
		name  string
		with  func(*datasets.Dataset)
		field string
	}{
		{"no title", title(""), "title"},
		{"a title of blanks", title("\u3000 \u00a0"), "title"},
		{"a title too long", title(strings.Repeat("长", 201)), "title"},
		{"a title of a megabyte", title(strings.Repeat("x", 1<<20)), "title"},
		{"a title of two lines", title("人口\n数据"), "title"},
		{"NUL", title("人口\x00"), "title"},
		{"an escape", title("人口\x1b[31m"), "title"},
		{"a tab", title("人\t口"), "title"},
		{"writing turned round", title("人口\u202egpj.exe"), "title"},
		{"writing set apart", title("人口\u2066x"), "title"},
		{"a mark of direction", title("人口\u200f"), "title"},
		{"a space of no width", title("人\u200b口"), "title"},
		{"a joiner of no width", title("人\u200d口"), "title"},
		{"a soft hyphen", title("人\u00ad口"), "title"},
		{"a byte order mark", title("\ufeff人口"), "title"},
		{"a line separator", title("人\u2028口"), "title"},
		{"tags of another plane", title("人口\U000E0041"), "title"},
		{"a replacement character", title("人\ufffd口"), "title"},
		{"a noncharacter", title("人\ufdd0口"), "title"},
		{"half of a surrogate pair", title("人\xed\xa0\x80口"), "title"},
		{"a byte that is no UTF-8", title("人\xff口"), "title"},
		{"a flood of marks", title("Z" + strings.Repeat("\u0310", 500)), "title"},
		{"a flood of enclosing marks", title("Z" + strings.Repeat("\u20dd", 5)), "title"},
		{"the same in any text", func(d *datasets.Dataset) { d.CoreBusiness = "x\u202e" }, "core_business"},
		{"the same in any list", func(d *datasets.Dataset) { d.OpenBasis = []string{"x\x00"} }, "open_basis"},
		{"the same in the English", func(d *datasets.Dataset) { d.SafeguardsEN = "x\u202e" }, "safeguards_en"},
		{"English of too few tags", func(d *datasets.Dataset) { d.Tags, d.TagsEN = []string{"甲", "乙"}, []string{"a"} }, "tags_en"},
		{"an English tag of blanks", func(d *datasets.Dataset) { d.Tags, d.TagsEN = []string{"甲"}, []string{" "} }, "tags_en"},
		{"an English tag too long", func(d *datasets.Dataset) { d.Tags, d.TagsEN = []string{"甲"}, []string{strings.Repeat("x", 61)} }, "tags_en"},
		{"no summary", func(d *datasets.Dataset) { d.Summary = " " }, "summary"},
		{"no source", func(d *datasets.Dataset) { d.Source = "" }, "source"},

		{"a script for an address", link("javascript:alert(1)"), "source_url"},
		{"a script in capitals", link("JaVaScRiPt:alert(1)"), "source_url"},
		{"data for an address", link("data:text/html,x"), "source_url"},
		{"an address without a scheme", link("//evil.example/x"), "source_url"},
		{"an address with an account", link("https://gov.cn@evil.example/"), "source_url"},
		{"a tab in the scheme", link("ht\ttps://evil.example/"), "source_url"},
		{"a line end in an address", link("https://a.example/\r\nX: y"), "source_url"},
		{"a backslash", link(`https:\\evil.example`), "source_url"},
		{"no host", link("https:///x"), "source_url"},
		{"a port without a host", link("http://:80/"), "source_url"},
		{"a blank in an address", link("https://a.example/a b"), "source_url"},
		{"an address too long", link("https://a.example/" + strings.Repeat("x", 2000)), "source_url"},

		{"a slug in capitals", func(d *datasets.Dataset) { d.Slug = "Abc" }, "slug"},
		{"a slug out of its folder", func(d *datasets.Dataset) { d.Slug = "../x" }, "slug"},
		{"a slug of full width", func(d *datasets.Dataset) { d.Slug = "ａｂｃ" }, "slug"},
		{"a slug too long", func(d *datasets.Dataset) { d.Slug = strings.Repeat("a", 101) }, "slug"},
		{"two hyphens in a slug", func(d *datasets.Dataset) { d.Slug = "a--b" }, "slug"},

		{"two tags in one", func(d *datasets.Dataset) { d.Tags = []string{"a,b"} }, "tags"},
		{"two tags in one, in Chinese", func(d *datasets.Dataset) { d.Tags = []string{"甲；乙"} }, "tags"},
		{"a tag of blanks", func(d *datasets.Dataset) { d.Tags = []string{"\u3000"} }, "tags"},
		{"a tag too long", func(d *datasets.Dataset) { d.Tags = []string{strings.Repeat("长", 31)} }, "tags"},
		{"thirty-one tags", func(d *datasets.Dataset) { d.Tags = numbered(31) }, "tags"},
		{"ten thousand tags", func(d *datasets.Dataset) { d.Tags = numbered(10_000) }, "tags"},

		{"an open type that there is not", func(d *datasets.Dataset) { d.Open = "public" }, "open_type"},
		{"conditional without a basis", func(d *datasets.Dataset) { d.Open, d.OpenBasis = datasets.Conditional, []string{} }, "open_basis"},
		{"withheld without a basis", func(d *datasets.Dataset) { d.Open, d.OpenBasis = datasets.Withheld, []string{} }, "open_basis"},
		{"a basis that says nothing", func(d *datasets.Dataset) { d.Open, d.OpenBasis = datasets.Withheld, []string{" "} }, "open_basis"},
		{"conditional without safeguards", func(d *datasets.Dataset) {
			d.Open, d.OpenBasis, d.OpenMethod, d.UseRequirements = datasets.Conditional, []string{"办法"}, "申请", "研究"
		}, "open_method"},
		{"a way of sharing that there is not", func(d *datasets.Dataset) { d.ShareType = "never" }, "share_type"},
		{"coordinates of another kind", func(d *datasets.Dataset) { d.Coordinates = "Beijing 54" }, "coordinates"},
		{"not shared without a basis", func(d *datasets.Dataset) { d.ShareType = "withheld" }, "share_basis"},
		{"a frequency that there is not", func(d *datasets.Dataset) { d.Frequency = "often" }, "update_frequency"},
		{"no day of update", func(d *datasets.Dataset) { d.LastUpdated = time.Time{} }, "last_updated"},
		{"a day before all updates", func(d *datasets.Dataset) { d.NextDue = &time.Time{} }, "next_due"},
		{"a month that there is not", func(d *datasets.Dataset) { d.TemporalStart = "2026-13" }, "temporal_start"},
		{"a day that there is not", func(d *datasets.Dataset) { d.TemporalEnd = "2026-02-30" }, "temporal_end"},
		{"an end before the beginning", func(d *datasets.Dataset) { d.TemporalStart, d.TemporalEnd = "2026-02", "2025" }, "temporal_end"},
		{"a language that is no code", func(d *datasets.Dataset) { d.Language = "中文" }, "language"},
		{"an address that is no e-mail", func(d *datasets.Dataset) { d.Email = "a@b@c.example" }, "email"},
		{"a header in an e-mail address", func(d *datasets.Dataset) { d.Email = "a@b.example\nBcc: c@d.example" }, "email"},

		{"a theme that there is not", func(d *datasets.Dataset) { d.Theme.ID = 999 }, "theme"},
		{"a licence that there is not", func(d *datasets.Dataset) { d.Licence.ID = "WTFPL" }, "licence"},
		{"a region that there is not", func(d *datasets.Dataset) { d.Region.Code = "999999" }, "region"},
	} {
		t.Run(x.name, func(t *testing.T) {
			d := valid(t, c)
			x.with(d)
			err := c.Service.Save(t.Context(), datasetstest.Officer(d.Department), d)
			if f := fault.Of(err); err == nil || f.Kind != fault.Invalid || f.Field != x.field {
				t.Errorf("%v (field %s), want a fault of %s", err, fault.Of(err).Field, x.field)
			}
		})
	}
	var n, changes int
	if err := c.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM datasets), (SELECT count(*) FROM changes)`).Scan(&n, &changes); err != nil || n != 0 || changes != 0 {
		t.Errorf("%d entries and %d changes were left behind, %v", n, changes, err)
	}
}

func TestWhatOnlyLooksWrongIsTaken(t *testing.T) {
	c := newCatalogue(t)
	for name, with := range map[string]func(*datasets.Dataset){
		"a period within its year":        func(d *datasets.Dataset) { d.TemporalStart, d.TemporalEnd = "2026-03-01", "2026" },
		"a period of a thousand years":    func(d *datasets.Dataset) { d.TemporalStart, d.TemporalEnd = "0960", "1279" },
		"a host in Chinese":               func(d *datasets.Dataset) { d.SourceURL = "http://政务.example/数据?页=1#top" },
		"Vietnamese, of two marks a sign": func(d *datasets.Dataset) { d.TitleEN = "Dữ liệu mở" },
		"a character of four bytes":       func(d *datasets.Dataset) { d.Title = "上㘵村与𠮷" },
		"a title of two hundred":          func(d *datasets.Dataset) { d.Title = strings.Repeat("长", 200) },
		"thirty tags":                     func(d *datasets.Dataset) { d.Tags = numbered(30) },
	} {
		d := valid(t, c)
		with(d)
		if err := c.Service.Save(t.Context(), datasetstest.Officer(d.Department), d); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var made int

// valid is an entry that can be saved.
func valid(t testing.TB, c *datasetstest.Catalogue) *datasets.Dataset {
	made++
	return &datasets.Dataset{
		Slug: fmt.Sprintf("valid-%d", made), Title: "人口", Summary: "每年一次", Source: "年鉴", Department: c.Office(t), Theme: c.People(t),
		Licence: datasets.Licence{ID: datasetstest.Licence}, Region: datasets.Region{Code: datasetstest.Region},
		Open: datasets.Unconditional, Frequency: datasets.Annual, LastUpdated: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC),
	}
}

func numbered(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("标签%d", i)
	}
	return out
}

func TestOnlyTheOfficersOfTheDepartmentEdit(t *testing.T) {
	c := newCatalogue(t)
	d, _ := c.File(t, "a.csv", "甲\n1\n")
	own := datasetstest.Officer(d.Department)
	reader, publisher := own, own
	reader.Session, reader.Key, reader.Scopes = "", "sy_AAAAAAAA", []string{"read"}
	publisher.Session, publisher.Key, publisher.Scopes = "", "sy_BBBBBBBB", []string{"publish"}
	for name, x := range map[string]struct {
		who account.Actor
		may bool
	}{
		"visitor": {account.Actor{}, false}, "administrator": {account.Actor{ID: 5, Roles: []account.Role{account.Administrator}}, false}, "system": {account.System("test"), false},
		"other": {datasetstest.Officer(c.Department(t)), false}, "own": {own, true}, "own by a key that reads": {reader, false}, "own by a key that publishes": {publisher, true},
	} {
		current, err := c.Service.Dataset(t.Context(), own, d.Slug)
		if err != nil {
			t.Fatal(err)
		}
		// Somebody else may say that the entry is his: the database knows whose it is.
		claimed := *current
		claimed.Department = datasets.Department{ID: x.who.Department}
		for act, do := range map[string]func(*datasets.Dataset) error{
			"save": func(d *datasets.Dataset) error { return c.Service.Save(t.Context(), x.who, d) },
			"add a file": func(d *datasets.Dataset) error {
				_, err := c.Service.AddResource(t.Context(), x.who, d, datasets.Resource{Name: "新"})
				return err
			},
			"publish": func(d *datasets.Dataset) error {
				_, err := c.Service.AddVersion(t.Context(), x.who, d, d.Resources[0].ID, datasets.NewVersion{FileName: "a.csv", Content: strings.NewReader("甲\n2\n")})
				return err
			},
			"withdraw": func(d *datasets.Dataset) error {
				err := c.Service.Move(t.Context(), x.who, d.Slug, datasets.Withdraw, "有误", d.Revision+9)
				if fault.KindOf(err) == fault.Conflict {
					return nil // it would have been done, were the revision right
				}
				return err
			},
		} {
			for _, entry := range []*datasets.Dataset{current, &claimed} {
				tried := *entry
				err := do(&tried)
				switch kind := fault.KindOf(err); {
				case x.may && err != nil:
					t.Errorf("%s: %s: %v", name, act, err)
				case !x.may && kind != fault.Forbidden && kind != fault.Conflict:
					t.Errorf("%s: %s: %v", name, act, err)
				}
				if x.may && act == "save" {
					current.Revision = tried.Revision
					claimed.Revision = tried.Revision
				}
			}
		}
	}
}

func TestTwoWhoSaveAtOnceDoNotOverwriteEachOther(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	who := datasetstest.Officer(d.Department)
	var wg sync.WaitGroup
	outcome := make([]error, 8)
	for i := range outcome {
		wg.Go(func() {
			mine := *d
			mine.Title = fmt.Sprint("题名", i)
			outcome[i] = c.Service.Save(t.Context(), who, &mine)
		})
	}
	wg.Wait()
	saved := -1
	for i, err := range outcome {
		switch {
		case err == nil && saved < 0:
			saved = i
		case fault.KindOf(err) != fault.Conflict:
			t.Errorf("%d: %v (and %d was saved)", i, err, saved)
		}
	}
	now, err := c.Service.Dataset(t.Context(), who, d.Slug)
	if err != nil || now.Title != fmt.Sprint("题名", saved) || now.Revision != d.Revision+1 {
		t.Errorf("%q, revision %d, %v", now.Title, now.Revision, err)
	}
}

func TestASlugBelongsToOneEntry(t *testing.T) {
	c := newCatalogue(t)
	hidden := c.Dataset(t, func(d *datasets.Dataset) { d.Open, d.Department = datasets.Withheld, c.Department(t) })
	d := valid(t, c)
	d.Slug = hidden.Slug
	err := c.Service.Save(t.Context(), datasetstest.Officer(d.Department), d)
	if f := fault.Of(err); f.Kind != fault.Conflict || f.Text() != "这个网址名已被使用。" || strings.Contains(f.Text(), hidden.Title) {
		t.Errorf("%v", err)
	}
}

func TestAnEntryStaysWithItsDepartment(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	other := c.Department(t)
	moved := *d
	moved.Department = other
	both := account.Actor{ID: 5, Roles: []account.Role{account.Officer}, Department: other.ID}
	if err := c.Service.Save(t.Context(), both, &moved); fault.KindOf(err) != fault.Conflict {
		t.Errorf("another department took the entry: %v", err)
	}
}

func TestAResourceThatCannotBeShownIsRefused(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	who := datasetstest.Officer(d.Department)
	taken := c.Resource(t, d)
	for name, r := range map[string]datasets.Resource{
		"an id out of its folder": {ID: "../../x", Name: "甲"},
		"an id of a megabyte":     {ID: strings.Repeat("a", 1<<20), Name: "甲"},
		"no name":                 {},
		"a name turned round":     {Name: "甲\u202e"},
		"NUL in the description":  {Name: "甲", Description: "\x00"},
		"NUL in its English":      {Name: "甲", DescriptionEN: "\x00"},
		"an id that is taken":     {ID: taken, Name: "甲"},
	} {
		_, err := c.Service.AddResource(t.Context(), who, d, r)
		if want := map[bool]fault.Kind{true: fault.Conflict, false: fault.Invalid}[r.ID == taken]; fault.KindOf(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Service.AddResource(t.Context(), who, &datasets.Dataset{ID: 999, Department: d.Department}, datasets.Resource{Name: "甲"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a file of no entry: %v", err)
	}
}

func TestFilesAddedAtOnceStandInOneOrder(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	var wg sync.WaitGroup
	ids := make([]string, 12)
	for i := range ids {
		wg.Go(func() {
			var err error
			if ids[i], err = c.Service.AddResource(t.Context(), datasetstest.Officer(d.Department), d, datasets.Resource{Name: "甲"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	d, err := c.Service.Dataset(t.Context(), account.Actor{}, d.Slug)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, r := range d.Resources {
		if r.Position != i || seen[r.ID] || len(r.ID) != 16 {
			t.Errorf("file %d: %+v", i, r)
		}
		seen[r.ID] = true
	}
	if len(seen) != len(ids) {
		t.Errorf("%d files, want %d", len(seen), len(ids))
	}
}

// A tag is named by whichever entry has its English; an entry that the viewer
// may not know of names none.
func TestTagsAreNamedInEnglish(t *testing.T) {
	c := newCatalogue(t)
	c.Dataset(t, func(d *datasets.Dataset) { d.Tags = []string{"人口", "土地"} })
	c.Dataset(t, func(d *datasets.Dataset) {
		d.Tags, d.TagsEN = []string{"年度", "人口"}, []string{"yearly", "people"}
	})
	c.Dataset(t, func(d *datasets.Dataset) {
		d.Open, d.OpenBasis, d.Tags, d.TagsEN = datasets.Withheld, []string{"《办法》第二十七条"}, []string{"土地"}, []string{"land"}
	})
	got, err := c.Service.TagsInEnglish(t.Context(), account.Actor{}, []string{"人口", "年度", "土地", "没有"})
	if want := map[string]string{"人口": "people", "年度": "yearly"}; err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, want %v, %v", got, want, err)
	}
}

func TestTheEnglishOfAFileIsKept(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	id, err := c.Service.AddResource(t.Context(), datasetstest.Officer(d.Department), d, datasets.Resource{Name: "甲", Description: "一行一年", DescriptionEN: " One year a row "})
	if err != nil {
		t.Fatal(err)
	}
	if _, r, err := c.Service.Resource(t.Context(), datasetstest.Officer(d.Department), id); err != nil || r.DescriptionEN != "One year a row" {
		t.Errorf("%+v, %v", r, err)
	}
}
