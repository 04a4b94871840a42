package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"shuyuan/internal/policy"
	"shuyuan/internal/signing"
	"shuyuan/internal/signing/register"
)

// keysCommand is `shuyuan keys`: the list of signing keys, and its changes, each of
// which is a leaf of the log.
func keysCommand(ctx context.Context, c *call) error {
	var since, reason *string
	own := func(f *flag.FlagSet) {
		since = f.String("since", "", "time from which the key counts no more (RFC 3339)")
		reason = f.String("reason", "", "compromised, lost or retired")
	}
	return c.with(ctx, own, func(in *installation) error {
		words := append(c.flags.Args(), "", "")
		what, which := words[0], words[1]
		if what != "list" && (what != "rotate" && what != "revoke" || which == "") || len(words) > 4 || (what == "revoke") != (*since != "" && *reason != "") {
			return c.usage()
		}
		if err := in.migrate(ctx); err != nil {
			return err
		}
		list := register.New(in.pool, nil)
		switch what {
		case "rotate":
			if err := in.rotate(ctx, signing.Purpose(which)); err != nil {
				return err
			}
		case "revoke":
			at, err := time.Parse(time.RFC3339, *since)
			if err != nil {
				return c.usage()
			}
			if err := list.Revoke(ctx, which, at, signing.Reason(*reason)); err != nil {
				return err
			}
		}
		keys, err := list.List(ctx)
		if err != nil {
			return err
		}
		for _, k := range keys {
			fmt.Fprintf(c.out, "%s  %-11s  %s to %s", k.ID, k.Purpose, k.From.UTC().Format(time.RFC3339), k.Until.UTC().Format(time.RFC3339))
			if k.Revoked != nil {
				fmt.Fprintf(c.out, "  %s since %s", k.Revoked.Reason, k.Revoked.Compromised.UTC().Format(time.RFC3339))
			}
			fmt.Fprintln(c.out)
		}
		return nil
	})
}

// rotate makes the next key of a purpose, or has the running server do it, which
// alone signs.
func (in *installation) rotate(ctx context.Context, purpose signing.Purpose) error {
	if in.guest() {
		return in.order(ctx, http.MethodPost, "/orders/rotate?purpose="+url.QueryEscape(string(purpose)), nil)
	}
	book, err := policy.Load(policy.Files)
	if err != nil {
		return err
	}
	public, err := in.openLog(book, time.Now)
	if err != nil {
		return err
	}
	_, err = public.keys.Rotate(ctx, purpose)
	return err
}

// rotateOrdered is the order of a command on the same data folder.
func (s *server) rotateOrdered(w http.ResponseWriter, r *http.Request) {
	if _, err := s.public.keys.Rotate(r.Context(), signing.Purpose(r.URL.Query().Get("purpose"))); err != nil {
		http.Error(w, inEnglish(err).Error(), http.StatusUnprocessableEntity)
	}
}
