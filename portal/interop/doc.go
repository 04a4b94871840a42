// Package interop speaks other people's contracts: Atom (RFC 4287), sitemaps
// (sitemaps.org), OpenSearch descriptions and schema.org. It turns what it is
// handed into bytes and asks nobody: whoever calls it has already asked
// datasets.Visible.
package interop
