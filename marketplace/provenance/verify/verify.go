// Package verify says of a file whether it is what was sealed. It reads what others
// wrote, perhaps to deceive it, and shares nothing with what writes stamps but the
// words of a statement and the canonical form of a content.
//
// A stamp speaks for exact bytes. What was delivered is in a list that the log commits
// to, and a Proof, which a file beside it holds or the portal hands out, brings that
// list along, with what shows signature and place in the log, by keys that the caller
// trusts. A file whose SHA-256 is in the list is what was delivered, and nothing has to
// be read of it. Any other file is read: its stamp is looked up, the content worked out
// anew by the types that the signed statement has, and compared with the digest in it.
// That says what our reader sees and no more, since another program may see something
// else in the same bytes, so that such a file is never Valid. The answer is one of five
// verdicts, with reasons.
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
	"time"

	"shuyuan/marketplace/provenance/content"
	"shuyuan/marketplace/provenance/statement"
)

// Verdict is what is said of a file.
type Verdict string

// The five verdicts.
const (
	Valid     Verdict = "valid"     // 真实有效: the bytes that were delivered, signature, log, and nothing known against it
	Lapsed    Verdict = "lapsed"    // 真实但已失效: those bytes, and recalled, expired or revoked since
	Unstamped Verdict = "unstamped" // 内容已知，标识缺失: our reader sees what was sealed, in bytes that were not delivered
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

	proved bool // the log has it
}

// State is one word of a Status.
type State string

// The states.
const (
	Active    State = "active"
	Recalled  State = "recalled"        // the version was taken back
	InputGone State = "input-withdrawn" // what it was made from was withdrawn or recalled
	Expired   State = "expired"         // its certificate of registration or its authorisation ran out
	Revoked   State = "revoked"         // its certificate of registration or its authorisation was ended
	Suspended State = "suspended"       // its authorisation is suspended, or not in force now

	Withdrawn State = "withdrawn" // of open data
)

// Options is with what a file is checked.
type Options struct {
	// Proofs are what is known beforehand, without a network.
	Proofs []Proof

	// Lookup asks somebody else for proofs: by the digest of a file, of a content, of a
	// statement, or of the names of columns (content.Names). Nil: nobody is asked.
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
	Developer *Countersigned       `json:"developer,omitempty"` // whether the developer signed too; nil: nothing was proved
	Roots     []string             `json:"roots,omitempty"`     // the keys that everything hangs on

	Receipt       *statement.Receipt  `json:"receipt,omitempty"`  // certificate of download: only one that was proved
	Delivery      *statement.Delivery `json:"delivery,omitempty"` // receipt of delivery, likewise
	ReceiptDigest string              `json:"receiptDigest,omitempty"`
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
	src := &source{ctx: ctx, r: r, size: size}
	c := &check{ctx: ctx, src: src, o: o, result: &Result{Verdict: Unknown}}
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
	c.notAsked()
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
	src    *source
	o      Options
	asked  bool // the status is of now
	file   *file
	result *Result
	whole  string // digest of the bytes of the file
	raw    string // of those that are its content where it is no table
}

func (c *check) run() error {
	if done, err := c.delivered(); err != nil || done {
		return err
	}
	if c.file.issued {
		return c.alone(c.file.stamps[0])
	}
	for _, raw := range c.file.stamps {
		if _, r, _ := parseReceipt(raw); r != nil { // it is about other bytes, whatever it is laid into
			c.result.because(ReceiptNoStamp)
			continue
		}
		done, err := c.stamped(raw)
		if err != nil || done {
			return err
		}
	}
	if done, err := c.received(); err != nil || done {
		return err
	}
	if len(c.file.stamps) == 0 {
		c.result.because(NoStamp)
	}
	return c.bare()
}

// delivered checks the file by its bytes: those that were delivered stand in the list
// of a proof, and nothing has to be read of them.
func (c *check) delivered() (bool, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, c.src.reader()); err != nil {
		return false, err
	}
	c.whole = hex.EncodeToString(sum.Sum(nil))
	known, err := c.proofs(c.whole)
	if err != nil {
		return false, err
	}
	for i := range known {
		if !delivers(known[i].Artefacts, c.whole) {
			continue
		}
		e, s, payload := parseEnvelope(known[i].Envelope)
		if s == nil {
			continue
		}
		proved := c.proved(known[i:i+1], e, payload)
		if proved == nil {
			continue
		}
		c.result.Reasons = nil // what other proofs lacked
		c.take(s, proved)
		return true, c.genuine(s, proved, payload)
	}
	return false, nil
}

// genuine is the verdict on what was delivered. Of several contents it is read which one
// it has: only to say so.
func (c *check) genuine(s *statement.Statement, p *proved, payload []byte) error {
	subject, digest := 0, s.Subject[0].Digest.SHA256
	if len(s.Subject) > 1 {
		var err error
		if subject, digest, err = c.match(s); err != nil {
			return err
		}
	}
	c.result.Subject, c.result.Content = subject, digest
	if subject >= 0 {
		c.subject(s, subject, payload)
	}
	if !c.lapsed(p) {
		c.result.Verdict = Valid
		c.result.because(AllWell)
	}
	return nil
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
	if delivers(proved.artefacts, c.whole) { // whoever was asked knows it by its stamp alone
		return true, c.genuine(s, proved, payload)
	}
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
		if digest != "" || !c.file.anew {
			c.result.because(ContentDiffers)
		}
		c.result.because(c.file.issues...)
		return true, nil
	}
	c.subject(s, subject, payload)
	c.result.because(c.file.issues...)
	c.result.because(c.file.contradicts(s, *c.result.Notice)...)
	switch other := proved.artefacts != nil; { // whether it is known not to be what was delivered
	case len(c.result.Reasons) > 0:
		c.result.Verdict = Altered
	case c.file.format == "pdf" && other:
		c.result.Verdict = Altered
		c.result.because(PagesOther)
	case c.file.format == "pdf":
		c.result.because(NoList, PagesUnread)
	case other:
		c.result.Verdict = Unstamped
		c.result.because(NotAsDelivered)
	default:
		c.result.Verdict = Unstamped
		c.result.because(NoList, ReadHere)
	}
	c.lapsedToo(proved)
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
			exact := found == c.whole // these bytes were sealed; else our reader says so
			if subject < 0 || !ours && !exact {
				other[statement.Of(payload)] = true
				if found != "" {
					queue = append(queue, found)
				}
				continue
			}
			if !exact && (c.file.format == "pdf" || len(c.file.issues) > 0) {
				c.result.because(c.file.issues...)
				if c.file.format == "pdf" {
					c.result.because(PagesUnread)
				}
				other[statement.Of(payload)] = true
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
			if !exact {
				c.result.because(ReadHere)
			}
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
	all := []string{c.whole}
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
	if c.o.Lookup == nil {
		return slices.Clone(c.o.Proofs), nil
	}
	more, err := c.o.Lookup(c.ctx, digest)
	all := make([]Proof, 0, len(more)+len(c.o.Proofs))
	for _, p := range more { // first: they have the status of now
		p.asked, p.trusted = true, c.o.TrustLookup
		all = append(all, p)
	}
	return append(all, c.o.Proofs...), err
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
		if slices.Contains(why, DeveloperBad) {
			c.result.Developer = &Countersigned{State: SignedOtherwise}
		}
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
	c.result.Developer, c.asked = &p.developer, p.asked
}

// notAsked says how old what is known is: the status in a proof is not signed, and
// whoever hands on an old proof keeps a recall to himself.
func (c *check) notAsked() {
	r := c.result
	if r.Statement == nil || c.asked || r.Status != nil && r.Status.proved {
		return
	}
	why := NotAsked.Reason()
	var at, english string
	if !r.Logged.Cosigned.IsZero() { // a checkpoint has no time but that of its witnesses
		at = r.Logged.Cosigned.UTC().Format(time.RFC3339) + " "
		english = "of " + at
	}
	why.Text += fmt.Sprintf("这份证明是 %s日志有 %d 条记录时的。", at, r.Logged.Size)
	why.English += fmt.Sprintf(" This proof is %swhen the log had %d entries.", english, r.Logged.Size)
	r.Reasons = append(r.Reasons, why)
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

// lapses are the states in which what is genuine is no longer valid.
var lapses = map[State]Code{Recalled: IsRecalled, InputGone: IsInputGone, Withdrawn: IsWithdrawn, Expired: IsExpired, Revoked: IsRevoked, Suspended: IsSuspended}

func (c *check) lapsedToo(p *proved) {
	if p.status == nil || p.status.State == Active || p.status.State == "" {
		return
	}
	code, ok := lapses[p.status.State]
	if !ok {
		code = StatusOdd
	}
	c.result.because(code)
}

// match finds the subject of the statement that the file contains; -1 where it is
// none of them. The digest is of what the file contains, as far as it was worked out.
func (c *check) match(s *statement.Statement) (subject int, digest string, err error) {
	for i, of := range s.Predicate.Contents {
		if of.Form == statement.Bytes && s.Subject[i].Digest.SHA256 == c.whole { // whatever is in it
			return i, c.whole, nil
		}
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
