package vault

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"shuyuan/internal/sandbox"
	"shuyuan/internal/signing"
)

// JobName is the name under which cmd hands Job to sandbox.Main.
const JobName = "signer"

// limits of the signer: it holds three keys and signs a few hundred times a second.
const (
	signerMemory   = 512 << 20
	signerAge      = 24 * time.Hour // then a fresh one is started
	signerPatience = 10 * time.Second
	orderMax       = 1 << 20 // bytes of one order or answer
)

// Process is a Vault whose keys only a process of its own touches. It starts that
// process when it is first needed, and again where it has ended.
type Process struct {
	keys, memory string
	valid        time.Duration

	mu    sync.Mutex
	child *sandbox.Child
	in    *os.File
	out   *os.File
	lines *bufio.Scanner
}

// Start returns the vault over these folders, see Open. Close ends the process.
func Start(keys, memory string, valid time.Duration) (*Process, error) {
	if _, err := Open(keys, memory, valid, nil); err != nil {
		return nil, err
	}
	return &Process{keys: keys, memory: memory, valid: valid}, nil
}

// order is what the signer is asked; the first one only says where its folders are.
type order struct {
	Keys   string        `json:"keys,omitempty"`
	Memory string        `json:"memory,omitempty"`
	Valid  time.Duration `json:"valid,omitempty"`

	Do      string          `json:"do,omitempty"`
	Purpose signing.Purpose `json:"purpose,omitempty"`
	Message []byte          `json:"message,omitempty"`
	Old     int64           `json:"old,omitempty"`
	Proof   tlog.TreeProof  `json:"proof,omitempty"`
}

// answer is what it says.
type answer struct {
	Key       string         `json:"key,omitempty"`
	Signature []byte         `json:"signature,omitempty"`
	Made      []signing.Made `json:"made,omitempty"`
	Older     *signing.Older `json:"older,omitempty"`
	Error     string         `json:"error,omitempty"`
}

// What the signer does, and all it does.
const (
	doSign       = "sign"
	doCheckpoint = "checkpoint"
	doMade       = "made"
	doRotate     = "rotate"
)

// Job is the signer behind its wall: one order a line on the standard input, one
// answer a line on the standard output, until the input ends.
func Job(now func() time.Time) sandbox.Job {
	return func(ctx context.Context, _ []*os.File) error { return serve(ctx, os.Stdin, os.Stdout, now) }
}

func serve(ctx context.Context, in io.Reader, out io.Writer, now func() time.Time) error {
	lines := scanner(in)
	var files *Files
	for lines.Scan() {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return fmt.Errorf("signer: %w", err)
		}
		if files == nil {
			var err error
			if files, err = Open(o.Keys, o.Memory, o.Valid, now); err != nil {
				return err
			}
			continue
		}
		b, err := json.Marshal(files.do(ctx, o))
		if err != nil {
			return fmt.Errorf("signer: %w", err)
		}
		if _, err := out.Write(append(b, '\n')); err != nil {
			return fmt.Errorf("signer: %w", err)
		}
	}
	return lines.Err()
}

func scanner(r io.Reader) *bufio.Scanner {
	s := bufio.NewScanner(r)
	s.Buffer(nil, orderMax)
	return s
}

func (f *Files) do(ctx context.Context, o order) (a answer) {
	var err error
	switch o.Do {
	case doSign:
		a.Key, a.Signature, err = f.Sign(ctx, o.Purpose, o.Message)
	case doCheckpoint:
		a.Key, a.Signature, err = f.SignCheckpoint(ctx, o.Message, o.Old, o.Proof)
	case doMade:
		a.Made, err = f.Made(ctx)
	case doRotate:
		var m signing.Made
		m, err = f.Rotate(ctx, o.Purpose)
		a.Made = []signing.Made{m}
	default:
		err = fmt.Errorf("signer: it does not do %q", o.Do)
	}
	if err != nil {
		errors.As(err, &a.Older)
		a.Error = err.Error()
	}
	return a
}

// Sign has the signer sign a DSSE message.
func (p *Process) Sign(ctx context.Context, purpose signing.Purpose, message []byte) (string, []byte, error) {
	a, err := p.ask(ctx, order{Do: doSign, Purpose: purpose, Message: message})
	return a.Key, a.Signature, err
}

// SignCheckpoint has it sign a checkpoint.
func (p *Process) SignCheckpoint(ctx context.Context, text []byte, old int64, proof tlog.TreeProof) (string, []byte, error) {
	a, err := p.ask(ctx, order{Do: doCheckpoint, Message: text, Old: old, Proof: proof})
	return a.Key, a.Signature, err
}

// Made are the keys that it has.
func (p *Process) Made(ctx context.Context) ([]signing.Made, error) {
	a, err := p.ask(ctx, order{Do: doMade})
	return a.Made, err
}

// Rotate has it make the next key of a purpose.
func (p *Process) Rotate(ctx context.Context, purpose signing.Purpose) (signing.Made, error) {
	a, err := p.ask(ctx, order{Do: doRotate, Purpose: purpose})
	if err == nil && len(a.Made) != 1 {
		err = errors.New("signer: it made no key")
	}
	if err != nil {
		return signing.Made{}, err
	}
	return a.Made[0], nil
}

// ask gives one order. A signer that does not answer in time is ended; the next
// order starts another.
func (p *Process) ask(ctx context.Context, o order) (a answer, err error) {
	line, err := json.Marshal(o)
	if err != nil || len(line) >= orderMax {
		return a, errors.Join(errors.New("signer: this is too much to sign"), err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.running(); err != nil {
		return a, err
	}
	child := p.child
	ctx, cancel := context.WithTimeout(ctx, signerPatience)
	defer cancel()
	defer context.AfterFunc(ctx, child.Kill)()
	_, err = p.in.Write(append(line, '\n'))
	if err == nil && !p.lines.Scan() {
		err = errors.Join(io.ErrUnexpectedEOF, p.lines.Err())
	}
	if err != nil {
		p.end()
		return a, fmt.Errorf("signer: it does not answer: %w", errors.Join(err, context.Cause(ctx)))
	}
	if err := json.Unmarshal(p.lines.Bytes(), &a); err != nil {
		p.end()
		return answer{}, fmt.Errorf("signer: %w", err)
	}
	switch {
	case a.Older != nil:
		return answer{}, a.Older
	case a.Error != "":
		return answer{}, errors.New(a.Error)
	}
	return a, nil
}

// running starts the process unless it runs.
func (p *Process) running() error {
	if p.child != nil {
		select {
		case <-p.child.Gone():
			p.end()
		default:
			return nil
		}
	}
	childIn, in, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("signer: %w", err)
	}
	defer childIn.Close()
	out, childOut, err := os.Pipe()
	if err != nil {
		in.Close()
		return fmt.Errorf("signer: %w", err)
	}
	defer childOut.Close()
	child, err := sandbox.Start(context.Background(), sandbox.Spec{ // it outlives who asked first
		Job: JobName, Keep: []string{p.keys, p.memory},
		Memory: signerMemory, CPU: signerAge, Time: signerAge, FileSize: 1 << 20,
		Stdin: childIn, Stdout: childOut,
	})
	if err != nil {
		in.Close()
		out.Close()
		return fmt.Errorf("signer: %w", err)
	}
	p.child, p.in, p.out, p.lines = child, in, out, scanner(out)
	line, err := json.Marshal(order{Keys: child.Path(p.keys), Memory: child.Path(p.memory), Valid: p.valid})
	if err == nil {
		_, err = in.Write(append(line, '\n'))
	}
	if err != nil {
		p.end()
		return fmt.Errorf("signer: %w", err)
	}
	return nil
}

// end ends the process, and says nothing: what it did is on disk.
func (p *Process) end() {
	if p.child == nil {
		return
	}
	p.in.Close()
	p.child.Kill()
	p.child.Wait() //nolint:errcheck // it was killed
	p.out.Close()
	p.child = nil
}

// Pid is the number of the process; 0 while none runs.
func (p *Process) Pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.child == nil {
		return 0
	}
	return p.child.Pid()
}

// Close ends the process. An order after that starts another.
func (p *Process) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end()
}
