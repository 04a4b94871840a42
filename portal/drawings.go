package portal

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"sync"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/portal/pictures"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// drawings remembers the picture of a table in a language, by the bytes of its
// file and its dictionary, which are all that a picture is made of. Whether
// somebody may see it is asked of the gate each time, before the picture is
// looked up.
type drawings struct {
	mu   sync.Mutex
	made map[drawingOf]drawing

	// What home shows is looked for once per change of the catalogue.
	homeAt int64
	home   [2]string // slugs: the large picture, the example; empty for none
}

type drawingOf struct {
	file       string // SHA-256
	dictionary uint64
	lang       text.Lang
}

var drawingSeed = maphash.MakeSeed()

func drawingKey(ctx context.Context, v *datasets.Version, t *datasets.Table) drawingOf {
	return drawingOf{v.SHA256, maphash.String(drawingSeed, fmt.Sprint(v.FileName, v.Header, t.Fields)), text.Of(ctx)}
}

type drawing struct {
	days  *templates.Days
	chart *templates.Chart
	axis  string
}

// mostDrawings bounds the memory; a picture is a few dozen kilobytes, and most
// tables have none.
const mostDrawings = 2000

// draw is the picture of the first table of r's newest version, nil where there
// is none: nothing published, nothing to draw, or no preview. The gate lets a
// preview through or not, so what has one may be drawn.
func (s *Server) draw(ctx context.Context, viewer account.Actor, d *datasets.Dataset, r *datasets.Resource, width, height int) *templates.Picture {
	if r == nil || r.Newest == nil || len(r.Newest.Tables) == 0 {
		return nil
	}
	v, table := r.Newest, &r.Newest.Tables[0]
	if len(table.Preview) == 0 || table.Rows > pictures.Most || (!pictures.MaybeDays(table.Fields) && !pictures.MaybeSeries(table.Fields)) {
		return nil
	}
	key := drawingKey(ctx, v, table)
	made, ok := s.drawings.get(key)
	if !ok {
		rows, err := pictures.Collect(func(yield func([]string) error) error {
			return s.Datasets.Rows(ctx, viewer, v, 0, yield)
		})
		if err != nil {
			s.Log.ErrorContext(ctx, "a table cannot be drawn", "version", v.ID, "error", err)
			return nil
		}
		words := pictures.Words{
			Title:  text.Pick(ctx, d.Title, d.TitleEN),
			Column: func(f datasets.Field) string { return text.Pick(ctx, cmp.Or(f.Label, f.Name), f.LabelEN) },
		}
		made.days = pictures.Days(words, table.Fields, rows)
		if made.days == nil {
			made.chart, made.axis = pictures.Series(words, table.Fields, rows, width, height)
		}
		s.drawings.put(key, made)
	}
	if made.days == nil && made.chart == nil {
		return nil
	}
	p := &templates.Picture{Dataset: d, Rows: table.Rows, Days: made.days, Axis: made.axis}
	if made.chart != nil {
		sized := *made.chart // the same picture stands on pages of other widths
		sized.Width, sized.Height, sized.Label = width, height, text.Pick(ctx, d.Title, d.TitleEN)
		p.Chart = &sized
	}
	return p
}

func (d *drawings) get(key drawingOf) (drawing, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	made, ok := d.made[key]
	return made, ok
}

func (d *drawings) put(key drawingOf, made drawing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.made == nil || len(d.made) >= mostDrawings {
		d.made = map[drawingOf]drawing{}
	}
	d.made[key] = made
}

// homeCandidates is how many of the best used datasets are looked at for a picture.
const homeCandidates = 60

// homePictures are the large picture and the example of home: the first
// calendar and the first chart among the best used open datasets, or of two
// charts the first is the large one. What is found is kept until the catalogue
// changes.
func (s *Server) homePictures(ctx context.Context, viewer account.Actor) (hero, example *templates.Picture, err error) {
	seq, err := s.Datasets.LastChange(ctx)
	if err != nil {
		return nil, nil, err
	}
	s.drawings.mu.Lock()
	slugs, known := s.drawings.home, s.drawings.homeAt == seq && seq > 0
	s.drawings.mu.Unlock()
	if !known {
		if slugs, err = s.findHomePictures(ctx, viewer); err != nil {
			return nil, nil, err
		}
		s.drawings.mu.Lock()
		s.drawings.home, s.drawings.homeAt = slugs, seq
		s.drawings.mu.Unlock()
	}
	return s.pictureOf(ctx, viewer, slugs[0], 1200, 320), s.pictureOf(ctx, viewer, slugs[1], 560, 260), nil
}

func (s *Server) findHomePictures(ctx context.Context, viewer account.Actor) ([2]string, error) {
	var calendar string
	var charts []string
	page, err := s.Datasets.List(ctx, viewer, datasets.Filter{Open: datasets.Unconditional, Order: datasets.ByPopular, Limit: homeCandidates})
	if err != nil {
		return [2]string{}, err
	}
	for i := range page.Items {
		p := s.pictureOf(ctx, viewer, page.Items[i].Slug, 1200, 320)
		switch {
		case p == nil:
		case p.Days != nil && calendar == "":
			calendar = p.Dataset.Slug
		case p.Chart != nil:
			// Bars around zero tell a story at a glance; they go first.
			if p.Chart.Bars {
				charts = append([]string{p.Dataset.Slug}, charts...)
			} else {
				charts = append(charts, p.Dataset.Slug)
			}
		}
	}
	all := charts
	if calendar != "" {
		all = append([]string{calendar}, charts...)
	}
	return [2]string(append(all, "", "")[:2]), nil
}

// pictureOf draws the first file of a dataset that can be drawn.
func (s *Server) pictureOf(ctx context.Context, viewer account.Actor, slug string, width, height int) *templates.Picture {
	if slug == "" {
		return nil
	}
	d, err := s.Datasets.Dataset(ctx, viewer, slug)
	if err != nil {
		return nil // withdrawn meanwhile
	}
	for i := range d.Resources {
		if v := d.Resources[i].Newest; v == nil || s.Datasets.Preview(ctx, viewer, v) != nil {
			continue
		}
		if p := s.draw(ctx, viewer, d, &d.Resources[i], width, height); p != nil {
			return p
		}
	}
	return nil
}
