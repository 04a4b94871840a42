package sandbox

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// Orphans are the children of any program of this kind on the machine that outlived the
// program that started them, as far as they may be looked at. A child ends with its
// parent, so there should be none.
func Orphans() ([]int, error) {
	found, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return nil, err
	}
	var out []int
	for _, path := range found {
		line, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(line, []byte(marker+"\x00")) {
			continue // it has gone meanwhile, or is another's
		}
		dir := filepath.Dir(path)
		status, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			continue
		}
		_, rest, _ := bytes.Cut(status, []byte(") "))
		fields := bytes.Fields(rest)
		if len(fields) < 2 || bytes.Equal(fields[0], []byte("Z")) {
			continue
		}
		mine, wrong := os.Readlink(filepath.Join(dir, "exe"))
		parent, err := os.Readlink(filepath.Join("/proc", string(fields[1]), "exe"))
		if wrong != nil || os.IsPermission(err) || mine == parent {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil {
			out = append(out, pid)
		}
	}
	return out, nil
}
