package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/database/embedded"
	"shuyuan/licensing"
)

// desk is what an officer of a department has beside a running server: the
// catalogue, and a key.
type desk struct {
	server    *server
	pool      *pgxpool.Pool
	store     blob.Store
	catalogue *datasets.Service
	places    []place // where versions can be added, each another resource
	key       string
}

// place is a resource and its entry.
type place struct {
	dataset  datasets.Dataset
	resource string
}

// openDesk opens the installation of a running server. Whoever opened it closes
// it.
func openDesk(ctx context.Context, s *server) (*desk, error) {
	url, err := embedded.RunningURL(filepath.Join(s.data, "postgres"))
	if err != nil {
		return nil, err
	}
	d := &desk{server: s}
	if d.pool, err = database.Open(ctx, url); err != nil {
		return nil, err
	}
	if d.store, err = blob.NewDir(filepath.Join(s.data, "files")); err != nil {
		d.close()
		return nil, err
	}
	d.catalogue = datasets.NewService(d.pool, d.store, licensing.Gate{}, time.Now)
	page, err := d.catalogue.List(ctx, account.Actor{}, datasets.Filter{Open: datasets.Unconditional, Limit: 100})
	if err != nil {
		d.close()
		return nil, err
	}
	for _, item := range page.Items {
		if len(item.Resources) > 0 {
			d.places = append(d.places, place{item, item.Resources[0].ID})
		}
	}
	if len(d.places) == 0 {
		d.close()
		return nil, errors.New("the catalogue has no open dataset with a file")
	}
	return d, nil
}

func (d *desk) close() { d.pool.Close() }

// publish adds a version as an officer does whose file was looked at.
func (d *desk) publish(ctx context.Context, at place, name string, content io.Reader) (*datasets.Version, error) {
	officer := account.System("bench")
	officer.Roles, officer.Department = []account.Role{account.Officer}, at.dataset.Department.ID
	return d.catalogue.AddVersion(ctx, officer, &at.dataset, at.resource, datasets.NewVersion{FileName: name, Content: content, Reason: "bench", Reviewed: true})
}

// makeKey makes an account of an officer of the first place's department, and a
// key of it to read and to publish with.
func (d *desk) makeKey(ctx context.Context) error {
	accounts := account.NewService(d.pool, account.Config{}, time.Now)
	const identifier, password = "bench@example.org", "measured at the desk 3"
	if _, err := accounts.CreateUser(ctx, account.System("bench"), account.NewUser{
		Identifier: identifier, Name: "bench", Roles: []account.Role{account.Officer}, Department: d.places[0].dataset.Department.ID, Password: password,
	}); err != nil {
		return err
	}
	session, err := accounts.SignIn(ctx, identifier, password, "127.0.0.1", "bench")
	if err != nil {
		return err
	}
	who, err := accounts.Actor(ctx, session.Token)
	if err != nil {
		return err
	}
	d.key, _, err = accounts.CreateKey(ctx, who, "bench", []string{account.ScopeRead, account.ScopePublish}, time.Hour)
	return err
}

// table copies the Parquet file of a version to path, for the engine alone.
func (d *desk) table(ctx context.Context, v *datasets.Version, path string) error {
	var digest blob.Digest
	if err := d.pool.QueryRow(ctx, `SELECT sha256 FROM table_files WHERE version_id = @id`, pgx.NamedArgs{"id": v.ID}).Scan(&digest); err != nil {
		return err
	}
	o, err := d.store.Open(ctx, digest)
	if err != nil {
		return err
	}
	defer o.Close()
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(f, o); err != nil {
		return err
	}
	return f.Close()
}

// rest waits until the server is at no task and has looked at what was
// published here: a regular task finds that within a minute.
func (d *desk) rest(ctx context.Context, published ...int64) error {
	for start := time.Now(); time.Since(start) < 5*time.Minute; {
		var left int
		if err := d.pool.QueryRow(ctx, `
			SELECT (SELECT count(*) FROM river_job WHERE state IN ('available', 'running'))
			     + (SELECT count(*) FROM unnest(@published::bigint[]) p (id) WHERE NOT EXISTS (SELECT FROM version_checks c WHERE c.version_id = p.id))`,
			pgx.NamedArgs{"published": published}).Scan(&left); err != nil {
			return err
		}
		if left == 0 && d.server.indexed(ctx) {
			return nil
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return errors.New("the server did not come to rest within 5 minutes")
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// asOfficer sends a request with the key.
func (d *desk) asOfficer(ctx context.Context, method, url string, body io.Reader, headers map[string]string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+d.key)
	req.Header.Set("Accept-Encoding", "identity")
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
		_ = resp.Body.Close()
		return nil, fmt.Errorf("%s %s: %s: %s", method, url, resp.Status, said)
	}
	return resp, nil
}

// upload sends a file by the protocol of uploads (https://tus.io) in one piece,
// waits until it has been read and lies with the officer, and discards it.
func (d *desk) upload(ctx context.Context, path string) (time.Duration, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	about := "filename " + base64.StdEncoding.EncodeToString([]byte(filepath.Base(path))) + ",resource " + base64.StdEncoding.EncodeToString([]byte(d.places[0].resource))
	resp, err := d.asOfficer(ctx, http.MethodPost, d.server.base+"/api/v1/uploads", bytes.NewReader(content), map[string]string{
		"Tus-Resumable": "1.0.0", "Upload-Length": fmt.Sprint(len(content)), "Upload-Metadata": about, "Content-Type": "application/offset+octet-stream",
	})
	if err != nil {
		return 0, err
	}
	_ = resp.Body.Close()
	sent, at := time.Now(), resp.Header.Get("Location")
	for {
		state, err := d.uploadState(ctx, at)
		if err != nil {
			return 0, err
		}
		switch state {
		case "received", "reading", "uploading":
		case "review":
			took := time.Since(sent)
			resp, err := d.asOfficer(ctx, http.MethodDelete, at, nil, map[string]string{"Tus-Resumable": "1.0.0"})
			if err == nil {
				_ = resp.Body.Close()
			}
			return took, err
		default:
			return 0, fmt.Errorf("the upload is %s", state)
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return 0, err
		}
	}
}

func (d *desk) uploadState(ctx context.Context, at string) (string, error) {
	resp, err := d.asOfficer(ctx, http.MethodGet, at, nil, nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var u struct {
		State, Reason string
	}
	if err := json.NewDecoder(resp.Body).Decode(&u); err != nil {
		return "", err
	}
	if u.Reason != "" {
		u.State += ": " + u.Reason
	}
	return u.State, nil
}
