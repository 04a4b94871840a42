package marketplace

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"shuyuan/internal/sandbox"
	"shuyuan/marketplace/provenance/verify"
)

// FileJob is the name under which cmd hands ReadFile to sandbox.Main.
const FileJob = "read a file that is checked"

// What a child that reads a file of a stranger may take.
const (
	fileMemory = 1 << 30
	mostAsked  = 64      // digests that one file leads to
	mostSaid   = 1 << 20 // bytes of one line
)

// fileLine is what the child says: a digest that it wants the proofs of, or what it
// found.
type fileLine struct {
	Ask   string     `json:"ask,omitempty"`
	Found *fileFound `json:"found,omitempty"`
}

// fileFound is what the child found. None of its words come from the file: what is shown
// of the statement is what the ledger has under its digest.
type fileFound struct {
	Verdict   verify.Verdict `json:"verdict"`
	Codes     []verify.Code  `json:"codes"`
	Format    string         `json:"format"`
	Statement string         `json:"statement,omitempty"`
	Subject   int            `json:"subject"`
	Content   string         `json:"content,omitempty"`
}

// ReadFile is the child behind the wall: it reads one file, asks for proofs on its
// standard output, one digest a line, has them on its standard input, and says what it
// found.
func ReadFile(ctx context.Context, files []*os.File) error {
	if len(files) != 1 {
		return errors.New("there is not one file")
	}
	info, err := files[0].Stat()
	if err != nil {
		return err
	}
	say, answers := json.NewEncoder(os.Stdout), json.NewDecoder(os.Stdin)
	r, err := verify.File(ctx, files[0], info.Size(), verify.Options{TrustLookup: true, Lookup: func(_ context.Context, digest string) ([]verify.Proof, error) {
		if err := say.Encode(fileLine{Ask: digest}); err != nil {
			return nil, err
		}
		var proofs []verify.Proof
		err := answers.Decode(&proofs)
		return proofs, err
	}})
	if err != nil {
		return err
	}
	f := &fileFound{Verdict: r.Verdict, Format: r.Format, Subject: r.Subject, Content: r.Content}
	for _, why := range r.Reasons {
		f.Codes = append(f.Codes, why.Code)
	}
	switch {
	case (r.Receipt != nil || r.Delivery != nil) && r.Format != "receipt" && r.Format != "pdf": // the ledger knows files by their bytes
	case r.Receipt != nil || r.Delivery != nil:
		f.Statement = r.ReceiptDigest
	case r.Notice != nil:
		f.Statement = r.Notice.Statement.SHA256
	case r.Statement != nil:
		payload, err := r.Statement.Payload()
		if err != nil {
			return err
		}
		f.Statement = verify.Digests(r.Statement, payload)[0]
	}
	return say.Encode(fileLine{Found: f})
}

// readFile has a child read a file, and looks up for it what it asks for. It returns the
// processor time that this took too.
func (s *Service) readFile(ctx context.Context, file *os.File, patience time.Duration) (*fileFound, time.Duration, error) {
	childIn, in, err := os.Pipe()
	if err != nil {
		return nil, 0, err
	}
	defer in.Close()
	out, childOut, err := os.Pipe()
	if err != nil {
		return nil, 0, errors.Join(err, childIn.Close())
	}
	defer out.Close()
	child, err := sandbox.Start(ctx, sandbox.Spec{
		Job: FileJob, Files: []*os.File{file}, Stdin: childIn, Stdout: childOut,
		Memory: fileMemory, CPU: patience, Time: patience, FileSize: 1, Nice: 5,
	})
	err = errors.Join(err, childIn.Close(), childOut.Close())
	if err != nil {
		if child != nil {
			child.Kill()
			child.Wait() //nolint:errcheck // it was killed
		}
		return nil, 0, err
	}
	found, err := s.converse(ctx, in, out)
	if err != nil {
		child.Kill()
	}
	err = errors.Join(err, child.Wait())
	return found, child.Usage().CPU, err
}

// errSilent is of a child that ended before it said what it found. It is no
// io.ErrUnexpectedEOF: that is of a form that was not sent to its end.
var errSilent = errors.New("the child that reads a file ended without a word")

// converse answers what a child asks until it says what it found.
func (s *Service) converse(ctx context.Context, in io.Writer, out io.Reader) (*fileFound, error) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, mostSaid)
	for asked := 0; lines.Scan(); asked++ {
		var line fileLine
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("the child that reads a file: %w", err)
		}
		if line.Found != nil {
			return line.Found, nil
		}
		if asked == mostAsked || !digests.MatchString(line.Ask) {
			return nil, fmt.Errorf("the child that reads a file asks too much: %.80q", line.Ask)
		}
		proofs, err := s.Proofs(ctx, line.Ask)
		if err != nil {
			return nil, err
		}
		if err := json.NewEncoder(in).Encode(proofs); err != nil {
			return nil, fmt.Errorf("the child that reads a file: %w", err)
		}
	}
	return nil, errors.Join(errSilent, lines.Err())
}
