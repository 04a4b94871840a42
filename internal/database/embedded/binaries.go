package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrNoServer says what to do where no server programs are found.
var ErrNoServer = errors.New("PostgreSQL server programs (initdb, postgres) not found: install them (Debian: apt-get install postgresql), or point SHUYUAN_PG_BIN to their folder, or use a server of yours with SHUYUAN_DATABASE_URL")

// Find returns the folder of the server programs. A cluster made by one major
// version only runs on that version: version names it, empty for a new cluster.
func Find(version string) (string, error) {
	dirs := candidates()
	if len(dirs) == 0 {
		return "", ErrNoServer
	}
	if version == "" {
		return dirs[0], nil
	}
	var seen []string
	for _, d := range dirs {
		v := majorVersion(d)
		if v == version {
			return d, nil
		}
		seen = append(seen, v+" in "+d)
	}
	return "", fmt.Errorf("the database was made by PostgreSQL %s, but only %s is installed: install version %s, or back up with the old programs and restore with the new", version, strings.Join(seen, ", "), version)
}

// candidates lists the folders that hold a server, best first.
func candidates() []string {
	var dirs []string
	add := func(dir string) {
		if dir == "" {
			return
		}
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			dir = real
		}
		if !slices.Contains(dirs, dir) && runnable(dir, "initdb") && runnable(dir, "postgres") {
			dirs = append(dirs, dir)
		}
	}
	if own := os.Getenv("SHUYUAN_PG_BIN"); own != "" {
		add(own)
		return dirs // who names a folder wants that one or a clear refusal
	}
	add(output("pg_config", "--bindir"))
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(debian, func(a, b string) int { return debianVersion(b) - debianVersion(a) })
	for _, d := range debian {
		add(d)
	}
	if p, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(p); err == nil {
			p = real
		}
		add(filepath.Dir(p))
	}
	return dirs
}

func debianVersion(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return n
}

func runnable(dir, name string) bool {
	info, err := os.Stat(filepath.Join(dir, name))
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// majorVersion asks the server: "postgres (PostgreSQL) 15.18 (Debian ...)" is 15.
func majorVersion(bin string) string {
	_, rest, _ := strings.Cut(output(filepath.Join(bin, "postgres"), "--version"), "(PostgreSQL) ")
	return strings.TrimRight(rest[:min(len(rest), 2)], ".")
}

func output(name string, arg ...string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, arg...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
