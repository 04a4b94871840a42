package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

// onItsWay are the uploads whose bytes lie in the folder of staged files.
const onItsWay = `sha256 IS NULL AND state NOT IN ('published', 'discarded', 'expired')`

const stagedSuffix = ".part"

// bytesOfUploads looks for uploads whose file holds less than was acknowledged:
// after a restore these are sent again.
func bytesOfUploads(ctx context.Context, r *run) ([]string, error) {
	rows, err := r.tx.Query(ctx, `SELECT id, got FROM uploads WHERE got > 0 AND `+onItsWay+` ORDER BY id`)
	if err != nil {
		return nil, err
	}
	type upload struct {
		ID  string
		Got int64
	}
	uploads, err := pgx.CollectRows(rows, pgx.RowToStructByPos[upload])
	var found []string
	for _, u := range uploads {
		var size int64
		switch st, err := os.Stat(filepath.Join(r.staged, u.ID+stagedSuffix)); {
		case err == nil:
			size = st.Size()
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
		if size >= u.Got {
			continue
		}
		var still bool // it may have been read or ended since the snapshot
		if err := r.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM uploads WHERE id = $1 AND got > $2 AND `+onItsWay+`)`, u.ID, size).Scan(&still); err != nil {
			return nil, err
		}
		if still {
			found = append(found, fmt.Sprintf("upload %s: %d bytes by its row, %d in its file", u.ID, u.Got, size))
		}
	}
	return found, err
}

// uploadsOfFiles looks for staged files that no upload waits for.
func uploadsOfFiles(ctx context.Context, r *run) ([]string, error) {
	entries, err := os.ReadDir(r.staged)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		st, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if r.now.Sub(st.ModTime()) <= Lease {
			continue
		}
		var wanted bool
		if err := r.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM uploads WHERE id = $1 AND `+onItsWay+`)`, strings.TrimSuffix(e.Name(), stagedSuffix)).Scan(&wanted); err != nil {
			return nil, err
		}
		if !wanted {
			found = append(found, fmt.Sprintf("staged file %s, %d bytes, since %s", e.Name(), st.Size(), st.ModTime().UTC().Format("2006-01-02")))
		}
	}
	return found, nil
}
