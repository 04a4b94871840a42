package witness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"shuyuan/internal/signing"
	"shuyuan/internal/transparency/wire"
)

// requestMost is how long a request of a log may be, and an answer of one.
const requestMost = 1 << 20

// Handler answers POST /add-checkpoint (C2SP tlog-witness), and GET
// /checkpoint?origin= with the last checkpoint of a log and our signature.
func (w *Witness) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", w.addCheckpoint)
	mux.HandleFunc("GET /checkpoint", func(out http.ResponseWriter, r *http.Request) {
		s, ok := w.Seen(r.URL.Query().Get("origin"))
		if !ok || s.Note == "" {
			http.NotFound(out, r)
			return
		}
		out.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(out, s.Note) // whoever asked has gone
	})
	return mux
}

func (w *Witness) addCheckpoint(out http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(out, r.Body, requestMost))
	if err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	a, err := wire.ParseAddCheckpoint(body)
	if err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	line, err := w.Add(a)
	var conflict *Conflict
	switch {
	case err == nil:
		out.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = out.Write(line)
	case errors.As(err, &conflict):
		out.Header().Set("Content-Type", "text/x.tlog.size")
		out.WriteHeader(http.StatusConflict)
		_, _ = fmt.Fprintf(out, "%d\n", conflict.Seen.Size)
	case errors.Is(err, ErrUnknown):
		http.Error(out, err.Error(), http.StatusNotFound)
	case errors.Is(err, ErrSignature), errors.Is(err, ErrRevoked):
		http.Error(out, err.Error(), http.StatusForbidden)
	case errors.Is(err, ErrProof):
		http.Error(out, ErrProof.Error(), http.StatusUnprocessableEntity)
	case errors.Is(err, ErrMalformed):
		http.Error(out, err.Error(), http.StatusBadRequest)
	default:
		http.Error(out, "the witness cannot remember it now", http.StatusInternalServerError)
	}
}

// Reader fetches an address of a log.
type Reader func(ctx context.Context, address string) ([]byte, error)

// Over reads by HTTP.
func Over(client *http.Client) Reader {
	return func(ctx context.Context, address string) ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, fmt.Errorf("witness: %w", err)
		}
		resp, err := client.Do(req)
		if err != nil {
			return nil, fmt.Errorf("witness: %w", err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("witness: %s answers %s", address, resp.Status)
		}
		return io.ReadAll(io.LimitReader(resp.Body, requestMost))
	}
}

// Watch looks by itself at the log whose addresses begin with base, as
// https://data.example/api/v1/log: it fetches the newest checkpoint with a proof
// and adds it. The keys of a log that it has never seen it takes as they are
// published; a later key it trusts if one that it trusts introduced it, and one that is
// published as revoked it trusts no more.
func (w *Witness) Watch(ctx context.Context, read Reader, base string) error {
	signed, err := read(ctx, base+"/checkpoint")
	if err != nil {
		return err
	}
	origin, tree, err := wire.ParseCheckpoint(signed)
	if err != nil {
		return ErrMalformed
	}
	seen, known := w.Seen(origin)
	if !known {
		if others := w.Origins(); len(others) > 0 {
			return fmt.Errorf("witness: %s was the log %s, and says that it is %s now", base, others[0], origin)
		}
	}
	if err := w.follow(ctx, read, base, origin, seen); err != nil {
		return err
	}
	seen, _ = w.Seen(origin)
	if seen.Size == tree.Size && seen.Root == tree.Root {
		return nil
	}
	a := wire.AddCheckpoint{Old: seen.Size, Note: signed}
	if seen.Size > 0 && seen.Size < tree.Size {
		b, err := read(ctx, fmt.Sprintf("%s/proof/consistency?from=%d&to=%d", base, seen.Size, tree.Size))
		if err != nil {
			return err
		}
		var p struct{ Proof []tlog.Hash }
		if err := json.Unmarshal(b, &p); err != nil {
			return ErrMalformed
		}
		a.Proof = p.Proof
	}
	_, err = w.Add(a)
	return err
}

// published is a key as /keys has it.
type published struct {
	ID        string    `json:"id"`
	Purpose   string    `json:"purpose"`
	Public    []byte    `json:"public"`
	Verifier  string    `json:"verifier"`
	From      time.Time `json:"valid_from"`
	Until     time.Time `json:"valid_until"`
	By        string    `json:"introduced_by"`
	Payload   []byte    `json:"payload"`
	Signature []byte    `json:"signature"`
	Leaf      int64     `json:"leaf"`
	Revoked   string    `json:"compromised_at"`
	Ended     int64     `json:"revocation_leaf"`
}

// follow trusts the keys of checkpoints that the log publishes: all where none is
// trusted yet, otherwise those that a trusted one introduced before it was revoked.
func (w *Witness) follow(ctx context.Context, read Reader, base, origin string, seen Seen) error {
	b, err := read(ctx, base+"/keys")
	if err != nil {
		return err
	}
	var list struct{ Items []published }
	if err := json.Unmarshal(b, &list); err != nil {
		return ErrMalformed
	}
	first := len(seen.Keys) == 0
	var trusted, revoked []string
	var by []published
	for _, k := range list.Items {
		if k.Purpose != string(signing.Checkpoint) {
			continue
		}
		vkey, err := wire.VerifierKey(origin, k.Public)
		if err != nil || vkey != k.Verifier {
			return ErrSignature
		}
		if k.Revoked != "" {
			revoked = append(revoked, vkey)
		}
		introduced := slices.ContainsFunc(by, func(b published) bool {
			return (b.Revoked == "" || k.Leaf < b.Ended) && k.made().CheckedBy(b.made()) == nil
		})
		if (first || introduced || slices.Contains(seen.Keys, vkey)) && !slices.Contains(seen.Revoked, vkey) {
			trusted, by = append(trusted, vkey), append(by, k)
		}
	}
	if len(by) == 0 && len(seen.Revoked) == 0 {
		return ErrSignature
	}
	return w.learn(origin, trusted, revoked)
}

func (k published) made() signing.Made {
	return signing.Made{Purpose: signing.Checkpoint, ID: k.ID, Public: k.Public, From: k.From, Until: k.Until, Payload: k.Payload, By: k.By, Signature: k.Signature}
}
