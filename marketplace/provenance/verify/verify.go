// Package verify says of a file whether it is what was sealed. It reads what others
// wrote, perhaps to deceive it, and shares nothing with what writes stamps but the
// words of a statement and the canonical form of a content.
//
// A file is recognised by its bytes. The stamp in it is compared with a Proof, which
// a file beside it holds or the portal hands out, and by which the signature and the
// place in the log are checked against keys that the caller trusts. The content is
// worked out anew from the file, by the types that the signed statement has, and
// compared with the digest in it. The answer is one of five verdicts, with reasons.
//
// What a file can do to its reader is bounded: rows are read one by one, nothing is
// kept beyond the limits that are constants of this package, and whoever reads files
// of strangers gives a context that ends.
package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"shuyuan/marketplace/provenance/content"
	"shuyuan/marketplace/provenance/statement"
)

// Verdict is what is said of a file.
type Verdict string

// The five verdicts.
const (
	Valid     Verdict = "valid"     // 真实有效: content, stamp, signature, log, and the authorisation still holds
	Lapsed    Verdict = "lapsed"    // 真实但已失效: genuine, and recalled, expired or revoked since
	Unstamped Verdict = "unstamped" // 内容已知，标识缺失: the content was sealed, the file has no genuine stamp
	Altered   Verdict = "altered"   // 内容不符: the stamp is genuine, the file is not what it is of
	Unknown   Verdict = "unknown"   // 未知
)

// words are the verdicts as people read them.
var words = map[Verdict][2]string{
	Valid: {"真实有效", "genuine and valid"}, Lapsed: {"真实但已失效", "genuine, no longer valid"}, Unstamped: {"内容已知，标识缺失", "content known, stamp missing"},
	Altered: {"内容不符", "content does not match"}, Unknown: {"未知", "unknown"},
}

// Words is the verdict in Chinese, or in English.
func (v Verdict) Words(english bool) string {
	if english {
		return words[v][1]
	}
	return words[v][0]
}

// Status is what became of a product since: only whoever runs the ledger knows it.
type Status struct {
	State  State  `json:"state"`
	Since  string `json:"since,omitempty"` // RFC 3339
	Reason string `json:"reason,omitempty"`
}

// State is one word of a Status.
type State string

// The states.
const (
	Active   State = "active"
	Recalled State = "recalled"
	Expired  State = "expired"
	Revoked  State = "revoked"

	Withdrawn State = "withdrawn" // of open data
)

// Options is with what a file is checked.
type Options struct {
	// Proofs are what is known beforehand, without a network.
	Proofs []Proof

	// Lookup asks somebody else for proofs: by the digest of a content, of a statement,
	// or of the names of columns (content.Names). Nil: nobody is asked.
	Lookup func(ctx context.Context, digest string) ([]Proof, error)

	// Trust are the names of keys that are believed without being introduced by
	// another: the first key of each purpose, as the portal publishes it. A proof can
	// bring any keys along, so without Trust no proof proves anything: the verdict is
	// Unknown, and KeysNotTrusted among the reasons with the names to compare. With
	// TrustLookup the keys that Lookup brings along are believed: where it asks the
	// portal itself.
	Trust       []string
	TrustLookup bool
}

// Result is what was found.
type Result struct {
	Verdict   Verdict              `json:"verdict"`
	Reasons   []Reason             `json:"reasons"`
	Format    string               `json:"format"`
	Statement *statement.Statement `json:"statement,omitempty"` // only one that was proved
	Subject   int                  `json:"subject"`
	Notice    *statement.Notice    `json:"notice,omitempty"`
	Content   string               `json:"content,omitempty"` // digest of what the file contains, if it could be worked out
	Logged    *Logged              `json:"logged,omitempty"`
	Status    *Status              `json:"status,omitempty"`
	Roots     []string             `json:"roots,omitempty"` // the keys that everything hangs on

	Receipt       *statement.Receipt `json:"receipt,omitempty"` // certificate of download: only one that was proved
	ReceiptDigest string             `json:"receiptDigest,omitempty"`
}

func (r *Result) because(codes ...Code) {
	for _, c := range codes {
		if !slices.ContainsFunc(r.Reasons, func(o Reason) bool { return o.Code == c }) {
			r.Reasons = append(r.Reasons, c.Reason())
		}
	}
}

// File checks a file of that size. An error means that the file could not be read
// from where it lies, or that ctx ended or the Lookup failed; whatever is in the file
// is no error.
func File(ctx context.Context, r io.ReaderAt, size int64, o Options) (*Result, error) {
	c := &check{ctx: ctx, o: o, result: &Result{Verdict: Unknown}}
	src := &source{ctx: ctx, r: r, size: size}
	f, err := open(src)
	if err != nil {
		return nil, err
	}
	c.file, c.src = f, src
	c.result.Format = f.format
	if err := c.run(); err != nil {
		return nil, err
	}
	if src.failed != nil {
		return nil, src.failed
	}
	return c.result, nil
}

// source is the file: what fails there is no fault of what is in it.
type source struct {
	ctx    context.Context //nolint:containedctx // it lives for one file
	r      io.ReaderAt
	size   int64
	failed error
}

func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if err := context.Cause(s.ctx); err != nil {
		s.failed = err
		return 0, err
	}
	if off < 0 || off > s.size { // where a crafted file sends its reader
		return 0, io.EOF
	}
	n, err := s.r.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		s.failed = err
	}
	return n, err
}

func (s *source) reader() io.Reader { return io.NewSectionReader(s, 0, s.size) }

// check is one file on its way to a verdict.
type check struct {
	ctx    context.Context //nolint:containedctx // it lives for one file
	o      Options
	file   *file
	src    *source
	result *Result
	raw    string // digest of the bytes of the file
}

func (c *check) run() error {
	for _, raw := range c.file.stamps {
		if done, err := c.isReceipt(raw); err != nil || done {
			return err
		}
		done, err := c.stamped(raw)
		if err != nil || done {
			return err
		}
	}
	if len(c.file.stamps) == 0 {
		if done, err := c.received(); err != nil || done {
			return err
		}
		c.result.because(NoStamp)
	}
	return c.bare()
}

// stamped checks the file by a stamp that lies in it. It is done unless the stamp
// cannot be shown to be genuine.
func (c *check) stamped(raw []byte) (bool, error) {
	e, s, payload := parseEnvelope(raw)
	if s == nil {
		c.result.because(StampDamaged)
		return false, nil
	}
	known, err := c.proofs(statement.Of(payload).SHA256)
	if err != nil {
		return false, err
	}
	proved := c.proved(known, e, payload)
	if proved == nil {
		return false, nil
	}
	c.result.Reasons = nil // what other proofs lacked
	c.take(s, proved)
	if len(c.file.stamps) > 1 {
		c.result.because(StampTwice)
	}
	subject, digest, err := c.match(s)
	if err != nil {
		return false, err
	}
	c.result.Content = digest
	if subject < 0 {
		c.result.Verdict = Altered
		c.result.because(ContentDiffers)
		c.result.because(c.file.issues...)
		return true, nil
	}
	c.subject(s, subject, payload)
	c.result.because(c.file.issues...)
	c.result.because(c.file.contradicts(s, *c.result.Notice)...)
	switch {
	case len(c.result.Reasons) > 0:
		c.result.Verdict = Altered
	case c.lapsed(proved):
	default:
		c.result.Verdict = Valid
		c.result.because(AllWell)
	}
	return true, nil
}

// bare looks for the content of a file that has no genuine stamp. A table is looked for
// by the names of its columns first: the statements that have them tell how to work out
// its digest, and by that it is looked for again, since the newest of many versions with
// the same columns need not be the one.
func (c *check) bare() error {
	looked, other := map[string]bool{}, map[statement.Digest]bool{}
	ours := len(c.file.issues) == 0 // else others may read something else than what is compared
	for queue := c.digests(); len(queue) > 0; queue = queue[1:] {
		if looked[queue[0]] {
			continue
		}
		looked[queue[0]] = true
		known, err := c.proofs(queue[0])
		if err != nil {
			return err
		}
		for _, p := range known {
			e, s, payload := parseEnvelope(p.Envelope)
			if s == nil || other[statement.Of(payload)] {
				continue
			}
			subject, found, err := c.match(s)
			if err != nil {
				return err
			}
			if subject < 0 || !ours {
				other[statement.Of(payload)] = true
				if found != "" {
					queue = append(queue, found)
				}
				continue
			}
			proved := c.proved([]Proof{p}, e, payload)
			if proved == nil {
				continue
			}
			c.take(s, proved)
			c.subject(s, subject, payload)
			c.result.Content, c.result.Verdict = found, Unstamped
			c.result.Reasons = slices.DeleteFunc(c.result.Reasons, func(r Reason) bool { return r.Code == NoProof })
			c.result.because(ContentKnown)
			c.lapsedToo(proved)
			return nil
		}
	}
	c.result.because(ContentUnknown)
	c.result.because(c.file.issues...)
	return nil
}

// Digests are by what a proof of a statement is looked for: whoever serves proofs finds
// it by each of them. They are the digest of the statement, those of its contents, and
// for tables those of the names of their columns (content.Names), with and without the
// column that is the geometry in GeoJSON.
func Digests(s *statement.Statement, payload []byte) []string {
	all := []string{statement.Of(payload).SHA256}
	for i, of := range s.Subject {
		all = append(all, of.Digest.SHA256)
		about := s.Predicate.Contents[i]
		if about.Form != statement.Table {
			continue
		}
		var names, others []string
		for _, c := range about.Columns {
			names = append(names, c.Name)
			if about.Places == nil || c.Name != about.Places.Shape {
				others = append(others, c.Name)
			}
		}
		all = append(all, content.Names(names))
		if len(others) < len(names) && len(others) > 0 {
			all = append(all, content.Names(others))
		}
	}
	return all
}

// digests are by what a content can be looked for.
func (c *check) digests() []string {
	var all []string
	if raw, err := c.bytes(); err == nil {
		all = append(all, raw)
	}
	if len(c.file.names) > 0 {
		all = append(all, content.Names(c.file.names))
	}
	return all
}

// bytes is the digest of the bytes: of the file in a zip, or of the whole.
func (c *check) bytes() (string, error) {
	if c.raw != "" {
		return c.raw, nil
	}
	r, err := c.file.bytes()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, r); err != nil {
		return "", err
	}
	c.raw = hex.EncodeToString(sum.Sum(nil))
	return c.raw, nil
}

// proofs are those that are at hand or that somebody else has. At hand, a proof is
// looked at whatever it was looked for by: there are few.
func (c *check) proofs(digest string) ([]Proof, error) {
	all := slices.Clone(c.o.Proofs)
	if c.o.Lookup == nil {
		return all, nil
	}
	more, err := c.o.Lookup(c.ctx, digest)
	for _, p := range more {
		p.trusted = c.o.TrustLookup
		all = append(all, p)
	}
	return all, err
}

// proved returns what was proved of an envelope, by the first proof that does; else
// it says why there is none.
func (c *check) proved(known []Proof, e envelope, payload []byte) *proved {
	found := false
	for i := range known {
		p := &known[i]
		if pe, _, other := parseEnvelope(p.Envelope); !bytes.Equal(other, payload) || pe.PayloadType != e.PayloadType {
			continue
		}
		found = true
		got, why := p.check(e, payload, c.o)
		if got != nil {
			return got
		}
		c.result.because(why...)
		for _, root := range p.roots() {
			if !slices.Contains(c.result.Roots, root) {
				c.result.Roots = append(c.result.Roots, root)
			}
		}
	}
	if !found {
		c.result.because(NoProof)
	}
	return nil
}

func (c *check) take(s *statement.Statement, p *proved) {
	c.result.Statement, c.result.Logged, c.result.Roots, c.result.Status = s, &p.logged, p.roots, p.status
}

func (c *check) subject(s *statement.Statement, i int, payload []byte) {
	n := s.Notice(i, payload)
	c.result.Subject, c.result.Notice = i, &n
}

// lapsed reports whether what is genuine is no longer valid.
func (c *check) lapsed(p *proved) bool {
	if p.status == nil || p.status.State == Active || p.status.State == "" {
		return false
	}
	c.result.Verdict = Lapsed
	c.lapsedToo(p)
	return true
}

func (c *check) lapsedToo(p *proved) {
	if p.status == nil {
		return
	}
	switch p.status.State {
	case Recalled:
		c.result.because(IsRecalled)
	case Expired:
		c.result.because(IsExpired)
	case Revoked:
		c.result.because(IsRevoked)
	case Withdrawn:
		c.result.because(IsWithdrawn)
	case Active:
	}
}

// match finds the subject of the statement that the file contains; -1 where it is
// none of them. The digest is of what the file contains, as far as it was worked out.
func (c *check) match(s *statement.Statement) (subject int, digest string, err error) {
	for i, of := range s.Predicate.Contents {
		got, err := c.digestAs(of)
		if ended := context.Cause(c.ctx); ended != nil {
			return -1, "", ended
		}
		if err != nil {
			c.file.issue(codeOf(err))
			continue
		}
		if got != "" {
			digest = got
		}
		if got == s.Subject[i].Digest.SHA256 {
			return i, got, nil
		}
	}
	return -1, digest, nil
}

// digestAs is the digest of what the file contains, read as that content. It is empty
// where the file is of another kind.
func (c *check) digestAs(of statement.Content) (string, error) {
	if of.Form == statement.Bytes {
		return c.bytes()
	}
	if of.Form != statement.Table || of.Canonical != content.Profile || c.file.rows == nil {
		return "", nil
	}
	columns, names := make([]content.Column, len(of.Columns)), make([]string, len(of.Columns))
	for i, col := range of.Columns {
		columns[i], names[i] = content.Column{Name: col.Name, Type: col.Type}, col.Name
	}
	h, err := content.New(columns)
	if err != nil {
		return "", nil //nolint:nilerr // a content without columns is in no file
	}
	left := of.Rows
	if err := guarded(func() error {
		return c.file.rows(of, func(cells []content.Cell) error {
			if left--; left < 0 { // a small file can have very many
				return errDiffers
			}
			return h.Row(cells)
		})
	}); err != nil {
		return "", err
	}
	return h.Sum(), nil
}

// guarded runs what reads a file with the help of others' code, which a crafted file
// may make stumble.
func guarded(read func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errDamaged, p)
		}
	}()
	return read()
}

// envelope is a DSSE envelope.
type envelope struct {
	PayloadType string `json:"payloadType"`
	Payload     []byte `json:"payload"`
	Signatures  []struct {
		KeyID string `json:"keyid"`
		Sig   []byte `json:"sig"`
	} `json:"signatures"`
}

// parseEnvelope reads an envelope and the statement in it; nil where it is none.
func parseEnvelope(raw []byte) (envelope, *statement.Statement, []byte) {
	var e envelope
	if len(raw) > mostStamp || strict(raw, &e) != nil || e.PayloadType != statement.PayloadType {
		return e, nil, nil
	}
	s, err := statement.Parse(e.Payload)
	if err != nil {
		return e, nil, nil
	}
	return e, s, e.Payload
}
