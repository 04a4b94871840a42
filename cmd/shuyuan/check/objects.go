package check

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
)

// list reads once what the store holds.
func (r *run) list(ctx context.Context) (map[blob.Digest]blob.Info, error) {
	if r.listed != nil {
		return r.listed, nil
	}
	all := map[blob.Digest]blob.Info{}
	err := r.store.List(ctx, func(i blob.Info) error {
		all[i.Digest] = i
		return nil
	})
	if err == nil {
		r.listed = all
	}
	return all, err
}

func objectsOfRows(ctx context.Context, r *run) ([]string, error) {
	stored, err := r.list(ctx)
	if err != nil {
		return nil, err
	}
	type row struct {
		Sha256 blob.Digest
		Bytes  int64
	}
	rows, err := r.tx.Query(ctx, `SELECT sha256, bytes FROM blobs ORDER BY sha256`)
	if err != nil {
		return nil, err
	}
	files, err := pgx.CollectRows(rows, pgx.RowToStructByName[row])
	if err != nil {
		return nil, err
	}
	var found []string
	for _, f := range files {
		what, err := r.compare(ctx, f.Sha256, f.Bytes, stored)
		if err != nil {
			return nil, err
		}
		if what != "" {
			found = append(found, fmt.Sprintf("file %s: %s", f.Sha256, what))
		}
	}
	return found, nil
}

func (r *run) compare(ctx context.Context, d blob.Digest, size int64, stored map[blob.Digest]blob.Info) (string, error) {
	i, there := stored[d]
	switch {
	case !there:
		// the row may have been deleted, and the object after it, since the snapshot
		var still bool
		err := r.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM blobs WHERE sha256 = $1)`, d).Scan(&still)
		if err != nil || !still {
			return "", err
		}
		return "it is not in the store", nil
	case i.Bytes != size:
		return fmt.Sprintf("%d bytes by its row, %d in the store", size, i.Bytes), nil
	case !r.deep:
		return "", nil
	}
	_, err := blob.Verify(ctx, r.store, d)
	switch {
	case err == nil:
		return "", nil
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	}
	return fmt.Sprintf("its bytes are not those it is named for (%v)", err), nil
}

func rowsOfObjects(ctx context.Context, r *run) ([]string, error) {
	stored, err := r.list(ctx)
	if err != nil {
		return nil, err
	}
	known := map[blob.Digest]bool{}
	rows, err := r.pool.Query(ctx, `SELECT sha256 FROM blobs`) // newer than the list, so that what was just put counts
	if err != nil {
		return nil, err
	}
	var d blob.Digest
	if _, err := pgx.ForEachRow(rows, []any{&d}, func() error { known[d] = true; return nil }); err != nil {
		return nil, err
	}
	var found []string
	for d, i := range stored {
		if !known[d] && r.now.Sub(i.Modified) > Lease {
			found = append(found, fmt.Sprintf("object %s, %d bytes, since %s", d, i.Bytes, i.Modified.UTC().Format("2006-01-02")))
		}
	}
	slices.Sort(found)
	return found, nil
}

// renditionRows counts the rows of every kept CSV. It needs the whole file,
// so only a deep look does it.
func renditionRows(ctx context.Context, r *run) ([]string, error) {
	if !r.deep {
		return nil, nil
	}
	type row struct {
		VersionID int64
		Position  int
		Kind      string
		Sha256    blob.Digest
		Rows      int64
	}
	rows, err := r.tx.Query(ctx, `
		SELECT n.version_id, n.position, n.kind, n.sha256, t.rows
		FROM renditions n JOIN version_tables t USING (version_id, position)
		WHERE n.kind IN ('csv', 'csv-bom')`)
	if err != nil {
		return nil, err
	}
	kept, err := pgx.CollectRows(rows, pgx.RowToStructByName[row])
	if err != nil {
		return nil, err
	}
	var found []string
	for _, k := range kept {
		n, err := r.records(ctx, k.Sha256)
		if fault.KindOf(err) == fault.NotFound {
			continue // another rule tells
		}
		if err != nil || n-1 != k.Rows {
			found = append(found, fmt.Sprintf("%s of table %d of version %d: %d rows, the table has %d (%v)", k.Kind, k.Position, k.VersionID, n-1, k.Rows, err))
		}
	}
	return found, nil
}

func (r *run) records(ctx context.Context, d blob.Digest) (n int64, err error) {
	o, err := r.store.Open(ctx, d)
	if err != nil {
		return 0, err
	}
	defer o.Close()
	c := csv.NewReader(o)
	c.ReuseRecord, c.FieldsPerRecord = true, -1
	for {
		if _, err := c.Read(); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
		n++
	}
}

// tableRows has every table read beside its original. It needs both whole, so
// only a deep look does it.
func tableRows(ctx context.Context, r *run) ([]string, error) {
	if !r.deep {
		return nil, nil
	}
	type row struct {
		VersionID int64
		Position  int
		FileName  string
		Header    bool
		Delimiter string
		Encoding  string
		Names     []string
		Original  blob.Digest
		Stored    blob.Digest
		Rows      int64
	}
	rows, err := r.tx.Query(ctx, `
		SELECT f.version_id, f.position, v.file_name, v.header, v.delimiter, CASE WHEN v.encoding_told THEN v.encoding ELSE '' END AS encoding, v.sha256 AS original, f.sha256 AS stored, t.rows,
		       ARRAY(SELECT c ->> 'name' FROM jsonb_array_elements(t.fields) WITH ORDINALITY AS e (c, i) ORDER BY i) AS names
		FROM table_files f JOIN version_tables t USING (version_id, position) JOIN versions v ON v.id = f.version_id
		ORDER BY f.version_id, f.position`)
	if err != nil {
		return nil, err
	}
	kept, err := pgx.CollectRows(rows, pgx.RowToStructByName[row])
	if err != nil {
		return nil, err
	}
	var found []string
	for _, k := range kept {
		t := Table{Version: k.VersionID, Position: k.Position, File: k.FileName, Header: k.Header, Delimiter: k.Delimiter, Encoding: k.Encoding, Original: k.Original, Stored: k.Stored}
		if !k.Header {
			t.Names = k.Names
		}
		n, differs, err := r.reread(ctx, t)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case fault.KindOf(err) == fault.NotFound: // another rule tells
		case err != nil || differs != "":
			found = append(found, fmt.Sprintf("table %d of version %d: %s (%v)", k.Position, k.VersionID, differs, err))
		case n != k.Rows:
			found = append(found, fmt.Sprintf("table %d of version %d: %d rows, %d were counted", k.Position, k.VersionID, n, k.Rows))
		}
	}
	return found, nil
}
