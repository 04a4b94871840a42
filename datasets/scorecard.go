package datasets

import (
	"context"
	"slices"

	"shuyuan/internal/account"
)

// Share is how many of how many.
type Share struct{ Yes, All int }

// Percent is the share in whole per cents, rounded down: 100 is all. Of nothing it
// is 0; ask All first.
func (s Share) Percent() int {
	if s.All == 0 {
		return 0
	}
	return s.Yes * 100 / s.All
}

// ScoreCard is what can be counted of a department's published entries. Nothing in
// it is anybody's judgement.
type ScoreCard struct {
	Datasets     int
	Completeness Share     // questions that the data dictionaries answer
	Timeliness   Share     // promised updates that are kept today
	Quality      Share     // lines of quality that hold, of those that could be asked
	Openness     Share     // entries that are open without conditions
	Supplied     Share     // entries behind which there is data
	Bare         []Dataset // those behind which there is none: catalogued, not supplied (AS-13.2)
	Overdue      []Dataset // those whose promised update is late today
}

// ScoreCard counts the entries of a department that everybody may see, so that it
// says the same to whoever asks. It returns fault.NotFound where there is no such
// department.
func (s *Service) ScoreCard(ctx context.Context, department string) (ScoreCard, error) {
	var out ScoreCard
	everybody := account.Actor{}
	if _, err := s.Department(ctx, everybody, department); err != nil {
		return out, err
	}
	f := Filter{Department: department, Fields: true, Order: ByTitle, Limit: 200}
	for {
		page, err := s.List(ctx, everybody, f)
		if err != nil {
			return out, err
		}
		for i := range page.Items {
			out.count(&page.Items[i], s)
		}
		if f.After = page.Next; f.After == "" {
			return out, nil
		}
	}
}

func (c *ScoreCard) count(d *Dataset, s *Service) {
	c.Datasets++
	c.Openness.All++
	if d.Open == Unconditional {
		c.Openness.Yes++
	}
	c.Supplied.All++
	if slices.ContainsFunc(d.Resources, func(r Resource) bool { return r.Newest != nil || r.Link != nil }) {
		c.Supplied.Yes++
	} else {
		c.Bare = append(c.Bare, Dataset{Slug: d.Slug, Title: d.Title, TitleEN: d.TitleEN})
	}
	switch d.Fresh(s.now()) {
	case InTime:
		c.Timeliness.Yes++
		c.Timeliness.All++
	case Overdue:
		c.Timeliness.All++
		c.Overdue = append(c.Overdue, Dataset{Slug: d.Slug, Title: d.Title, TitleEN: d.TitleEN})
	}
	c.Quality.Yes += d.QualityYes
	c.Quality.All += d.QualityAsked
	for i := range d.Resources {
		if v := d.Resources[i].Newest; v != nil && len(v.Tables) > 0 {
			score := DictionaryScore(v.Tables)
			c.Completeness.Yes += score.Yes
			c.Completeness.All += score.All
		}
	}
}
