package demo

import (
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base32"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/goccy/go-yaml"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/policy"
)

//go:embed world
var files embed.FS

// world is a catalogue in a folder, ready to be loaded: the sample world, or
// what is imported.
type world struct {
	folder      fs.FS
	sample      bool // departments and entries are marked as samples
	vocabulary  datasets.Vocabulary
	departments map[string]*department
	themes      map[string]int64
	entries     []*entry
	library     library

	created, published atomic.Int64 // entries and versions that were not there before
}

// entry is a dataset with its files.
type entry struct {
	slug      string
	about     about
	dataset   datasets.Dataset
	resources []*resource
	work      int64 // how much there is to read
}

type resource struct {
	datasets.Resource
	noHeader bool
	tablesEN []string
	fields   [][]datasets.Field
	versions []version
	waiting  string
}

type version struct {
	file, reason, reasonEN string
	reviewed               bool
}

// read decodes a file of a folder and refuses a name it does not know.
func read(folder fs.FS, name string, into any) error {
	file, err := folder.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := yaml.NewDecoder(file, yaml.Strict()).Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// own is the folder that comes with the program.
func own() (fs.FS, error) { return fs.Sub(files, "world") }

func readWorld() (*world, error) {
	folder, err := own()
	if err != nil {
		return nil, err
	}
	w := &world{folder: folder, sample: true, departments: map[string]*department{}, themes: map[string]int64{}}
	return w, w.read()
}

// read reads the whole folder. What entries may refer to beside it is in w already.
func (w *world) read() error {
	if err := w.readVocabulary(); err != nil {
		return err
	}
	var err error
	if w.library.book, err = policy.Load(policy.Files); err != nil {
		return err
	}
	if err := w.readList("statutes.yaml", &w.library.statutes); err != nil {
		return err
	}
	names, err := fs.Glob(w.folder, "datasets/*.yaml")
	if err != nil {
		return err
	}
	for _, name := range names {
		e := &entry{slug: strings.TrimSuffix(path.Base(name), ".yaml")}
		if err := read(w.folder, name, &e.about); err != nil {
			return err
		}
		w.entries = append(w.entries, e)
	}
	for _, e := range w.entries {
		if err := w.complete(e); err != nil {
			return fmt.Errorf("datasets/%s.yaml: %w", e.slug, err)
		}
	}
	return nil
}

// readList reads what entries refer to. A folder that is imported has only
// what the installation has not yet.
func (w *world) readList(name string, into any) error {
	err := read(w.folder, name, into)
	if !w.sample && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// complete makes of what the file says the entry that is saved.
func (w *world) complete(e *entry) error {
	a := &e.about
	department, ok := w.departments[a.Department]
	if !ok {
		return fmt.Errorf("there is no department %s", a.Department)
	}
	openBasis, err := w.library.cite(a.Open.Basis, department.Profile)
	if err != nil {
		return err
	}
	shareBasis, err := w.library.cite(a.Share.Basis, department.Profile)
	if err != nil {
		return err
	}
	updated, due, err := a.days()
	if err != nil {
		return err
	}
	related, err := w.codes(a.Related)
	if err != nil {
		return err
	}
	e.dataset = datasets.Dataset{
		Slug: e.slug, Title: a.Title, TitleEN: a.TitleEN, Summary: a.Summary, SummaryEN: a.SummaryEN,
		Licence: datasets.Licence{ID: a.Licence}, Region: datasets.Region{Code: a.Region}, Tags: a.Tags, TagsEN: a.TagsEN, Sample: w.sample,
		Open: a.Open.Type, OpenBasis: openBasis, OpenReason: a.Open.Reason, OpenMethod: a.Open.Method,
		UseRequirements: a.Open.Requirements, Safeguards: a.Open.Safeguards,
		OpenReasonEN: a.Open.ReasonEN, OpenMethodEN: a.Open.MethodEN, UseRequirementsEN: a.Open.RequirementsEN, SafeguardsEN: a.Open.SafeguardsEN,
		ShareType: string(a.Share.Type), ShareContent: a.Share.Content, ShareConditions: a.Share.Conditions, ShareScope: a.Share.Scope,
		ShareMethod: a.Share.Method, ShareBasis: shareBasis, RequiredMaterials: a.Share.Materials,
		ShareContentEN: a.Share.ContentEN, ShareConditionsEN: a.Share.ConditionsEN, ShareScopeEN: a.Share.ScopeEN,
		ShareMethodEN: a.Share.MethodEN, RequiredMaterialsEN: a.Share.MaterialsEN,
		Frequency: a.Update.Frequency, UpdateDue: a.Update.Due, UpdateMethod: a.Update.Method, UpdateDueEN: a.Update.DueEN, UpdateMethodEN: a.Update.MethodEN, LastUpdated: updated,
		NextDue:      due,
		ResourceCode: w.code(a.Code), Category: a.Category, DBClass: a.Class, DataForm: a.Form, Attributes: a.Attributes,
		CollectDue: a.Collected.Due, CollectingOrg: a.Collected.By, CollectionMethod: a.Collected.How,
		ApprovingOrg: w.made(department.Approving), ResponsibleOrg: w.made(department.Name), Duties: w.made(department.Duties),
		LinkedSystem: w.made(department.System), DutyItem: w.made(department.Duty), CoreBusiness: w.made(department.Business),
		SecurityLevel: a.Security, RelatedCodes: related,
		Source: a.Source.Name, SourceEN: a.Source.NameEN, SourceURL: a.Source.URL, Processing: a.Source.Processing, ProcessingEN: a.Source.ProcessingEN,
		TemporalStart: a.Period.Start, TemporalEnd: a.Period.End, Spatial: a.Spatial, SpatialEN: a.SpatialEN, Language: a.Language, MapReview: a.MapReview, Coordinates: a.Coordinates,
		Contact: department.Contact, Email: department.Email,
	}
	return e.readResources(w.folder)
}

// made marks what in a sample is plausible and made up.
func (w *world) made(words string) string {
	if words == "" || !w.sample {
		return words
	}
	return words + "（示例）"
}

// code is a 信息资源代码. Those of the sample world are made up after the
// national form.
func (w *world) code(number string) string {
	if !w.sample {
		return number
	}
	return "示例" + number
}

// codes are the resource codes of other entries.
func (w *world) codes(slugs []string) ([]string, error) {
	var out []string
	for _, slug := range slugs {
		at := slices.IndexFunc(w.entries, func(e *entry) bool { return e.slug == slug })
		if at < 0 {
			return nil, fmt.Errorf("there is no dataset %s to be related to", slug)
		}
		out = append(out, w.code(w.entries[at].about.Code))
	}
	return out, nil
}

// days are the day up to which the newest version is current and the day by
// which the next is promised, which is counted from it and from nothing else
// unless the promise names a day.
func (a *about) days() (updated time.Time, due *time.Time, err error) {
	if updated, err = time.Parse(time.DateOnly, a.Update.Last); err != nil {
		return updated, nil, err
	}
	next := updated.AddDate(0, period[a.Update.Frequency], 0)
	if a.Update.Next != "" {
		next, err = time.Parse(time.DateOnly, a.Update.Next)
	}
	if next.Equal(updated) { // nothing is promised
		return updated, nil, err
	}
	return updated, &next, err
}

// period is the months within which a new version is promised.
var period = map[datasets.Frequency]int{
	datasets.Monthly: 1, datasets.Quarterly: 3, datasets.SemiAnnual: 6, datasets.Annual: 12, datasets.Biennial: 24,
}

func (e *entry) readResources(folder fs.FS) error {
	fields := make([]datasets.Field, len(e.about.Dictionary))
	for i, c := range e.about.Dictionary {
		fields[i] = c.field()
		fields[i].Sensitivity = e.about.Sensitivity
	}
	for _, r := range e.about.Resources {
		out := &resource{
			Resource: datasets.Resource{ID: resourceID(e.slug, r.Key), Name: r.Name, NameEN: r.NameEN, Description: r.Description, DescriptionEN: r.DescriptionEN, Link: r.Address.link()},
			noHeader: r.NoHeader, tablesEN: r.TablesEN, waiting: r.Waiting,
		}
		if r.Address != nil && len(r.Versions) > 0 {
			return fmt.Errorf("%s is either files or an address", r.Key)
		}
		for range max(r.Tables, 1) { // one dictionary serves every sheet
			out.fields = append(out.fields, fields)
		}
		for _, v := range r.Versions {
			info, err := fs.Stat(folder, "files/"+v.File)
			if err != nil {
				return err
			}
			e.work += info.Size() * cost(v.File)
			out.versions = append(out.versions, version{v.File, v.Reason, v.ReasonEN, v.Reviewed != ""})
		}
		e.resources = append(e.resources, out)
	}
	return nil
}

// cost is how long a byte takes to read: workbooks are slow.
func cost(file string) int64 {
	if path.Ext(file) == ".xlsx" {
		return 20
	}
	return 1
}

// resourceID is the same in every installation, so that addresses in
// documentation work, and tells nothing about other entries.
func resourceID(slug, key string) string {
	sum := sha256.Sum256([]byte(slug + "/" + key))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
}

// slowestFirst keeps the last core from waiting for one long file at the end.
func (w *world) slowestFirst() []*entry {
	return slices.SortedStableFunc(slices.Values(w.entries), func(a, b *entry) int { return cmp.Compare(b.work, a.work) })
}

// resolve finds the numbers that the database gave to departments and themes.
func (w *world) resolve(ctx context.Context, s *datasets.Service) error {
	departments, err := s.Departments(ctx, account.Actor{})
	if err != nil {
		return err
	}
	for _, d := range departments {
		if mine := w.departments[d.Item.Slug]; mine != nil {
			mine.ID = d.Item.ID
		}
	}
	themes, err := s.Themes(ctx, account.Actor{})
	if err != nil {
		return err
	}
	for _, t := range themes {
		w.themes[t.Item.Slug] = t.Item.ID
	}
	for _, e := range w.entries {
		e.dataset.Department.ID, e.dataset.Theme.ID = w.departments[e.about.Department].ID, w.themes[e.about.Theme]
		if e.dataset.Theme.ID == 0 {
			return fmt.Errorf("datasets/%s.yaml: there is no theme %s", e.slug, e.about.Theme)
		}
	}
	return nil
}
