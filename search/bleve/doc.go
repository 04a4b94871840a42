// Package bleve is the embedded search engine. Bleve keeps, on disk and mapped
// into memory, which documents carry which key in which tier; it is asked for
// bitmaps, and the plan of a query is answered by combining them. What filters,
// facets, orders and suggestions need is a table of small columns in memory,
// read from Bleve's stored records at the start.
//
// A folder holds one generation of the index, named by the file CURRENT:
//
//	lock            held while an engine works on the folder
//	CURRENT         the name of the generation in force
//	gen-.../        one Bleve index
//
// Replace builds another generation and renames CURRENT; whatever happens in
// between, the folder holds a whole index. What CURRENT does not name goes at
// the next start.
package bleve
