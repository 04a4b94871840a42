package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"shuyuan/marketplace/provenance/verify"
)

// Exit codes of `shuyuan verify`, beside 0 for what is genuine and valid, 1 for what
// could not be checked, and 2 for a wrong call.
var verdictCodes = map[verify.Verdict]int{verify.Lapsed: 3, verify.Unstamped: 4, verify.Altered: 5, verify.Unknown: 6}

// verdict ends `verify` with the exit code of what was said of the file.
type verdict struct{ of verify.Verdict }

func (v verdict) Error() string { return string(v.of) }

// verifyFile checks a stamped file. It needs no installation: whoever is handed a file
// must not have to trust the machine that it came from.
func verifyFile(ctx context.Context, c *call) error {
	var proof, portal, trust string
	var asJSON bool
	if _, err := c.setup(func(f *flag.FlagSet) {
		f.StringVar(&proof, "proof", "", "proof of the file (.proof.json)")
		f.StringVar(&portal, "portal", "", "address of the portal that is asked for proofs")
		f.StringVar(&trust, "trust", "", "names of trusted keys, with commas between, or a file with one a line")
		f.BoolVar(&asJSON, "json", false, "print the result as JSON")
	}); err != nil {
		return err
	}
	if c.flags.NArg() != 1 {
		return c.usage()
	}
	o := verify.Options{}
	if proof != "" {
		p, err := readProof(proof)
		if err != nil {
			return err
		}
		o.Proofs = append(o.Proofs, p)
	}
	var err error
	if o.Trust, err = trusted(trust); err != nil {
		return err
	}
	if portal != "" {
		ask, err := newPortal(portal)
		if err != nil {
			return err
		}
		o.Lookup, o.TrustLookup = ask.lookup, trust == ""
	}
	f, err := os.Open(c.flags.Arg(0))
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	r, err := verify.File(ctx, f, info.Size(), o)
	if err != nil {
		return err
	}
	if err := printResult(c.out, r, asJSON); err != nil {
		return err
	}
	if r.Verdict != verify.Valid {
		return verdict{r.Verdict}
	}
	return nil
}

// mostProofFile is how large a proof or an answer of a portal may be.
const mostProofFile = 64 << 20

func readProof(name string) (verify.Proof, error) {
	f, err := os.Open(name)
	if err != nil {
		return verify.Proof{}, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, mostProofFile+1))
	if err != nil {
		return verify.Proof{}, err
	}
	p, err := verify.ParseProof(raw)
	if err != nil {
		return p, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// trusted are the names of keys, given as they are or in a file.
func trusted(s string) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	if _, err := os.Stat(s); err == nil {
		text, err := os.ReadFile(s)
		if err != nil {
			return nil, err
		}
		s = string(text)
	}
	all := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' })
	for _, one := range all {
		if len(one) != 64 || strings.Trim(one, "0123456789abcdef") != "" {
			return nil, fmt.Errorf("--trust: %q is neither a file nor the name of a key", one)
		}
	}
	return all, nil
}

// askedPortal is a portal that is asked for proofs.
type askedPortal struct {
	base   string
	client *http.Client
}

func newPortal(address string) (*askedPortal, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("--portal: %q is no address of a portal", address)
	}
	return &askedPortal{strings.TrimRight(address, "/"), &http.Client{
		Timeout: time.Minute,
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if r.URL.Host != u.Host || r.URL.Scheme != u.Scheme || len(via) > 3 {
				return errors.New("the portal sends us elsewhere")
			}
			return nil
		},
	}}, nil
}

func (p *askedPortal) lookup(ctx context.Context, digest string) ([]verify.Proof, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+verify.Path(digest), http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound {
		return nil, nil
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the portal answers %s", resp.Status)
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, mostProofFile+1))
	if err != nil {
		return nil, err
	}
	var a verify.Answer
	if len(raw) > mostProofFile || json.Unmarshal(raw, &a) != nil || a.Verdict == "" || a.Proof != nil && a.Proof.Format != verify.ProofFormat {
		return nil, errors.New("the portal answers oddly")
	}
	if a.Proof != nil {
		a.Proofs = append(a.Proofs, *a.Proof)
	}
	return a.Proofs, nil
}

// printResult says what was found, in both languages.
func printResult(w io.Writer, r *verify.Result, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	fmt.Fprintf(w, "%s  %s\n", r.Verdict.Words(false), r.Verdict.Words(true))
	for _, one := range r.Reasons {
		fmt.Fprintf(w, "  - %s %s\n", one.Text, one.English)
	}
	if r.Notice != nil {
		fmt.Fprintf(w, "\n%s %s %s\n", r.Notice.Product, r.Notice.Version, printable(r.Statement.Predicate.Product.Title))
		for _, line := range append(r.Notice.Text, r.Notice.TextEN...) {
			fmt.Fprintf(w, "  %s\n", printable(line))
		}
	}
	if lines := issuedLines(r); len(lines) > 0 {
		fmt.Fprintln(w)
		for _, line := range lines {
			fmt.Fprintf(w, "  %s\n", printable(line))
		}
	}
	if l := r.Logged; l != nil {
		fmt.Fprintf(w, "\nlog %s: entry %d, recorded %s, checkpoint of %d entries", printable(l.Log), l.Index, l.Time.UTC().Format(time.RFC3339), l.Size)
		if len(l.Witnesses) > 0 {
			fmt.Fprintf(w, ", cosigned by %s", printable(strings.Join(l.Witnesses, ", ")))
		}
		fmt.Fprintln(w)
	}
	if d := r.Developer; d != nil {
		fmt.Fprintf(w, "开发主体签名：%s  signature of the developer: %s", d.State.Words(false), d.State.Words(true))
		if d.Key != "" {
			fmt.Fprintf(w, "; %s, key %s, entry %d, recorded %s", printable(d.Holder), printable(d.Key), d.Index, d.Time.UTC().Format(time.RFC3339))
		}
		if !d.Revoked.IsZero() {
			fmt.Fprintf(w, "; 密钥从 %[1]s 起不再算数  the key counts no more since %[1]s", d.Revoked.UTC().Format(time.RFC3339))
		}
		fmt.Fprintln(w)
	}
	if s := r.Status; s != nil && s.State != "" {
		fmt.Fprintf(w, "%s: %s %s %s\n", statusSource(r), printable(string(s.State)), printable(s.Since), printable(s.Reason))
	}
	if len(r.Roots) > 0 {
		fmt.Fprintf(w, "keys that everything hangs on; compare them with those that the portal publishes:\n")
		for _, id := range r.Roots {
			fmt.Fprintf(w, "  %s\n", id)
		}
	}
	if r.Content != "" {
		fmt.Fprintf(w, "content sha256:%s\n", r.Content)
	}
	return nil
}

// issuedLines are what a receipt or a certificate says, in both languages: of what it is.
func issuedLines(r *verify.Result) []string {
	switch {
	case r.Receipt != nil:
		return append(r.Receipt.Lines(false), r.Receipt.Lines(true)...)
	case r.Delivery != nil:
		return append(r.Delivery.Lines(false), r.Delivery.Lines(true)...)
	}
	return nil
}

// statusSource says whose word a status is.
func statusSource(r *verify.Result) string {
	if slices.ContainsFunc(r.Reasons, func(why verify.Reason) bool { return why.Code == verify.NotAsked }) {
		return "状态（证明里写的，没有签名）  status, as the proof says it, signed by nobody"
	}
	return "状态  status"
}

// printable is a text without what would move the cursor of a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7F && r < 0xA0 || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
			return '\uFFFD'
		}
		return r
	}, s)
}
