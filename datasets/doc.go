// Package datasets is the catalogue: departments, themes, datasets, resources
// and their immutable versions. Visible decides who may know of an entry, the
// Gate (filled by licensing) who may be given its bytes. Service has the
// operations, store.go the SQL. It does not know the web, nor the search
// index, which follows the change table by itself.
package datasets
