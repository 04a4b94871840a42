package interop

import (
	"encoding/xml"
	"time"
)

// SitemapLimit is how many addresses one sitemap may hold (sitemaps.org).
const SitemapLimit = 50_000

// Location is one address of a sitemap.
type Location struct {
	URL      string
	Modified time.Time // zero: not said
}

const sitemapSpace = "http://www.sitemaps.org/schemas/sitemap/0.9"

type location struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

func locations(in []Location) []location {
	out := make([]location, len(in))
	for i, l := range in {
		out[i].Loc = l.URL
		if !l.Modified.IsZero() {
			out[i].LastMod = l.Modified.Format(time.DateOnly)
		}
	}
	return out
}

// Sitemap lists pages, at most SitemapLimit.
func Sitemap(pages []Location) ([]byte, error) {
	return document(struct {
		XMLName xml.Name   `xml:"urlset"`
		Space   string     `xml:"xmlns,attr"`
		URLs    []location `xml:"url"`
	}{Space: sitemapSpace, URLs: locations(pages)})
}

// SitemapIndex lists sitemaps.
func SitemapIndex(maps []Location) ([]byte, error) {
	return document(struct {
		XMLName xml.Name   `xml:"sitemapindex"`
		Space   string     `xml:"xmlns,attr"`
		Maps    []location `xml:"sitemap"`
	}{Space: sitemapSpace, Maps: locations(maps)})
}

// OpenSearch describes the search box to browsers (OpenSearch 1.1). The
// template contains {searchTerms}.
func OpenSearch(name, description, page string) ([]byte, error) {
	type address struct {
		Type     string `xml:"type,attr"`
		Template string `xml:"template,attr"`
	}
	return document(struct {
		XMLName       xml.Name `xml:"http://a9.com/-/spec/opensearch/1.1/ OpenSearchDescription"`
		ShortName     string   `xml:"ShortName"`
		Description   string   `xml:"Description"`
		InputEncoding string   `xml:"InputEncoding"`
		URL           address  `xml:"Url"`
	}{ShortName: name, Description: description, InputEncoding: "UTF-8", URL: address{"text/html", page}})
}
