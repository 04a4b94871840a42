package licensing

import (
	"context"
	"regexp"
	"strings"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// Proof is what anybody is told who holds an agreement and asks whether it is
// one: nothing of what it says, and of nobody who signed it.
type Proof struct {
	Number   string
	Edition  int
	SignedAt time.Time
	Grant    GrantState // how what was granted under it stands
	EndedAt  *time.Time // since when it is in force no more; nil: it is
	Replaced bool       // a later edition or a later agreement stands in its place
}

// InForce reports whether data may be used under it at now.
func (p Proof) InForce() bool { return p.EndedAt == nil && !p.Replaced }

var (
	numbered = regexp.MustCompile(`^[A-Z]{2,4}-\d{4}-\d{6}$`)
	digested = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// Check finds the agreement with that number whose text has that SHA-256, signed
// by both sides. Both are needed: a number alone can be guessed, and answers
// nothing. It returns fault.NotFound for all else alike, and fault.Invalid for
// what is no number or hash.
func (s *Service) Check(ctx context.Context, number, sha256 string) (Proof, error) {
	number, sha256 = strings.ToUpper(strings.TrimSpace(number)), strings.ToLower(strings.TrimSpace(sha256)) // as programs print them
	switch {
	case !numbered.MatchString(number):
		return Proof{}, fault.At("number", "编号的样子是 SQ-2026-000001。")
	case !digested.MatchString(sha256):
		return Proof{}, fault.At("sha256", "SHA-256 是 64 位十六进制字符。")
	}
	return selectProof(ctx, s.pool, number, sha256, s.now())
}

// SignedAgreement is an edition that both sides signed, with its application, for
// whoever stands on one of them or supervises.
func (s *Service) SignedAgreement(ctx context.Context, who account.Actor, a *Application, edition int) (*Agreement, []Agreement, error) {
	all, err := s.Agreements(ctx, who, a)
	if err != nil {
		return nil, nil, err
	}
	for i := range all {
		if all[i].Edition != edition {
			continue
		}
		if !all[i].Signed() {
			return nil, nil, fault.New(fault.NotFound, "双方都签了，才有这一份文件。")
		}
		return &all[i], all, nil
	}
	return nil, nil, fault.New(fault.NotFound, "没有这一稿协议。")
}
