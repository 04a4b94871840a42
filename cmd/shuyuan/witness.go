package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"shuyuan/internal/signing"
	"shuyuan/internal/transparency"
	"shuyuan/internal/transparency/witness"
	"shuyuan/marketplace/provenance/verify"
)

// witnessing is `shuyuan witness`: it needs nothing of an installation, and is run
// by somebody else on another machine.
func witnessing(ctx context.Context, c *call) error {
	c.flags = flag.NewFlagSet(c.command.name, flag.ContinueOnError)
	c.flags.SetOutput(c.err)
	c.flags.Usage = func() { fmt.Fprintf(c.err, "usage: shuyuan %s %s\n", c.command.name, c.command.args) }
	portal := c.flags.String("log", "", "address of the portal whose log is watched")
	keyFile := c.flags.String("key", "", "file with the key of the witness; made where there is none")
	name := c.flags.String("name", "witness", "name of the witness, for a key that is made")
	state := c.flags.String("state", "", "file in which the witness remembers what it saw")
	listen := c.flags.String("listen", "", "address at which the log asks for signatures (C2SP tlog-witness)")
	trust := c.flags.String("trust", "", "key of the log, as /api/v1/log/keys calls its verifier; without it the first one that is published is trusted")
	every := c.flags.Duration("every", 10*time.Second, "how often the log is looked at")
	once := c.flags.Bool("once", false, "look once and end: exit 1 where the log does not continue what was seen")
	if err := c.parse(); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if *portal == "" || *keyFile == "" || *state == "" || *every < time.Second || c.flags.NArg() > 0 {
		return c.usage()
	}
	signer, vkey, err := witnessKey(*keyFile, *name)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "witness %s\n", vkey)
	if known, err := transparency.NewWitness(vkey, nil); err == nil {
		fmt.Fprintf(c.out, "for shuyuan verify --trust: %s\n", signing.ID(known.Public()))
	}
	w, err := witness.Open(*state, signer)
	if err != nil {
		return err
	}
	if *trust != "" {
		origin, _, _ := strings.Cut(*trust, "+")
		if err := w.Trust(origin, *trust); err != nil {
			return err
		}
	}
	base := strings.TrimSuffix(*portal, "/") + "/api/v1/log"
	read := witness.Over(&http.Client{Timeout: 30 * time.Second})
	if *once {
		if err := w.Watch(ctx, read, base); err != nil {
			return err
		}
		for _, origin := range w.Origins() {
			s, _ := w.Seen(origin)
			fmt.Fprintf(c.out, "%s: %d leaves, root %s\n", origin, s.Size, s.Root)
		}
		return nil
	}
	log := slog.New(slog.NewJSONHandler(c.err, nil))
	ended := make(chan error, 1)
	if *listen != "" {
		l, err := net.Listen("tcp", *listen)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "listening on %s\n", l.Addr())
		server := &http.Server{Handler: w.Handler(), ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
		go func() { ended <- server.Serve(l) }()
		defer server.Close()
	}
	tick := time.NewTicker(*every)
	defer tick.Stop()
	for {
		if err := w.Watch(ctx, read, base); err != nil && ctx.Err() == nil {
			log.LogAttrs(ctx, slog.LevelError, "the log was not signed", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-ended:
			return err
		case <-tick.C:
		}
	}
}

// witnessKey reads the key of a witness, or makes it. vkey is its public half, for
// SHUYUAN_WITNESSES.
func witnessKey(file, name string) (signer note.Signer, vkey string, err error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		var secret string
		if secret, vkey, err = note.GenerateKey(rand.Reader, name); err != nil {
			return nil, "", err
		}
		if vkey, err = fnote.VKeyToCosignatureV1(vkey); err != nil {
			return nil, "", err
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return nil, "", err
		}
		b = []byte(secret + "\n" + vkey + "\n")
		err = os.WriteFile(file, b, 0o600)
	}
	if err != nil {
		return nil, "", err
	}
	secret, public, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	s, err := fnote.NewSignerForCosignatureV1(secret)
	if err != nil {
		return nil, "", fmt.Errorf("%s holds no key of a witness: %w", file, err)
	}
	return s, strings.TrimSpace(public), nil
}

// witnesses are those of SHUYUAN_WITNESSES: a key and an address each, between
// them commas.
func witnesses(list string) ([]*transparency.Witness, error) {
	var out []*transparency.Witness
	client := &http.Client{Timeout: 10 * time.Second}
	for pair := range strings.SplitSeq(list, ",") {
		words := strings.Fields(pair)
		if len(words) == 0 {
			continue
		}
		if len(words) != 2 {
			return nil, fmt.Errorf("SHUYUAN_WITNESSES: %q is not a key and an address", strings.TrimSpace(pair))
		}
		w, err := transparency.NewWitness(words[0], poster(client, strings.TrimSuffix(words[1], "/")+"/add-checkpoint"))
		if err != nil {
			return nil, fmt.Errorf("SHUYUAN_WITNESSES: %w", err)
		}
		out = append(out, w)
	}
	return out, nil
}

// witnessKeys are the keys of those of SHUYUAN_WITNESSES, as proofs bring them along.
func witnessKeys(list string) ([]verify.Witness, error) {
	by, err := witnesses(list)
	if err != nil {
		return nil, err
	}
	var all []verify.Witness
	for _, w := range by {
		all = append(all, verify.Witness{Name: w.Name(), Public: w.Public()})
	}
	return all, nil
}

func poster(client *http.Client, address string) transparency.Post {
	return func(ctx context.Context, request []byte) (int, []byte, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(request))
		if err != nil {
			return 0, nil, err
		}
		resp, err := client.Do(req)
		if err != nil {
			return 0, nil, err
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		return resp.StatusCode, answer, err
	}
}
