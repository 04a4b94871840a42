// Package datasetstest makes valid values of the catalogue in a database of
// the test's own: departments, themes, datasets of every open type and status,
// resources, versions from a text. A test states only what it is about.
package datasetstest
