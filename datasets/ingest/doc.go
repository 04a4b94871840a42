// Package ingest reads files as tables: CSV, TSV and plain lists in the
// encodings that departments use, XLSX, JSON, NDJSON and GeoJSON, each but
// XLSX also gzip-compressed. It streams, counts what it reads against limits,
// knows neither database nor network and keeps no state between files, so that
// it can run in a process of its own.
//
// A file is read as it stands or refused with line and reason; nothing is
// guessed, replaced or dropped in silence. Hostile files cost no more than
// their limits: a record that never ends, an archive that unpacks without end,
// XML that nests without end are given up early. The process around it, with
// limits of the operating system, comes with uploads by strangers.
package ingest
