// Package catalogue compiles the catalogue by the book: what a department says
// of an entry, what the text that binds it asks for, who confirms it, what
// happened to it since, and what must happen when the facts change.
//
// An entry is a datasets.Dataset. Everything a person types of it travels as
// Content, texts by the keys of one table (Fields): the form, the sheet, the
// history, a template and a proposed change all speak it. Nothing of an entry
// that concerns a state secret is ever taken in: see Declaration.
package catalogue
