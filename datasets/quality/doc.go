// Package quality knows what is wrong with data, and what must not be in it.
//
// Find looks for what names a person in a text: resident ID numbers, mobile
// numbers, bank cards, licence plates, passports, mail addresses. A Watch
// gathers what was found in a column and judges the column as a whole, since a
// number that happens to fit a form is no person. Rules are what each version
// is held against, with their source; what holds for all of them is written in
// rules.go, how each is decided lies with who has the rows.
//
// The package reads no file, asks no database and knows no viewer. What it
// returns of a value is masked.
package quality
