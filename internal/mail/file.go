package mail

import (
	"context"
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
	name := f.Now().UTC().Format("20060102T150405.000000Z") + "-" + id[:8] + ".eml"
	tmp := filepath.Join(f.dir, "."+name)
	defer os.Remove(tmp) // gone already if it was renamed
	if err := write(tmp, body); err != nil {
		return unsent(err)
	}
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

func write(name string, body []byte) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(body); err != nil {
		return err
	}
	return f.Sync()
}

func unsent(err error) error {
	return fault.New(fault.Unavailable, "邮件暂时无法发出，系统会再试。").Because(err)
}
