// Package ingest reads files as tables: CSV, TSV and plain lists in the
// encodings that departments use, XLSX, JSON, NDJSON and GeoJSON, each also
// gzip-compressed. It streams, counts what it reads against limits, knows
// neither database nor network and keeps no state between files, so that it
// can run in a process of its own.
package ingest
