package workspace

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace/engine"
)

// Algorithm is a program that is registered by the digest of its text, so that it
// runs again with other parameters and as nothing else. Its results are reviewed like
// all others.
type Algorithm struct {
	ID         int64
	Number     string
	Workspace  string // number
	Title      string
	SQL        string
	Parameters []engine.Parameter
	CodeDigest string
	State      AlgorithmState
	ProposedBy string
	ProposedAt time.Time
	FirstBy    string
	FirstAt    *time.Time
	SecondBy   string
	SecondAt   *time.Time
	Words      string
	Revision   int

	workspace, proposedBy, firstBy, secondBy int64

	by   int64
	said string
}

func errNoAlgorithm() error { return fault.New(fault.NotFound, "没有这个算法。") }

// ProposeAlgorithm asks for the text of a job that succeeded to be registered.
func (s *Service) ProposeAlgorithm(ctx context.Context, who account.Actor, number, job, title string) (*Algorithm, error) {
	title, err := prose("title", title)
	if err != nil {
		return nil, err
	}
	if title == "" || !programName.MatchString(title) {
		return nil, fault.At("title", "请写算法的名称，最多 80 个字，不能有斜线。")
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Algorithm, error) {
		w, p, err := s.one(ctx, tx, who, number, true)
		if err != nil {
			return nil, err
		}
		if err := s.programs(ctx, tx, w, p); err != nil {
			return nil, err
		}
		j, err := lockJob(ctx, tx, w.ID, job)
		if err != nil {
			return nil, err
		}
		if !j.Held() || j.Kind != OfSQL {
			return nil, fault.New(fault.Conflict, "只有运行成功的程序能登记。")
		}
		at := s.instant()
		a := &Algorithm{workspace: w.ID, Workspace: w.Number, Title: title, SQL: j.SQL, Parameters: j.Parameters, CodeDigest: j.CodeDigest, State: Proposed, ProposedBy: who.Name, ProposedAt: at, proposedBy: who.ID}
		if a.Number, err = cases.Number(ctx, tx, "SF", at); err != nil {
			return nil, err
		}
		if err := insertAlgorithm(ctx, tx, a); err != nil {
			if database.Taken(err) {
				return nil, fault.New(fault.Conflict, "这个程序已经登记，或者正在等批准。")
			}
			return nil, err
		}
		if err := audit.Append(ctx, tx, who, "algorithm", a.Number, string(Propose), map[string]string{"workspace": w.Number, "job": j.Number, "code": a.CodeDigest}); err != nil {
			return nil, err
		}
		return a, s.tell(ctx, tx, w, Notice{Of: "algorithm", Number: a.Number, Act: string(Propose)}, OfOperator)
	})
}

// MoveAlgorithm is what two people of the operator or the authority decide about an
// algorithm, or that the developer takes it back.
func (s *Service) MoveAlgorithm(ctx context.Context, who account.Actor, number, algorithm string, action AlgorithmAction, words string, revision int) (*Algorithm, error) {
	words, err := prose("words", words)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Algorithm, error) {
		w, p, err := s.one(ctx, tx, who, number, true)
		if err != nil {
			return nil, err
		}
		a, err := s.algorithm(ctx, tx, w, algorithm)
		if err != nil {
			return nil, err
		}
		developer := action == TakeBack
		if who.Key != "" || developer != (p.Side == OfDeveloper) || developer && !p.Programs || p.Side == OfRegulator {
			return a, errNotYours()
		}
		if a.Revision != revision {
			return a, errMoved()
		}
		a.by, a.said = who.ID, words
		from := a.State
		if a.State, err = algorithms.Next(from, action, who, a); err != nil {
			return a, err
		}
		at := s.instant()
		switch {
		case action == Admit && from == Proposed:
			a.firstBy, a.FirstBy, a.FirstAt = who.ID, who.Name, &at
		case action == Admit:
			a.secondBy, a.SecondBy, a.SecondAt = who.ID, who.Name, &at
		}
		if words != "" {
			a.Words = words
		}
		if err := saveAlgorithm(ctx, tx, a); err != nil {
			return a, err
		}
		details := audit.Moved(from, a.State)
		if words != "" {
			details["words"] = words
		}
		if err := audit.Append(ctx, tx, who, "algorithm", a.Number, string(action), details); err != nil {
			return a, err
		}
		if a.State == Approved || a.State == AlgorithmRefused {
			return a, s.tell(ctx, tx, w, Notice{Of: "algorithm", Number: a.Number, Act: string(a.State), Words: words}, OfDeveloper)
		}
		return a, nil
	})
}

func (s *Service) algorithm(ctx context.Context, q database.Querier, w *Workspace, number string) (*Algorithm, error) {
	found, err := selectAlgorithms(ctx, q, `a.workspace_id = @workspace AND a.number = @number`, pgx.NamedArgs{"workspace": w.ID, "number": number})
	if err == nil && len(found) == 0 {
		err = errNoAlgorithm()
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}
