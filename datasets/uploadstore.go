package datasets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/jobs"
)

var uploadForm = regexp.MustCompile(`^[0-9a-z]{26}$`)

// liveStates are the states in which an upload takes room.
const liveStates = `('uploading', 'received', 'reading', 'review', 'rejected', 'failed')`

// waitingReview are the states in which an opening review waits for somebody.
const waitingReview = `('proposed', 'security_check', 'secrecy_check', 'joint_review', 'published_provisional')`

// notUnderReview returns fault.Conflict if people are looking at u as it is.
func notUnderReview(ctx context.Context, q database.Querier, u *Upload) error {
	var under bool
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM opening_reviews WHERE upload_id = @id AND state IN `+waitingReview+`)`, pgx.NamedArgs{"id": u.ID}).Scan(&under)
	if err == nil && under {
		err = fault.New(fault.Conflict, "这个文件正在开放审查，不能动；要改，请先撤回送审。")
	}
	return err
}

// quotaLock keeps those who make room apart. Its second key is the department.
const quotaLock = 7304

// room holds u against the rules for all uploads together.
func (s *Service) room(ctx context.Context, tx pgx.Tx, u *Upload) error {
	args := pgx.NamedArgs{"lock": quotaLock, "department": u.Department, "user": u.Owner}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(@lock, (@department::bigint % 1000000)::int)`, args); err != nil {
		return err
	}
	var open int
	var bytes, outstanding int64
	if err := tx.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE user_id = @user),
		       coalesce(sum(bytes) FILTER (WHERE department_id = @department), 0)::bigint,
		       coalesce(sum(bytes - got), 0)::bigint
		FROM uploads WHERE state IN `+liveStates, args).Scan(&open, &bytes, &outstanding); err != nil {
		return err
	}
	rules := s.uploads.rules
	free, err := s.uploads.free()
	switch {
	case err != nil:
		return err
	case open >= rules.OpenOfPerson:
		return fault.New(fault.Conflict, "您已有 %d 个没有了结的上传（平台规则：最多 %d 个），请先发布或放弃一些。", open, rules.OpenOfPerson)
	case bytes+u.Bytes > rules.DepartmentBytes:
		return fault.New(fault.TooLarge, "本部门没有了结的上传已占 %d 字节，再加这个文件会超过 %d 字节（平台规则）。请先发布或放弃一些。", bytes, rules.DepartmentBytes)
	case free-outstanding-u.Bytes < rules.FreeBytes:
		return fault.New(fault.Unavailable, "存储空间不多了，现在不能上传新的文件，请联系系统管理员。")
	}
	return nil
}

// readAsBefore is how an officer had the last file of this resource read that was
// published and has the same ending: whether its first line names the columns,
// and what separates them. The encoding is not kept: read in another's, a file
// may be wrong without a sign.
func readAsBefore(ctx context.Context, tx pgx.Tx, u *Upload) error {
	err := tx.QueryRow(ctx, `
		SELECT header, delimiter FROM uploads
		WHERE resource_id = @resource AND state = 'published' AND lower(substring(file_name FROM '[^.]*$')) = lower(substring(@file::text FROM '[^.]*$'))
		ORDER BY changed_at DESC, version_id DESC LIMIT 1`, pgx.NamedArgs{"resource": u.ResourceID, "file": u.FileName}).Scan(&u.Header, &u.Delimiter)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

func insertUpload(ctx context.Context, tx pgx.Tx, u *Upload) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO uploads (id, resource_id, department_id, user_id, user_name, file_name, bytes, got, sha256, state, header, encoding, delimiter, created_at, changed_at, expires_at)
		VALUES (@id, @resource, @department, @user, @name, @file, @bytes, @got, nullif(@sha256, ''), @state, @header, @encoding, @delimiter, @created, @changed, @expires)`,
		pgx.NamedArgs{"id": u.ID, "resource": u.ResourceID, "department": u.Department, "user": u.Owner, "name": u.OwnerName, "file": u.FileName, "bytes": u.Bytes, "got": u.Got, "sha256": u.SHA256, "state": u.State,
			"header": u.Header, "encoding": u.Encoding, "delimiter": u.Delimiter, "created": u.Created, "changed": u.Changed, "expires": u.Expires})
	if err != nil {
		return fmt.Errorf("insert upload: %w", err)
	}
	return nil
}

const uploadColumns = `u.id, u.resource_id, u.department_id, u.user_id, u.user_name, u.file_name, u.bytes, u.got, u.state, coalesce(u.sha256, ''),
	u.header, u.encoding, u.delimiter, u.attempt, u.started_at, u.read_rows, u.read_bytes, u.read_of, u.scan_done, u.scan_of,
	u.compared, u.bad_rows, u.format, u.compression, u.found_encoding, NOT u.found_header, u.notes, u.findings, u.sentence, u.args, u.reviewed_name, u.reviewed_reason,
	coalesce((SELECT o.state FROM opening_reviews o WHERE o.upload_id = u.id ORDER BY o.id DESC LIMIT 1), ''), coalesce(u.version_id, 0), coalesce((SELECT number FROM versions WHERE id = u.version_id), 0), u.created_at, u.changed_at, u.expires_at,
	d.id, d.slug, d.title, d.title_en, r.name, r.name_en`

const uploadTables = ` FROM uploads u JOIN resources r ON r.id = u.resource_id JOIN datasets d ON d.id = r.dataset_id `

func scanUpload(row pgx.CollectableRow) (*Upload, error) {
	u := &Upload{}
	var sentence string
	var args, notes, findings []byte
	err := row.Scan(&u.ID, &u.ResourceID, &u.Department, &u.Owner, &u.OwnerName, &u.FileName, &u.Bytes, &u.Got, &u.State, &u.SHA256,
		&u.Header, &u.Encoding, &u.Delimiter, &u.attempt, &u.Started, &u.Progress.Rows, &u.Progress.Bytes, &u.Progress.Of, &u.Scan.Done, &u.Scan.Of,
		&u.compared, &u.BadRows, &u.Format, &u.compression, &u.Found, &u.NoHeader, &notes, &findings, &sentence, &args, &u.ReviewedName, &u.ReviewedReason,
		&u.Review, &u.VersionID, &u.Number, &u.Created, &u.Changed, &u.Expires,
		&u.DatasetID, &u.DatasetSlug, &u.DatasetTitle, &u.DatasetTitleEN, &u.ResourceName, &u.ResourceNameEN)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(json.Unmarshal(notes, &u.Notes), json.Unmarshal(findings, &u.Findings)); err != nil {
		return nil, fmt.Errorf("upload %s: %w", u.ID, err)
	}
	if sentence != "" {
		u.Refusal, err = keptFault(sentence, args)
	}
	return u, err
}

// keptFault is a fault as it was kept: its arguments are texts and numbers.
func keptFault(sentence string, args []byte) (*fault.Fault, error) {
	var kept []any
	if err := json.Unmarshal(args, &kept); err != nil {
		return nil, err
	}
	for i, a := range kept {
		if n, ok := a.(float64); ok {
			kept[i] = int64(n)
		}
	}
	return fault.New(fault.Invalid, sentence, kept...), nil
}

// selectUpload reads an upload with its tables; department 0 is any.
func selectUpload(ctx context.Context, q database.Querier, id string, department int64) (*Upload, error) {
	return oneUpload(ctx, q, id, department, ``)
}

// lockUpload is selectUpload, and holds the row until tx ends.
func lockUpload(ctx context.Context, tx pgx.Tx, id string, department int64) (*Upload, error) {
	return oneUpload(ctx, tx, id, department, ` FOR UPDATE OF u`)
}

func oneUpload(ctx context.Context, q database.Querier, id string, department int64, lock string) (*Upload, error) {
	if !uploadForm.MatchString(id) {
		return nil, errNoUpload()
	}
	rows, err := q.Query(ctx, `SELECT `+uploadColumns+uploadTables+`WHERE u.id = @id AND (@department::bigint = 0 OR u.department_id = @department)`+lock, pgx.NamedArgs{"id": id, "department": department})
	if err != nil {
		return nil, err
	}
	u, err := pgx.CollectExactlyOneRow(rows, scanUpload)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNoUpload()
	}
	if err != nil {
		return nil, err
	}
	u.Tables, err = selectUploadTables(ctx, q, id)
	return u, err
}

func selectUploadTables(ctx context.Context, q database.Querier, id string) ([]UploadTable, error) {
	rows, err := q.Query(ctx, `SELECT position, name, rows, columns, notes, preview, misfits, sha256, bytes FROM upload_tables WHERE upload_id = @id ORDER BY position`, pgx.NamedArgs{"id": id})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t UploadTable, err error) {
		var columns, notes []byte
		if err = row.Scan(&t.Position, &t.Name, &t.Rows, &columns, &notes, &t.Preview, &t.Misfits, &t.file.info.Digest, &t.file.info.Bytes); err != nil {
			return t, err
		}
		err = errors.Join(json.Unmarshal(columns, &t.Columns), json.Unmarshal(notes, &t.Notes))
		t.file.position, t.file.columns, t.file.misfits, t.file.notes = t.Position, t.Columns, t.Misfits, t.Notes
		return t, err
	})
}

// got writes how many bytes of u are durable, and with the last of them that it
// is whole.
func (s *Service) got(ctx context.Context, who account.Actor, u *Upload, at int64) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		now := s.now()
		tag, err := tx.Exec(ctx, `UPDATE uploads SET got = @got, bytes = @bytes, changed_at = @now, expires_at = @expires WHERE id = @id AND state = 'uploading'`,
			pgx.NamedArgs{"id": u.ID, "got": at, "bytes": u.Bytes, "now": now, "expires": now.Add(s.uploads.rules.Unfinished)})
		if err != nil {
			return none, err
		}
		if tag.RowsAffected() == 0 {
			return none, fault.New(fault.Gone, "这次上传已经结束。")
		}
		if at < u.Bytes {
			return none, nil
		}
		moved, err := s.move(ctx, tx, who, u.ID, u.Department, ReceiveUpload)
		if err != nil {
			return none, err
		}
		if err := saveUploadState(ctx, tx, moved); err != nil {
			return none, err
		}
		return none, jobs.Announce(ctx, tx, received(u.ID, u.Bytes))
	})
	if err == nil {
		u.Got = at
	}
	return err
}

// saveUploadState writes where an upload stands after move.
func saveUploadState(ctx context.Context, tx pgx.Tx, u *Upload) error {
	args := pgx.NamedArgs{"id": u.ID, "state": u.State, "now": u.Changed, "expires": u.Expires, "sentence": "", "args": []any{}, "bad": nil}
	if u.Refusal != nil {
		args["sentence"], args["args"] = u.Refusal.Sentence, append([]any{}, u.Refusal.Args...)
		if u.BadRows != nil {
			args["bad"] = u.BadRows
		}
	}
	_, err := tx.Exec(ctx, `UPDATE uploads SET state = @state, changed_at = @now, expires_at = @expires, sentence = @sentence, args = @args, bad_rows = @bad WHERE id = @id`, args)
	return err
}

// forget writes that u has ended and takes away what refers to its objects.
func (s *Service) forget(ctx context.Context, tx pgx.Tx, u *Upload) error {
	u.Refusal = nil
	if err := saveUploadState(ctx, tx, u); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM upload_tables WHERE upload_id = @id`, pgx.NamedArgs{"id": u.ID}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE uploads SET sha256 = NULL WHERE id = @id`, pgx.NamedArgs{"id": u.ID}); err != nil {
		return err
	}
	if err := dropScan(ctx, tx, u.ResourceID, u.SHA256); err != nil {
		return err
	}
	return letGo(ctx, tx, u.objects())
}

// objects are the digests of u's file and of what was made of it.
func (u *Upload) objects() (digests []string) {
	if u.SHA256 != "" {
		digests = append(digests, u.SHA256)
	}
	for _, t := range u.Tables {
		digests = append(digests, string(t.file.info.Digest))
	}
	return digests
}

// letGo deletes the rows of objects that nothing refers to any more, so that
// Sweep takes the objects. Whether something does, the database knows best.
func letGo(ctx context.Context, tx pgx.Tx, digests []string) error {
	if len(digests) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(@lock)`, pgx.NamedArgs{"lock": objectsLock}); err != nil {
		return err
	}
	for _, d := range digests {
		err := pgx.BeginFunc(ctx, tx, func(sub pgx.Tx) error {
			_, err := sub.Exec(ctx, `DELETE FROM blobs WHERE sha256 = @sha256`, pgx.NamedArgs{"sha256": d})
			return err
		})
		if err != nil && !database.Referred(err) {
			return fmt.Errorf("let go of %s: %w", d, err)
		}
	}
	return nil
}

// claim makes this process the reader of an upload, unless somebody reads it
// who was heard of after silent.
func (s *Service) claim(ctx context.Context, id string, silent time.Time) (*Upload, error) {
	tag, err := s.pool.Exec(ctx, `
		UPDATE uploads SET state = 'reading', attempt = attempt + 1, heard_at = @now, started_at = @now, changed_at = @now, read_rows = 0, read_bytes = 0, read_of = 0, scan_done = 0, scan_of = 0
		WHERE id = @id AND (state = 'received' OR state = 'reading' AND heard_at < @silent)`,
		pgx.NamedArgs{"id": id, "now": s.now(), "silent": silent})
	if err != nil || tag.RowsAffected() == 0 {
		return nil, err
	}
	return selectUpload(ctx, s.pool, id, 0)
}

// hear writes how far the reading of an upload is, and reports whether it is
// still wanted.
func (s *Service) hear(ctx context.Context, u *Upload, p stage) (wanted bool, err error) {
	tag, err := s.pool.Exec(ctx, `UPDATE uploads SET heard_at = @now, read_rows = @rows, read_bytes = @bytes, read_of = @of, scan_done = @done, scan_of = @cells WHERE id = @id AND state = 'reading' AND attempt = @attempt`,
		pgx.NamedArgs{"id": u.ID, "attempt": u.attempt, "now": s.now(), "rows": p.Rows, "bytes": p.Bytes, "of": p.Progress.Of, "done": p.Done, "cells": p.Scan.Of})
	return err == nil && tag.RowsAffected() > 0, err
}

// moveRead is move for whoever reads u, unless it is no longer wanted.
func (s *Service) moveRead(ctx context.Context, tx pgx.Tx, u *Upload, action UploadAction) (*Upload, error) {
	now, err := lockUpload(ctx, tx, u.ID, 0)
	if err != nil {
		return nil, err
	}
	if now.State != Reading || now.attempt != u.attempt {
		return nil, errStopped
	}
	return s.move(ctx, tx, account.System("read-upload"), u.ID, 0, action)
}

// insertRead writes what was read of u.
func insertRead(ctx context.Context, tx pgx.Tx, u *Upload, t *taken) error {
	r := t.report
	if _, err := tx.Exec(ctx, `
		UPDATE uploads SET format = @format, compression = @compression, found_encoding = @encoding, found_header = @header, notes = @notes, findings = @findings, compared = @compared WHERE id = @id`,
		pgx.NamedArgs{"id": u.ID, "format": r.Format, "compression": r.Compression, "encoding": r.Encoding, "header": !r.NoHeader, "compared": t.compared,
			"notes": append([]ingest.Note{}, r.Notes...), "findings": append([]ingest.Finding{}, r.Findings...)}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM upload_tables WHERE upload_id = @id`, pgx.NamedArgs{"id": u.ID}); err != nil {
		return err
	}
	for i, table := range r.Tables {
		f := t.files[i]
		if _, err := tx.Exec(ctx, `
			INSERT INTO upload_tables (upload_id, position, name, rows, columns, notes, preview, misfits, sha256, bytes)
			VALUES (@id, @position, @name, @rows, @columns, @notes, @preview, @misfits, @sha256, @bytes)`,
			pgx.NamedArgs{"id": u.ID, "position": i, "name": table.Name, "rows": table.Rows, "columns": f.columns, "notes": append([]ingest.Note{}, table.Notes...),
				"preview": table.Preview, "misfits": f.misfits, "sha256": f.info.Digest, "bytes": f.info.Bytes}); err != nil {
			return fmt.Errorf("insert table %d: %w", i, err)
		}
		if err := insertMisfits(ctx, tx, u.ID, i, table.Misfits); err != nil {
			return fmt.Errorf("insert misfits of table %d: %w", i, err)
		}
	}
	return nil
}

func insertMisfits(ctx context.Context, tx pgx.Tx, id string, position int, all []ingest.Misfit) error {
	if len(all) == 0 {
		return nil
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"upload_misfits"}, []string{"upload_id", "position", "number", "row", "name", "text", "reason"},
		pgx.CopyFromSlice(len(all), func(i int) ([]any, error) {
			m := all[i]
			return []any{id, position, i, m.Row, m.Column, m.Text, m.Reason}, nil
		}))
	return err
}

// overdue are uploads that somebody should be reading and nobody does.
func (s *Service) overdue(ctx context.Context, silent time.Time) ([]UploadReceived, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, bytes FROM uploads WHERE state = 'received' AND changed_at < @silent OR state = 'reading' AND heard_at < @silent ORDER BY changed_at LIMIT 100`, pgx.NamedArgs{"silent": silent})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (UploadReceived, error) {
		var id string
		var bytes int64
		err := row.Scan(&id, &bytes)
		return received(id, bytes), err
	})
}

// expired are uploads whose time is over.
func (s *Service) expired(ctx context.Context) ([]string, error) {
	rows, err := s.pool.Query(ctx, `SELECT id FROM uploads WHERE expires_at < @now AND state IN ('uploading', 'received', 'review', 'rejected', 'failed')
		AND NOT EXISTS (SELECT FROM opening_reviews o WHERE o.upload_id = uploads.id AND o.state IN `+waitingReview+`) ORDER BY expires_at LIMIT 1000`, pgx.NamedArgs{"now": s.now()})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// publishedAs writes which version u became.
func publishedAs(ctx context.Context, tx pgx.Tx, u *Upload, who account.Actor, reviewed string) error {
	args := pgx.NamedArgs{"id": u.ID, "version": u.VersionID, "state": u.State, "now": u.Changed, "reason": reviewed, "by": nil, "name": ""}
	if reviewed != "" {
		args["by"], args["name"] = who.ID, who.Name
	}
	if _, err := tx.Exec(ctx, `UPDATE uploads SET state = @state, changed_at = @now, version_id = @version, reviewed_by = @by, reviewed_name = @name, reviewed_reason = @reason WHERE id = @id`, args); err != nil {
		return err
	}
	return nil
}

// UploadsPage is a part of the uploads of a department.
type UploadsPage struct {
	Items []*Upload
	Total int
	Open  int   // of all, have not ended
	Taken int64 // bytes of these
}

// Uploads lists the uploads of who's department, what has not ended first, then
// the newest first.
func (s *Service) Uploads(ctx context.Context, who account.Actor, offset, limit int) (UploadsPage, error) {
	var page UploadsPage
	department, err := uploader(who)
	if err != nil {
		return page, err
	}
	args := pgx.NamedArgs{"department": department, "offset": offset, "limit": limit}
	if err := s.pool.QueryRow(ctx, `
		SELECT count(*), count(*) FILTER (WHERE state IN `+liveStates+`), coalesce(sum(bytes) FILTER (WHERE state IN `+liveStates+`), 0)::bigint
		FROM uploads WHERE department_id = @department`, args).Scan(&page.Total, &page.Open, &page.Taken); err != nil {
		return page, err
	}
	rows, err := s.pool.Query(ctx, `SELECT `+uploadColumns+uploadTables+`WHERE u.department_id = @department
		ORDER BY u.state IN `+liveStates+` DESC, u.created_at DESC, u.id OFFSET @offset LIMIT @limit`, args)
	if err != nil {
		return page, err
	}
	page.Items, err = pgx.CollectRows(rows, scanUpload)
	return page, err
}

// Misfits are up to limit of the cells that do not fit their column, of a table
// of an upload of who's department; limit 0 is all that are listed.
func (s *Service) Misfits(ctx context.Context, who account.Actor, id string, position, offset, limit int) ([]ingest.Misfit, error) {
	if _, err := s.Upload(ctx, who, id); err != nil {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, `SELECT row, name, text, reason FROM upload_misfits WHERE upload_id = @id AND position = @position AND number >= @offset ORDER BY number LIMIT nullif(@limit::int, 0)`,
		pgx.NamedArgs{"id": id, "position": position, "offset": offset, "limit": limit})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (m ingest.Misfit, err error) {
		var reason []byte
		if err = row.Scan(&m.Row, &m.Column, &m.Text, &reason); err == nil {
			err = json.Unmarshal(reason, &m.Reason)
		}
		return m, err
	})
}

// saveReading writes how u is to be read, and that nothing was read yet.
func saveReading(ctx context.Context, tx pgx.Tx, u *Upload) error {
	u.Refusal = nil
	if err := saveUploadState(ctx, tx, u); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE uploads SET header = @header, encoding = @encoding, delimiter = @delimiter, attempt = 0, read_rows = 0, read_bytes = 0, read_of = 0, scan_done = 0, scan_of = 0, compared = NULL WHERE id = @id`,
		pgx.NamedArgs{"id": u.ID, "header": u.Header, "encoding": u.Encoding, "delimiter": u.Delimiter}); err != nil {
		return err
	}
	digests := make([]string, len(u.Tables))
	for i, t := range u.Tables {
		digests[i] = string(t.file.info.Digest)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM upload_tables WHERE upload_id = @id`, pgx.NamedArgs{"id": u.ID}); err != nil {
		return err
	}
	return letGo(ctx, tx, digests)
}
