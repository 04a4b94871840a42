package portal

import (
	"context"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/following"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/portal/interop"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showDataset is the page of one dataset.
func (s *Server) showDataset(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx, viewer := c.UserContext(), actor(c)
	d, err := s.Datasets.Dataset(ctx, viewer, c.Params("slug"))
	if err != nil {
		return err
	}
	p := templates.DatasetPage{
		Frame:   s.frame(c, text.Pick(ctx, d.Title, d.TitleEN), text.Pick(ctx, d.Summary, d.SummaryEN)),
		Dataset: d, Main: mainFile(d), Feed: "/datasets/" + d.Slug + "/feed.xml", API: "/api/v1/datasets/" + d.Slug,
	}
	if d.Status == datasets.Published && d.Open != datasets.Withheld {
		if p.Follow, err = s.followButton(c, following.Dataset, d.Slug); err != nil {
			return err
		}
	}
	if p.Refused, err = s.preview(ctx, viewer, d, p.Main); err != nil {
		return err
	}
	if p.Refused != "" && p.Main != nil {
		p.Part = s.partOf(c, p.Main.Newest)
	}
	if p.Main != nil {
		if p.Versions, err = s.Datasets.Versions(ctx, viewer, p.Main.ID); err != nil {
			return err
		}
		if p.Changes, err = s.Datasets.Summaries(ctx, viewer, p.Versions); err != nil {
			return err
		}
		if p.Refused == "" {
			if p.Under, err = s.shown(c, p.Main.Newest, "", false); err != nil {
				return err
			}
			p.Picture = s.draw(ctx, viewer, d, p.Main, 1200, 288)
			p.Snippets = snippets(ctx, p.Base, p.Main.Newest)
			p.Views = goodViews(d, p.Main.Newest)
		}
		p.Cite = cite(ctx, p.Base, d, p.Main.Newest, p.Refused == "")
	} else {
		p.Cite = cite(ctx, p.Base, d, nil, false)
	}
	if p.Main != nil && p.Main.Newest != nil {
		p.Book, p.Treated = s.Policy, s.treatmentRule(d.Department.Profile)
		if p.Origin, err = s.Datasets.Origin(ctx, nil, d, p.Main.Newest.SHA256); fault.KindOf(err) == fault.Internal {
			return err
		}
	}
	if p.Emergency, err = s.emergencyOf(c, d); err != nil {
		return err
	}
	if p.Quality, err = s.entryQuality(ctx, d); err != nil {
		return err
	}
	if p.Corrections, err = s.correctionsOf(c, d); err != nil {
		return err
	}
	if p.Results, err = s.resultsOf(c, d); err != nil {
		return err
	}
	if p.Answers, p.Gone, err = s.answersOf(c, d); err != nil {
		return err
	}
	if p.Marks, err = s.marksOf(c, d); err != nil {
		return err
	}
	p.Explains = s.Notes != nil && d.Status == datasets.Published
	if p.Notes, err = s.notesOf(c, d); err != nil {
		return err
	}
	if p.Related, err = s.Datasets.Related(ctx, viewer, d, 3); err != nil {
		return err
	}
	if p.JSONLD, err = interop.Dataset(d, p.Base); err != nil {
		return err
	}
	p.Feeds = []templates.Link{{Href: p.Feed, Title: p.Title}, {Href: "/departments/" + d.Department.Slug + "/feed.xml", Title: templates.DepartmentName(ctx, &d.Department)}}
	p.Alternate = []templates.Link{{Href: p.API, Title: "JSON", Type: "application/json"}}
	viewed := d.ID
	s.onView(c, func() { s.Datasets.CountView(viewed) })
	return s.page(c, templates.Dataset(p))
}

// goodViews names the views in which the first table of a version shows more
// than rows.
func goodViews(d *datasets.Dataset, v *datasets.Version) (views []string) {
	if v == nil || len(v.Tables) == 0 {
		return nil
	}
	if hasChart(&v.Tables[0]) {
		views = append(views, chartName)
	}
	if hasGoodMap(d, &v.Tables[0]) {
		views = append(views, mapName)
	}
	return views
}

// mainFile is the file shown first: the first with a table, else the first
// with anything.
func mainFile(d *datasets.Dataset) *datasets.Resource {
	var first *datasets.Resource
	for i := range d.Resources {
		r := &d.Resources[i]
		if r.Newest == nil {
			continue
		}
		if len(r.Newest.Tables) > 0 {
			return r
		}
		if first == nil {
			first = r
		}
	}
	return first
}

// preview fills in the first rows of a file, or says what the gate says.
func (s *Server) preview(ctx context.Context, viewer account.Actor, d *datasets.Dataset, r *datasets.Resource) (refused string, err error) {
	if r == nil || r.Newest == nil {
		if d.Open == datasets.Unconditional {
			return "", nil
		}
		return templates.OpenName(ctx, d.Open), nil
	}
	return s.previewVersion(ctx, viewer, r.Newest)
}

func (s *Server) previewVersion(ctx context.Context, viewer account.Actor, v *datasets.Version) (refused string, err error) {
	err = s.Datasets.Preview(ctx, viewer, v)
	switch fault.KindOf(err) {
	case fault.Forbidden, fault.NotFound:
		return Sentence(ctx, fault.Of(err)), nil
	}
	return "", err
}

// cite is how to cite a version: who, what, which version, from where, under
// which licence. What cannot be fetched is cited by its page.
func cite(ctx context.Context, base string, d *datasets.Dataset, v *datasets.Version, served bool) string {
	if v == nil {
		return text.T(ctx, "%s，%s。%s。原始来源：%s。许可：%s。%s",
			templates.DepartmentName(ctx, &d.Department), text.Pick(ctx, d.Title, d.TitleEN), templates.Day(d.LastUpdated),
			text.Pick(ctx, d.Source, d.SourceEN), text.Pick(ctx, d.Licence.Name, d.Licence.NameEN), base+"/datasets/"+d.Slug)
	}
	address := base + "/datasets/" + d.Slug
	if served {
		address = base + "/d/" + v.ResourceID + "/" + strconv.Itoa(v.Number) + "/" + url.PathEscape(v.FileName)
	}
	return text.T(ctx, "%s，%s。第 %d 版，%s。原始来源：%s。许可：%s。%s",
		templates.DepartmentName(ctx, &d.Department), text.Pick(ctx, d.Title, d.TitleEN), v.Number, templates.Day(v.PublishedAt),
		text.Pick(ctx, d.Source, d.SourceEN), text.Pick(ctx, d.Licence.Name, d.Licence.NameEN), address)
}
