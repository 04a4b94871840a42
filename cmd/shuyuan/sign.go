package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"shuyuan/internal/signing"
	"shuyuan/marketplace"
	"shuyuan/marketplace/provenance/statement"
)

// mostSigned is how large what is signed may be.
const mostSigned = 16 << 20

// signCommand is `shuyuan sign`: the key of a developer, on a machine of theirs. It needs
// no installation and asks nobody, so that the private key goes nowhere.
func signCommand(_ context.Context, c *call) error {
	c.flags = flag.NewFlagSet(c.command.name, flag.ContinueOnError)
	c.flags.SetOutput(c.err)
	c.flags.Usage = func() { fmt.Fprintf(c.err, "usage: shuyuan %s %s\n", c.command.name, c.command.args) }
	file := c.flags.String("key", "", "file with the private key (PEM, PKCS #8), as openssl writes it too")
	makeNew := c.flags.Bool("new", false, "make the key; print its public half")
	public := c.flags.Bool("public", false, "print the public half of the key")
	if err := c.parse(); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	alone := *makeNew || *public
	if *file == "" || *makeNew && *public || alone != (c.flags.NArg() == 0) || c.flags.NArg() > 1 {
		return c.usage()
	}
	if *makeNew {
		if err := makeDeveloperKey(*file); err != nil {
			return err
		}
	}
	key, err := developerKey(*file)
	if err != nil {
		return err
	}
	if alone {
		der, err := x509.MarshalPKIXPublicKey(key.Public())
		if err != nil {
			return err
		}
		return pem.Encode(c.out, &pem.Block{Type: "PUBLIC KEY", Bytes: der})
	}
	message, err := readAtMost(c.flags.Arg(0), mostSigned)
	if err != nil {
		return err
	}
	if err := tellSigned(c.err, message); err != nil {
		return err
	}
	fmt.Fprintln(c.out, base64.StdEncoding.EncodeToString(ed25519.Sign(key, message)))
	return nil
}

// tellSigned says what somebody is about to sign, and refuses anything else than what a
// portal gives out for this: the key is for nothing else.
func tellSigned(w io.Writer, message []byte) error {
	kind, payload, err := signing.ParsePAE(message)
	if err != nil {
		return errors.New("this is nothing that a portal gives out to be signed")
	}
	switch kind {
	case signing.InToto:
		s, err := statement.Parse(payload)
		if err != nil {
			return err
		}
		d := s.Predicate
		fmt.Fprintf(w, "statement of %s %s %s, sealed %s\n", d.Product.ID, d.Product.Version, printable(d.Product.Title), d.SealedAt.UTC().Format("2006-01-02T15:04:05Z"))
		fmt.Fprintf(w, "developer %s %s\n", d.Product.Developer.USCC, printable(d.Product.Developer.Name))
		fmt.Fprintf(w, "%d contents, %d sources of public data, digest %s\n", len(s.Subject), len(d.Sources), statement.Of(payload).SHA256)
	case marketplace.DeveloperKeyType:
		var said struct{ Holder, Portal string }
		if err := json.Unmarshal(payload, &said); err != nil {
			return err
		}
		fmt.Fprintf(w, "this key signs for %s at %s\n", printable(said.Holder), printable(said.Portal))
	default:
		return fmt.Errorf("keys of developers do not sign %s", printable(kind))
	}
	return nil
}

func readAtMost(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("%s is too large", name)
	}
	return b, err
}

// makeDeveloperKey writes a new key, and over no file that is there.
func makeDeveloperKey(file string) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der}), f.Sync(), f.Close())
}

// developerKey reads a private key (RFC 8410, in PEM).
func developerKey(file string) (ed25519.PrivateKey, error) {
	b, err := readAtMost(file, 64<<10)
	if err != nil {
		return nil, err
	}
	wrong := fmt.Errorf("%s holds no private Ed25519 key in PEM (PKCS #8)", file)
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, wrong
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, wrong
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, wrong
	}
	return key, nil
}
