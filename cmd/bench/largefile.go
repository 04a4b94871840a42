package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database/embedded"
)

// connect opens the private database of the running server.
func (s *server) connect(ctx context.Context) (*pgx.Conn, error) {
	url, err := embedded.RunningURL(filepath.Join(s.data, "postgres"))
	if err != nil {
		return nil, err
	}
	return pgx.Connect(ctx, url)
}

// addLargeFile publishes a CSV of size bytes as an officer would, and returns
// the path under which the running server hands it out.
func (s *server) addLargeFile(ctx context.Context, size int) (string, error) {
	d, err := openDesk(ctx, s)
	if err != nil {
		return "", err
	}
	defer d.close()
	v, err := d.publish(ctx, d.places[0], "large.csv", largeCSV(size))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("/d/%s/%d/%s", v.ResourceID, v.Number, v.FileName), nil
}

// largeCSV is a table of exactly size bytes.
func largeCSV(size int) io.Reader {
	const header = "year,region,value,remark\n"
	r, pipe := io.Pipe()
	w := bufio.NewWriterSize(pipe, 64<<10)
	go func() {
		left := size
		for row, n := header, 0; left > 0; n++ {
			if len(row) > left {
				row = row[:left]
			}
			left -= len(row)
			if _, err := w.WriteString(row); err != nil {
				return // nobody reads on
			}
			row = fmt.Sprintf("%d,35%04d,%d.%02d,福建省第%d行\n", 1990+n%36, n%9999, n*7919%100000, n%100, n)
			if left < 2*len(row) { // the last row takes what is left and has no comma too few
				row = fmt.Sprintf("2026,350000,0,%0*d", max(left-len("2026,350000,0,\n"), 1), 0) + "\n"
			}
		}
		pipe.CloseWithError(w.Flush())
	}()
	return r
}
