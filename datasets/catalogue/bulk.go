package catalogue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// Verdict is what becomes of a row.
type Verdict string

// The verdicts.
const (
	Creates   Verdict = "creates"
	Changes   Verdict = "changes"
	Unchanged Verdict = "unchanged"
	Refused   Verdict = "refused"
)

// Plan is what an import would do. Nothing of it is kept anywhere.
type Plan struct {
	Files []ImportedFile
	Rows  []PlannedRow
	Wrong []RowFault // everything that is wrong, in the order of the sheets
	Whole bool       // something is wrong with a sheet as a whole: nothing can be imported
	Mark  string     // of all that it says: who confirms has seen this and nothing else
}

// PlannedRow is what becomes of one row of the sheet of entries, or of the data
// items of one entry.
type PlannedRow struct {
	Sheet   string
	Line    int
	Slug    string // empty: made when it is imported
	Title   string
	Verdict Verdict
	Diff    []Difference
	Wrong   []RowFault
	Missing []Finding // before it can be sent to the authority
	Decided bool      // the authority had confirmed it: it must be sent again

	d      *datasets.Dataset
	before Content
}

// Count is how many rows have a verdict.
func (p *Plan) Count(v Verdict) (n int) {
	for _, r := range p.Rows {
		if r.Verdict == v {
			n++
		}
	}
	return n
}

// Plan says what an import of in would do, row by row. It returns faults of the
// file as a whole as an error: that it cannot be read, or that a row says that
// it concerns a state secret.
func (s *Service) Plan(ctx context.Context, who account.Actor, in Bulk) (*Plan, error) {
	if !who.Is(account.Officer) || who.Department == 0 || !who.Covers(account.ScopePublish) {
		return nil, fault.New(fault.Forbidden, "只有部门的数据专员可以编目。")
	}
	if err := s.declare(ctx, who, in.Declaration); err != nil {
		return nil, err
	}
	p := &planner{s: s, who: who, out: &Plan{Files: in.kept()}, named: map[string]int{}}
	if err := p.read(ctx, in); err != nil {
		return nil, err
	}
	if err := p.refuseSecrets(ctx); err != nil {
		return nil, err
	}
	if !p.out.Whole {
		if err := p.look(ctx); err != nil {
			return nil, err
		}
		p.rows(ctx)
	}
	return p.out, p.mark()
}

// planner makes a plan.
type planner struct {
	s     *Service
	who   account.Actor
	out   *Plan
	rules Rules
	vocab Vocabulary
	home  datasets.Department

	entries, items *filled
	lines          map[string][]filledRow // data items by the name of their entry
	named          map[string]int         // line by slug, or by title without one, of the sheet of entries

	standing map[string]found             // of every slug that there is, of whatever department
	own      map[string]*datasets.Dataset // of the department
	titles   map[string]string            // slug by title, of the department
}

func (p *planner) read(ctx context.Context, in Bulk) (err error) {
	if p.home, p.vocab, err = p.s.surroundings(ctx, p.who.Department); err != nil {
		return err
	}
	p.rules = RulesOn(p.s.book, p.home.Profile, p.s.now())
	entries, items, err := p.s.read(ctx, in)
	if err != nil {
		return err
	}
	if entries != nil {
		columns := Columns(p.rules, p.vocab)
		p.entries = p.headed(entries, columns, entryKey(columns, p.rules), nil)
	}
	if items != nil {
		p.items = p.headed(items, itemColumns(), itemKey(itemColumns()), []string{"name"})
	}
	if !p.out.Whole && !p.filled() {
		return fault.At("file", "文件里没有可导入的行：第一行是栏名，下面一行一个。")
	}
	if p.entries != nil && len(p.entries.rows) > MostBulkRows {
		return fault.At("file", "行数太多，最多 %d 行。", MostBulkRows)
	}
	return nil
}

func (p *planner) headed(in *raw, columns []Column, keyOf func(string) string, need []string) *filled {
	out, wrong := headed(in, columns, keyOf)
	for _, key := range need {
		if len(wrong) == 0 && len(out.rows) > 0 {
			if _, there := out.rows[0].cells[key]; !there {
				wrong = append(wrong, out.at(0, key, "缺这一栏。"))
			}
		}
	}
	out.rows = slices.DeleteFunc(out.rows, func(r filledRow) bool { return r.blank })
	p.out.Wrong, p.out.Whole = append(p.out.Wrong, wrong...), p.out.Whole || len(wrong) > 0
	return out
}

func (p *planner) filled() bool {
	return p.entries != nil && len(p.entries.rows) > 0 || p.items != nil && len(p.items.rows) > 0
}

// classified are the levels of state secrets (保守国家秘密法 Art. 14), as a
// security level may say them.
var classified = []string{"绝密", "机密", "秘密", "绝密级", "机密级", "秘密级"}

// saysSecret reports whether content says of itself that it is a state secret.
func saysSecret(c Content) bool {
	level := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\u3000★*", r) {
			return -1
		}
		return r
	}, c["security_level"])
	return slices.Contains(classified, level)
}

// refuseSecrets refuses the whole file where a row says that it concerns a state
// secret: who brings one such row may bring others.
func (p *planner) refuseSecrets(ctx context.Context) error {
	if p.entries == nil {
		return nil
	}
	for i := range p.entries.rows {
		r := &p.entries.rows[i]
		said := strings.ToLower(r.cells[secretColumn])
		switch {
		case slices.Contains([]string{"是", "涉及", "yes", "true", "1", "y"}, said), saysSecret(r.cells):
			if err := p.s.declare(ctx, p.who, Secret); fault.Of(err).Field != "secret" {
				return err
			}
			return fault.At("secret", "第 %d 行写明涉及国家秘密：整个文件什么也没有保存。请按保守国家秘密的规定另行管理。", r.line)
		case !slices.Contains([]string{"", "否", "不涉及", "no", "false", "0", "n"}, said):
			r.wrong = append(r.wrong, p.entries.at(r.line, secretColumn, "请写“否”；涉及国家秘密的不能录入。"))
		}
		delete(r.cells, secretColumn)
	}
	return nil
}

// look finds what there is under the names in the sheets.
func (p *planner) look(ctx context.Context) (err error) {
	var slugs []string
	for _, f := range []*filled{p.entries, p.items} {
		if f == nil {
			continue
		}
		for _, r := range f.rows {
			if slug := r.cells[slugColumn]; slug != "" && !slices.Contains(slugs, slug) {
				slugs = append(slugs, slug)
			}
		}
	}
	if p.standing, p.titles, err = p.s.standings(ctx, p.home.ID, slugs); err != nil {
		return err
	}
	list, err := p.s.entries.BySlugs(ctx, as(p.home.ID), slugs)
	if err != nil {
		return err
	}
	p.own = map[string]*datasets.Dataset{}
	for i := range list {
		if list[i].Department.ID == p.home.ID {
			p.own[list[i].Slug] = &list[i]
		}
	}
	return nil
}

// rows plans every row: those of the sheet of entries in order, then the entries
// of which only data items came.
func (p *planner) rows(ctx context.Context) {
	if p.sortItems(); p.out.Whole {
		return
	}
	if p.entries != nil {
		for _, r := range p.entries.rows {
			p.keep(p.entry(ctx, r))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.lines)) {
		p.keep(p.itemsAlone(ctx, name, p.lines[name]))
	}
}

func (p *planner) keep(r PlannedRow) {
	p.out.Rows = append(p.out.Rows, r)
	p.out.Wrong = append(p.out.Wrong, r.Wrong...)
}

// sortItems puts the data items to their entries: by the slug, or by the title
// of exactly one row of the sheet of entries.
func (p *planner) sortItems() {
	p.lines = map[string][]filledRow{}
	if p.items == nil {
		return
	}
	byTitle := map[string][]string{}
	if p.entries != nil {
		for _, r := range p.entries.rows {
			byTitle[r.cells[titleColumn]] = append(byTitle[r.cells[titleColumn]], rowName(r))
		}
	}
	for _, r := range p.items.rows {
		name := r.cells[slugColumn]
		if name == "" {
			switch rows := byTitle[r.cells[titleColumn]]; {
			case r.cells[titleColumn] == "":
				p.out.Wrong = append(p.out.Wrong, p.items.at(r.line, slugColumn, "请写这个数据项属于哪个条目。"))
				p.out.Whole = true
				continue
			case len(rows) != 1:
				p.out.Wrong = append(p.out.Wrong, p.items.at(r.line, titleColumn, "条目表里叫这个名称的有 %d 行，不知道是哪一个；请用网址名。", len(rows)))
				p.out.Whole = true
				continue
			default:
				name = rows[0]
			}
		}
		p.lines[name] = append(p.lines[name], r)
	}
}

// rowName is how data items find their row: by its slug, or by its line while it
// has none.
func rowName(r filledRow) string {
	if slug := r.cells[slugColumn]; slug != "" {
		return slug
	}
	return "#" + strconv.Itoa(r.line)
}

// entry plans one row of the sheet of entries.
func (p *planner) entry(ctx context.Context, r filledRow) PlannedRow {
	slug := r.cells[slugColumn]
	out := PlannedRow{Sheet: p.entries.name, Line: r.line, Slug: slug, Title: r.cells["title"], Wrong: r.wrong}
	items := p.lines[rowName(r)]
	delete(p.lines, rowName(r))
	name := slug
	if slug == "" {
		name = "\x00" + out.Title
	}
	if first, twice := p.named[name]; twice && slug+out.Title != "" {
		out.Wrong = append(out.Wrong, p.entries.at(r.line, slugColumn, "和第 %d 行是同一个条目。", first))
	} else {
		p.named[name] = r.line
	}
	content := Content{}
	for _, key := range slices.Sorted(maps.Keys(r.cells)) { // so that what is wrong is said in one order
		f, ok := FieldOf(key)
		if !ok {
			continue
		}
		value := r.cells[key]
		if f.Kind == Choice {
			code, known := codeFor(f, p.rules, p.vocab, value)
			if !known {
				out.Wrong = append(out.Wrong, p.entries.at(r.line, key, "没有“%s”这个值，可填：%s", short(value), offered(choices(f, p.rules, p.vocab))))
				continue
			}
			value = code
		}
		content[key] = value
	}
	p.itemText(items, content, &out)
	p.draft(ctx, p.entries, r, content, &out)
	return out
}

// offered are the first of so many values.
func offered(list []string) string {
	if len(list) > 12 {
		return strings.Join(list[:12], "、") + "……"
	}
	return strings.Join(list, "、")
}

// itemsAlone plans the data items of an entry that has no row of its own.
func (p *planner) itemsAlone(ctx context.Context, slug string, items []filledRow) PlannedRow {
	out := PlannedRow{Sheet: p.items.name, Line: items[0].line, Slug: slug}
	if p.own[slug] == nil {
		out.Verdict = Refused
		out.Wrong = []RowFault{p.items.at(items[0].line, slugColumn, "条目表里没有这个条目，本部门也没有。")}
		return out
	}
	out.Title = p.own[slug].Title
	content := Content{}
	p.itemText(items, content, &out)
	p.draft(ctx, p.items, filledRow{line: items[0].line, cells: map[string]string{slugColumn: slug}}, content, &out)
	return out
}

// itemText puts the data items of an entry into its content as lines, and says
// what is wrong with each. Where none came, those that it has stay.
func (p *planner) itemText(rows []filledRow, content Content, out *PlannedRow) {
	var text []string
	before := len(out.Wrong)
	seen := map[string]int{}
	for _, r := range rows {
		wrong := r.wrong
		if level := r.cells["level"]; level != "" {
			for _, l := range datasets.Sensitivities() {
				if l.Title() == level {
					r.cells["level"] = string(l)
				}
			}
		}
		parts := make([]string, len(itemParts))
		for i, key := range itemParts {
			parts[i] = r.cells[key]
		}
		l := line(parts...)
		if _, f := readItems(l); f != nil || l == "" {
			key, sentence, args := "name", "每个数据项要有名称。", []any(nil)
			if f != nil {
				sentence, args = f.Sentence, f.Args
				if _, ok := itemTypes[r.cells["type"]]; !ok {
					key = "type"
				} else if !knownSensitivity(datasets.Sensitivity(r.cells["level"])) {
					key = "level"
				}
			}
			wrong = append(wrong, p.items.at(r.line, key, sentence, args...))
		}
		if first, twice := seen[r.cells["name"]]; twice {
			wrong = append(wrong, p.items.at(r.line, "name", "和第 %d 行是同一个数据项。", first))
		}
		seen[r.cells["name"]] = r.line
		out.Wrong = append(out.Wrong, wrong...)
		text = append(text, l)
	}
	if len(rows) > 0 && len(out.Wrong) == before {
		content["items"] = strings.Join(text, "\n")
	}
}

// draft holds a row against the entry as it is, and against everything that
// would be asked of the form.
func (p *planner) draft(ctx context.Context, sheet *filled, r filledRow, content Content, out *PlannedRow) {
	wrong := func(key, sentence string, args ...any) {
		out.Wrong = append(out.Wrong, sheet.at(r.line, key, sentence, args...))
	}
	defer func() {
		if len(out.Wrong) > 0 {
			out.Verdict = Refused
		}
	}()
	e := p.existing(r, out.Title, wrong)
	if e == nil {
		return
	}
	out.d, out.before = e.Dataset, Of(e.Dataset)
	if out.d.ID == 0 {
		if strings.TrimSpace(content["title"]) == "" && len(out.Wrong) == 0 {
			wrong("title", "请填写名称。")
			return
		}
		out.before = Content{}
	} else if _, said := content["title"]; !said {
		out.Title = out.d.Title
	}
	for _, f := range content.Apply(out.d, p.vocab) {
		out.Wrong = append(out.Wrong, p.faultAt(sheet, r.line, f))
	}
	if out.before["share_conditions"] == "" && content["share_conditions"] == "" && out.before["share_type"] == out.d.ShareType {
		out.d.ShareConditions = "" // Apply means well with a form; a row that nobody touched changes nothing
	}
	if len(out.Wrong) > 0 {
		return
	}
	if err := e.Editable(p.who); err != nil && out.d.ID != 0 {
		if out.Diff = Diff(out.before, Of(out.d)); len(out.Diff) == 0 {
			out.Verdict = Unchanged
			return
		}
		f := fault.Of(err)
		wrong("", f.Sentence, f.Args...)
		return
	}
	if err := p.s.entries.TryDraft(ctx, p.who, out.d); err != nil {
		f := fault.Of(err)
		if f.Kind == fault.Internal {
			wrong("", "这一行现在不能核对，请稍后再试。")
			return
		}
		out.Wrong = append(out.Wrong, p.faultAt(sheet, r.line, Finding{Field: f.Field, Sentence: f.Sentence, Args: f.Args}))
		return
	}
	after := Of(out.d)
	if out.Diff = Diff(out.before, after); len(out.Diff) == 0 {
		out.Verdict = Unchanged
		return
	}
	if out.Verdict = Changes; out.d.ID == 0 {
		out.Verdict = Creates
		out.Diff = slices.DeleteFunc(out.Diff, func(d Difference) bool { return d.Field.Kind == Shown })
	}
	out.Decided = e.State == Confirmed
	for _, f := range Examine(out.d, p.rules, p.s.now()) {
		switch {
		case saidWrongly(f.Check):
			out.Wrong = append(out.Wrong, p.faultAt(sheet, r.line, f))
		case f.Blocks():
			out.Missing = append(out.Missing, f)
		}
	}
}

// saidWrongly reports whether a check fails because of what was said: what is
// only not said yet may follow before the entry is sent.
func saidWrongly(check string) bool {
	return slices.Contains([]string{"known-type", "basis-whole", "basis-kind", "filing-date", "update-date", "promise-date"}, check)
}

// faultAt is a finding at the column of its field.
func (p *planner) faultAt(sheet *filled, line int, f Finding) RowFault {
	out := sheet.at(line, f.Field, f.Sentence, f.Args...)
	if out.Source = f.Source; out.Column == "" && f.Field != "" {
		if field, ok := FieldOf(f.Field); ok {
			out.Column = p.rules.head(field)
		}
	}
	return out
}

// existing is the entry that a row is about: one of the department, or a new
// one. It is nil where the row names what it may not.
func (p *planner) existing(r filledRow, title string, wrong func(key, sentence string, args ...any)) *Entry {
	slug := r.cells[slugColumn]
	if d := p.own[slug]; d != nil {
		copied := *d
		e := &Entry{Dataset: &copied, Standing: p.standing[slug].Standing}
		if said := r.cells[revisionColumn]; said != "" && said != strconv.FormatInt(d.Revision, 10) {
			wrong(revisionColumn, "这个条目在导出之后又改过：表里是第 %s 版，现在是第 %d 版。请重新导出，或清空这一格。", short(said), d.Revision)
			return nil
		}
		return e
	}
	if _, taken := p.standing[slug]; taken {
		wrong(slugColumn, "这个网址名已被使用，不是本部门的条目。")
		return nil
	}
	if r.cells[revisionColumn] != "" {
		wrong(slugColumn, "有修订号，本部门却没有这个条目；要新建请清空修订号。")
		return nil
	}
	if other, there := p.titles[title]; there && slug == "" {
		wrong(slugColumn, "本部门已有同名的条目（%s）：要改它请填网址名，要另建请换一个名称。", other)
		return nil
	}
	d := fresh(p.home)
	if d.Slug = slug; slug == "" {
		d.Slug = newSlug(p.home)
	}
	return &Entry{Dataset: d, Standing: Standing{State: Draft}}
}

// mark names everything that the plan says, so that who confirms confirms that.
func (p *planner) mark() error {
	type seen struct {
		Line     int
		Slug     string
		Verdict  Verdict
		Revision int64
		Diff     []Difference
	}
	var all []seen
	for _, r := range p.out.Rows {
		one := seen{Line: r.Line, Slug: r.Slug, Verdict: r.Verdict}
		for _, d := range r.Diff {
			one.Diff = append(one.Diff, Difference{Field: Field{Key: d.Field.Key}, Before: d.Before, After: d.After})
		}
		if r.d != nil {
			one.Revision = r.d.Revision
		}
		all = append(all, one)
	}
	text, err := json.Marshal(struct {
		Files []ImportedFile
		Rows  []seen
	}{p.out.Files, all})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	p.out.Mark = hex.EncodeToString(sum[:16])
	return nil
}
