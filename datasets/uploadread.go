package datasets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/jobs"
)

const (
	heartbeat = time.Second      // how often a reader says how far it is
	silence   = 15 * time.Second // after which a reader that says nothing is dead
	attempts  = 5                // after which reading has failed
)

// errStopped is a reading that nobody wants any more: its upload was discarded,
// or somebody else reads it.
var errStopped = errors.New("the upload is no longer wanted")

// ReadReceived works UploadReceived: it stores the file, has a limited child
// read it, and keeps what it found for a person to look at. A file that is
// refused is rejected with the reason; what fails otherwise is tried again, a
// few times. One whose reader died is read by the next.
func (s *Service) ReadReceived(ctx context.Context, job UploadReceived) error {
	u, err := s.claim(ctx, job.ID, s.now().Add(-silence))
	if err != nil || u == nil {
		return err
	}
	t, unseen, err := s.watch(ctx, u)
	switch {
	case errors.Is(err, errStopped):
		return nil
	case err == nil:
		if err = s.propose(ctx, u, t); errors.Is(err, errStopped) {
			return nil
		}
		return errors.Join(err, unseen)
	case ctx.Err() != nil:
		return errors.Join(err, s.release(context.WithoutCancel(ctx), u)) // we stop; whoever starts next goes on
	}
	if f := fault.Of(err); f.Kind == fault.Invalid || f.Kind == fault.TooLarge {
		return s.refuse(ctx, u, RefuseUpload, f)
	}
	if u.attempt >= attempts {
		return errors.Join(err, s.refuse(ctx, u, FailUpload, fault.New(fault.Unavailable, "试了 %d 次都没有读成，不是文件的问题。请稍后再读一次，或联系系统管理员。", attempts)))
	}
	return errors.Join(err, s.release(ctx, u))
}

// stage is how far an upload is: its file is read, and then looked through.
type stage struct {
	ingest.Progress
	Scan
}

// watch reads u and looks through what it holds, and says every moment how far
// that is, until it is done or no longer wanted. Unseen is why it could not be
// looked through: nothing is published before ScanUploads has done it.
func (s *Service) watch(ctx context.Context, u *Upload) (t *taken, unseen, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var far atomic.Pointer[stage]
	far.Store(&stage{Progress: ingest.Progress{Of: u.Bytes}})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(heartbeat)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if wanted, err := s.hear(ctx, u, *far.Load()); err == nil && !wanted {
					stop(errStopped)
				}
			}
		}
	}()
	var read ingest.Progress
	t, err = s.readUpload(ctx, u, func(p ingest.Progress) {
		read = p
		far.Store(&stage{Progress: p})
	})
	if err == nil {
		unseen = s.scanUpload(ctx, u, t, func(c Scan) { far.Store(&stage{read, c}) })
		if fault.KindOf(unseen) == fault.Unavailable {
			unseen = nil // nothing here asks for rows, or too many do
		}
	}
	if cause := context.Cause(ctx); errors.Is(cause, errStopped) || cause != nil && err == nil {
		err = cause
	}
	stop(nil)
	<-ended
	return t, unseen, err
}

func (s *Service) readUpload(ctx context.Context, u *Upload, onProgress func(ingest.Progress)) (*taken, error) {
	if err := s.storeUpload(ctx, u); err != nil {
		return nil, err
	}
	opt, err := s.uploadOptions(ctx, u)
	if err != nil {
		return nil, err
	}
	return s.take(ctx, blob.Digest(u.SHA256), u.FileName, opt, onProgress)
}

// uploadOptions is how u is read: as an officer said of this file, and of
// columns before.
func (s *Service) uploadOptions(ctx context.Context, u *Upload) (ingest.Options, error) {
	said, err := selectOverrides(ctx, s.pool, u.ResourceID)
	if err != nil {
		return ingest.Options{}, err
	}
	opt := ingest.Options{NoHeader: u.Header == "no", Header: u.Header == "yes", Delimiter: u.Delimiter, Encoding: u.Encoding, Types: said.types(nil)}
	newest, err := newestOf(ctx, s.pool, u.ResourceID)
	if newest != nil {
		opt.Names = newest.names(0)
	}
	return opt, err
}

// storeUpload puts the bytes of u into the store. Whoever dies on the way leaves
// them where they were.
func (s *Service) storeUpload(ctx context.Context, u *Upload) error {
	if u.SHA256 != "" {
		return nil
	}
	f, err := os.Open(s.uploads.path(u.ID))
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Invalid, "这个文件的字节不在了（可能恢复过备份），请重新上传。").Because(err)
	}
	if err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	defer f.Close()
	info, err := s.store.Put(ctx, f, u.Bytes)
	if err != nil {
		return err
	}
	if info.Bytes != u.Bytes {
		return fault.New(fault.Invalid, "这个文件的字节不全（可能恢复过备份），请重新上传。")
	}
	if _, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		if err := s.keepObject(ctx, tx, info); err != nil {
			return struct{}{}, err
		}
		tag, err := tx.Exec(ctx, `UPDATE uploads SET sha256 = @sha256 WHERE id = @id AND state = 'reading' AND attempt = @attempt`,
			pgx.NamedArgs{"id": u.ID, "attempt": u.attempt, "sha256": info.Digest})
		if err == nil && tag.RowsAffected() == 0 {
			err = errStopped
		}
		return struct{}{}, err
	}); err != nil {
		return err
	}
	u.SHA256 = string(info.Digest)
	return s.uploads.remove(u.ID)
}

// propose keeps what was read for a person to look at.
func (s *Service) propose(ctx context.Context, u *Upload, t *taken) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		moved, err := s.moveRead(ctx, tx, u, ProposeUpload)
		if err != nil {
			return none, err
		}
		for _, f := range t.files {
			if err := s.keepObject(ctx, tx, f.info); err != nil {
				return none, err
			}
		}
		if err := insertRead(ctx, tx, u, t); err != nil {
			return none, err
		}
		return none, saveUploadState(ctx, tx, moved)
	})
	return err
}

func (s *Service) refuse(ctx context.Context, u *Upload, action UploadAction, why *fault.Fault) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		moved, err := s.moveRead(ctx, tx, u, action)
		if errors.Is(err, errStopped) {
			return struct{}{}, nil
		}
		if err != nil {
			return struct{}{}, err
		}
		moved.Refusal = why
		moved.BadRows, _ = errors.AsType[*ingest.BadRows](error(why))
		return struct{}{}, saveUploadState(ctx, tx, moved)
	})
	return err
}

// release leaves u to whoever reads it next.
func (s *Service) release(ctx context.Context, u *Upload) error {
	_, err := s.pool.Exec(ctx, `UPDATE uploads SET state = 'received', changed_at = @now WHERE id = @id AND state = 'reading' AND attempt = @attempt`,
		pgx.NamedArgs{"id": u.ID, "attempt": u.attempt, "now": s.now()})
	return err
}

// ResumeUploads announces anew what should be read and is not: whoever read it
// died.
func (s *Service) ResumeUploads(ctx context.Context) error {
	if s.uploads == nil {
		return nil
	}
	waiting, err := s.overdue(ctx, s.now().Add(-silence))
	for _, u := range waiting {
		_, failed := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
			var none struct{}
			waits, err := jobs.Announced(ctx, tx, u)
			if err != nil || waits {
				return none, err
			}
			return none, jobs.Announce(ctx, tx, u)
		})
		err = errors.Join(err, failed)
	}
	return err
}

// SweepUploads ends the uploads that nobody came back to, and removes files
// that have no upload any more, and what was found in such.
func (s *Service) SweepUploads(ctx context.Context) error {
	if s.uploads == nil {
		return nil
	}
	old, err := s.expired(ctx)
	for _, id := range old {
		if _, failed := s.end(ctx, account.System("upload-sweep"), id, 0, ExpireUpload); fault.KindOf(failed) != fault.Conflict { // somebody came back just now
			err = errors.Join(err, failed)
		}
	}
	return errors.Join(err, s.sweepStaged(ctx), s.sweepScans(ctx))
}

// sweepStaged removes the files of uploads whose bytes are elsewhere or gone.
// The row of an upload is there before its file.
func (s *Service) sweepStaged(ctx context.Context) error {
	ids, err := s.uploads.staged()
	if err != nil || len(ids) == 0 {
		return err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT o.id FROM unnest(@ids::text[]) AS o (id)
		WHERE NOT EXISTS (SELECT FROM uploads u WHERE u.id = o.id AND u.sha256 IS NULL AND u.state NOT IN ('published', 'discarded', 'expired'))`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return err
	}
	ids, err = pgx.CollectRows(rows, pgx.RowTo[string])
	for _, id := range ids {
		err = errors.Join(err, s.uploads.remove(id))
	}
	return err
}
