// Package search finds datasets. An Engine answers queries; Follow keeps it in
// step with the database by the ordered change table; chinese.go folds what
// people type and what departments write to one form.
package search
