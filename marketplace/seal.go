package marketplace

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/signing"
	"shuyuan/internal/transparency"
	"shuyuan/internal/transparency/wire"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
)

// MoveVersion makes one move of a version.
func (s *Service) MoveVersion(ctx context.Context, who account.Actor, product, number string, step Step) (*Version, error) {
	words, err := prose("reason", step.Words)
	if err != nil {
		return nil, err
	}
	switch VersionAction(step.Action) {
	case Check:
		return s.check(ctx, who, product, number, step.Revision)
	case Seal:
		return s.seal(ctx, who, product, number, step.Revision)
	case Recall:
		return s.recall(ctx, who, product, number, step.Revision, words)
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Version, error) {
		p, v, err := s.moving(ctx, tx, who, product, number, step.Revision, VersionAction(step.Action))
		if err != nil {
			return v, err
		}
		v.words = words
		if VersionAction(step.Action) == Publish && v.State == Sealed { // much may have happened since the seal
			if why, err := s.noLongerValid(ctx, tx, v); err != nil {
				return v, err
			} else if why != nil {
				return v, fault.New(fault.Conflict, why.Sentence, why.Args...)
			}
			if err := s.signedEnough(v); err != nil {
				return v, err
			}
			if err := s.certifiedAnew(ctx, tx, p, v); err != nil {
				return v, err
			}
		}
		return v, s.moveVersion(ctx, tx, who, p, v, VersionAction(step.Action))
	})
}

// moving is a version that who is about to move, held with its product.
func (s *Service) moving(ctx context.Context, tx pgx.Tx, who account.Actor, product, number string, revision int, a VersionAction) (*Product, *Version, error) {
	p, party, err := s.one(ctx, tx, who, product, true)
	if err != nil {
		return nil, nil, err
	}
	v, err := s.version(ctx, tx, p, number)
	if err != nil {
		return p, nil, err
	}
	if !party.does(a) {
		return p, v, errNotYours()
	}
	if v.Revision != revision {
		return p, v, errMoved()
	}
	return p, v, nil
}

// moveVersion makes one move of a version and writes it down.
func (s *Service) moveVersion(ctx context.Context, tx pgx.Tx, who account.Actor, p *Product, v *Version, a VersionAction) (err error) {
	if v.State, err = versions.Next(v.State, a, who, v); err != nil {
		return err
	}
	v.StateAt = s.instant()
	if a == Reopen {
		v.facts, v.Built = "", nil
	}
	if err := saveVersion(ctx, tx, v); err != nil {
		return err
	}
	return s.versionHappened(ctx, tx, who, p, v, a, v.side, v.words)
}

// check recomputes every content of a version from its bytes, and has the records
// explain every input. What they say is kept: sealing asks again.
func (s *Service) check(ctx context.Context, who account.Actor, product, number string, revision int) (*Version, error) {
	p, _, err := s.one(ctx, s.pool, who, product, false)
	if err != nil {
		return nil, err
	}
	v, err := s.version(ctx, s.pool, p, number)
	if err != nil {
		return nil, err
	}
	if err := s.recompute(ctx, v); err != nil {
		return v, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Version, error) {
		p, v, err := s.moving(ctx, tx, who, product, number, revision, Check)
		if err != nil {
			return v, err
		}
		w, err := s.walk(ctx, tx, who, p, v, s.instant())
		if err != nil {
			return v, err
		}
		if len(w.stops) > 0 {
			return v, w.stops[0]
		}
		built := w.statement.Predicate.BuiltAt
		v.Built, v.facts = &built, w.facts
		return v, s.moveVersion(ctx, tx, who, p, v, Check)
	})
}

// recompute works out the digest of every content anew: of a table from the file that
// holds it, of a released result from what left the workspace too, of bytes from the
// bytes.
func (s *Service) recompute(ctx context.Context, v *Version) error {
	for i := range v.Contents {
		c := &v.Contents[i]
		var now string
		switch c.Form {
		case statement.Table:
			subject, _, err := stamp.Describe(ctx, c.Name, s.table(c))
			if err != nil {
				return err
			}
			now = subject.Digest.SHA256
		default:
			info, err := blob.Verify(ctx, s.Store, blob.Digest(c.object))
			if err != nil {
				return err
			}
			now = string(info.Digest)
		}
		if now == c.Digest && c.release != 0 {
			left, err := s.left(ctx, s.pool, c.release)
			if err != nil {
				return err
			}
			if now, err = left.digest(); err != nil {
				return err
			}
		}
		if now != c.Digest {
			return fault.New(fault.Conflict, "内容“%s”和登记的摘要不一致，不能封存。", c.Name)
		}
	}
	return nil
}

// sealed is a version on its way to be sealed: signed and stamped, and not written.
type sealed struct {
	payload  []byte
	envelope []byte
	key      string
	files    []stampedFile
}

type stampedFile struct {
	content int64
	info    blob.Info
	Artefact
}

// seal freezes a version. Outside a transaction: every content is recomputed, the
// statement made and signed, every file stamped and put into the store. Then, in one:
// the records are asked again and must say just the same, and statement, envelope,
// leaf of the log, sources and files are written together (I-13). What fails leaves
// nothing behind but objects that nothing refers to, which the sweep takes.
func (s *Service) seal(ctx context.Context, who account.Actor, product, number string, revision int) (*Version, error) {
	if err := s.Accounts.RequireFresh(who); err != nil {
		return nil, err
	}
	if s.Rows == nil || s.Signer == nil {
		return nil, fault.New(fault.Unavailable, "这里现在不能封存，请稍后再试。")
	}
	p, party, err := s.one(ctx, s.pool, who, product, false)
	if err != nil {
		return nil, err
	}
	v, err := s.version(ctx, s.pool, p, number)
	switch {
	case err != nil:
		return nil, err
	case !party.does(Seal):
		return v, errNotYours()
	case v.Revision != revision:
		return v, errMoved()
	case v.State != Checked:
		return v, fault.New(fault.Conflict, "现在的状态不能这样做，请刷新页面看看有什么变化。")
	}
	if err := s.recompute(ctx, v); err != nil {
		return v, err
	}
	at := s.instant()
	w, err := s.walk(ctx, s.pool, who, p, v, at)
	if err != nil {
		return v, err
	}
	if err := w.stopped(v); err != nil {
		return v, err
	}
	made, err := s.stampAll(ctx, v, w.statement)
	if err != nil {
		return v, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Version, error) {
		p, v, err := s.moving(ctx, tx, who, product, number, revision, Seal)
		if err != nil {
			return v, err
		}
		again, err := s.walk(ctx, tx, who, p, v, at)
		if err != nil {
			return v, err
		}
		if err := again.stopped(v); err != nil {
			return v, err
		}
		same, err := again.statement.Payload()
		if err != nil {
			return v, err
		}
		if !bytes.Equal(same, made.payload) {
			return v, errChanged()
		}
		return v, s.write(ctx, tx, who, p, v, again, made)
	})
}

func errChanged() error {
	return fault.New(fault.Conflict, "检查以后，上游的记录变了，不能封存：请退回修改，看过再检查。")
}

// stopped is why a version that was checked is not sealed; nil where nothing is in the
// way and the records say what they said then.
func (w *walked) stopped(v *Version) error {
	if len(w.stops) > 0 {
		return w.stops[0]
	}
	if w.facts != v.facts {
		return errChanged()
	}
	return nil
}

// purpose signs with the key for statements.
type purpose struct{ signing.Signer }

func (p purpose) Sign(ctx context.Context, message []byte) (string, []byte, error) {
	return p.Signer.Sign(ctx, signing.Statement, message)
}

// stampAll signs a statement and puts the stamped files of a version into the store.
func (s *Service) stampAll(ctx context.Context, v *Version, st *statement.Statement) (*sealed, error) {
	envelope, err := stamp.Seal(ctx, st, purpose{s.Signer})
	if err != nil {
		return nil, err
	}
	out := &sealed{key: envelope.Signatures[0].KeyID}
	if out.payload, err = envelope.DecodeB64Payload(); err != nil {
		return nil, err
	}
	if out.envelope, err = json.Marshal(envelope); err != nil {
		return nil, err
	}
	for i := range v.Contents {
		c := &v.Contents[i]
		of, err := stamp.Open(envelope, i)
		if err != nil {
			return nil, err
		}
		for _, f := range v.forms(c) {
			one, err := s.stampOne(ctx, of, c, f)
			if err != nil {
				return nil, fmt.Errorf("stamp %s as %s: %w", v.Full(), f, err)
			}
			one.Name = v.Full() + "-" + c.Name + suffix[f]
			out.files = append(out.files, *one)
		}
	}
	return out, nil
}

// suffix and media are how files of the forms are called and given out.
var suffix = map[Form]string{stamp.CSV: ".csv.zip", stamp.JSON: ".json", stamp.NDJSON: ".ndjson.zip", stamp.NDJSON1: ".ndjson", stamp.XLSX: ".xlsx", stamp.Parquet: ".parquet", stamp.GeoJSON: ".geojson", stamp.PDF: ".pdf", stamp.Bytes: ".zip"}

var media = map[Form]string{
	stamp.CSV: "application/zip", stamp.JSON: "application/json", stamp.NDJSON: "application/zip", stamp.NDJSON1: "application/x-ndjson", stamp.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	stamp.Parquet: "application/vnd.apache.parquet", stamp.GeoJSON: "application/geo+json", stamp.PDF: "application/pdf", stamp.Bytes: "application/zip",
}

// stampOne writes a content in a form, with its stamp, into the store.
func (s *Service) stampOne(ctx context.Context, st stamp.Stamp, c *Content, f Form) (*stampedFile, error) {
	r, w := io.Pipe()
	go func() {
		if c.Form == statement.Table {
			w.CloseWithError(stamp.Write(ctx, w, f, s.table(c), st))
			return
		}
		body, err := s.Store.Open(ctx, blob.Digest(c.object))
		if err == nil {
			err = errors.Join(stamp.WriteBytes(ctx, w, f, c.File, body, st), body.Close())
		}
		w.CloseWithError(err)
	}()
	info, err := s.Store.Put(ctx, r, 0)
	r.CloseWithError(errors.Join(err, io.ErrClosedPipe)) // whoever writes stops
	if err != nil {
		return nil, err
	}
	return &stampedFile{content: c.ID, info: info, Artefact: Artefact{Form: f, Media: media[f], SHA256: string(info.Digest), Bytes: info.Bytes}}, nil
}

// write writes a seal with all that belongs to it.
func (s *Service) write(ctx context.Context, tx pgx.Tx, who account.Actor, p *Product, v *Version, w *walked, made *sealed) error {
	digest := statement.Of(made.payload).SHA256
	leaf, err := transparency.Append(ctx, tx, transparency.Leaf{Kind: wire.Seal, Body: leafOf(v, digest, made)})
	if err != nil {
		return err
	}
	d := &w.statement.Predicate
	v.Seal = &Sealing{Digest: digest, Key: made.key, Leaf: leaf, Built: d.BuiltAt, At: d.SealedAt, By: who.Name, Statement: w.statement, payload: made.payload, envelope: made.envelope}
	if err := insertSeal(ctx, tx, v, who.ID); err != nil {
		if database.Taken(err) {
			return errMoved()
		}
		return err
	}
	if err := insertMarks(ctx, tx, v.ID, verify.Digests(w.statement, made.payload)); err != nil {
		return err
	}
	if err := insertSources(ctx, tx, v.ID, w.sources); err != nil {
		return err
	}
	for i := range made.files {
		f := &made.files[i]
		if err := s.keepObject(ctx, tx, f.info); err != nil {
			return err
		}
		if err := insertArtefact(ctx, tx, v.ID, f); err != nil {
			return err
		}
		v.Artefacts = append(v.Artefacts, f.Artefact)
	}
	return s.moveVersion(ctx, tx, who, p, v, Seal)
}

// leafOf is what the log says of a seal: numbers and digests, and nobody's name
// (I-41).
func leafOf(v *Version, digest string, made *sealed) map[string]string {
	var contents, files []string
	for i := range v.Contents {
		contents = append(contents, v.Contents[i].Digest)
	}
	for _, f := range made.files {
		files = append(files, fmt.Sprintf("%s %s", f.Form, f.SHA256))
	}
	body := map[string]string{"statement": digest, "product": v.Product, "version": v.Number, "key": made.key, "content": together(contents), "artefacts": together(files)}
	if v.Supersedes != "" {
		body["supersedes"] = v.Supersedes
	}
	return body
}

// together is the one digest there is, or the SHA-256 of the sorted lines of several.
func together(all []string) string {
	if len(all) == 1 && len(all[0]) == 64 {
		return all[0]
	}
	sort.Strings(all)
	return statement.Of([]byte(strings.Join(all, "\n") + "\n")).SHA256
}
