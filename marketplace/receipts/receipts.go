// Package receipts issues certificates of download (下载凭证) for open files: a signed
// statement of which bytes the platform supplies, whose they are and since when
// (TJ-21.2: what is lawfully had from the open platform equals the paper).
//
// A certificate speaks for bytes and for nobody: whoever has the file has what it is
// about, and who asked for one is kept nowhere. There is one only for bytes that are
// kept and supplied to everybody alike: the original of a version and its renditions.
package receipts

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/signing"
	"shuyuan/internal/signing/register"
	"shuyuan/marketplace/provenance/certificate"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
)

// Bucket is the rate limit of asking for certificates, by account or network.
const Bucket = "receipt"

// Catalogue has the open files, as datasets.Service does.
type Catalogue interface {
	Resource(ctx context.Context, viewer account.Actor, id string) (*datasets.Dataset, *datasets.Resource, error)
	Version(ctx context.Context, viewer account.Actor, resource string, number int) (*datasets.Version, error)
	MayServe(ctx context.Context, viewer account.Actor, v *datasets.Version) error
	Original(ctx context.Context, viewer account.Actor, v *datasets.Version) (*datasets.File, error)
	Rendition(ctx context.Context, viewer account.Actor, v *datasets.Version, position int, kind string) (*datasets.File, error)
}

// Config is what the service is made of.
type Config struct {
	Pool      *pgxpool.Pool
	Catalogue Catalogue
	Limits    interface {
		Allow(ctx context.Context, bucket, subject string) (account.Limit, error)
	}
	Signer signing.Signer // nil: none is issued here
	Base   string         // address of the portal
	Now    func() time.Time
}

// Service issues certificates of download and knows them again.
type Service struct {
	Config
	pool *pgxpool.Pool
}

// New returns the certificates of download of an installation.
func New(c Config) *Service {
	c.Base = strings.TrimRight(c.Base, "/")
	return &Service{Config: c, pool: c.Pool}
}

// Original is the form of a file as it was published.
const Original = "original"

// Form is one way in which a version is supplied.
type Form struct {
	Kind  string // Original, or the kind of a rendition
	Table int    // 1; 0: the original
}

// Forms are those of v for which there can be a certificate: as many as are offered on
// its page.
func Forms(v *datasets.Version) []Form {
	out := []Form{{Kind: Original}}
	if len(v.Tables) == 1 {
		for _, kind := range kinds[1:] {
			out = append(out, Form{kind, 1})
		}
	}
	return out
}

// kinds are the forms that there are.
var kinds = []string{Original, datasets.CSVBOM, datasets.CSV, datasets.JSON, string(rows.XLSX), string(rows.Parquet)}

func errForm() error {
	return fault.At("form", "请选一种格式。压缩的数据包、筛选的结果和变化的行每次现做，没有凭证；可以为它们所出的原件取凭证。")
}

// ParseForm is the form of that name of a version with one table.
func ParseForm(kind string) (Form, error) {
	if !slices.Contains(kinds, kind) {
		return Form{}, errForm()
	}
	if kind == Original {
		return Form{Kind: kind}, nil
	}
	return Form{kind, 1}, nil
}

// Path is where the bytes of a form of v are supplied.
func (f Form) Path(v *datasets.Version) string {
	name, tail := v.FileName, ""
	if f.Kind != Original {
		kind, bom := strings.CutSuffix(f.Kind, "-bom")
		name = "data." + kind
		if bom {
			tail = "?bom=1"
		}
	}
	return "/d/" + v.ResourceID + "/" + strconv.Itoa(v.Number) + "/" + url.PathEscape(name) + tail
}

// Receipt is a certificate of download.
type Receipt struct {
	Said     *statement.Receipt
	SHA256   string // of the file
	IssuedAt time.Time
	Digest   string // of the statement
	Payload  []byte
	Envelope []byte // DSSE, in JSON
	Key      string

	id int64
}

// Number is the number of the certificate.
func (r *Receipt) Number() string { return r.Said.Predicate.Number }

// Path is its page.
func (r *Receipt) Path() string { return Path(r.Number()) }

// Path is the page of the certificate of that number.
func Path(number string) string { return "/receipts/" + number }

func errNone() error { return fault.New(fault.NotFound, "没有这份下载凭证。") }

// visitor is nobody: what a certificate speaks for is supplied to everybody.
var visitor account.Actor

// Of is an open version with its dataset, for which certificates can be asked. It returns
// fault.Forbidden with a sentence where there can be none.
func (s *Service) Of(ctx context.Context, resource string, number int) (*datasets.Dataset, *datasets.Version, error) {
	v, err := s.Catalogue.Version(ctx, visitor, resource, number)
	if err != nil {
		return nil, nil, err
	}
	d, _, err := s.Catalogue.Resource(ctx, visitor, resource)
	if err != nil {
		return nil, nil, err
	}
	if v.Open != datasets.Unconditional {
		return nil, nil, fault.New(fault.Forbidden, "下载凭证只给无条件开放的文件。有条件开放的数据凭授权取得，授权书和取数记录就是凭证。")
	}
	return d, v, s.Catalogue.MayServe(ctx, visitor, v)
}

// Issue signs a certificate for one form of a version: for the bytes that are supplied
// now. Asker is an account or a network, counted and not kept.
func (s *Service) Issue(ctx context.Context, asker, resource string, number int, f Form) (*Receipt, error) {
	if s.Signer == nil {
		return nil, fault.New(fault.Unavailable, "这里现在不能签发凭证，请稍后再试。")
	}
	d, v, err := s.Of(ctx, resource, number)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(Forms(v), f) {
		return nil, errForm()
	}
	limit, err := s.Limits.Allow(ctx, Bucket, asker)
	if err != nil {
		return nil, err
	}
	if !limit.Allowed {
		many := fault.New(fault.TooMany, "取的下载凭证太多：每小时最多 %d 份（平台规则），请稍后再试。", limit.Limit)
		many.Retry = limit.Retry
		return nil, many
	}
	file, err := s.bytes(ctx, v, f)
	if err != nil {
		return nil, err
	}
	r := &Receipt{SHA256: string(file.Digest), IssuedAt: s.Now().Truncate(time.Microsecond)}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Receipt, error) {
		n, err := cases.Number(ctx, tx, "XZZ", r.IssuedAt)
		if err != nil {
			return nil, err
		}
		r.Said = statement.NewReceipt(s.Base, file.Name, statement.Digest{SHA256: r.SHA256}, statement.Received{
			Number: n, Dataset: s.Base + "/datasets/" + d.Slug, Slug: d.Slug, Title: d.Title, TitleEN: d.TitleEN, Resource: v.ResourceID, Version: v.Number, Form: f.Kind, Table: f.Table, Bytes: file.Bytes, Address: s.Base + f.Path(v),
			Provider: statement.Provider{Department: d.Department.Name, DepartmentEN: d.Department.NameEN, Code: d.Department.CreditCode}, Licence: statement.ReceivedLicence{ID: d.Licence.ID, Name: d.Licence.Name, NameEN: d.Licence.NameEN},
			Sample: d.Sample, PublishedAt: v.PublishedAt, IssuedAt: r.IssuedAt, Issuer: s.Base, Verify: s.Base + Path(n),
		})
		payload, err := r.Said.Payload()
		if err != nil {
			return nil, err
		}
		made, err := certificate.Seal(ctx, payload, purpose{s.Signer})
		if err != nil {
			return nil, fault.New(fault.Unavailable, "这里现在不能签发凭证，请稍后再试。").Because(err)
		}
		r.Payload, r.Envelope, r.Digest, r.Key = made.Payload, made.Envelope, made.Digest, made.Key
		return r, insertReceipt(ctx, tx, r, v.ID, f, file.Bytes)
	})
}

// bytes is the file of a form, closed: its digest is what counts.
func (s *Service) bytes(ctx context.Context, v *datasets.Version, f Form) (*datasets.File, error) {
	var file *datasets.File
	var err error
	if f.Kind == Original {
		file, err = s.Catalogue.Original(ctx, visitor, v)
	} else {
		file, err = s.Catalogue.Rendition(ctx, visitor, v, f.Table-1, f.Kind)
	}
	if err != nil {
		return nil, err
	}
	return file, file.Object.Close()
}

// purpose signs with the key for statements.
type purpose struct{ signing.Signer }

func (p purpose) Sign(ctx context.Context, message []byte) (string, []byte, error) {
	return p.Signer.Sign(ctx, signing.Statement, message)
}

// Made remembers a PDF of a certificate, by the digest of its bytes: one with other
// bytes was changed.
func (s *Service) Made(ctx context.Context, r *Receipt, paper []byte) error {
	return insertPaper(ctx, s.pool, r.id, statement.Of(paper).SHA256, s.Now())
}

// Answer is what is known of a certificate or of a file.
type Answer struct {
	As      string   // receipt, paper or file
	Receipt *Receipt // nil: there is none that speaks for the file
	Verdict verify.Verdict
	Reasons []*fault.Fault // why it lapsed, or what else there is to know

	// Of a file without a certificate.
	Dataset *datasets.Dataset
	Version *datasets.Version
}

// Says are the reasons that reading the file itself adds.
func (a *Answer) Says() []verify.Reason {
	switch {
	case a.Verdict != verify.Valid:
		return nil
	case a.Receipt == nil:
		return []verify.Reason{verify.BytesSupplied.Reason()}
	case a.As == "file":
		return []verify.Reason{verify.ReceiptGenuine.Reason(), verify.BytesReceived.Reason()}
	}
	return []verify.Reason{verify.ReceiptGenuine.Reason()}
}

// ByNumber is the certificate of that number, as it stands now.
func (s *Service) ByNumber(ctx context.Context, number string) (*Answer, error) {
	r, err := selectReceipt(ctx, s.pool, `r.number = @what`, number)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, errNone()
	}
	return s.judged(ctx, &Answer{As: "receipt", Receipt: r})
}

// ByDigest is what is known under a digest: of a certificate's statement, of a PDF of
// one, or of an open file; nil where nothing is.
func (s *Service) ByDigest(ctx context.Context, digest string) (*Answer, error) {
	for _, x := range []struct{ as, where string }{
		{"receipt", `r.digest = @what`},
		{"paper", `r.id = (SELECT receipt_id FROM download_receipt_papers WHERE sha256 = @what)`},
		{"file", `r.sha256 = @what`},
	} {
		r, err := selectReceipt(ctx, s.pool, x.where, digest)
		if err != nil {
			return nil, err
		}
		if r != nil {
			return s.judged(ctx, &Answer{As: x.as, Receipt: r})
		}
	}
	found, err := selectFiles(ctx, s.pool, digest)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		d, v, err := s.Of(ctx, f.resource, f.number)
		if fault.KindOf(err) == fault.NotFound || fault.KindOf(err) == fault.Gone || fault.KindOf(err) == fault.Forbidden {
			continue // nothing is said of what is not for everybody
		}
		if err != nil {
			return nil, err
		}
		return &Answer{As: "file", Verdict: verify.Valid, Dataset: d, Version: v, Reasons: superseded(d, v)}, nil
	}
	return nil, nil
}

// judged says what follows from the records: what became of the dataset and of the key.
func (s *Service) judged(ctx context.Context, a *Answer) (*Answer, error) {
	p := &a.Receipt.Said.Predicate
	a.Verdict = verify.Valid
	lapse := func(why *fault.Fault) {
		a.Verdict = verify.Lapsed
		a.Reasons = append(a.Reasons, why)
	}
	keys, err := register.List(ctx, s.pool)
	if err != nil {
		return nil, err
	}
	opened, err := certificate.Unseal(a.Receipt.Envelope)
	if err != nil {
		return nil, err
	}
	switch err := keys.Verify(signing.Statement, opened.Key, signing.PAE(statement.PayloadType, opened.Payload), opened.Signature, a.Receipt.IssuedAt); {
	case errors.Is(err, signing.ErrRevoked):
		a.Verdict, a.Reasons = verify.Unknown, []*fault.Fault{fault.New(fault.Gone, "签它的密钥在签发以前已经失效。")} // whether it is genuine cannot be told
		return a, nil
	case err != nil:
		return nil, err
	}
	d, v, err := s.Of(ctx, p.Resource, p.Version)
	switch why := fault.Of(err); {
	case err == nil:
		a.Reasons = append(a.Reasons, superseded(d, v)...)
	case why.Kind == fault.Gone:
		lapse(why)
	case why.Kind == fault.NotFound, why.Kind == fault.Forbidden:
		lapse(fault.New(fault.Gone, "这份数据现在不再无条件开放。"))
	default:
		return nil, err
	}
	return a, nil
}

// superseded says that there is a newer version.
func superseded(d *datasets.Dataset, v *datasets.Version) []*fault.Fault {
	for _, r := range d.Resources {
		if r.ID == v.ResourceID && r.Newest != nil && r.Newest.Number > v.Number {
			return []*fault.Fault{fault.New(fault.Gone, "这个文件已经有第 %d 版。", r.Newest.Number)}
		}
	}
	return nil
}

// Proof is all that proves a certificate without asking anybody: its envelope, the keys,
// and what became of it. It is no leaf of the log.
func (s *Service) Proof(ctx context.Context, a *Answer) (*verify.Proof, error) {
	if a.Receipt == nil {
		return nil, errNone()
	}
	keys, err := register.List(ctx, s.pool)
	if err != nil {
		return nil, err
	}
	p := &verify.Proof{Format: verify.ProofFormat, Envelope: a.Receipt.Envelope, Keys: KeysOf(keys), Status: &verify.Status{State: verify.Active}}
	switch a.Verdict {
	case verify.Unknown:
		p.Status = &verify.Status{State: verify.Revoked, Reason: a.Reasons[0].Text()}
	case verify.Lapsed:
		p.Status = &verify.Status{State: verify.Withdrawn, Reason: a.Reasons[0].Text()}
	}
	return p, nil
}

// KeysOf is the published list of keys as a proof has it.
func KeysOf(keys signing.Keys) []verify.Key {
	out := make([]verify.Key, 0, len(keys))
	for _, k := range keys {
		one := verify.Key{Purpose: string(k.Purpose), ID: k.ID, Public: k.Public, From: k.From, Until: k.Until, Payload: k.Payload, By: k.By, Signature: k.Signature, Leaf: k.Leaf}
		if r := k.Revoked; r != nil {
			one.Revoked = &verify.Ended{Compromised: r.Compromised, Reason: string(r.Reason), Leaf: r.Leaf}
		}
		out = append(out, one)
	}
	return out
}
