package datasets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Permit is what somebody may be given of a version, and on what ground.
type Permit struct {
	Grant        int64 // 0: the version is open to everybody, or under review by its reviewers
	Share        int64 // grant of sharing between public bodies; 0: none
	Number       string
	Organisation int64  // that the grant was given to; 0: to a person
	Purpose      string // what the data is for, and for nothing else
	Terms        string // SHA-256 of the agreement
	Until        time.Time

	Limited bool     // Columns and Where say what of the version
	Columns []string // names; with Limited only
	Where   string   // a condition in the language of rows; empty: every row
}

// open reports whether the version goes out under no grant.
func (p Permit) open() bool { return p.Grant == 0 && p.Share == 0 }

// errLimited says why a whole file is not given.
func errLimited() error {
	return fault.New(fault.Forbidden, "您的授权只含其中一部分列或行，整份文件不能给；请用接口或导出，只取授权的部分。")
}

// Covers returns nil if the permit lets these columns pass (nil: the whole), and
// otherwise what is wrong.
func (p Permit) Covers(columns []string) error {
	if !p.Limited {
		return nil
	}
	if columns == nil {
		return errLimited()
	}
	for _, c := range columns {
		if !slices.Contains(p.Columns, c) {
			return fault.New(fault.Forbidden, "您的授权不含“%s”这一列。", c)
		}
	}
	return nil
}

// Channel is the road that bytes take.
type Channel string

// The channels.
const (
	ByFile   Channel = "file"   // a file as it is, or converted
	ByExport Channel = "export" // a slice
	ByRows   Channel = "rows"   // answers of the API
	ByPage   Channel = "page"   // what a page shows of the rows
)

// Delivery is what is about to be handed to somebody.
type Delivery struct {
	Channel Channel
	Form    string // csv, parquet, original …
	Part    string // the question or the range; empty: the whole
	Request string // id of the request, as it stands in the log
	Failed  func(error)

	Content string // digest of the bytes of a file; empty: they are made for the question
	Bytes   int64  // of a file: how many are asked for
	Size    int64  // and how many it has
	Beside  bool   // it goes out with another delivery, which is the one that counts
}

// Taking is one delivery as a quota counts it.
type Taking struct {
	Channel       Channel
	User, Version int64
	Content       string // see Delivery
	Part          bool
	Bytes, Size   int64
	Beside        bool
}

// Handover is a delivery under way. The zero value is one that nobody writes
// down.
type Handover struct {
	Permit  Permit
	s       *Service
	who     account.Actor
	v       *Version
	id      int64
	failed  func(error)
	checked time.Time
	bytes   int64
}

// recheck is how often a stream that is sent under a grant asks whether it
// still stands.
const recheck = time.Second

// Deliver writes down, before the first byte leaves, that who is given data of
// v, and takes it from the quota of the grant where there is one. It returns
// what the Gate says. Of a visitor nothing is written down, and of a page that
// shows what is open neither.
func (s *Service) Deliver(ctx context.Context, who account.Actor, v *Version, d Delivery) (*Handover, error) {
	now := s.now()
	p, err := s.gate.Permit(ctx, who, v, now)
	if err != nil {
		return nil, err
	}
	h := &Handover{Permit: p, s: s, who: who, v: v, failed: d.Failed, checked: now}
	if who.ID <= 0 || v.Under != nil || p.open() && (v.Open != Unconditional || d.Channel == ByPage) {
		return h, nil
	}
	terms := p.Terms
	h.id, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (id int64, err error) {
		counted, err := s.gate.Take(ctx, tx, p, Taking{Channel: d.Channel, User: who.ID, Version: v.ID, Content: d.Content, Part: d.Part != "", Bytes: d.Bytes, Size: d.Size, Beside: d.Beside}, now)
		if err != nil {
			return 0, err
		}
		err = tx.QueryRow(ctx, `
			INSERT INTO acquisitions (user_id, organisation_id, key_prefix, grant_id, share_grant_id, dataset_id, version_id, sha256, channel, form, part, terms, request, began_at, counted)
			SELECT @user, nullif(@organisation, 0), @key, nullif(@grant, 0), nullif(@share, 0), r.dataset_id, v.id, v.sha256, @channel, @form, left(@part, 4000), coalesce(nullif(@terms, ''), l.id, ''), @request, @now, @counted
			FROM versions v JOIN resources r ON r.id = v.resource_id JOIN datasets d ON d.id = r.dataset_id LEFT JOIN licences l ON l.id = d.licence_id
			WHERE v.id = @version RETURNING id`,
			pgx.NamedArgs{"user": who.ID, "organisation": p.Organisation, "key": who.Key, "grant": p.Grant, "share": p.Share, "version": v.ID,
				"channel": d.Channel, "form": d.Form, "part": d.Part, "terms": terms, "request": d.Request, "now": now, "counted": counted}).Scan(&id)
		return id, err
	})
	if err != nil {
		return nil, fmt.Errorf("deliver: %w", err)
	}
	return h, nil
}

// still returns an error once the grant no longer stands: the stream ends.
func (h *Handover) still() error {
	if h.Permit.open() {
		return nil
	}
	now := h.s.now()
	if now.Sub(h.checked) < recheck {
		return nil
	}
	h.checked = now
	p, err := h.s.gate.Permit(context.Background(), h.who, h.v, now)
	if err == nil && (p.Grant != h.Permit.Grant || p.Share != h.Permit.Share) {
		err = errors.New("the data goes out under another grant now")
	}
	return err
}

// End writes down that so many bytes have left and whether those were all.
func (h *Handover) End(whole bool) {
	if h == nil || h.id == 0 {
		return
	}
	ctx, done := context.WithTimeout(context.Background(), 10*time.Second)
	defer done()
	_, err := h.s.pool.Exec(ctx, `INSERT INTO acquisition_ends (acquisition_id, bytes, ended_at, whole) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, h.id, h.bytes, h.s.now(), whole)
	if err != nil && h.failed != nil {
		h.failed(err)
	}
}

// Sent is End for an answer that is sent at once.
func (h *Handover) Sent(bytes int) {
	h.bytes += int64(bytes)
	h.End(true)
}

// Write is w with what passes counted, and the stream ended once the grant does
// not stand any more.
func (h *Handover) Write(write func(context.Context, io.Writer) error) func(context.Context, io.Writer) error {
	return func(ctx context.Context, w io.Writer) error {
		err := write(ctx, watchedWriter{h, w})
		h.End(err == nil)
		return err
	}
}

type watchedWriter struct {
	*Handover
	w io.Writer
}

func (w watchedWriter) Write(p []byte) (int, error) {
	if err := w.still(); err != nil {
		return 0, err
	}
	n, err := w.w.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Object is o, of which part bytes are to be sent, watched in the same way. What
// nobody writes down is o itself.
func (h *Handover) Object(o blob.Object, part int64) blob.Object {
	if h.id == 0 {
		return o
	}
	return &watchedObject{Object: o, h: h, part: part}
}

type watchedObject struct {
	blob.Object
	h    *Handover
	part int64
}

func (w *watchedObject) Read(p []byte) (int, error) {
	if err := w.h.still(); err != nil {
		return 0, err
	}
	n, err := w.Object.Read(p)
	w.h.bytes += int64(n)
	return n, err
}

// watchedPiece is how many bytes a socket is given between two looks at the grant:
// few enough that whoever reads slowly is cut off soon too.
const watchedPiece = 128 << 10

// WriteTo implements io.WriterTo, so that the file goes to the socket without
// passing through here, as what is open does.
func (w *watchedObject) WriteTo(to io.Writer) (total int64, err error) {
	for {
		if err := w.h.still(); err != nil {
			return total, err
		}
		n, err := io.CopyN(to, w.Object, watchedPiece)
		w.h.bytes += n
		total += n
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// Close implements io.Closer: the server calls it after the last byte, also
// where the reader has gone.
func (w *watchedObject) Close() error {
	w.h.End(w.h.bytes >= w.part)
	return w.Object.Close()
}

// Acquisition is one delivery, as it was written down.
type Acquisition struct {
	ID           int64
	User         int64
	UserName     string
	Organisation string // name; empty: for oneself
	Key          string
	Grant        string // number; empty: open data
	Dataset      Dataset
	Resource     string
	FileName     string
	Number       int // of the version
	SHA256       string
	Channel      Channel
	Form         string
	Part         string
	Terms        string
	Request      string
	Began        time.Time
	Ended        *time.Time // nil: the server went down, or it is still being sent
	Bytes        int64
	Whole        bool
}

const acquired = `
	SELECT a.id, a.user_id, u.name, coalesce(o.name, ''), a.key_prefix, coalesce(g.number, ''), d.id, d.slug, d.title, d.title_en, r.id, v.file_name, v.number, a.sha256,
	       a.channel, a.form, a.part, a.terms, a.request, a.began_at, e.ended_at, coalesce(e.bytes, 0), coalesce(e.whole, false)
	FROM acquisitions a JOIN users u ON u.id = a.user_id LEFT JOIN organisations o ON o.id = a.organisation_id LEFT JOIN grants g ON g.id = a.grant_id
	JOIN versions v ON v.id = a.version_id JOIN resources r ON r.id = v.resource_id JOIN datasets d ON d.id = a.dataset_id
	LEFT JOIN acquisition_ends e ON e.acquisition_id = a.id `

func scanAcquired(row pgx.CollectableRow) (a Acquisition, err error) {
	err = row.Scan(&a.ID, &a.User, &a.UserName, &a.Organisation, &a.Key, &a.Grant, &a.Dataset.ID, &a.Dataset.Slug, &a.Dataset.Title, &a.Dataset.TitleEN, &a.Resource, &a.FileName, &a.Number, &a.SHA256,
		&a.Channel, &a.Form, &a.Part, &a.Terms, &a.Request, &a.Began, &a.Ended, &a.Bytes, &a.Whole)
	return a, err
}

// Acquired are who's own deliveries, and those of the organisations that who is
// in, the newest first; before is the id to go on from, 0 for the first page.
func (s *Service) Acquired(ctx context.Context, who account.Actor, before int64, limit int) ([]Acquisition, error) {
	if who.IsVisitor() {
		return nil, fault.New(fault.Unauthenticated, "请先登录。")
	}
	return s.acquisitions(ctx, `WHERE (a.user_id = @user OR a.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user))
		AND (@before = 0 OR a.id < @before) ORDER BY a.id DESC LIMIT @limit`, pgx.NamedArgs{"user": who.ID, "before": before, "limit": limit})
}

// AcquiredUnder are the deliveries under one grant, the newest first. Who may
// see the grant, licensing decides.
func (s *Service) AcquiredUnder(ctx context.Context, grant, before int64, limit int) ([]Acquisition, error) {
	return s.acquisitions(ctx, `WHERE a.grant_id = @grant AND (@before = 0 OR a.id < @before) ORDER BY a.id DESC LIMIT @limit`,
		pgx.NamedArgs{"grant": grant, "before": before, "limit": limit})
}

func (s *Service) acquisitions(ctx context.Context, where string, args pgx.NamedArgs) ([]Acquisition, error) {
	rows, err := s.pool.Query(ctx, acquired+where, args)
	if err != nil {
		return nil, fmt.Errorf("acquisitions: %w", err)
	}
	return pgx.CollectRows(rows, scanAcquired)
}
