package papers

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/text/unicode/norm"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
)

// Kind is what sort of case a file is for. Each is a value of the column kind,
// and the ids of its cases are those of one table.
type Kind string

// The kinds.
const (
	Application Kind = "application" // materials of an application: applications.id
	Dispute     Kind = "dispute"     // of a dispute over its refusal: applications.id
	Award       Kind = "award"       // of a competition: applications.id
	Order       Kind = "order"       // evidence of what was put right: rectification_orders.id
	Tender      Kind = "tender"      // documents of a competition: tenders.id

	Scenario      Kind = "scenario"       // materials of a scenario: scenarios.id
	ScenarioAward Kind = "scenario_award" // of the competition for one: scenarios.id
	MandateAward  Kind = "mandate_award"  // of the competition for an operator: mandate_plans.id
	Entry         Kind = "entry"          // security plan and training of a developer: developers.id
)

// Case is the case that a file is for, as its domain sees it.
type Case struct {
	Kind   Kind
	ID     int64
	Number string // of the case, in the audit trail
	Owner  Owner  // whose files they are
	Slots  []string
	Scope  string // what a key must be good for to add and read them; empty: no program does
}

// Owner is who hands a file in, by whom room is counted: an organisation, a
// department, or the person alone.
type Owner struct {
	User, Organisation, Department int64
}

// New is what is said of a file that comes.
type New struct {
	Slot string // one of the case's; empty: for none of them
	Name string
}

// Paper is one file, without its bytes.
type Paper struct {
	ID     string
	Slot   string
	Name   string
	Media  string
	Bytes  int64
	SHA256 string // of the file as it was handed in
	By     string // name of who did
	At     time.Time
	Frozen *time.Time // since when it cannot be changed; nil: it is of a draft
}

// Rules are the platform's own numbers about files of cases (平台规则).
type Rules struct {
	File  int // MiB of one
	Files int // of one case
	Case  int // MiB of one case
	Day   int // MiB that one account sends in 24 hours
	Year  int // MiB that one owner keeps of the last 365 days
}

// RulesOf reads them from the book of rules.
func RulesOf(book *policy.Book) (Rules, error) {
	n := book.Numbers()
	r := Rules{File: n.Of("case_paper", ""), Files: n.Of("case_paper", "files"), Case: n.Of("case_paper", "case_mib"), Day: n.Of("case_paper", "day_mib"), Year: n.Of("case_paper", "year_mib")}
	return r, n.Missing()
}

// Accept are the endings and types that a form offers to choose from.
const Accept = ".pdf,.ofd,.docx,.xlsx,.pptx,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"

// Bucket is the limit of one account: files that it sends, whether they are kept
// or not.
const Bucket = "case-paper"

// Limiter counts what somebody does, as account.Service does.
type Limiter interface {
	Allow(ctx context.Context, bucket, subject string) (account.Limit, error)
}

// Config is what the files of cases need.
type Config struct {
	Pool   *pgxpool.Pool
	Store  blob.Store     // nil: none are taken
	Keeper account.Keeper // locks what lies in the store
	Limits Limiter
	Rules  Rules
	Now    func() time.Time

	// Look says what a file is and returns fault.Invalid for one that is not
	// taken, as datasets.Service.LookAtAttachment does.
	Look func(ctx context.Context, file *os.File) (ingest.AttachmentType, error)
}

// Service keeps files of cases.
type Service struct {
	Config
	places chan struct{} // for files held in memory
}

// atOnce is how many files are held in memory at a time, while they are locked or
// opened.
const atOnce = 4

// NewService returns the files of cases on one installation.
func NewService(c Config) *Service { return &Service{Config: c, places: make(chan struct{}, atOnce)} }

// known returns nil for whoever has signed in, and for a program where the case
// lets programs in.
func (c Case) known(who account.Actor) error {
	if who.ID <= 0 || who.Key != "" && (c.Scope == "" || !who.Covers(c.Scope)) {
		return fault.New(fault.Unauthenticated, "请先登录。")
	}
	return nil
}

func errNoPaper() error { return fault.New(fault.NotFound, "没有这份材料。") }

// Add keeps a file of a case. body is read to its end, at most as far as the
// rules allow. hold is called in the transaction that writes the file down: it
// holds the case until that ends, and returns a fault where who may not add to it
// now. It returns fault.Invalid at "file" or "slot" for what is not taken, and
// fault.TooMany.
func (s *Service) Add(ctx context.Context, who account.Actor, c Case, n New, body io.Reader, hold func(context.Context, pgx.Tx) error) (Paper, error) {
	if err := c.known(who); err != nil {
		return Paper{}, err
	}
	switch {
	case s.Store == nil || s.Look == nil:
		return Paper{}, fault.New(fault.Unavailable, "这里不能上传材料。")
	case n.Slot != "" && !slices.Contains(c.Slots, n.Slot):
		return Paper{}, fault.At("slot", "这里不收这样材料，请刷新后再传。")
	}
	limit, err := s.Limits.Allow(ctx, Bucket, strconv.FormatInt(who.ID, 10))
	if err != nil {
		return Paper{}, err
	}
	if !limit.Allowed {
		return Paper{}, fault.At("file", "今天传的文件太多，请明天再传。")
	}
	p := Paper{ID: randomHex(), Slot: n.Slot, By: who.Name, At: s.Now().Truncate(time.Microsecond)}
	info, err := s.take(ctx, &p, n, body)
	if err != nil {
		return Paper{}, err
	}
	_, err = database.InTx(ctx, s.Pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if err := hold(ctx, tx); err != nil {
			return none, err
		}
		if err := s.room(ctx, tx, who, c, p); err != nil {
			return none, err
		}
		if err := s.keepObject(ctx, tx, info); err != nil {
			return none, err
		}
		if err := insert(ctx, tx, who, c, p, info.Digest); err != nil {
			return none, err
		}
		return none, audit.Append(ctx, tx, who, "case-paper", p.ID, "add", map[string]string{"case": c.Number, "kind": string(c.Kind), "slot": p.Slot, "sha256": p.SHA256})
	})
	return p, err
}

// take reads a file, looks at it and puts it into the store.
func (s *Service) take(ctx context.Context, p *Paper, n New, body io.Reader) (blob.Info, error) {
	f, err := os.CreateTemp("", "paper-")
	if err != nil {
		return blob.Info{}, fmt.Errorf("paper: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	sum, most := sha256.New(), int64(s.Rules.File)<<20
	if p.Bytes, err = io.Copy(io.MultiWriter(f, sum), io.LimitReader(body, most+1)); err != nil {
		return blob.Info{}, fault.New(fault.Malformed, "表单没有送完，文件没有保存，请重新上传。").Because(err)
	}
	switch {
	case p.Bytes == 0:
		return blob.Info{}, fault.At("file", "文件是空的。")
	case p.Bytes > most:
		return blob.Info{}, fault.At("file", "文件超过 %d MiB 的上限。", s.Rules.File)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return blob.Info{}, fmt.Errorf("paper: %w", err)
	}
	is, err := s.Look(ctx, f)
	if why := fault.Of(err); err != nil && (why.Kind == fault.Invalid || why.Kind == fault.TooLarge) {
		return blob.Info{}, fault.At("file", why.Sentence, why.Args...).Because(err)
	}
	if err != nil {
		return blob.Info{}, err
	}
	p.Media, p.SHA256, p.Name = is.Media, hex.EncodeToString(sum.Sum(nil)), Name(n.Name, is.Suffix)
	leave, err := s.place(ctx)
	if err != nil {
		return blob.Info{}, err
	}
	defer leave()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return blob.Info{}, fmt.Errorf("paper: %w", err)
	}
	raw, err := io.ReadAll(f)
	if err != nil {
		return blob.Info{}, fmt.Errorf("paper: %w", err)
	}
	return s.Store.Put(ctx, bytes.NewReader(s.Keeper.Lock("case paper", p.ID, raw)), 0)
}

func (s *Service) place(ctx context.Context) (leave func(), err error) {
	select {
	case s.places <- struct{}{}:
		return func() { <-s.places }, nil
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "现在要读的文件太多，请稍后再试。").Because(ctx.Err())
	}
}

func randomHex() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// longestName is how many characters a name has at most, its ending included.
const longestName = 80

// Name is the name under which a file is shown and given out: the last part of
// what it was called, without what cannot be seen or turns the order of letters,
// and with the ending of what it is.
func Name(name, suffix string) string {
	name = strings.ToValidUTF8(name, "")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if len(name) > 8*longestName {
		name = strings.ToValidUTF8(name[:8*longestName], "")
	}
	marks := 0
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me):
			if marks++; marks > 4 {
				return -1
			}
			return r
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co), strings.ContainsRune(`<>:"|?*`, r):
			return -1
		case unicode.IsSpace(r):
			r = ' '
		}
		marks = 0
		return r
	}, norm.NFC.String(name))
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 && len(name)-dot <= 6 {
		name = name[:dot]
	}
	if r := []rune(name); len(r) > longestName-len(suffix) {
		name = string(r[:longestName-len(suffix)])
	}
	if name = strings.Trim(name, ". "); name == "" {
		name = "材料"
	}
	if device(name) {
		name = "_" + name
	}
	return name + suffix
}

// device reports whether a name is no file on Windows, whatever its ending.
func device(name string) bool {
	name, _, _ = strings.Cut(strings.ToLower(name), ".")
	name = strings.TrimSpace(name)
	if slices.Contains([]string{"con", "prn", "aux", "nul", "conin$", "conout$"}, name) {
		return true
	}
	return len(name) == 4 && (strings.HasPrefix(name, "com") || strings.HasPrefix(name, "lpt")) && name[3] >= '0' && name[3] <= '9'
}

// Remove takes back a file of a case that is not frozen; hold as of Add.
func (s *Service) Remove(ctx context.Context, who account.Actor, c Case, id string, hold func(context.Context, pgx.Tx) error) error {
	if err := c.known(who); err != nil {
		return err
	}
	_, err := database.InTx(ctx, s.Pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if err := hold(ctx, tx); err != nil {
			return none, err
		}
		if err := remove(ctx, tx, c, id); err != nil {
			return none, err
		}
		return none, audit.Append(ctx, tx, who, "case-paper", id, "remove", map[string]string{"case": c.Number, "kind": string(c.Kind)})
	})
	return err
}

// Read is a file of a case with its bytes. Whether who may see the case its
// domain has found out. That it was read is in the audit trail before anybody has
// a byte of it.
func (s *Service) Read(ctx context.Context, who account.Actor, c Case, id string) (Paper, []byte, error) {
	if err := c.known(who); err != nil {
		return Paper{}, nil, err
	}
	if s.Store == nil {
		return Paper{}, nil, fault.New(fault.Unavailable, "文件存储暂时没有响应，请稍后再试。")
	}
	p, object, err := one(ctx, s.Pool, c, id)
	if err != nil {
		return Paper{}, nil, err
	}
	leave, err := s.place(ctx)
	if err != nil {
		return Paper{}, nil, err
	}
	defer leave()
	o, err := s.Store.Open(ctx, object)
	if err != nil {
		return Paper{}, nil, err
	}
	defer o.Close()
	locked, err := io.ReadAll(o)
	if err != nil {
		return Paper{}, nil, fmt.Errorf("paper: %w", err)
	}
	raw, err := s.Keeper.Open("case paper", id, locked)
	if err != nil {
		return Paper{}, nil, err
	}
	_, err = database.InTx(ctx, s.Pool, func(tx pgx.Tx) (struct{}, error) {
		return struct{}{}, audit.Append(ctx, tx, who, "case-paper", id, "read", map[string]string{"case": c.Number, "kind": string(c.Kind)})
	})
	return p, raw, err
}

// Missing are the slots of a case for which no file is there.
func Missing(slots []string, there []Paper) []string {
	var out []string
	for _, slot := range slots {
		if !slices.ContainsFunc(there, func(p Paper) bool { return p.Slot == slot }) {
			out = append(out, slot)
		}
	}
	return out
}
