package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// The kinds of papers of an organisation. Of the first two one is current; of
// the last there may be several.
const (
	Registration  = "registration"  // 登记证照: without it nothing is verified
	Authorisation = "authorisation" // 授权书 of whoever acts for it
	Qualification = "qualification" // 资质证书
)

// PaperKinds are the kinds in the order of the form.
var PaperKinds = []string{Registration, Authorisation, Qualification}

// Papers is where papers are kept and how a PDF is looked at. Look returns
// fault.Invalid for one that does more than show something; nil: none is taken.
type Papers struct {
	Store blob.Store
	Look  func(ctx context.Context, name string, pdf *os.File) error
}

// Paper is one paper of an organisation, without its bytes.
type Paper struct {
	ID       string
	Kind     string
	Name     string
	Media    string
	Bytes    int64
	Expires  *time.Time // the last day that it is good
	Uploaded time.Time
	Replaced *time.Time
}

// Expired reports whether the paper was no longer good on the day of now.
func (p Paper) Expired(now time.Time) bool {
	return p.Expires != nil && now.In(china).Format(time.DateOnly) > p.Expires.Format(time.DateOnly)
}

// china is where days begin (law: Asia/Shanghai, without summer time since 1991).
var china = time.FixedZone("Asia/Shanghai", 8*60*60)

// NewPaper is what an owner says of a paper.
type NewPaper struct {
	Kind     string
	Name     string // of the file
	Expires  string // 2006-01-02; empty: it says no day
	Replaces string // id of a qualification; empty: it is another one
}

// The buckets and bounds of papers.
const (
	paperTries = "paper"
	papersMax  = 50 // of one organisation, those that were replaced included
)

// paperHeads are how the three formats begin.
var paperHeads = []struct{ media, suffix, head, tail string }{
	{"application/pdf", ".pdf", "%PDF-", "%%EOF"},
	{"image/jpeg", ".jpg", "\xFF\xD8\xFF", "\xFF\xD9"},
	{"image/png", ".png", "\x89PNG\r\n\x1a\n", "IEND\xaeB`\x82"},
}

// AddPaper keeps a paper of an organisation that a owns. body is read to its end,
// at most as far as the rules of the platform allow. A paper of a kind of which
// one is current replaces that one, which stays readable.
//
// It returns fault.Invalid at "kind", "expires" or "file", fault.TooLarge, and
// fault.NotFound where a does not own it or it is being verified.
func (s *Service) AddPaper(ctx context.Context, a Actor, org int64, n NewPaper, body io.Reader) error {
	if s.cfg.Papers.Store == nil {
		return fault.New(fault.Unavailable, "这里不能上传证照。")
	}
	if a.Session == "" {
		return errSignIn()
	}
	if err := s.mayAddPaper(ctx, s.pool, a, org); err != nil {
		return err
	}
	expires, err := s.checkPaper(&n)
	if err != nil {
		return err
	}
	if err := s.admitAll(ctx, [2]string{paperTries, strconv.FormatInt(a.ID, 10)}); err != nil {
		return err
	}
	most := int64(s.rules.Paper) << 20
	raw, err := io.ReadAll(io.LimitReader(body, most+1))
	if err != nil {
		return fault.New(fault.Malformed, "表单没有送完，文件没有保存，请重新上传。").Because(err)
	}
	if int64(len(raw)) > most {
		return fault.At("file", "文件超过 %d MiB 的上限。", s.rules.Paper)
	}
	media, err := s.lookAtPaper(ctx, &n, raw)
	if err != nil {
		return err
	}
	id := randomHex(16)
	info, err := s.cfg.Papers.Store.Put(ctx, bytes.NewReader(s.keeper.lock("paper", id, raw)), 0)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		if err := s.mayAddPaper(ctx, tx, a, org); err != nil {
			return struct{}{}, err
		}
		if err := s.keepObject(ctx, tx, info); err != nil {
			return struct{}{}, err
		}
		args := pgx.NamedArgs{"id": id, "org": org, "kind": n.Kind, "name": n.Name, "media": media, "bytes": len(raw), "sha256": info.Digest,
			"expires": expires, "user": a.ID, "now": s.now(), "replaces": n.Replaces}
		tag, err := tx.Exec(ctx, `
			UPDATE papers SET replaced_at = @now
			WHERE organisation_id = @org AND kind = @kind AND replaced_at IS NULL AND (kind <> 'qualification' OR id = @replaces)`, args)
		if err != nil {
			return struct{}{}, fmt.Errorf("paper: %w", err)
		}
		if n.Kind == Qualification && n.Replaces != "" && tag.RowsAffected() == 0 {
			return struct{}{}, fault.At("replaces", "要替换的那一份不在了，请刷新后再选。")
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO papers (id, organisation_id, kind, name, media, bytes, sha256, expires_on, uploaded_by, uploaded_at)
			VALUES (@id, @org, @kind, @name, @media, @bytes, @sha256, @expires, @user, @now)`, args); err != nil {
			return struct{}{}, fmt.Errorf("paper: %w", err)
		}
		return struct{}{}, s.recordOrg(ctx, tx, a, org, "organisation.paper-added", map[string]string{"paper": id, "kind": n.Kind})
	})
	return err
}

// mayAddPaper returns a fault unless a owns the organisation, nobody is looking
// at it, and it has room for one more. Within a transaction it locks it.
func (s *Service) mayAddPaper(ctx context.Context, q database.Querier, a Actor, org int64) error {
	var n int
	err := q.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM papers p WHERE p.organisation_id = o.id)
		FROM organisations o WHERE o.id = @id AND status <> 'submitted' AND `+owned+` FOR UPDATE OF o`,
		pgx.NamedArgs{"id": org, "user": a.ID}).Scan(&n)
	if errors.Is(err, pgx.ErrNoRows) {
		return errNoOrganisation()
	}
	if err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	if n >= papersMax {
		return fault.At("file", "一个机构最多保存 %d 份证照，替换下来的也算。", papersMax)
	}
	return nil
}

func (s *Service) checkPaper(n *NewPaper) (expires *time.Time, err error) {
	if n.Kind != Registration && n.Kind != Authorisation && n.Kind != Qualification {
		return nil, fault.At("kind", "请选证照的种类。")
	}
	if n.Expires != "" {
		day, err := time.ParseInLocation(time.DateOnly, n.Expires, china)
		if err != nil || day.Year() > 2200 {
			return nil, fault.At("expires", "日期写成 2027-12-31 的样子；长期有效的不填。")
		}
		if day.Format(time.DateOnly) < s.now().In(china).Format(time.DateOnly) {
			return nil, fault.At("expires", "这份证照已经过期。")
		}
		expires = &day
	}
	n.Name = path.Base(strings.ReplaceAll(n.Name, `\`, "/"))
	if n.Name, err = label("file", n.Name); err != nil {
		return nil, fault.At("file", "文件名最多 100 个字，不含换行等控制字符。")
	}
	return expires, nil
}

// lookAtPaper says what a paper is, by its bytes and not by its name. A picture
// is what begins and ends as one: nothing here opens it, and whoever reads it
// gets it as an attachment. A PDF can do more than show something; it is looked
// at where that does no harm.
func (s *Service) lookAtPaper(ctx context.Context, n *NewPaper, raw []byte) (media string, err error) {
	for _, f := range paperHeads {
		if !bytes.HasPrefix(raw, []byte(f.head)) {
			continue
		}
		if !bytes.Contains(raw[max(0, len(raw)-2048):], []byte(f.tail)) {
			return "", fault.At("file", "文件不完整，请重新导出或拍照再传。")
		}
		n.Name = strings.TrimSuffix(n.Name, path.Ext(n.Name))
		if n.Name = strings.Trim(n.Name, ". "); n.Name == "" {
			n.Name = n.Kind
		}
		n.Name += f.suffix
		if f.media == "application/pdf" {
			err = s.lookAtPDF(ctx, n.Name, raw)
		}
		return f.media, err
	}
	if len(raw) == 0 {
		return "", fault.At("file", "请选一个文件。")
	}
	return "", fault.At("file", "只收 PDF、JPG 和 PNG。这个文件的内容不是其中任何一种。")
}

func (s *Service) lookAtPDF(ctx context.Context, name string, raw []byte) error {
	if s.cfg.Papers.Look == nil {
		return fault.New(fault.Unavailable, "这里不能上传证照。")
	}
	f, err := os.CreateTemp("", "paper-")
	if err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.Write(raw); err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	err = s.cfg.Papers.Look(ctx, name, f)
	if fault.KindOf(err) == fault.Invalid {
		why := fault.Of(err)
		return fault.At("file", why.Sentence, why.Args...).Because(err)
	}
	return err
}

// objectsLock keeps those who refer to objects of the store and whoever sweeps it
// apart (datasets/sweep.go).
const objectsLock = 7303

// keepObject makes the row of an object, so that no sweep takes it.
func (s *Service) keepObject(ctx context.Context, tx pgx.Tx, info blob.Info) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock_shared($1)`, objectsLock); err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	if _, err := s.cfg.Papers.Store.Stat(ctx, info.Digest); err != nil {
		if fault.KindOf(err) == fault.NotFound {
			err = fault.New(fault.Unavailable, "文件没有存好，请再传一次。").Because(err)
		}
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO blobs (sha256, bytes, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, info.Digest, info.Bytes, s.now())
	return err
}

// PapersOf are the papers of an organisation, current ones first, for whoever is
// in it and for the data authority once it was submitted.
func (s *Service) PapersOf(ctx context.Context, a Actor, org int64) ([]Paper, error) {
	if _, err := s.Organisation(ctx, a, org); err != nil {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT id, kind, name, media, bytes, expires_on AS expires, uploaded_at AS uploaded, replaced_at AS replaced FROM papers
		WHERE organisation_id = $1 ORDER BY replaced_at DESC NULLS FIRST, array_position(ARRAY['registration', 'authorisation', 'qualification'], kind), uploaded_at, id`, org)
	if err != nil {
		return nil, fmt.Errorf("papers: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Paper])
}

// ReadPaper is a paper with its bytes, for whoever may see the organisation. That
// it was read is in the audit trail before anybody has a byte of it.
func (s *Service) ReadPaper(ctx context.Context, a Actor, org int64, id string) (Paper, []byte, error) {
	if a.Session == "" {
		return Paper{}, nil, errSignIn()
	}
	all, err := s.PapersOf(ctx, a, org)
	if err != nil {
		return Paper{}, nil, err
	}
	for _, p := range all {
		if p.ID != id {
			continue
		}
		raw, err := s.openPaper(ctx, id)
		if err != nil {
			return Paper{}, nil, err
		}
		_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
			return struct{}{}, s.recordOrg(ctx, tx, a, org, "organisation.paper-read", map[string]string{"paper": id})
		})
		return p, raw, err
	}
	return Paper{}, nil, fault.New(fault.NotFound, "没有这份证照。")
}

func (s *Service) openPaper(ctx context.Context, id string) ([]byte, error) {
	if s.cfg.Papers.Store == nil {
		return nil, fault.New(fault.Unavailable, "文件存储暂时没有响应，请稍后再试。")
	}
	var digest blob.Digest
	if err := s.pool.QueryRow(ctx, `SELECT sha256 FROM papers WHERE id = $1`, id).Scan(&digest); err != nil {
		return nil, fmt.Errorf("paper: %w", err)
	}
	o, err := s.cfg.Papers.Store.Open(ctx, digest)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	locked, err := io.ReadAll(o)
	if err != nil {
		return nil, fmt.Errorf("paper: %w", err)
	}
	return s.keeper.open("paper", id, locked)
}

// readyToSubmit returns fault.Invalid for what an organisation lacks before
// anybody need look at it.
func (s *Service) readyToSubmit(ctx context.Context, q database.Querier, org int64) error {
	var o Organisation
	var papers int
	err := q.QueryRow(ctx, `
		SELECT kind, name, head, registrar, address,
			(SELECT count(*) FROM papers p WHERE p.organisation_id = o.id AND p.kind = 'registration' AND p.replaced_at IS NULL AND (p.expires_on IS NULL OR p.expires_on >= @today))
		FROM organisations o WHERE id = @id`, pgx.NamedArgs{"id": org, "today": s.now().In(china).Format(time.DateOnly)}).Scan(&o.Kind, &o.Name, &o.Head, &o.Registrar, &o.Address, &papers)
	if err != nil {
		return fmt.Errorf("organisation: %w", err)
	}
	switch {
	case o.Head == "" && o.Kind == Legal:
		return fault.At("head", "提交以前请填写法定代表人，并保存。")
	case o.Head == "":
		return fault.At("head", "提交以前请填写负责人，并保存。")
	case o.Registrar == "":
		return fault.At("registrar", "提交以前请填写登记机关，并保存。")
	case o.Address == "" && o.Kind == Legal:
		return fault.At("address", "提交以前请填写住所，并保存。")
	case o.Address == "":
		return fault.At("address", "提交以前请填写主要经营场所，并保存。")
	case papers == 0:
		return fault.At("papers", "提交以前请上传登记证照；过期的不算。")
	}
	return looksLikeNobody(ctx, q, org, o.Name)
}
