package interop

import (
	"encoding/xml"
	"time"
)

// Feed is an Atom feed (RFC 4287).
type Feed struct {
	ID      string // an IRI that never changes
	Title   string
	Self    string // absolute address of the feed
	Page    string // absolute address of the page it follows
	Lang    string
	Updated time.Time
	Entries []Entry
}

// Entry is one change in a feed.
type Entry struct {
	ID      string // an IRI that never changes for this state of the thing
	Title   string
	Link    string
	Summary string
	Author  string
	Theme   string
	Updated time.Time
	Issued  time.Time // zero: not said
}

// Atom writes the feed.
func Atom(f Feed) ([]byte, error) {
	type link struct {
		Rel  string `xml:"rel,attr,omitempty"`
		Type string `xml:"type,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	type category struct {
		Term string `xml:"term,attr"`
	}
	type entry struct {
		ID        string    `xml:"id"`
		Title     string    `xml:"title"`
		Link      link      `xml:"link"`
		Updated   string    `xml:"updated"`
		Published string    `xml:"published,omitempty"`
		Author    string    `xml:"author>name"`
		Category  *category `xml:"category"`
		Summary   string    `xml:"summary"`
	}
	out := struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		Lang    string   `xml:"http://www.w3.org/XML/1998/namespace lang,attr,omitempty"`
		ID      string   `xml:"id"`
		Title   string   `xml:"title"`
		Links   []link   `xml:"link"`
		Updated string   `xml:"updated"`
		Author  string   `xml:"author>name"`
		Entries []entry  `xml:"entry"`
	}{
		Lang: f.Lang, ID: f.ID, Title: clean(f.Title), Updated: f.Updated.Format(time.RFC3339), Author: "数源",
		Links: []link{{Rel: "self", Type: "application/atom+xml", Href: f.Self}, {Rel: "alternate", Type: "text/html", Href: f.Page}},
	}
	for _, e := range f.Entries {
		x := entry{
			ID: e.ID, Title: clean(e.Title), Link: link{Rel: "alternate", Type: "text/html", Href: e.Link},
			Updated: e.Updated.Format(time.RFC3339), Author: clean(e.Author), Summary: clean(e.Summary),
		}
		if !e.Issued.IsZero() {
			x.Published = e.Issued.Format(time.RFC3339)
		}
		if e.Theme != "" {
			x.Category = &category{clean(e.Theme)}
		}
		out.Entries = append(out.Entries, x)
	}
	return document(out)
}
