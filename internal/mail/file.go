package mail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"shuyuan/internal/fault"
)

// Files writes each letter as an .eml file, which any mail program opens. It
// is the default where no mail server is configured.
type Files struct {
	From
	dir string
}

// NewFiles returns a sender into the folder dir.
func NewFiles(dir string, from From) (*Files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("mail folder: %w", err)
	}
	return &Files{from, dir}, nil
}

// Send implements Sender. The file appears whole or not at all.
func (f *Files) Send(ctx context.Context, l Letter) error {
	body, id, err := f.encode(l)
	if err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	name := f.written(l).UTC().Format("20060102T150405.000000Z") + "-" + id[:16] + ".eml"
	tmp, err := f.write(body)
	if err != nil {
		return unsent(err)
	}
	defer os.Remove(tmp) // gone already if it was renamed
	if err := os.Rename(tmp, filepath.Join(f.dir, name)); err != nil {
		return unsent(err)
	}
	d, err := os.Open(f.dir)
	if err != nil {
		return unsent(err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return unsent(err)
	}
	return nil
}

// write puts body into a file with a name of its own and returns the name.
func (f *Files) write(body []byte) (name string, err error) {
	file, err := os.CreateTemp(f.dir, ".*.eml")
	if err != nil {
		return "", err
	}
	_, err = file.Write(body)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		os.Remove(file.Name())
		return "", err
	}
	return file.Name(), nil
}

func unsent(err error) error {
	return fault.New(fault.Unavailable, "邮件暂时无法发出，系统会再试。").Because(err)
}
