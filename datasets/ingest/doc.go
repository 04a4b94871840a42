// Package ingest turns files into tables that can be asked: CSV, TSV and plain
// lists in the encodings that departments use, XLSX, JSON, NDJSON, GeoJSON,
// record lists in XML, shapefiles in a zip, Parquet, and gzip or zip of these.
// Documents (PDF, DOCX) are looked at and stay files.
//
// Run reads a file in a limited child process (Job, which cmd hands to
// sandbox.Main): every table becomes a Parquet file with typed columns, and a
// Report says what was found, which types were proposed on what evidence, what
// does not fit, and what the file hides. Rows reads such a Parquet file back,
// cell by cell the texts of the original, in a child of the same kind. The
// server itself parses nothing that came from outside, and believes no more of
// what a child says than it checks.
//
// Open is what the child reads with. It streams, counts what it reads against
// limits, knows neither database nor network and keeps no state between files.
// A file is read as it stands or refused with line and reason; nothing is
// guessed, replaced or dropped in silence: a cell that is no value of its
// column's type is null there and its text lies beside it, and so does the text
// of a value that is written otherwise than its column's form says.
package ingest
