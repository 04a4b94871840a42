package demo

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"slices"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// upload sends the files that wait for an officer, as one would: a server that
// runs then or later reads them and finds what is in them. Where there is no
// room for an upload, it says so and leaves them out.
func (w *world) upload(ctx context.Context, d Deps, p people) error {
	for _, e := range w.entries {
		for _, r := range e.resources {
			if r.waiting == "" {
				continue
			}
			who := w.officer(e.dataset.Department.ID)
			who.Name = p.of(e.about.Department, who.Name)
			content, err := fs.ReadFile(w.folder, "uploads/"+r.waiting)
			if err != nil {
				return err
			}
			_, err = send(ctx, d.Datasets, who, datasets.NewUpload{ResourceID: r.ID, FileName: r.waiting, Bytes: int64(len(content))}, content)
			if fault.KindOf(err) == fault.Unavailable {
				fmt.Fprintf(d.Out, "the sample upload %s is left out: %s\n", r.waiting, fault.Of(err).Text())
				continue
			}
			if err != nil {
				return fmt.Errorf("upload %s: %w", r.waiting, err)
			}
		}
	}
	return nil
}

// of is the name of the officer of a department, or another where it has none.
func (p people) of(department, other string) string {
	if at := slices.IndexFunc(p, func(who person) bool { return who.Department == department }); at >= 0 {
		return p[at].Name
	}
	return other
}

// send brings a file to where all its bytes are here, from wherever an earlier
// load left it.
func send(ctx context.Context, s *datasets.Service, who account.Actor, n datasets.NewUpload, content []byte) (*datasets.Upload, error) {
	u, err := sent(ctx, s, who, n.ResourceID, n.FileName)
	if err != nil {
		return nil, err
	}
	if u == nil {
		if u, err = s.StartUpload(ctx, who, n); err != nil {
			return nil, err
		}
	}
	if u.State != datasets.Uploading {
		return u, nil
	}
	_, err = s.AppendUpload(ctx, who, u.ID, datasets.Chunk{Reader: bytes.NewReader(content[u.Got:]), Offset: u.Got})
	return u, err
}

// sent is the upload of a file to a resource that an earlier load began, however
// it ended, of whatever file if no name is given; nil where there is none.
func sent(ctx context.Context, s *datasets.Service, who account.Actor, resource, fileName string) (*datasets.Upload, error) {
	const many = 100
	for from := 0; ; from += many {
		page, err := s.Uploads(ctx, who, from, many)
		if err != nil {
			return nil, err
		}
		if at := slices.IndexFunc(page.Items, func(u *datasets.Upload) bool {
			return u.ResourceID == resource && (fileName == "" || u.FileName == fileName)
		}); at >= 0 {
			return page.Items[at], nil
		}
		if len(page.Items) < many {
			return nil, nil
		}
	}
}
