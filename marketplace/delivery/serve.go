package delivery

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/blob"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/signing"
	"shuyuan/internal/signing/register"
	"shuyuan/marketplace"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/ordering"
	"shuyuan/marketplace/provenance/certificate"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
	openreceipts "shuyuan/marketplace/receipts"
)

// File is a stamped file of what was ordered.
type File struct {
	Name   string
	Form   string
	Media  string
	SHA256 string
	Bytes  int64
}

// Receipt is the signed receipt of one copy that was handed over.
type Receipt struct {
	Number   string
	Name     string // of the file
	SHA256   string
	Bytes    int64
	Salt     string // what opens the commitments in it; empty for whoever is not the buyer
	Digest   string // of the statement
	Envelope []byte // DSSE, in JSON
	Payload  []byte
	Key      string // that signed
	ByName   string
	HandedAt time.Time
	Order    string
	Contract string

	id, delivery, version, by int64
}

// Part is what of a file a request asks for.
type Part struct {
	Request string // its id
	Range   string // as the header has it; empty: all of it
	Bytes   int64  // so many
}

// purpose signs with the key for statements.
type purpose struct{ signing.Signer }

func (p purpose) Sign(ctx context.Context, message []byte) (string, []byte, error) {
	return p.Signer.Sign(ctx, signing.Statement, message)
}

// found is a file of an order that somebody of its buyer may have now.
func (s *Service) found(ctx context.Context, q database.Querier, who account.Actor, order, name string) (*Serving, *File, error) {
	v, err := s.serving(ctx, q, order)
	if err != nil {
		return nil, nil, err
	}
	side, err := s.sideOf(ctx, q, who, v)
	if err != nil {
		return nil, nil, err
	}
	if side != ordering.OfBuyer {
		return nil, nil, errNotYours()
	}
	if v.Channel != offering.File {
		return nil, nil, fault.New(fault.Conflict, "这份订单不按文件交付。")
	}
	if err := s.MayServe(ctx, q, v); err != nil {
		return nil, nil, err
	}
	if v.ID == 0 {
		return nil, nil, fault.New(fault.Conflict, "正在开通，请过一会儿再试。")
	}
	files, err := selectFiles(ctx, q, v.version)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(files, func(f File) bool { return f.Name == name })
	if i < 0 {
		return nil, nil, fault.New(fault.NotFound, "没有这个文件。")
	}
	return v, &files[i], nil
}

// Look is a file that somebody of the buyer may have now; nothing is handed over.
func (s *Service) Look(ctx context.Context, who account.Actor, order, name string) (*File, error) {
	_, f, err := s.found(ctx, s.pool, who, order, name)
	return f, err
}

// Hand hands a file, or a part of it, to somebody of the buyer: it is asked whether it may
// be, the copy is taken from the quota, its receipt is signed and the range written down,
// all in one transaction, before a byte goes out. Within Rules.Again the same person goes
// on with the same copy, under its receipt.
func (s *Service) Hand(ctx context.Context, who account.Actor, order, name string, part Part) (*File, *Receipt, blob.Object, error) {
	if s.Signer == nil {
		return nil, nil, nil, fault.New(fault.Unavailable, "这里现在不能签发凭证，请稍后再试。")
	}
	type handed struct {
		file    *File
		receipt *Receipt
	}
	h, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (handed, error) {
		v, f, err := s.found(ctx, tx, who, order, name)
		if err != nil {
			return handed{}, err
		}
		if err := lockDelivery(ctx, tx, v.ID); err != nil {
			return handed{}, err
		}
		at := s.instant()
		before, err := selectReceipts(ctx, tx, `r.delivery_id = @id AND r.name = @name AND r.by_id = @by AND r.handed_at > @since`, pgx.NamedArgs{"id": v.ID, "name": name, "by": who.ID, "since": at.Add(-s.Rules.Again)})
		if err != nil {
			return handed{}, err
		}
		e := Event{Source: servedHere, ID: part.Request, Kind: Ranged, Bytes: part.Bytes, What: name, Part: part.Range, At: at}
		var r *Receipt
		if len(before) > 0 {
			r = &before[0]
		} else {
			if r, err = s.receipt(ctx, tx, v, f, who, at); err != nil {
				return handed{}, err
			}
			e.counts = 1
			if v.Metered() {
				e.Quantity = 1
			}
			if err := audit.Append(ctx, tx, who, "delivery", order, "copy", map[string]string{"receipt": r.Number, "digest": f.SHA256}); err != nil {
				return handed{}, err
			}
		}
		e.receipt = r.id
		return handed{f, r}, s.record(ctx, tx, who, v, &e)
	})
	if err != nil {
		return nil, nil, nil, err
	}
	body, err := s.Store.Open(ctx, blob.Digest(h.file.SHA256))
	return h.file, h.receipt, body, err
}

// receipt signs and keeps the receipt of a copy.
func (s *Service) receipt(ctx context.Context, tx pgx.Tx, v *Serving, f *File, who account.Actor, at time.Time) (*Receipt, error) {
	n, err := cases.Number(ctx, tx, "JF", at)
	if err != nil {
		return nil, err
	}
	said, err := statementOf(ctx, tx, v.version)
	if err != nil {
		return nil, err
	}
	r := &Receipt{Number: n, Name: f.Name, SHA256: f.SHA256, Bytes: f.Bytes, Salt: rand.Text(), ByName: who.Name, HandedAt: at, Order: v.Order, Contract: v.Contract, by: who.ID, version: v.version, delivery: v.ID}
	d := statement.NewDelivery(s.Base, f.Name, statement.Digest{SHA256: f.SHA256}, statement.Handed{
		Number: n, Product: v.Product, Version: v.Version, Title: v.Title, TitleEN: v.TitleEN, Statement: statement.Digest{SHA256: said}, Form: f.Form, Bytes: f.Bytes,
		Order: statement.Commit(r.Salt, v.Order), Contract: statement.Commit(r.Salt, v.Contract), Purpose: v.Purpose, From: v.From, Until: v.Until, HandedAt: at,
	})
	payload, err := d.Payload()
	if err != nil {
		return nil, err
	}
	made, err := certificate.Seal(ctx, payload, purpose{s.Signer})
	if err != nil {
		return nil, fault.New(fault.Unavailable, "这里现在不能签发凭证，请稍后再试。").Because(err)
	}
	r.Payload, r.Envelope, r.Digest, r.Key = made.Payload, made.Envelope, made.Digest, made.Key
	return r, insertReceipt(ctx, tx, v, r)
}

// ReceiptOf is the receipt of that number, for the sides of its order.
func (s *Service) ReceiptOf(ctx context.Context, who account.Actor, order, number string) (*Receipt, error) {
	v, err := s.serving(ctx, s.pool, order)
	if err != nil {
		return nil, err
	}
	side, err := s.sideOf(ctx, s.pool, who, v)
	if err != nil {
		return nil, err
	}
	found, err := selectReceipts(ctx, s.pool, `r.delivery_id = @id AND r.number = @number`, pgx.NamedArgs{"id": v.ID, "number": number})
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "没有这份交付凭证。")
	}
	if err != nil {
		return nil, err
	}
	if side != ordering.OfBuyer {
		found[0].Salt = ""
	}
	return &found[0], nil
}

// Issued implements marketplace.Handovers: what is known of a receipt whose statement has
// that digest. Whoever has the receipt has it, and nobody is told by the digest of a file
// to whom it went (I-41). nil: there is none.
func (s *Service) Issued(ctx context.Context, digest string) (*marketplace.Handover, error) {
	found, err := selectReceipts(ctx, s.pool, `r.digest = @digest`, pgx.NamedArgs{"digest": digest})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	r := &found[0]
	out := &marketplace.Handover{Envelope: r.Envelope, Key: r.Key, Verdict: verify.Valid}
	if out.Said, err = statement.ParseDelivery(r.Payload); err != nil {
		return nil, err
	}
	if out.Lapsed, err = s.Products.NoLongerValid(ctx, s.pool, r.version); err != nil {
		return nil, err
	}
	keys, err := register.List(ctx, s.pool)
	if err != nil {
		return nil, err
	}
	opened, err := certificate.Unseal(r.Envelope)
	if err != nil {
		return nil, err
	}
	switch err := keys.Verify(signing.Statement, opened.Key, signing.PAE(statement.PayloadType, opened.Payload), opened.Signature, r.HandedAt); {
	case errors.Is(err, signing.ErrRevoked):
		out.Lapsed = fault.New(fault.Gone, "签它的密钥在签发以前已经失效。")
	case err != nil:
		return nil, err
	}
	out.Proof = verify.Proof{Format: verify.ProofFormat, Envelope: json.RawMessage(r.Envelope), Keys: openreceipts.KeysOf(keys), Status: &verify.Status{State: verify.Active}}
	if out.Lapsed != nil {
		out.Verdict = verify.Lapsed
		out.Proof.Status = &verify.Status{State: verify.Withdrawn, Reason: out.Lapsed.Text()}
	}
	return out, nil
}

// Proof is all that proves a receipt without asking anybody.
func (s *Service) Proof(ctx context.Context, r *Receipt) (*verify.Proof, error) {
	h, err := s.Issued(ctx, r.Digest)
	if err == nil && h == nil {
		err = fault.New(fault.NotFound, "没有这份交付凭证。")
	}
	if err != nil {
		return nil, err
	}
	return &h.Proof, nil
}
