// Package search finds datasets. Read makes a plan of what somebody typed: which
// keys a document must carry (terms.go). An Engine answers plans; bleve/ and
// meili/ are the two, and searchtest/ is what both must do. Service keeps an
// engine in step with the catalogue by the ordered change table, and answers from
// the database while the engine does not. chinese/ folds and reads Chinese.
package search
