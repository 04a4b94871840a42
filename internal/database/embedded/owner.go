package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// owner is the user that the server runs as.
type owner struct {
	uid, gid uint32
	name     string
	other    bool // not the user we are
}

// chooseOwner picks the user: ourselves, or, since PostgreSQL refuses to run
// as root, the one who owns the cluster already, else postgres, else nobody.
// PostgreSQL looks its user up by name, so the user must have an entry.
func chooseOwner(cluster string) (owner, error) {
	uid := uint32(os.Geteuid())
	has, exists, err := ownerOf(cluster)
	if err != nil {
		return owner{}, err
	}
	if uid != 0 {
		if exists && has != uid {
			return owner{}, fmt.Errorf("%s belongs to user %d and we run as user %d: use another data folder, or start as the user who made this one", cluster, has, uid)
		}
		return owner{uid: uid, gid: uint32(os.Getegid())}, nil
	}
	names := []string{"postgres", "nobody"}
	if exists && has != 0 {
		if u, err := user.LookupId(strconv.Itoa(int(has))); err == nil {
			names = []string{u.Username}
		}
	}
	for _, name := range names {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return owner{}, err
		}
		return owner{uint32(uid), uint32(gid), name, true}, nil
	}
	return owner{}, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as: add one (useradd --system postgres), or start as an ordinary user")
}

func ownerOf(path string) (uid uint32, exists bool, err error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	return info.Sys().(*syscall.Stat_t).Uid, true, nil
}

// credential returns nil where the server runs as ourselves.
func (o owner) credential() *syscall.Credential {
	if !o.other {
		return nil
	}
	return &syscall.Credential{Uid: o.uid, Gid: o.gid}
}

// give hands a folder of ours to the owner, closed to everyone else.
func (o owner) give(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", dir)
	}
	has := info.Sys().(*syscall.Stat_t).Uid
	if has != o.uid && has != uint32(os.Geteuid()) {
		return fmt.Errorf("%s belongs to user %d", dir, has)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return err
	}
	if !o.other {
		return nil
	}
	return os.Chown(dir, int(o.uid), int(o.gid))
}

// blocked returns the first folder above dir that the owner cannot pass
// through, or "".
func (o owner) blocked(dir string) string {
	if !o.other {
		return ""
	}
	for up := filepath.Dir(dir); ; up = filepath.Dir(up) {
		info, err := os.Stat(up)
		if err != nil {
			return up
		}
		st := info.Sys().(*syscall.Stat_t)
		bit := fs.FileMode(0o001)
		switch {
		case st.Uid == o.uid:
			bit = 0o100
		case st.Gid == o.gid:
			bit = 0o010
		}
		if info.Mode()&bit == 0 {
			return up
		}
		if up == filepath.Dir(up) {
			return ""
		}
	}
}
