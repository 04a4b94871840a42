package datasets

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Publication is what an officer says when an upload becomes a version.
type Publication struct {
	Reason   string // why there is a new version; must be said from the second on
	ReasonEN string
	Reviewed string // why what the file hides may be public; empty where there is nothing
}

// PublishUpload makes an upload that was read the next version of its resource.
// It returns fault.Conflict for one that is not ready, is the same file as the
// newest version, or was not let through by an opening review, and fault.Invalid
// where a reason lacks or something stands against it.
func (s *Service) PublishUpload(ctx context.Context, who account.Actor, id string, p Publication) (*Version, error) {
	department, err := uploader(who)
	if err != nil {
		return nil, err
	}
	for _, t := range []struct {
		field string
		text  *string
	}{{"reason", &p.Reason}, {"reason_en", &p.ReasonEN}, {"reviewed", &p.Reviewed}} {
		if *t.text, err = cleanText(t.field, *t.text, maxText); err != nil {
			return nil, err
		}
	}
	if err := s.lookThroughUpload(ctx, id, department); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Version, error) {
		u, err := s.move(ctx, tx, who, id, department, PublishUpload)
		if err != nil {
			return nil, err
		}
		v, t, err := s.candidate(ctx, tx, u)
		if err != nil {
			return nil, err
		}
		v.Reason, v.ReasonEN = p.Reason, p.ReasonEN
		if err := s.publishable(ctx, tx, v, t, p.Reviewed != ""); err != nil {
			return nil, err
		}
		newest, err := newestOf(ctx, tx, u.ResourceID)
		if err != nil {
			return nil, err
		}
		switch {
		case newest != nil && newest.SHA256 == v.SHA256:
			return nil, fault.New(fault.Conflict, "这个文件和当前的第 %d 版一字不差，不用再发布。", newest.Number)
		case newest != nil && p.Reason == "":
			return nil, fault.At("reason", "请写明为什么有新版本。")
		}
		let, err := s.admit(ctx, tx, who, v)
		if err != nil {
			return nil, err
		}
		if err := s.publish(ctx, tx, who, v, t.files); err != nil {
			return nil, err
		}
		if err := s.bind(ctx, tx, v, let); err != nil {
			return nil, err
		}
		u.VersionID = v.ID
		return v, publishedAs(ctx, tx, u, who, p.Reviewed)
	})
}

// lookThroughUpload looks through an upload that waits for a person, as the
// version that it would become, and compares it with the newest, where that was
// not done and nobody does it.
func (s *Service) lookThroughUpload(ctx context.Context, id string, department int64) error {
	u, err := selectUpload(ctx, s.pool, id, department)
	if err != nil || u.State != Reviewing {
		return err // whoever moves it says why it cannot be
	}
	v, t, err := s.candidate(ctx, s.pool, u)
	if err != nil || s.rows == nil {
		return err
	}
	if err := s.compareUpload(ctx, u, v, t); err != nil {
		return err
	}
	if err = s.scanOfUpload(ctx, u, scanTables(t.files, v.Tables), nil); errors.Is(err, errScanning) {
		return nil
	}
	return err
}

// ScanUploads looks through the uploads that wait for a person and were not, and
// compares them with the newest version: what asks for rows did not answer when
// they were read, something else is looked for now, or another version was
// published meanwhile.
func (s *Service) ScanUploads(ctx context.Context) error {
	if s.rows == nil {
		return nil
	}
	rows, err := s.pool.Query(ctx, `
		SELECT u.id FROM uploads u
		LEFT JOIN LATERAL (SELECT id, sha256 FROM versions WHERE resource_id = u.resource_id ORDER BY number DESC LIMIT 1) v ON true
		WHERE u.state = 'review'
		AND (NOT EXISTS (SELECT FROM scans c WHERE c.resource_id = u.resource_id AND c.sha256 = u.sha256 AND c.detectors = @detectors)
			OR v.sha256 <> u.sha256 AND (u.compared->>'From')::bigint IS DISTINCT FROM v.id)
		ORDER BY u.created_at`, pgx.NamedArgs{"detectors": detectors})
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, id := range ids {
		if ctx.Err() != nil {
			return err
		}
		if failed := s.lookThroughUpload(ctx, id, 0); failed != nil && fault.KindOf(failed) != fault.NotFound {
			err = errors.Join(err, fmt.Errorf("scan upload %s: %w", id, failed))
		}
	}
	return err
}

// Objections are what stands against publishing an upload of who's department;
// nothing while it was not read.
func (s *Service) Objections(ctx context.Context, who account.Actor, u *Upload) ([]Objection, error) {
	if department, err := uploader(who); err != nil || department != u.Department {
		return nil, errNoUpload()
	}
	if u.State != Reviewing {
		return nil, nil
	}
	v, t, err := s.candidate(ctx, s.pool, u)
	if err != nil {
		return nil, err
	}
	return s.objections(ctx, s.pool, v, t)
}

// candidate is u as the version that it would become, with what was read of it.
func (s *Service) candidate(ctx context.Context, q database.Querier, u *Upload) (*Version, *taken, error) {
	v := &Version{ResourceID: u.ResourceID, DatasetID: u.DatasetID, FileName: u.FileName, Delimiter: u.Delimiter, Told: u.Encoding != "", SHA256: u.SHA256, Bytes: u.Bytes}
	t := &taken{compared: u.compared, report: &ingest.Report{Format: u.Format, Compression: u.compression, Encoding: u.Found, NoHeader: u.NoHeader, Notes: u.Notes, Findings: u.Findings}}
	for i, table := range u.Tables {
		t.report.Tables = append(t.report.Tables, ingest.TableReport{Name: table.Name, Rows: table.Rows, Columns: table.Columns, Preview: table.Preview, Notes: table.Notes})
		f := table.file
		if i == 0 {
			f.notes = append(append([]ingest.Note{}, u.Notes...), table.Notes...)
		}
		t.files = append(t.files, f)
	}
	said, err := selectOverrides(ctx, q, u.ResourceID)
	if err != nil {
		return nil, nil, err
	}
	fields, names, err := remember(ctx, q, u.ResourceID, t.report, nil, said)
	if err != nil {
		return nil, nil, err
	}
	v.hold(t, fields, said, names)
	return v, t, nil
}

func newestOf(ctx context.Context, q database.Querier, resourceID string) (*Version, error) {
	found, err := selectVersions(ctx, q, `v.resource_id = @resource`, pgx.NamedArgs{"resource": resourceID}, 1)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}
