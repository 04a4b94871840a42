// Package meili is the search engine that speaks to a Meilisearch server
// (1.18 or newer). The server is not asked to understand texts: each document
// carries the keys of package search, written in ASCII, as attributes to filter
// by, and the plan of a query becomes a filter over them. So it finds exactly
// what the embedded engine finds. docs/decisions/0030 says why.
//
// One index holds the documents and one record that is none, "state": the
// cursor and the layout. It is written with the documents or after them, never
// before.
package meili
