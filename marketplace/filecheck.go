package marketplace

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"time"

	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/sandbox"
	"shuyuan/marketplace/provenance/verify"
)

// CheckRules are the platform's own rules about files that anybody has checked
// (平台规则), as house.yaml has them.
type CheckRules struct {
	Most   int64         // bytes of a file that is sent
	AtOnce int           // files that are read at the same time
	Time   time.Duration // for reading one
	Second int           // as so many files counts each second of reading, for whoever sends them
}

// CheckRulesOf reads them from the book of rules.
func CheckRulesOf(book *policy.Book) (CheckRules, error) {
	n := book.Numbers()
	r := CheckRules{Most: int64(n.Of("verify_file", "")) << 20, AtOnce: n.Of("verify_file", "concurrent"), Time: n.Times("verify_file", "wall_seconds", time.Second), Second: n.Of("verify_file", "second_counts")}
	return r, n.Missing()
}

// FileAnswer is what is said of a file that somebody checks.
type FileAnswer struct {
	Verdict verify.Verdict
	Reasons []verify.Reason
	Format  string // what it is by its bytes; empty: its bytes are known and it was not read
	SHA256  string
	Bytes   int64
	Content string  // digest of what it contains, as far as that was worked out
	Sealed  string  // digest of what was sealed, where the statement is known
	Answer  *Answer // what the ledger says of the statement; nil: nothing is known
}

// CheckFile says what a file is that somebody sends. It is kept for as long as reading it
// takes, under no name. A file that was delivered here is known by its bytes. Any other
// is read by a limited child, and by nothing else.
//
// One file of a sender is read at a time, so that nobody keeps the others out; spent is
// told what processor time that took, whatever came of it. A sender without a name is held
// to neither.
func (s *Service) CheckFile(ctx context.Context, r io.Reader, sender string, spent func(time.Duration)) (*FileAnswer, error) {
	file, f, err := s.takeFile(r)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	known, err := s.Verify(ctx, f.SHA256)
	if err != nil {
		return nil, err
	}
	if known.Said != nil && known.As == "artefact" {
		f.Verdict, f.Answer = known.Verdict, known
		if known.Verdict == verify.Valid {
			f.Reasons = []verify.Reason{verify.AllWell.Reason()}
		}
		return f, nil
	}
	if open := known.Open; open != nil {
		f.Verdict, f.Answer, f.Reasons = known.Verdict, known, open.Says()
		return f, nil
	}
	if sender != "" {
		if _, busy := s.senders.LoadOrStore(sender, true); busy {
			return nil, later("您或同一网络的人发来的上一个文件还没有读完，一次读一个，请过几秒再试。填编号或指纹不受这个限制。")
		}
		defer s.senders.Delete(sender)
	}
	select {
	case s.checking <- struct{}{}:
		defer func() { <-s.checking }()
	default:
		return nil, later("现在核验文件的人太多，请过几秒再试。")
	}
	found, took, err := s.readFile(ctx, file, s.Checks.Time)
	spent(took)
	if failed, ok := errors.AsType[*sandbox.Failure](err); ok && (errors.Is(failed, sandbox.ErrMemory) || errors.Is(failed, sandbox.ErrTime) || errors.Is(failed, sandbox.ErrCrash)) {
		f.Verdict, f.Reasons = verify.Unknown, []verify.Reason{verify.TooMuch.Reason()}
		return f, nil
	}
	if err != nil {
		return nil, fault.New(fault.Unavailable, "现在不能读取文件，请稍后再试。").Because(err)
	}
	return f, s.concluded(ctx, f, found)
}

// later asks to come again in a few seconds.
func later(sentence string) error {
	f := fault.New(fault.TooMany, sentence)
	f.Retry = 5 * time.Second
	return f
}

// takeFile writes what is sent into a file without a name.
func (s *Service) takeFile(r io.Reader) (*os.File, *FileAnswer, error) {
	file, err := os.CreateTemp(s.Work, "checked-")
	if err != nil {
		return nil, nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(file, sum), io.LimitReader(r, s.Checks.Most+1))
	switch {
	case err != nil:
	case n == 0:
		err = fault.At("file", "文件是空的。")
	case n > s.Checks.Most:
		err = fault.At("file", "文件超过 %d MB，不能发来核验；请在自己的电脑上核验，办法在下面。", s.Checks.Most>>20)
	}
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return file, &FileAnswer{SHA256: hex.EncodeToString(sum.Sum(nil)), Bytes: n}, nil
}

// concluded puts what a child found together with what the ledger has: the child read bytes of
// a stranger, and nothing that it says is shown but words of ours.
func (s *Service) concluded(ctx context.Context, f *FileAnswer, found *fileFound) error {
	f.Verdict, f.Format = found.Verdict, found.Format
	for _, c := range found.Codes {
		if why := c.Reason(); why.Text != "" {
			f.Reasons = append(f.Reasons, why)
		}
	}
	if digests.MatchString(found.Content) {
		f.Content = found.Content
	}
	if !digests.MatchString(found.Statement) {
		f.unknown()
		return nil
	}
	known, err := s.Verify(ctx, found.Statement)
	if err != nil {
		return err
	}
	if known.Open != nil && known.As == "receipt" {
		f.Answer = known
		f.Verdict, f.Reasons = known.Verdict, known.Open.Says()
		if f.Format == "pdf" { // those that were made here are known by their bytes
			f.Verdict, f.Reasons = verify.Altered, []verify.Reason{verify.PaperOther.Reason()}
		}
		return nil
	}
	if known.Handover != nil {
		f.Answer = known
		f.Verdict, f.Reasons = known.Verdict, known.Handover.Says()
		return nil
	}
	if known.Said == nil {
		f.unknown()
		return nil
	}
	f.Answer = known
	if subjects := known.Said.Subject; found.Subject >= 0 && found.Subject < len(subjects) {
		f.Sealed = subjects[found.Subject].Digest.SHA256
	}
	if f.Verdict == verify.Valid && known.Verdict != verify.Valid {
		f.Verdict, f.Reasons = known.Verdict, nil
	}
	return nil
}

// unknown is what is said of a file of which the ledger knows nothing, whatever the child
// found: its reasons would be those of another verdict.
func (f *FileAnswer) unknown() {
	if f.Verdict != verify.Unknown {
		f.Verdict, f.Reasons = verify.Unknown, []verify.Reason{verify.ContentUnknown.Reason()}
	}
}
