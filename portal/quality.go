package portal

import (
	"context"
	"slices"
	"strings"

	"shuyuan/datasets"
	"shuyuan/datasets/quality"
	"shuyuan/internal/account"
	"shuyuan/internal/policy"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// entryQuality is an entry held against every rule.
func (s *Server) entryQuality(ctx context.Context, d *datasets.Dataset) (*templates.QualityView, error) {
	score, err := s.Datasets.Quality(ctx, d)
	if err != nil {
		return nil, err
	}
	out := &templates.QualityView{Yes: score.Yes, Asked: score.Asked}
	for _, l := range score.Lines {
		line := s.qualityLine(ctx, l.Rule)
		line.Verdict, line.Sentence, line.Args = l.Verdict, l.Sentence, l.Args
		if l.Resource != "" {
			line.Href = "/datasets/" + d.Slug + "/resources/" + l.Resource + "#quality"
		}
		out.Lines = append(out.Lines, line)
	}
	return out, nil
}

// fileQuality is a version held against the rules of versions, with the places
// at which something is wrong where the viewer may see them; nil while it was
// not checked.
func (s *Server) fileQuality(ctx context.Context, viewer account.Actor, v *datasets.Version) (*templates.QualityView, error) {
	checks, err := s.Datasets.Checks(ctx, viewer, v)
	if err != nil || len(checks) == 0 {
		return nil, err
	}
	out := &templates.QualityView{}
	for _, c := range checks {
		rule, ok := c.Rule.Rule()
		if !ok {
			continue // of an older edition
		}
		line := s.qualityLine(ctx, rule)
		line.Verdict, line.Sentence, line.Args, line.Examples = c.Verdict, c.Sentence, c.Args, c.Examples
		switch c.Verdict {
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

// qualityLine is a rule with its sources.
func (s *Server) qualityLine(ctx context.Context, r quality.Rule) templates.QualityLine {
	line := templates.QualityLine{Rule: r}
	for _, cite := range r.Cite {
		if link, ok := s.provision(ctx, cite); ok {
			line.Sources = append(line.Sources, link)
		}
	}
	if rule, ok := s.Policy.House().Rule(r.Limit); ok {
		line.Limit = &rule
	}
	return line
}

// provision is where a provision is quoted.
func (s *Server) provision(ctx context.Context, cite string) (templates.Link, bool) {
	code, _, _ := strings.Cut(cite, "-")
	all := s.Policy.Profiles()
	at := slices.IndexFunc(all, func(p *policy.Profile) bool { return p.Code() == code })
	if at < 0 {
		return templates.Link{}, false
	}
	place, short := policy.Place(cite), all[at].Short()
	return templates.Link{Href: "/law/" + all[at].ID() + "#" + cite, Title: text.Pick(ctx, short.Zh+place.Zh, short.En+", "+place.En)}, true
}

// profiles are what the columns of each table are like, where the viewer may
// know.
func (s *Server) profiles(ctx context.Context, viewer account.Actor, v *datasets.Version) ([][]datasets.ColumnProfile, error) {
	out := make([][]datasets.ColumnProfile, len(v.Tables))
	for i := range v.Tables {
		var err error
		if out[i], err = s.Datasets.Profiles(ctx, viewer, v, i); err != nil {
			return nil, err
		}
	}
	return out, nil
}
