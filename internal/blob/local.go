package blob

import (
	"context"
	"io"
	"os"
)

// Local opens an object as a file of this machine, for a child that is to be
// handed it: the store's own where it keeps files, or else a copy in the folder
// dir that has no name and goes when it is closed.
func Local(ctx context.Context, s Store, d Digest, dir string) (*os.File, error) {
	o, err := s.Open(ctx, d)
	if err != nil {
		return nil, err
	}
	if own, ok := o.(dirObject); ok {
		return own.File, nil
	}
	defer o.Close()
	if err := os.MkdirAll(dir, 0o711); err != nil { // children of other users work there, too
		return nil, diskFault(err)
	}
	f, err := os.CreateTemp(dir, "copy-")
	if err != nil {
		return nil, diskFault(err)
	}
	os.Remove(f.Name())
	if _, err = io.Copy(f, reader{ctx, o}); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
