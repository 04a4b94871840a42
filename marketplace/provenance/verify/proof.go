package verify

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"shuyuan/marketplace/provenance/statement"
)

// ProofFormat is what a Proof says that it is.
const ProofFormat = "shuyuan-proof-1"

// Proof is all that is needed to check a stamp without a network: a file beside it
// called .proof.json, or what the portal answers. Bytes are base64 in it.
type Proof struct {
	Format     string            `json:"format"`   // ProofFormat
	Envelope   json.RawMessage   `json:"envelope"` // DSSE, the same payload as in the file
	Leaf       Leaf              `json:"leaf"`
	Inclusion  [][]byte          `json:"inclusion"`  // hashes, as RFC 9162, 2.1.3, has them
	Checkpoint string            `json:"checkpoint"` // a signed note (C2SP tlog-checkpoint), with the cosignatures
	Keys       []Key             `json:"keys"`       // every key that there ever was, in the order in which the log has them
	Witnesses  []Witness         `json:"witnesses,omitempty"`
	Artefacts  []Artefact        `json:"artefacts,omitempty"` // every file that was delivered; the leaf commits to them
	Recall     *Entry            `json:"recall,omitempty"`    // the entry of the log that takes the version back
	Developer  *Countersignature `json:"developer,omitempty"` // the signature of the developer, which the envelope has too
	Status     *Status           `json:"status,omitempty"`    // as of when the proof was made; nobody signed it

	trusted bool // the keys in it are believed
	asked   bool // it was looked up now
}

// Artefact is a file as it was delivered. The body of the leaf has under "artefacts" the
// SHA-256 of the lines "form sha256" of all of them, sorted, each with a line feed.
type Artefact struct {
	Form   string `json:"form"`
	SHA256 string `json:"sha256"` // of all its bytes
}

// Entry is another entry of the log, under the same checkpoint.
type Entry struct {
	Leaf
	Inclusion [][]byte `json:"inclusion"`
}

// Leaf is the entry of the log. Its body is JSON: {"body": {"statement": digest of
// the payload, …}, "kind": "seal", "time": RFC 3339}.
type Leaf struct {
	Index int64  `json:"index"`
	Body  []byte `json:"body"`
}

// Key is a key of the platform with how it was introduced: By a key of the same
// purpose before it, that signed Payload as DSSE; the first one by itself.
type Key struct {
	Purpose   string    `json:"purpose"` // statement, checkpoint, certificate
	ID        string    `json:"id"`      // SHA-256 of its SubjectPublicKeyInfo (RFC 8410)
	Public    []byte    `json:"public"`  // Ed25519, 32 bytes
	From      time.Time `json:"from"`
	Until     time.Time `json:"until"`
	Payload   []byte    `json:"payload"` // JSON with the fields above and By
	By        string    `json:"by"`
	Signature []byte    `json:"signature"`
	Leaf      int64     `json:"leaf"` // where the log introduces it
	Revoked   *Ended    `json:"revoked,omitempty"`
}

// Ended is the end of a key before its time.
type Ended struct {
	Compromised time.Time `json:"compromised"` // what the log has later counts no more
	Reason      string    `json:"reason"`
	Leaf        int64     `json:"leaf"`
}

// Witness is whoever cosigns checkpoints (C2SP tlog-cosignature).
type Witness struct {
	Name   string `json:"name"`
	Public []byte `json:"public"` // Ed25519
}

// ID names the key of a witness, as Options.Trust has it.
func (w Witness) ID() string { return keyID(w.Public) }

const (
	purposeStatement  = "statement"
	purposeCheckpoint = "checkpoint"
	handedOver        = "application/vnd.shuyuan.key+json"
)

// Limits of proofs.
const (
	mostStamp = 16 << 20
	mostProof = 64 << 20
	mostKeys  = 10_000
	mostLists = 100_000 // files of one version
)

var (
	artefactForms   = regexp.MustCompile(`^[a-z0-9]{1,20}$`)
	artefactDigests = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// together is what a leaf says of a list of files; empty where it is no such list. Two
// lists that come to the same have the same lines, some of them perhaps twice, since no
// line is a part of another.
func together(list []Artefact) string {
	if len(list) == 0 || len(list) > mostLists {
		return ""
	}
	lines := make([]string, len(list))
	for i, a := range list {
		if !artefactForms.MatchString(a.Form) || !artefactDigests.MatchString(a.SHA256) {
			return ""
		}
		lines[i] = a.Form + " " + a.SHA256 + "\n"
	}
	slices.Sort(lines)
	return statement.Of([]byte(strings.Join(lines, ""))).SHA256
}

// delivers reports whether a file is among those that were delivered.
func delivers(list []Artefact, digest string) bool {
	return slices.ContainsFunc(list, func(a Artefact) bool { return a.SHA256 == digest })
}

// ParseProof reads a proof.
func ParseProof(raw []byte) (Proof, error) {
	var p Proof
	if len(raw) > mostProof {
		return p, errors.New("the proof is too large")
	}
	if err := strict(raw, &p); err != nil {
		return p, fmt.Errorf("the proof cannot be read: %w", err)
	}
	if p.Format != ProofFormat {
		return p, fmt.Errorf("this is no proof of the format %s", ProofFormat)
	}
	if p.Artefacts != nil && together(p.Artefacts) == "" {
		return p, errors.New("the list of files in the proof is none")
	}
	return p, nil
}

// Logged is where and when the log has a statement.
type Logged struct {
	Index     int64     `json:"index"`
	Time      time.Time `json:"time"`
	Log       string    `json:"log"`
	Size      int64     `json:"size"` // of the checkpoint
	Witnesses []string  `json:"witnesses,omitempty"`
	Cosigned  time.Time `json:"cosigned,omitzero"` // the earliest time that a witness says
	SignedBy  []string  `json:"signedBy"`          // keys
}

// proved is what a proof shows.
type proved struct {
	logged    Logged
	root      tlog.Hash // of the log
	roots     []string
	status    *Status
	asked     bool       // the status is of now
	artefacts []Artefact // nil: the proof has no list
	developer Countersigned
}

// check shows that an envelope is signed and logged, or says why not.
func (p *Proof) check(e envelope, payload []byte, o Options) (*proved, []Code) {
	keys, err := p.introduced()
	if err != nil {
		return nil, []Code{KeysOdd}
	}
	said, ok := p.Leaf.about("seal", payload)
	if !ok {
		return nil, []Code{LeafOther}
	}
	entry := said.Time
	got := &proved{status: p.Status, asked: p.asked && p.Status != nil && p.Status.State != "", logged: Logged{Index: p.Leaf.Index, Time: entry}}
	if why := p.logged(got, keys, o); why != "" {
		return nil, []Code{why}
	}
	if len(p.Artefacts) > 0 {
		if sum := together(p.Artefacts); sum == "" || sum != said.Body["artefacts"] {
			return nil, []Code{ListOther}
		}
		got.artefacts = p.Artefacts
	}
	if why := p.recalled(got, payload); why != "" {
		return nil, []Code{why}
	}
	signers, why := signedBy(e, payload, keys, entry)
	if len(signers) == 0 {
		return nil, []Code{why}
	}
	if why := p.countersigned(got, payload, keys); why != "" {
		return nil, []Code{why}
	}
	for _, k := range signers {
		got.logged.SignedBy = append(got.logged.SignedBy, k.ID)
	}
	if s, err := statement.Parse(payload); err != nil || entry.Before(s.Predicate.SealedAt.Truncate(time.Microsecond)) { // the log counts no finer
		return nil, []Code{TimeOrder}
	}
	got.roots = p.roots()
	if !p.trusted && !p.hangsOn(o.Trust) {
		return nil, []Code{KeysNotTrusted}
	}
	return got, nil
}

// roots are the keys that nobody else introduces.
func (p *Proof) roots() []string {
	var all []string
	for _, k := range p.Keys {
		if (k.Purpose == purposeStatement || k.Purpose == purposeCheckpoint) && k.By == k.ID && !slices.Contains(all, k.ID) {
			all = append(all, k.ID)
		}
	}
	return all
}

// hangsOn reports whether every key that introduces itself is one that is trusted.
func (p *Proof) hangsOn(trust []string) bool {
	roots := p.roots()
	return len(roots) > 0 && !slices.ContainsFunc(roots, func(id string) bool { return !slices.Contains(trust, id) })
}

// introduced are the keys, each checked against the one that introduces it. A key may
// introduce itself where there is none of its purpose before it that still counts.
func (p *Proof) introduced() ([]Key, error) {
	if len(p.Keys) > mostKeys {
		return nil, errDamaged
	}
	last := map[string]Key{}
	seen := map[string]bool{}
	for _, k := range p.Keys {
		by, ok := last[k.Purpose]
		if !ok || by.Revoked != nil && by.Revoked.Leaf < k.Leaf && k.By == k.ID {
			by = k
		}
		if err := k.introducedBy(by); err != nil || seen[k.ID] {
			return nil, errors.Join(errDamaged, err)
		}
		last[k.Purpose], seen[k.ID] = k, true
	}
	return p.Keys, nil
}

func (k Key) introducedBy(by Key) error {
	if len(k.Public) != ed25519.PublicKeySize || len(by.Public) != ed25519.PublicKeySize {
		return errDamaged
	}
	var said Key
	if err := json.Unmarshal(k.Payload, &said); err != nil {
		return err
	}
	same := said.Purpose == k.Purpose && said.ID == k.ID && bytes.Equal(said.Public, k.Public) && said.From.Equal(k.From) && said.Until.Equal(k.Until) && said.By == k.By
	if !same || keyID(k.Public) != k.ID || k.By != by.ID || by.Purpose != k.Purpose || !ed25519.Verify(by.Public, dsse.PAE(handedOver, k.Payload), k.Signature) {
		return errDamaged
	}
	return nil
}

// keyID names a public key: the SHA-256 of its SubjectPublicKeyInfo (RFC 8410).
func keyID(public []byte) string {
	der, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(public))
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// said is what an entry of the log says.
type said struct {
	Kind string            `json:"kind"`
	Time time.Time         `json:"time"`
	Body map[string]string `json:"body"`
}

// about is what a leaf says, if it is of that kind and about the statement.
func (l Leaf) about(kind string, payload []byte) (s said, ok bool) {
	err := json.Unmarshal(l.Body, &s)
	return s, err == nil && s.Kind == kind && s.Body["statement"] == statement.Of(payload).SHA256
}

// recalled takes up that the log has a recall, where the proof brings it along: then it
// needs nobody's word. Entries of that kind whose reason is not one of the two sides say
// that something above the version changed.
func (p *Proof) recalled(got *proved, payload []byte) Code {
	if p.Recall == nil {
		return ""
	}
	said, ok := p.Recall.about("recall", payload)
	if by := said.Body["reason"]; !ok || by != "developer" && by != "platform" {
		return LeafOther
	}
	if !got.covers(p.Recall.Leaf, p.Recall.Inclusion) {
		return NotIncluded
	}
	status := Status{State: Recalled, Since: said.Time.UTC().Format(time.RFC3339), proved: true}
	if p.Status != nil && p.Status.State == Recalled {
		status.Reason = p.Status.Reason
	}
	got.status = &status
	return ""
}

// signedBy are the keys that signed an envelope and counted when it was logged, or why
// there are none. Keys are for stamps: one of another purpose does not count.
func signedBy(e envelope, payload []byte, keys []Key, logged time.Time) ([]Key, Code) {
	message := dsse.PAE(e.PayloadType, payload)
	why := SignatureBad
	var all []Key
	for _, s := range e.Signatures {
		i := slices.IndexFunc(keys, func(k Key) bool { return k.ID == s.KeyID })
		if i < 0 || !ed25519.Verify(keys[i].Public, message, s.Sig) {
			continue
		}
		switch k := keys[i]; {
		case k.Purpose != purposeStatement:
			why = KeyPurpose
		case logged.Before(k.From) || !logged.Before(k.Until):
			why = KeyTime
		case k.Revoked != nil && logged.After(k.Revoked.Compromised):
			why = KeyRevoked
		default:
			all = append(all, k)
		}
	}
	return all, why
}

// logged checks that the log has the leaf. It returns why not.
func (p *Proof) logged(got *proved, keys []Key, o Options) Code {
	text, _, ok := strings.Cut(p.Checkpoint, "\n\n")
	lines := strings.Split(text, "\n")
	if !ok || len(lines) < 3 {
		return CheckpointBad
	}
	got.logged.Log = lines[0]
	size, err := strconv.ParseInt(lines[1], 10, 64)
	root, err2 := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || err2 != nil || len(root) != tlog.HashSize || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return CheckpointBad
	}
	got.logged.Size = size
	if why := p.signatures(got, keys, o); why != "" {
		return why
	}
	got.root = tlog.Hash(root)
	if !got.covers(p.Leaf, p.Inclusion) {
		return NotIncluded
	}
	return ""
}

// covers reports whether the log has a leaf (RFC 9162, 2.1.3).
func (g *proved) covers(l Leaf, inclusion [][]byte) bool {
	proof := make(tlog.RecordProof, len(inclusion))
	for i, h := range inclusion {
		if len(h) != tlog.HashSize {
			return false
		}
		proof[i] = tlog.Hash(h)
	}
	return l.Index >= 0 && l.Index < g.logged.Size && tlog.CheckRecord(proof, g.logged.Size, g.root, l.Index, tlog.RecordHash(l.Body)) == nil
}

// signatures checks those of the log and of witnesses. A key of the log that was
// revoked counts where a witness saw the checkpoint before it was compromised; a
// witness whom nobody vouches for is not listened to.
func (p *Proof) signatures(got *proved, keys []Key, o Options) Code {
	var verifiers []note.Verifier
	byHash := map[uint32]Key{}
	for _, k := range keys {
		if k.Purpose != purposeCheckpoint {
			continue
		}
		text, err := note.NewEd25519VerifierKey(got.logged.Log, k.Public)
		if err != nil {
			continue
		}
		v, err := note.NewVerifier(text)
		if err != nil {
			continue
		}
		if _, twice := byHash[v.KeyHash()]; twice {
			continue
		}
		verifiers, byHash[v.KeyHash()] = append(verifiers, v), k
	}
	of := map[string]*cosigner{}
	for _, w := range p.Witnesses {
		if c := newCosigner(w); c != nil && (p.trusted || slices.Contains(o.Trust, c.id)) && of[w.Name] == nil && w.Name != got.logged.Log {
			of[w.Name] = c
			verifiers = append(verifiers, c)
		}
	}
	n, err := note.Open([]byte(p.Checkpoint), note.VerifierList(verifiers...))
	if err != nil {
		var bad *note.InvalidSignatureError
		if errors.As(err, &bad) && of[bad.Name] != nil {
			return CosignatureBad
		}
		return CheckpointBad
	}
	for _, s := range n.Sigs {
		if c := of[s.Name]; c != nil {
			got.logged.Witnesses = append(got.logged.Witnesses, s.Name)
			if got.logged.Cosigned.IsZero() || c.at.Before(got.logged.Cosigned) {
				got.logged.Cosigned = c.at
			}
		}
	}
	why := CheckpointBad
	for _, s := range n.Sigs {
		k, ok := byHash[s.Hash]
		if !ok || s.Name != got.logged.Log {
			continue
		}
		switch cosigned := got.logged.Cosigned; {
		case k.Revoked != nil && (cosigned.IsZero() || cosigned.After(k.Revoked.Compromised)):
			why = KeyRevoked
		case !got.logged.Time.Before(k.Until):
			why = KeyTime
		default:
			return ""
		}
	}
	return why
}

// cosigner checks cosignatures of a witness (C2SP tlog-cosignature, cosignature/v1).
type cosigner struct {
	w    Witness
	hash uint32
	id   string    // as of a Key
	at   time.Time // what the signature that was checked says
}

func newCosigner(w Witness) *cosigner {
	if len(w.Public) != ed25519.PublicKeySize || w.Name == "" || strings.ContainsAny(w.Name, " +\n") {
		return nil
	}
	sum := sha256.Sum256(append([]byte(w.Name+"\n\x04"), w.Public...))
	return &cosigner{w: w, hash: binary.BigEndian.Uint32(sum[:]), id: keyID(w.Public)}
}

func (c *cosigner) Name() string    { return c.w.Name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

func (c *cosigner) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	if at > 1<<40 || !ed25519.Verify(c.w.Public, append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", at), text...), sig[8:]) {
		return false
	}
	c.at = time.Unix(int64(at), 0).UTC()
	return true
}
