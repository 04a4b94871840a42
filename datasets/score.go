package datasets

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/quality"
	"shuyuan/internal/account"
)

// QualityLine is what one rule says of an entry: of all its files together,
// where it is a rule of versions. It holds numbers, and no value of the data.
type QualityLine struct {
	Rule     quality.Rule
	Verdict  quality.Verdict
	Sentence string
	Args     []any
	Resource string // id of the file that it is said of; empty: of the entry, or of all
}

// QualityScore is an entry held against every rule, line by line.
type QualityScore struct {
	Lines []QualityLine
	Yes   int
	Asked int // lines with an answer: unknown is no answer
}

// Quality holds an entry that the viewer was given against the rules. Each line
// can be read, and is answered by what is known now.
func (s *Service) Quality(ctx context.Context, d *Dataset) (*QualityScore, error) {
	var versions []int64
	for i := range d.Resources {
		if v := d.Resources[i].Newest; v != nil {
			versions = append(versions, v.ID)
		}
	}
	checks, err := s.selectChecks(ctx, versions)
	if err != nil {
		return nil, err
	}
	twin, err := s.twin(ctx, d)
	if err != nil {
		return nil, err
	}
	out := &QualityScore{}
	for _, r := range quality.Rules {
		line := QualityLine{Rule: r, Verdict: quality.Unknown, Sentence: "还没有检查。"}
		if r.OfEntry {
			line.entry(d, twin, s.now())
		} else {
			line.files(d, checks)
		}
		switch line.Verdict {
		case quality.Yes:
			out.Yes++
			out.Asked++
		case quality.No:
			out.Asked++
		case quality.Unknown:
		}
		out.Lines = append(out.Lines, line)
	}
	return out, nil
}

// say sets the verdict of a line.
func (l *QualityLine) say(yes bool, ifYes, ifNo string, args ...any) {
	l.Verdict, l.Sentence, l.Args = quality.Yes, ifYes, nil
	if !yes {
		l.Verdict, l.Sentence, l.Args = quality.No, ifNo, args
	}
}

// entry answers a rule that is of the entry as a whole.
func (l *QualityLine) entry(d *Dataset, twin string, now time.Time) {
	switch l.Rule.ID {
	case quality.OnTime:
		if d.Fresh(now) == Unpromised {
			l.Sentence = "没有登记下一次更新日。"
			return
		}
		l.say(d.Fresh(now) != Overdue, "没有逾期。", "已经逾期 %d 天。", int64(d.Late(now)))
	case quality.OneSource:
		l.say(twin == "", "没有别的部门公开同一项。", "“%s”也公开了同名或同代码的条目。", twin)
	case quality.ReadByMany:
		l.readable(d)
	case quality.Described:
		empty := 0
		for _, filled := range []string{d.Summary, d.Source, d.TemporalStart + d.TemporalEnd, d.Licence.ID} {
			if filled == "" {
				empty++
			}
		}
		l.say(empty == 0, "都填了。", "四栏里空着 %d 栏。", int64(empty))
	case quality.Reachable:
		l.say(d.Phone+d.Email+d.Department.Phone+d.Department.Email != "", "有电话或电子邮件。", "没有电话，也没有电子邮件。")
	}
}

func (l *QualityLine) readable(d *Dataset) {
	files, tables := 0, 0
	for i := range d.Resources {
		if v := d.Resources[i].Newest; v != nil {
			files++
			tables += len(v.Tables)
		}
	}
	if files == 0 {
		l.Sentence = "还没有发布文件。"
		return
	}
	l.say(tables > 0, "能读成表格。", "只有文档，没有表格。")
}

// files answers a rule that is of versions: no where it is no of any file, yes
// where it is yes of one at least.
func (l *QualityLine) files(d *Dataset, checks map[int64][]Check) {
	for i := range d.Resources {
		v := d.Resources[i].Newest
		if v == nil {
			continue
		}
		for _, c := range checks[v.ID] {
			if c.Rule != l.Rule.ID || rank[c.Verdict] < rank[l.Verdict] || rank[c.Verdict] == rank[l.Verdict] && l.Resource != "" {
				continue
			}
			l.Verdict, l.Sentence, l.Args, l.Resource = c.Verdict, c.Sentence, c.Args, d.Resources[i].ID
		}
	}
}

// rank is which verdict of several files is that of all.
var rank = map[quality.Verdict]int{quality.Unknown: 0, quality.Yes: 1, quality.No: 2}

// twin names another department that publishes an entry of the same title or
// code for everybody to see; empty if none does.
func (s *Service) twin(ctx context.Context, d *Dataset) (name string, err error) {
	visible := Visible(account.Actor{})
	args := visible.with("id", d.ID)
	args["department"], args["title"], args["code"] = d.Department.ID, d.Title, d.ResourceCode
	err = s.pool.QueryRow(ctx, `
		SELECT p.name FROM datasets d JOIN departments p ON p.id = d.department_id
		WHERE (d.title = @title OR @code <> '' AND d.resource_code = @code) AND d.id <> @id AND d.department_id <> @department AND `+visible.SQL+`
		ORDER BY d.id LIMIT 1`, args).Scan(&name)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return name, err
}

// keptLine is a line as it is kept.
type keptLine struct {
	Rule    quality.ID      `json:"rule"`
	Verdict quality.Verdict `json:"verdict"`
}

// LookAtVersions does all that follows the publication of a version: what its
// columns are like, whether it names persons (and what waits to become one) and
// who is told of that, what the rules say of it, and the score of its entry. What fails does not keep the rest from being done.
func (s *Service) LookAtVersions(ctx context.Context) error {
	return errors.Join(s.ScanUploads(ctx), s.ScanVersions(ctx), s.TellOfFindings(ctx), s.CheckVersions(ctx), s.MakeProfiles(ctx), s.ScoreDatasets(ctx))
}

// ScoreDatasets keeps the score of every entry, for lists to sort by.
func (s *Service) ScoreDatasets(ctx context.Context) error {
	for after := int64(0); ; {
		found, err := selectDatasets(ctx, s.pool, `d.id > @after`, pgx.NamedArgs{"after": after}, `d.id LIMIT 200`)
		if err != nil || len(found) == 0 {
			return err
		}
		if err := s.fill(ctx, found, true); err != nil {
			return err
		}
		for i := range found {
			if err := s.keepScore(ctx, &found[i]); err != nil {
				return err
			}
			after = found[i].ID
		}
	}
}

func (s *Service) keepScore(ctx context.Context, d *Dataset) error {
	score, err := s.Quality(ctx, d)
	if err != nil {
		return fmt.Errorf("score %s: %w", d.Slug, err)
	}
	lines := []keptLine{}
	for _, l := range score.Lines {
		lines = append(lines, keptLine{l.Rule.ID, l.Verdict})
	}
	_, err = s.pool.Exec(ctx, `
		INSERT INTO dataset_scores (dataset_id, yes, asked, lines, at) VALUES (@id, @yes, @asked, @lines, @now)
		ON CONFLICT (dataset_id) DO UPDATE SET yes = excluded.yes, asked = excluded.asked, lines = excluded.lines, at = excluded.at
		WHERE (dataset_scores.yes, dataset_scores.asked, dataset_scores.lines) IS DISTINCT FROM (excluded.yes, excluded.asked, excluded.lines)`,
		pgx.NamedArgs{"id": d.ID, "yes": score.Yes, "asked": score.Asked, "lines": lines, "now": s.now()})
	return err
}

// RuleCount is a rule with how many entries keep it and how many do not.
type RuleCount struct {
	Rule    quality.Rule
	Yes, No int
}

// QualityCard counts, rule by rule, the entries that the viewer may know of; of
// one department (its slug), or of all where it is empty.
func (s *Service) QualityCard(ctx context.Context, viewer account.Actor, department string) ([]RuleCount, error) {
	visible := Visible(viewer)
	found, err := s.pool.Query(ctx, `
		SELECT l->>'rule', count(*) FILTER (WHERE l->>'verdict' = 'yes'), count(*) FILTER (WHERE l->>'verdict' = 'no')
		FROM datasets d JOIN dataset_scores q ON q.dataset_id = d.id CROSS JOIN jsonb_array_elements(q.lines) l
		WHERE `+visible.SQL+` AND (@slug = '' OR d.department_id = (SELECT id FROM departments WHERE slug = @slug)) GROUP BY 1`, visible.with("slug", keep(department)))
	if err != nil {
		return nil, err
	}
	counts := map[quality.ID]RuleCount{}
	var id quality.ID
	var c RuleCount
	if _, err := pgx.ForEachRow(found, []any{&id, &c.Yes, &c.No}, func() error { counts[id] = c; return nil }); err != nil {
		return nil, err
	}
	var out []RuleCount
	for _, r := range quality.Rules {
		if c, ok := counts[r.ID]; ok {
			c.Rule = r
			out = append(out, c)
		}
	}
	return out, nil
}
