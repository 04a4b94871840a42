package marketplace

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/statement"
)

// walked is what the records say of a version: what its statement says, and what
// stops it from being sealed.
type walked struct {
	statement *statement.Statement
	sources   []sealedSource
	facts     string // SHA-256 of the statement but for when it is sealed
	stops     []error
}

// sealedSource is a row of product_sources.
type sealedSource struct {
	acquisition, dataset, version int64
	basis                         statement.Basis
}

func (w *walked) stop(why error) { w.stops = append(w.stops, why) }

// walk walks from a version to the jobs whose results it is, from them to what they
// read, from there to acquisitions and versions of datasets, and makes the statement
// of it. Whatever stops the seal is listed, the first that a person would mend first.
// Nothing of a source or a day comes from a form.
func (s *Service) walk(ctx context.Context, q database.Querier, who account.Actor, p *Product, v *Version, at time.Time) (*walked, error) {
	w := &walked{statement: &statement.Statement{Type: statement.Type, PredicateType: statement.PredicateType(s.Base)}}
	d := &w.statement.Predicate
	d.Product = statement.Product{ID: p.Number, Version: v.Number, Title: p.Title, TitleEN: p.TitleEN, Kind: string(p.Kind), Developer: statement.Developer{USCC: p.Developer.Code, Name: p.Developer.Name}}
	if v.Supersedes != "" {
		d.Product.Supersedes = p.Number + "@" + v.Supersedes
	}
	d.Profile, d.Verify, d.SealedAt = statement.Profile, s.Base+"/verify", at.UTC()
	d.Sources, d.Transformations = []statement.Source{}, []statement.Transformation{}

	if suspended, reason, err := selectSuspended(ctx, q, p.Developer.ID); err != nil {
		return nil, err
	} else if suspended {
		w.stop(fault.New(fault.Forbidden, "本机构被暂停或者没有认证：%s", reason))
	}
	s.contents(w, v)
	research, err := s.above(ctx, q, w, p, v, at)
	if err != nil {
		return nil, err
	}
	ids, err := s.readByJobs(ctx, q, w, p, v)
	if err != nil {
		return nil, err
	}
	outside := slices.ContainsFunc(v.Contents, func(c Content) bool { return c.release == 0 })
	for _, i := range v.Inputs {
		switch {
		case i.Acquisition != 0:
			if _, twice := ids[i.Acquisition]; !twice {
				ids[i.Acquisition] = statement.Source{Basis: statement.Held}
			}
		case i.Evidence != "":
			d.Declared = append(d.Declared, statement.Evidence{Title: i.Title, Basis: statement.Declared, Evidence: statement.Digest{SHA256: i.Evidence}})
		}
	}
	resources, academic, err := s.fromRecords(ctx, q, who, w, p, v, ids, at)
	if err != nil {
		return nil, err
	}
	more, inheritedAcademic, err := s.fromProducts(ctx, q, w, v)
	if err != nil {
		return nil, err
	}
	resources = append(resources, more...)
	if p.Sold && (research || academic != "" || inheritedAcademic != "") {
		w.stop(fault.New(fault.Forbidden, "“%s”只给学术研究使用，不能放进收费的产品（AB-35.2）。", firstOf(academic, inheritedAcademic, p.Scenario)))
	}
	held := slices.ContainsFunc(v.Inputs, func(i Input) bool { return i.Acquisition != 0 || i.From != "" })
	switch {
	case outside && !held:
		w.stop(fault.New(fault.Invalid, "有从外部来的内容，却没有一条获取记录或者别的产品的版本说明它从哪里来。"))
	case len(d.Sources) == 0:
		w.stop(fault.New(fault.Invalid, "没有一份公共数据的获取记录：只有自行声明的来源，不能封存。"))
	}
	if err := s.sameMethod(ctx, q, w, v, resources); err != nil {
		return nil, err
	}
	latest, err := selectLatest(ctx, q)
	if err != nil {
		return nil, err
	}
	if now := s.instant(); now.Before(latest) || now.Before(v.StateAt) || at.Before(d.BuiltAt) {
		w.stop(fault.New(fault.Conflict, "时钟倒退了：现在早于已经写下的记录，请先检查服务器的时间。"))
	}
	return w, w.seal()
}

// firstOf is the first that is not empty.
func firstOf(all ...string) string {
	for _, one := range all {
		if one != "" {
			return one
		}
	}
	return ""
}

// contents are the subjects of the statement, and when the youngest of them was made.
func (s *Service) contents(w *walked, v *Version) {
	d := &w.statement.Predicate
	if len(v.Contents) == 0 {
		w.stop(fault.New(fault.Invalid, "还没有内容：加一份放出的结果，或者上传文件。"))
	}
	tables := false
	for i := range v.Contents {
		c := &v.Contents[i]
		w.statement.Subject = append(w.statement.Subject, statement.Subject{Name: v.Full() + "/" + c.Name, Digest: statement.Digest{SHA256: c.Digest}})
		d.Contents = append(d.Contents, c.description)
		if c.At.After(d.BuiltAt) {
			d.BuiltAt = c.At.UTC()
		}
		tables = tables || c.Form == statement.Table
		for _, offer := range stamp.Forms(c.description) {
			if offer.Not != nil && slices.Contains(v.Forms, offer.Form) {
				w.stop(offer.Not)
			}
		}
	}
	if tables && len(v.Forms) == 0 {
		w.stop(fault.New(fault.Invalid, "请至少选一种格式。"))
	}
	if v.Method == "" {
		w.stop(fault.New(fault.Invalid, "请写明加工方法。"))
	}
}

// covered are the forms of a mandate (mandate_forms of the house rules) under which a
// product of each kind may be developed.
var covered = map[Kind][]string{
	Dataset: {"result_table"}, API: {"interface", "verification"}, Report: {"report_product"}, Model: {"model_product"}, Tool: {"model_product", "verification"},
}

// above is what lies above a version: of the scenario that it was developed under, and of
// those that products in it were, the mandate stands and covers products of this form.
// research: one of them lets the data be used for research alone.
func (s *Service) above(ctx context.Context, q database.Querier, w *walked, p *Product, v *Version, at time.Time) (research bool, err error) {
	scenarios, err := selectScenariosAbove(ctx, q, v.ID)
	if err != nil {
		return false, err
	}
	for _, scenario := range scenarios {
		c, err := selectChain(ctx, q, scenario)
		if err != nil {
			return false, err
		}
		if scenario == p.scenario {
			w.statement.Predicate.Mandate = &c.about
		}
		stands := workspace.Standing(ctx, q, scenario, p.Developer.ID, at)
		if fault.KindOf(stands) == fault.Internal && stands != nil {
			return false, stands
		}
		if stands != nil {
			w.stop(stands)
		}
		if len(c.forms) > 0 && !slices.ContainsFunc(c.forms, func(f string) bool { return slices.Contains(covered[p.Kind], f) }) {
			w.stop(fault.New(fault.Forbidden, "授权 %s 不含这一类产品。", c.about.Authorization))
		}
		research = research || c.research
	}
	return research, nil
}

// readByJobs are the acquisitions that the jobs read whose results are contents.
func (s *Service) readByJobs(ctx context.Context, q database.Querier, w *walked, p *Product, v *Version) (map[int64]statement.Source, error) {
	jobs, err := selectWork(ctx, q, v.ID)
	if err != nil {
		return nil, err
	}
	reads, err := selectReads(ctx, q, v.ID)
	if err != nil {
		return nil, err
	}
	out := map[int64]statement.Source{}
	of := map[int64]map[int64]bool{}
	for _, r := range reads {
		if r.acquisition == 0 || !r.explained {
			continue
		}
		if of[r.release] == nil {
			of[r.release] = map[int64]bool{}
		}
		of[r.release][r.acquisition] = true
		x := out[r.acquisition]
		x.Basis, x.RowsRead = statement.Machine, max(x.RowsRead, r.rows)
		for _, c := range r.columns {
			if !slices.Contains(x.FieldsUsed, c) {
				x.FieldsUsed = append(x.FieldsUsed, c)
			}
		}
		out[r.acquisition] = x
	}
	for _, j := range jobs {
		switch {
		case j.scenario != p.scenario:
			w.stop(fault.New(fault.Forbidden, "结果 %s 是别的场景的，不能放进这个产品。", j.about.Release))
		case !j.reviewed:
			w.stop(fault.New(fault.Forbidden, "结果 %s 没有两个人审核放出的记录。", j.about.Release))
		}
		all := 0
		for _, r := range reads {
			if r.release == j.release {
				all++
			}
		}
		if n := len(of[j.release]); n == 0 || n != j.inputs || explainedReads(reads, j.release) != all {
			w.stop(fault.New(fault.Conflict, "作业 %s 读过的数据里有获取记录说不清的，不能封存。", j.about.Job))
		}
		w.statement.Predicate.Transformations = append(w.statement.Predicate.Transformations, j.about)
	}
	return out, nil
}

// explainedReads is how many reads of a release have an acquisition that it names too.
func explainedReads(reads []jobRead, release int64) (n int) {
	for _, r := range reads {
		if r.release == release && r.acquisition != 0 && r.explained {
			n++
		}
	}
	return n
}

// fromRecords are the sources of which there is an acquisition. It returns their
// files, and the title of one that is for academic use alone.
func (s *Service) fromRecords(ctx context.Context, q database.Querier, who account.Actor, w *walked, p *Product, v *Version, ids map[int64]statement.Source, at time.Time) (resources []string, academic string, err error) {
	d := &w.statement.Predicate
	order := slices.Sorted(maps.Keys(ids))
	found, err := s.selectSources(ctx, q, p.Developer.ID, v.ID, order, d.BuiltAt)
	if err != nil {
		return nil, "", err
	}
	for _, id := range order {
		x, ok := found[id]
		if !ok {
			w.stop(fault.New(fault.Conflict, "获取记录 %d 不见了，不能封存。", id))
			continue
		}
		a := x.about
		a.Basis, a.FieldsUsed, a.RowsRead = ids[id].Basis, ids[id].FieldsUsed, ids[id].RowsRead
		switch {
		case !x.own:
			w.stop(fault.New(fault.Forbidden, "获取记录 %d 不是开发方的，不能作为来源。", id))
		case x.ended == nil:
			w.stop(fault.New(fault.Conflict, "“%s”第 %d 版的获取没有写明取完，不能封存。", a.Title, a.Version))
		case !x.same:
			w.stop(fault.New(fault.Conflict, "获取记录 %d 的摘要和“%s”第 %d 版的不一致。", id, a.Title, a.Version))
		case !d.BuiltAt.IsZero() && x.ended.After(d.BuiltAt): // of nothing it is said above that it is nothing
			w.stop(fault.New(fault.Conflict, "“%s”第 %d 版是在做成产品以后才获取的（%s），不能作为它的来源。", a.Title, a.Version, a.Acquired.Date))
		}
		if x.status != "published" {
			w.stop(fault.New(fault.Forbidden, "“%s”已经撤下，不能用：%s", a.Title, x.withdrawn))
		}
		if x.corrected {
			w.stop(fault.New(fault.Conflict, "“%s”第 %d 版后来有更正，请用更正以后的版本重做。", a.Title, a.Version))
		}
		if x.lane == "academic" {
			academic = firstOf(academic, a.Title)
		}
		if x.granted && a.Basis == statement.Held {
			if err := s.permitted(ctx, who, x, at); fault.KindOf(err) == fault.Internal && err != nil {
				return nil, "", err
			} else if err != nil {
				w.stop(fault.New(fault.Forbidden, "“%s”的授权 %s 现在不生效。", a.Title, a.Licence.ID))
			}
		}
		d.Sources = append(d.Sources, a)
		resources = append(resources, x.resource)
		w.sources = append(w.sources, sealedSource{id, x.dataset, x.version, a.Basis})
	}
	return resources, academic, nil
}

// permitted asks the gate whether who may be given a version now: what was granted
// holds as long as the grant does.
func (s *Service) permitted(ctx context.Context, who account.Actor, x source, at time.Time) error {
	v, err := s.Catalogue.Numbered(ctx, x.resource, x.about.Version)
	if err != nil {
		return err
	}
	_, err = s.Gate.Permit(ctx, who, v, at)
	return err
}

// fromProducts are the sources of other products that a version is made from.
func (s *Service) fromProducts(ctx context.Context, q database.Querier, w *walked, v *Version) (resources []string, academic string, err error) {
	d := &w.statement.Predicate
	of, err := selectInherited(ctx, q, v.ID)
	if err != nil {
		return nil, "", err
	}
	has := map[string]bool{}
	for _, one := range d.Sources {
		has[one.Acquired.Record] = true
	}
	declared := map[string]bool{}
	for _, one := range d.Declared {
		declared[one.Evidence.SHA256] = true
	}
	for _, i := range of {
		st, err := statement.Parse(i.payload)
		if err != nil {
			return nil, "", err
		}
		switch {
		case i.recalled != "":
			w.stop(fault.New(fault.Forbidden, "用到的产品 %s 已经召回：%s", i.number, i.recalled))
		case i.flags > 0:
			w.stop(fault.New(fault.Forbidden, "用到的产品 %s 的来源后来撤下或者更正了，不能再用。", i.number))
		case !d.BuiltAt.IsZero() && i.sealed.After(d.BuiltAt):
			w.stop(fault.New(fault.Conflict, "用到的产品 %s 是在做成这一版以后才封存的。", i.number))
		}
		if i.academic {
			academic = firstOf(academic, i.number)
		}
		through := statement.Used{ID: st.Predicate.Product.ID, Version: st.Predicate.Product.Version, Statement: statement.Of(i.payload), Mandate: st.Predicate.Mandate}
		for _, one := range append([]statement.Used{through}, st.Predicate.Products...) {
			if !slices.ContainsFunc(d.Products, func(u statement.Used) bool { return u.Full() == one.Full() }) {
				d.Products = append(d.Products, one)
			}
		}
		for _, one := range st.Predicate.Sources {
			if !has[one.Acquired.Record] {
				has[one.Acquired.Record] = true
				one.Basis, one.Through, one.FieldsUsed, one.RowsRead = statement.Inherited, through.Full(), nil, 0
				d.Sources = append(d.Sources, one)
			}
		}
		for _, one := range st.Predicate.Declared {
			if !declared[one.Evidence.SHA256] {
				declared[one.Evidence.SHA256] = true
				d.Declared = append(d.Declared, one)
			}
		}
		below, err := selectSealedSources(ctx, q, i.id)
		if err != nil {
			return nil, "", err
		}
		for _, one := range below {
			if !slices.ContainsFunc(w.sources, func(x sealedSource) bool { return x.acquisition == one.acquisition }) {
				w.sources = append(w.sources, one)
			}
		}
		resources = append(resources, i.resources...)
	}
	return resources, academic, nil
}

// sameMethod: another method, or data of other files, is no mere patch.
func (s *Service) sameMethod(ctx context.Context, q database.Querier, w *walked, v *Version, resources []string) error {
	if v.supersedes == 0 {
		return nil
	}
	mine, err := parseSemver(v.Number)
	if err != nil {
		return err
	}
	last, err := parseSemver(v.Supersedes)
	if err != nil {
		return err
	}
	if !mine.onlyPatch(last) {
		return nil
	}
	files, declared, method, err := selectMadeFrom(ctx, q, v.supersedes)
	if err != nil {
		return err
	}
	var said []string
	for _, one := range v.Inputs {
		if one.Title != "" {
			said = append(said, one.Title)
		}
	}
	slices.Sort(said)
	slices.Sort(resources)
	if method != v.Method || !slices.Equal(slices.Compact(resources), files) || strings.Join(said, "\n") != strings.Join(declared, "\n") {
		w.stop(fault.New(fault.Invalid, "输入或者方法和上一版 %s 不同，版本号要加第一个或者第二个数，不能只加第三个。", v.Supersedes))
	}
	return nil
}

// seal fixes the facts: what the statement says but for when it is sealed.
func (w *walked) seal() error {
	facts := *w.statement
	facts.Predicate.SealedAt = time.Time{}
	b, err := json.Marshal(facts)
	if err != nil {
		return fmt.Errorf("facts of a version: %w", err)
	}
	sum := sha256.Sum256(b)
	w.facts = hex.EncodeToString(sum[:])
	return nil
}
