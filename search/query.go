package search

// Sort is an order of results.
type Sort string

// The orders a reader can choose.
const (
	ByRelevance Sort = "relevance"
	ByUpdated   Sort = "updated"
	ByPopular   Sort = "popular"
)

// Facet names a field that can be counted and filtered by.
type Facet string

// The facets. Their names are those of the URL and of the API.
const (
	FacetTheme  Facet = "theme"
	FacetOrg    Facet = "org"
	FacetOpen   Facet = "open"
	FacetFormat Facet = "format"
	FacetFreq   Facet = "freq"
	FacetRegion Facet = "region"
	FacetTag    Facet = "tag"
)

// Facets lists them in the order in which a page shows them.
var Facets = []Facet{FacetTheme, FacetOrg, FacetOpen, FacetFormat, FacetFreq, FacetRegion, FacetTag}

// Query is one search. Values within a facet are alternatives, facets combine.
type Query struct {
	Text      string
	Filters   map[Facet][]string
	Sort      Sort
	Offset    int
	Limit     int
	Facets    []Facet // to count; the counts of a facet disregard its own filter
	FacetSize int     // at most so many values a facet, most frequent first
	Highlight bool
}

// Result is one page of what was found.
type Result struct {
	Total   int
	Hits    []Hit
	Facets  map[Facet][]Count
	Spelled []string // when little or nothing was found: ways to write it in words of the index that sound alike, or differ in one letter
	Limited bool     // answered by the database because the engine does not answer
}

// Hit is one dataset found.
type Hit struct {
	ID    string // slug
	Score float64
	// Marks are byte ranges to highlight in the stored fields "title",
	// "title_en", "summary", "summary_en"; sorted, not overlapping.
	Marks map[string][]Mark
}

// Mark is the byte range [From, To) of a stored text.
type Mark struct{ From, To int }

// Count is one value of a facet and how many datasets carry it.
type Count struct {
	Value string
	Count int
}

// Suggestion completes what is being typed.
type Suggestion struct {
	Text string
	ID   string // slug, where the text is a title; empty for a word
}
