package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"shuyuan/datasets"
	"shuyuan/datasets/ingest"
)

// sampled reads the sample world once for all tests.
var sampled = sync.OnceValues(readWorld)

func theWorld(t *testing.T) *world {
	t.Helper()
	w, err := sampled()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// published is how many resources of an entry have data.
func (e *entry) published() (n int) {
	for _, r := range e.resources {
		if r.Link != nil || len(r.versions) > 0 {
			n++
		}
	}
	return n
}

func TestEveryEntryIsComplete(t *testing.T) {
	codes := map[string]string{}
	for _, e := range theWorld(t).entries {
		d := e.dataset
		for field, text := range map[string]string{
			"title": d.Title, "title_en": d.TitleEN, "summary": d.Summary, "summary_en": d.SummaryEN, "update due": d.UpdateDue,
			"code": e.about.Code, "category": d.Category, "form": d.DataForm, "attributes": d.Attributes, "security": d.SecurityLevel,
			"collected by": d.CollectingOrg, "collected how": d.CollectionMethod, "source": d.Source, "contact": d.Contact,
			"approving": d.ApprovingOrg, "responsible": d.ResponsibleOrg, "duties": d.Duties, "system": d.LinkedSystem, "duty": d.DutyItem, "business": d.CoreBusiness,
			"tags": strings.Join(d.Tags, ""), "open basis": strings.Join(d.OpenBasis, ""), "shared content": d.ShareContent,
		} {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s has no %s", e.slug, field)
			}
		}
		if other := codes[e.about.Code]; other != "" {
			t.Errorf("%s and %s have the same code", e.slug, other)
		}
		codes[e.about.Code] = e.slug
		if !d.Sample || !strings.HasPrefix(d.ResourceCode, "示例") {
			t.Errorf("%s is not marked as a sample", e.slug)
		}
		if d.Open == datasets.Conditional && (d.OpenReason == "" || d.OpenMethod == "" || d.UseRequirements == "" || d.Safeguards == "") {
			t.Errorf("%s does not say how its condition is met", e.slug)
		}
		public := d.Open != datasets.Withheld && !e.about.Draft
		if public != (e.published() > 0) || public && len(e.resources) != e.published() || public != (d.SourceURL != "") || public && d.Processing == "" {
			t.Errorf("%s: public %v, %d files, source %q, processing %q", e.slug, public, e.published(), d.SourceURL, d.Processing)
		}
	}
}

// Whatever a page says about an entry it says in English too. Signs of the
// data itself may be quoted: the name of a sheet or column, a mark in a value.
func TestEveryEntryIsCompleteInEnglish(t *testing.T) {
	quoting := map[string]bool{"airports": true, "area-codes": true, "fujian-villages": true, "cn-township-codes": true, "lunisolar-calendar": true, "id-address-codes": true, "cn-village-codes": true}
	for _, e := range theWorld(t).entries {
		d := e.dataset
		both := func(what, chinese, english string) {
			if (chinese == "") != (english == "") {
				t.Errorf("%s: the %s is %q in Chinese and %q in English", e.slug, what, chinese, english)
			}
			if han(english) && !quoting[e.slug] {
				t.Errorf("%s: Chinese in the English %s %q", e.slug, what, english)
			}
		}
		for _, x := range [][3]string{
			{"title", d.Title, d.TitleEN}, {"summary", d.Summary, d.SummaryEN}, {"reason", d.OpenReason, d.OpenReasonEN}, {"method", d.OpenMethod, d.OpenMethodEN},
			{"requirements", d.UseRequirements, d.UseRequirementsEN}, {"safeguards", d.Safeguards, d.SafeguardsEN}, {"shared content", d.ShareContent, d.ShareContentEN},
			{"share conditions", d.ShareConditions, d.ShareConditionsEN}, {"share scope", d.ShareScope, d.ShareScopeEN}, {"share method", d.ShareMethod, d.ShareMethodEN},
			{"materials", d.RequiredMaterials, d.RequiredMaterialsEN}, {"update due", d.UpdateDue, d.UpdateDueEN}, {"update method", d.UpdateMethod, d.UpdateMethodEN},
			{"source", d.Source, d.SourceEN}, {"processing", d.Processing, d.ProcessingEN}, {"area", d.Spatial, d.SpatialEN},
		} {
			both(x[0], x[1], x[2])
		}
		if len(d.TagsEN) != len(d.Tags) {
			t.Fatalf("%s has %d tags and %d in English", e.slug, len(d.Tags), len(d.TagsEN))
		}
		for i := range d.Tags {
			both("tag", d.Tags[i], d.TagsEN[i])
		}
		for _, r := range e.resources {
			both("name of a file", r.Name, r.NameEN)
			both("description of a file", r.Description, r.DescriptionEN)
			for _, v := range r.versions {
				both("reason of a version", v.reason, v.reasonEN)
				if strings.HasSuffix(v.file, ".xlsx") && len(r.tablesEN) != len(r.fields) {
					t.Errorf("%s: %d sheets of %s have an English name, there are %d", e.slug, len(r.tablesEN), v.file, len(r.fields))
				}
			}
		}
		for _, c := range e.about.Dictionary {
			f := c.field()
			both("label of "+f.Name, f.Label, f.LabelEN)
			if han(f.Unit) {
				both("unit of "+f.Name, f.Unit, f.UnitEN)
			}
			if han(f.Description) {
				both("description of "+f.Name, f.Description, f.DescriptionEN)
			}
			for _, code := range f.Codes {
				both("meaning of "+code.Value, code.Label, code.LabelEN)
			}
			if len(c.CodesEN) != len(f.Codes) {
				t.Errorf("%s: %d codes of %s, %d in English", e.slug, len(f.Codes), f.Name, len(c.CodesEN))
			}
		}
	}
}

func han(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func TestWhatEntriesReferToIsComplete(t *testing.T) {
	w := theWorld(t)
	used := map[string]bool{}
	for _, e := range w.entries {
		used[e.about.Department], used[e.about.Licence], used[e.about.Region] = true, true, true
	}
	people, err := readPeople()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people { // reviewers and supervisors publish nothing
		used[p.Department] = true
	}
	used["as-dsj"], used["as-wxb"] = true, true // whom the rules of Anshan name (AS-6, AS-28)
	for _, d := range w.vocabulary.Departments {
		if d.NameEN == "" || d.Description == "" || d.DescriptionEN == "" || len(d.Aliases) == 0 || !d.Sample || !used[d.Slug] {
			t.Errorf("department %+v", d)
		}
		if d.Phone != "" || d.CreditCode != "" || !strings.HasSuffix(d.Email, ".example") || !strings.HasSuffix(d.Contact, "（示例）") {
			t.Errorf("%s can be reached at %q %q %q", d.Slug, d.Contact, d.Phone, d.Email)
		}
		if want := map[string]string{"35": "cn-fujian-2023", "21": ""}[d.Region[:2]]; d.Region != "210300" && d.Profile != want || d.Region == "210300" && d.Profile != "cn-liaoning-anshan-2022" {
			t.Errorf("%s of %s is bound by %q", d.Slug, d.Region, d.Profile)
		}
	}
	for _, l := range w.vocabulary.Licences {
		if l.Name == "" || l.NameEN == "" || l.Terms == "" || l.TermsEN == "" || (l.URL == "") != (l.ID == "no-data") || !used[l.ID] {
			t.Errorf("licence %+v", l)
		}
	}
	for _, d := range w.vocabulary.Departments { // a city may have a body and no data yet
		used[d.Region] = true
	}
	for i, r := range w.vocabulary.Regions {
		above := slices.IndexFunc(w.vocabulary.Regions, func(p datasets.Region) bool { return p.Code == r.Parent })
		if r.NameEN == "" || r.Parent != "" && (above < 0 || above > i) || !used[r.Code] {
			t.Errorf("region %+v", r)
		}
	}
	if len(w.vocabulary.Themes) != 22 {
		t.Errorf("%d themes, the portals have 22", len(w.vocabulary.Themes))
	}
}

func TestAnEntryWithoutDataHasNoLicence(t *testing.T) {
	for _, e := range theWorld(t).entries {
		if (e.about.Licence == "no-data") != (e.published() == 0) {
			t.Errorf("%s: %s, %d files", e.slug, e.about.Licence, e.published())
		}
	}
}

func TestTheNextVersionIsDueOnePeriodAfterTheLast(t *testing.T) {
	for _, e := range theWorld(t).entries {
		d := e.dataset
		if _, promised := period[d.Frequency]; promised != (d.NextDue != nil) {
			t.Errorf("%s is updated %s and due %v", e.slug, d.Frequency, d.NextDue)
		}
		if d.LastUpdated.After(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s was updated after it was prepared, on %v", e.slug, d.LastUpdated)
		}
	}
	for slug, want := range map[string]string{
		"cn-village-codes": "2024-06-30", "co2-mauna-loa": "2020-05-30", "mobile-prefixes": "2023-01-14", "electricity-carbon": "2027-02-26",
		"holidays": "2026-12-31", // the promise names the day
	} {
		at := slices.IndexFunc(theWorld(t).entries, func(e *entry) bool { return e.slug == slug })
		if got := theWorld(t).entries[at].dataset.NextDue.Format(time.DateOnly); got != want {
			t.Errorf("%s is due on %s, want %s", slug, got, want)
		}
	}
}

func TestOldDataIsOverdueAndNewDataIsNot(t *testing.T) {
	found := map[datasets.Fresh]int{}
	for _, e := range theWorld(t).entries {
		if e.published() > 0 {
			found[e.dataset.Fresh(time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC))]++
		}
	}
	for _, f := range []datasets.Fresh{datasets.Complete, datasets.InTime, datasets.Overdue, datasets.Unpromised} {
		if found[f] < 2 {
			t.Errorf("%d datasets are %s: %v", found[f], f, found)
		}
	}
}

// A column that the dictionary does not know, a value that is not of its type,
// one that the code list lacks, a key that two rows have and an empty cell where
// none may be are mistakes of the dictionary.
func TestTheDictionaryIsTrueOfEveryCell(t *testing.T) {
	for _, e := range theWorld(t).entries {
		t.Run(e.slug, func(t *testing.T) {
			t.Parallel()
			used := map[string]bool{}
			for _, r := range e.resources {
				for _, v := range r.versions {
					checkFile(t, r, v.file, used)
				}
			}
			for _, c := range e.about.Dictionary {
				if !used[c.Name] {
					t.Errorf("no file has the column %s", c.Name)
				}
			}
		})
	}
}

func checkFile(t *testing.T, r *resource, name string, used map[string]bool) {
	f, err := files.Open("world/files/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	opt := ingest.Options{NoHeader: r.noHeader}
	if r.noHeader {
		opt.Names = []string{r.fields[0][0].Name}
	}
	parsed, err := ingest.Open(name, f.(io.ReadSeeker), opt)
	if err != nil {
		t.Fatal(err)
	}
	if len(parsed.Tables()) != len(r.fields) {
		t.Errorf("%s has %d tables, %d are described", name, len(parsed.Tables()), len(r.fields))
	}
	for i, table := range parsed.Tables() {
		var fields []datasets.Field
		line, keys := 0, map[string]int{}
		if err := table.Rows(func(row []string) error {
			if line++; line == 1 {
				fields = described(t, name, row, r.fields[min(i, len(r.fields)-1)], used)
				return nil
			}
			key := ""
			for at, cell := range row {
				if fields[at].Key {
					key += cell + "\x00"
				}
				if cell == "" && (fields[at].Key || fields[at].Required) {
					t.Errorf("%s, line %d: %s is empty", name, line, fields[at].Name)
				}
				if wrong := misfit(fields[at], cell); wrong != "" {
					t.Errorf("%s, line %d, %s: %q %s", name, line, fields[at].Name, cell, wrong)
					if t.Failed() && line > 50 {
						return io.ErrNoProgress // enough was said
					}
				}
			}
			if before, ok := keys[key]; ok && key != "" {
				t.Errorf("%s: lines %d and %d have the key %q", name, before, line, key)
			}
			keys[key] = line
			return nil
		}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		keyed := slices.ContainsFunc(fields, func(f datasets.Field) bool { return f.Key })
		if why := keyless[name]; keyed == (why != "") {
			t.Errorf("%s: it has a key: %t; why it would have none: %q", name, keyed, why)
		}
	}
}

// keyless are the files whose rows nothing tells apart, and why.
var keyless = map[string]string{
	"bird-strikes-1990-2002.csv": "the origin numbers no event, and some are told twice",
	"strikes-1995.csv":           "taken from it",
	"repair-costs-2000.csv":      "taken from it",
	"song-ci.json.gz":            "the origin numbers no poem, and four are printed twice under one author",
}

func described(t *testing.T, name string, header []string, dictionary []datasets.Field, used map[string]bool) []datasets.Field {
	out := make([]datasets.Field, len(header))
	for i, column := range header {
		at := slices.IndexFunc(dictionary, func(f datasets.Field) bool { return f.Name == column })
		if at < 0 {
			t.Fatalf("%s: the column %s is not in the dictionary", name, column)
		}
		out[i], used[column] = dictionary[at], true
		if out[i].Label == "" || out[i].LabelEN == "" {
			t.Errorf("%s: the column %s has no label in both languages", name, column)
		}
	}
	return out
}

var shapes = map[string]*regexp.Regexp{
	"integer":   regexp.MustCompile(`^-?\d+$`),
	"decimal":   regexp.MustCompile(`^-?\d+(\.\d+)?$`),
	"yearmonth": regexp.MustCompile(`^\d{4}-(0[1-9]|1[0-2])$`),
	"boolean":   regexp.MustCompile(`^(true|false)$`),
}

var moments = map[string][]string{
	"date":     {time.DateOnly},
	"datetime": {time.DateTime, time.RFC3339},
}

var openings = map[string]string{"array": "[", "object": "{", "point": `{"type":"Point"`, "geometry": `{"type":`}

func misfit(f datasets.Field, cell string) string {
	if cell == "" {
		return ""
	}
	if len(f.Codes) > 0 && !slices.ContainsFunc(f.Codes, func(c datasets.Code) bool { return c.Value == cell && c.Label != "" }) {
		return "is not in the code list"
	}
	if shape := shapes[f.Type]; shape != nil || f.Type == "text" {
		if shape != nil && !shape.MatchString(cell) {
			return "is not " + f.Type
		}
		return ""
	}
	if layouts := moments[f.Type]; layouts != nil {
		if !slices.ContainsFunc(layouts, func(l string) bool { _, err := time.Parse(l, cell); return err == nil }) {
			return "is not " + f.Type
		}
		return ""
	}
	if opening := openings[f.Type]; opening == "" || !strings.HasPrefix(cell, opening) || !json.Valid([]byte(cell)) {
		return "is not " + f.Type
	}
	return ""
}

func TestTheReadmeSaysWhatTheEntriesSay(t *testing.T) {
	readme, err := files.ReadFile("world/README.md")
	if err != nil {
		t.Fatal(err)
	}
	w, sections := theWorld(t), strings.Split(string(readme), "\n### ")[1:]
	if len(sections) != 36 {
		t.Fatalf("%d datasets are described, want 36", len(sections))
	}
	frequency := map[datasets.Frequency]string{
		datasets.Monthly: "每月", datasets.Quarterly: "每季度", datasets.Annual: "每年", datasets.Irregular: "不定期", datasets.Never: "不更新",
	}
	open := map[datasets.OpenType]string{datasets.Unconditional: "无条件开放", datasets.Conditional: "有条件开放："}
	for _, section := range sections {
		number, rest, _ := strings.Cut(section, ". ")
		n, _ := strconv.Atoi(number)
		at := slices.IndexFunc(w.entries, func(e *entry) bool { return strings.HasSuffix(e.about.Code, "/"+fmt.Sprintf("%06d", n)) })
		if at < 0 {
			t.Errorf("no entry has the number %s", number)
			continue
		}
		e := w.entries[at]
		theme := w.vocabulary.Themes[slices.IndexFunc(w.vocabulary.Themes, func(t datasets.Theme) bool { return t.Slug == e.about.Theme })]
		source, _, _ := strings.Cut(e.dataset.Source, "（")
		for _, want := range []string{
			e.dataset.Title + " — " + e.dataset.TitleEN + "\n",
			"- 主题: " + theme.Name + "。", "部门: " + w.departments[e.about.Department].Name,
			"更新频率: " + frequency[e.dataset.Frequency] + "。", "开放类型: " + open[e.dataset.Open], "- 来源: " + source,
		} {
			if !strings.Contains(rest, want) {
				t.Errorf("%s: the README does not say %q", e.slug, want)
			}
		}
		for _, r := range e.resources {
			if r.Link != nil {
				continue
			}
			if newest := r.versions[len(r.versions)-1].file; !strings.Contains(rest, "`"+newest+"`") && newest != "anshan-mobile-prefix-2.tsv" {
				t.Errorf("%s: the README does not name %s", e.slug, newest)
			}
		}
	}
}

func TestEveryFileIsPublishedByAnEntry(t *testing.T) {
	published := map[string]bool{}
	for _, e := range theWorld(t).entries {
		for _, r := range e.resources {
			for i, v := range r.versions {
				published[v.file] = true
				if v.reason == "" || (i == 0) != strings.HasPrefix(v.reason, "首次发布") {
					t.Errorf("%s is published because %q", v.file, v.reason)
				}
			}
		}
	}
	there, err := fs.Glob(files, "world/files/*")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := files.ReadFile("world/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range there {
		if !published[path.Base(name)] {
			t.Errorf("%s is in no entry", name)
		}
		if !bytes.Contains(readme, []byte("`"+path.Base(name)+"`")) {
			t.Errorf("world/README.md does not name %s", name)
		}
	}
	if len(there) != 45+4 || len(published) != len(there) {
		t.Errorf("%d files, %d published", len(there), len(published))
	}
}

// What is made up is never data of the portal: it waits in a draft, and says so
// in every row.
func TestWhatIsMadeUpWaitsInADraft(t *testing.T) {
	waiting := map[string]bool{}
	for _, e := range theWorld(t).entries {
		for _, r := range e.resources {
			if r.waiting == "" {
				continue
			}
			waiting[r.waiting] = true
			if !e.about.Draft || e.published() > 0 || !strings.Contains(e.dataset.Title, "示例，内容虚构") || !strings.Contains(e.dataset.TitleEN, "made up") {
				t.Errorf("%s: draft %v, %d files, %s", e.slug, e.about.Draft, e.published(), e.dataset.Title)
			}
			content, err := files.ReadFile("world/uploads/" + r.waiting)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(strings.TrimSpace(string(content)), "\n")[1:] {
				if !strings.HasPrefix(line, fmt.Sprintf("示例%04d,示例养老服务站", i+1)) || !madeUp.MatchString(line) {
					t.Errorf("%s, line %d: %s", r.waiting, i+2, line)
				}
			}
		}
	}
	there, err := fs.Glob(files, "world/uploads/*")
	if err != nil || len(there) != len(waiting) || len(there) != 1 {
		t.Errorf("%v, %v wait, %v", there, waiting, err)
	}
}

// madeUp are numbers that nobody has: no number of Anshan begins with 0, and no
// mobile number with 161.
var madeUp = regexp.MustCompile(`,(0412-0000[0-9]{3}|161[0-9]{8}),(|节假日不休|值班 161[0-9]{8})$`)

func TestOnlyWhatCanBeReadMayBeCited(t *testing.T) {
	l := theWorld(t).library
	for _, c := range []struct{ key, profile, want string }{
		{"AS-27.2b", "cn-liaoning-anshan-2022", "《鞍山市公共数据管理办法(试行)》（AS-27.2b）：涉及国家安全、商业秘密和个人隐私，或者法律、法规等规定不得开放"},
		{"maps-15", "", "《地图管理条例》第十五条：国家实行地图审核制度。向社会公开的地图，应当报送有审核权的测绘地理信息行政主管部门审核"},
		{"AS-20.3", "cn-liaoning-anshan-2022", "《鞍山市公共数据管理办法(试行)》（AS-20.3）：应当…注明相关法律、法规等依据；有条件共享类公共数据资源应由数据提供部门列明申请条件"},
	} {
		if got, err := l.cite([]string{c.key}, c.profile); err != nil || got[0] != c.want {
			t.Errorf("%s: %q, %v", c.key, got, err)
		}
	}
	for _, c := range []struct{ why, key, profile string }{
		{"there is no such article", "FJ-99.9", "cn-fujian-2023"},
		{"a text of another place does not bind", "AS-27.1", "cn-fujian-2023"},
		{"no local text binds in Liaoning", "AS-27.1", ""},
		{"a whole document is no article", "闽政办〔2023〕29号", "cn-fujian-2023"},
		{"a law without its article", "data-security", "cn-fujian-2023"},
	} {
		if got, err := l.cite([]string{c.key}, c.profile); err == nil {
			t.Errorf("%s: %q", c.why, got)
		}
	}
	for key, s := range l.statutes {
		if s.Law == "" || s.Quote == "" || !regexp.MustCompile(`^第[一二三四五六七八九十百]+条$`).MatchString(s.Article) {
			t.Errorf("%s: %+v", key, s)
		}
	}
}
