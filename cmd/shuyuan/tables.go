package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"shuyuan/cmd/shuyuan/check"
	"shuyuan/datasets/ingest"
	"shuyuan/datasets/rows"
	"shuyuan/internal/blob"
	"shuyuan/internal/config"
	"shuyuan/internal/sandbox"
	"shuyuan/internal/signing/vault"
	"shuyuan/licensing/workspace/engine"
	"shuyuan/marketplace"
)

// children are what this program does when it is started as a limited child.
var children = everyJob(map[string]sandbox.Job{ingest.JobName: ingest.Job, rows.JobName: rows.Duckworker, vault.JobName: vault.Job(time.Now), marketplace.FileJob: marketplace.ReadFile}, engine.Jobs())

// everyJob puts jobs together.
func everyJob(all ...map[string]sandbox.Job) map[string]sandbox.Job {
	out := map[string]sandbox.Job{}
	for _, jobs := range all {
		maps.Copy(out, jobs)
	}
	return out
}

// openRows starts what answers questions about rows. Whoever opened it closes
// it.
func (in *installation) openRows() (*rows.Service, error) {
	secret, err := in.secret("cursors")
	if err != nil {
		return nil, err
	}
	free, err := config.Size(in.cfg.DiskFree)
	if err != nil {
		return nil, err
	}
	return rows.New(rows.Options{Store: in.store, Dir: in.path("rows"), Secret: secret, Free: free, Log: in.log})
}

// secret is a secret of the installation, made at its first use. It lies with the
// keys, so that a backup has it and what it signed or locked lives on after a
// restart.
func (in *installation) secret(name string) ([]byte, error) {
	path := in.path("keys/" + name)
	secret, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	secret = []byte(rand.Text() + rand.Text())
	return secret, os.WriteFile(path, secret, 0o600)
}

// reread compares a table with the file that it was made of, in a limited
// child, for the checker.
func (in *installation) reread(ctx context.Context, t check.Table) (rows int64, differs string, err error) {
	original, err := blob.Local(ctx, in.store, t.Original, in.path("work"))
	if err != nil {
		return 0, "", err
	}
	defer original.Close()
	table, err := blob.Local(ctx, in.store, t.Stored, in.path("work"))
	if err != nil {
		return 0, "", err
	}
	defer table.Close()
	return ingest.Compare(ctx, original, table, t.File, ingest.Options{NoHeader: !t.Header, Header: t.Header, Names: t.Names, Delimiter: t.Delimiter, Encoding: t.Encoding}, t.Position)
}
