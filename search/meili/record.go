package meili

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/meilisearch/meilisearch-go"

	"shuyuan/search"
	"shuyuan/search/chinese"
)

// layout names the form of the records and settings below, and of the keys of
// package search. Whoever changes one of them counts it up: an index of another
// layout is built anew.
const layout = 2

// The attributes.
const (
	primaryKey = "id"
	slug       = "slug"
	isDataset  = "dataset"  // tells documents from the state
	exact      = "exact"    // digests of the whole titles
	wordFacet  = "words"    // what can be offered while somebody types
	byUpdated  = "updated"  // microseconds
	byPopular  = "popular"  // views and downloads
	stateID    = "state"    // the id of the record that is no document
	documentID = "dataset-" // an id of the server's is this and the slug
)

// tiers are the attributes that hold keys. Each holds those of its tier and of
// all heavier ones, so that "in the title or a name" is one attribute to ask.
var tiers = [search.Tiers]string{
	search.TitleTier:   "in_title",
	search.KeyTier:     "in_names",
	search.SummaryTier: "in_summary",
	search.ValueTier:   "in_all",
}

// anywhere is the attribute that holds every key.
var anywhere = tiers[search.ValueTier]

// attributeOf is where the values of a facet stand.
func attributeOf(f search.Facet) string { return "facet_" + string(f) }

// record is a document as the server keeps it.
type record struct {
	ID        string   `json:"id"`
	Dataset   string   `json:"dataset"`
	Slug      string   `json:"slug"`
	Title     string   `json:"title"`
	TitleEN   string   `json:"title_en"`
	Summary   string   `json:"summary"`
	SummaryEN string   `json:"summary_en"`
	Names     []string `json:"names"`   // as they are written, departments with all their names
	Words     []string `json:"words"`   // as values
	Exact     []string `json:"exact"`   // digests
	Updated   int64    `json:"updated"` //
	Popular   int64    `json:"popular"`

	InTitle   []string `json:"in_title"`
	InNames   []string `json:"in_names"`
	InSummary []string `json:"in_summary"`
	InAll     []string `json:"in_all"`

	Theme  []string `json:"facet_theme"`
	Org    []string `json:"facet_org"`
	Open   []string `json:"facet_open"`
	Format []string `json:"facet_format"`
	Freq   []string `json:"facet_freq"`
	Region []string `json:"facet_region"`
	Tag    []string `json:"facet_tag"`
}

// state is the record that is no document.
type state struct {
	ID     string `json:"id"`
	Cursor int64  `json:"cursor"`
	Layout int    `json:"layout"`
	Built  string `json:"built"` // the name under which the index was built
}

// at is s with another cursor.
func (s state) at(cursor int64) state {
	s.Cursor = cursor
	return s
}

func recordOf(d *search.Document) record {
	r := record{
		ID: documentID + d.ID, Dataset: "true", Slug: d.ID,
		Title: d.Title, TitleEN: d.TitleEN, Summary: d.Summary, SummaryEN: d.SummaryEN,
		Names: unique(slices.Concat(d.Names(), d.Departments)), Words: values(d.Names()...),
		Exact: unique([]string{digest(d.Title), digest(d.TitleEN)}), Updated: d.Updated.UnixMicro(), Popular: d.Popular,
		Theme: values(d.Theme), Org: values(d.Department), Open: values(d.Open), Format: values(d.Formats...),
		Freq: values(d.Frequency), Region: values(d.Region), Tag: values(d.Tags...),
	}
	seen := map[string]bool{}
	var all []string
	for tier, into := range []*[]string{&r.InTitle, &r.InNames, &r.InSummary, &r.InAll} {
		d.Keys(search.Tier(tier), func(k string) {
			if !seen[k] {
				seen[k] = true
				all = append(all, key(k))
			}
		})
		*into = slices.Clone(all)
	}
	return r
}

// digest stands for a whole title, however it is written; empty for none.
func digest(title string) string {
	folded := strings.Join(strings.Fields(chinese.Fold(title).String()), " ")
	if folded == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(folded))
	return hex.EncodeToString(sum[:16])
}

// values writes the values of a facet, each once, without empty ones and those
// that the server could not tell apart.
func values(list ...string) []string {
	out := unique(list)
	for i, v := range out {
		out[i] = value(v)
	}
	return slices.DeleteFunc(out, func(v string) bool { return len(v) > longestValue })
}

func unique(list []string) []string {
	out := []string{}
	for _, s := range list {
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// settings are what an index of ours is told before the first document. The
// server's own search by words is not used, so nothing is prepared for it.
func settings() *meilisearch.Settings {
	no := "disabled"
	return &meilisearch.Settings{
		RankingRules:       []string{"sort"},
		SortableAttributes: []string{byUpdated, byPopular, slug},
		ProximityPrecision: meilisearch.ByAttribute,
		PrefixSearch:       &no,
		TypoTolerance:      &meilisearch.TypoTolerance{Enabled: false, MinWordSizeForTypos: meilisearch.MinWordSizeForTypos{OneTypo: 5, TwoTypos: 9}, DisableOnWords: []string{}, DisableOnAttributes: []string{}},
		Pagination:         &meilisearch.Pagination{MaxTotalHits: mostTotal},
		Faceting:           &meilisearch.Faceting{MaxValuesPerFacet: mostValues, SortFacetValuesBy: map[string]meilisearch.SortFacetType{"*": meilisearch.SortFacetTypeCount}},
	}
}

// filterable are the attributes that filters may name, and what for.
func filterable() *[]any {
	counted := []string{isDataset, wordFacet}
	for _, f := range search.Facets {
		counted = append(counted, attributeOf(f))
	}
	rule := func(attributes []string) any {
		return meilisearch.AttributeRule{AttributePatterns: attributes, Features: meilisearch.AttributeFeatures{
			Filter: meilisearch.FilterFeatures{Equality: true},
		}}
	}
	return &[]any{rule(counted), rule(append(tiers[:], exact))}
}
