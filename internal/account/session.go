package account

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/audit/journal"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Session is a session just opened. Token is the secret for the cookie; only
// its hash is kept.
type Session struct {
	Token   string
	Step    string // in place of all else: the password was right, and the second step is owed
	ID      string
	CSRF    string
	Expires time.Time
}

// OpenSession is a session as its owner sees it in a list.
type OpenSession struct {
	ID      string
	Created time.Time
	Seen    time.Time // to the minute
	Expires time.Time
	Network string
	Agent   string
}

const (
	sessionsMax = 20          // of one account; the oldest make room
	seenEvery   = time.Minute // how exactly Seen is kept
	tokenLength = 64
	agentMax    = 200
)

func (s *Service) openSession(ctx context.Context, tx pgx.Tx, who Actor, network, agent string) (Session, error) {
	if err := s.stay(ctx, tx, who); err != nil {
		return Session{}, err
	}
	now := s.now()
	out := Session{Token: randomHex(32), ID: randomHex(16), Expires: now.Add(s.cfg.Absolute)}
	out.CSRF = s.CSRF(out.Token)
	agent = shortAgent(agent)
	_, err := tx.Exec(ctx, `
		INSERT INTO sessions (id, token_hash, user_id, created_at, seen_at, confirmed_at, expires_at, network, agent)
		VALUES (@id, @hash, @user, @now, @now, @now, @expires, @network, @agent)`,
		pgx.NamedArgs{
			"id": out.ID, "hash": sum(out.Token), "user": who.ID, "now": now, "expires": out.Expires,
			"network": network, "agent": agent,
		})
	if err != nil {
		return Session{}, fmt.Errorf("open session: %w", err)
	}
	_, err = tx.Exec(ctx, `
		DELETE FROM sessions
		WHERE id IN (SELECT id FROM sessions WHERE user_id = @user AND id <> @id ORDER BY created_at DESC, id OFFSET @most)`,
		pgx.NamedArgs{"user": who.ID, "id": out.ID, "most": sessionsMax - 1})
	if err != nil {
		return Session{}, fmt.Errorf("open session: %w", err)
	}
	who.Session = out.ID
	return out, record(ctx, tx, who, who.ID, "session.started", map[string]string{"network": network, "agent": agent})
}

// shortAgent is what a browser calls itself, fit to be shown.
func shortAgent(agent string) string {
	r := []rune(journal.Plain(agent))
	return string(r[:min(len(r), agentMax)])
}

// Actor is who holds the session with this token, with the roles of this very
// moment. It returns the visitor for a token that is unknown, ended, too old,
// or of a disabled account.
func (s *Service) Actor(ctx context.Context, token string) (Actor, error) {
	if len(token) != tokenLength {
		return Actor{}, nil
	}
	now := s.now()
	var a Actor
	var seen time.Time
	var factor bool
	var granted *time.Time
	err := s.pool.QueryRow(ctx, `
		SELECT s.id, s.provider, s.seen_at, s.confirmed_at, s.strong OR u.sample OR `+hasFactor+`, u.id, u.name, u.side, coalesce(u.department_id, 0),
			`+played+`,
			(SELECT min(granted_at) FROM user_roles r WHERE r.user_id = u.id)
		FROM sessions s
		JOIN users u ON u.id = s.user_id
		WHERE s.token_hash = @hash AND s.expires_at > @now AND u.disabled_at IS NULL`,
		pgx.NamedArgs{"hash": sum(token), "now": now},
	).Scan(&a.Session, &a.Provider, &seen, &a.Confirmed, &factor, &a.ID, &a.Name, &a.Side, &a.Department, &a.Roles, &granted)
	if errors.Is(err, pgx.ErrNoRows) {
		return Actor{}, nil
	}
	if err != nil {
		return Actor{}, fmt.Errorf("session: %w", err)
	}
	idle := s.cfg.Idle
	if granted != nil {
		idle = s.cfg.StaffIdle
	}
	if !factor && granted != nil && now.Sub(*granted) > s.rules.SecondFactor {
		a.Roles, a.Resting = nil, a.Roles
	}
	since := now.Sub(seen)
	if since > idle {
		return Actor{}, nil
	}
	if since >= min(seenEvery, idle/4) {
		// greatest: a replica whose clock is behind must not shorten a session
		_, err = s.pool.Exec(ctx, `UPDATE sessions SET seen_at = greatest(seen_at, @now) WHERE id = @id`,
			pgx.NamedArgs{"id": a.Session, "now": now})
		if err != nil {
			return Actor{}, fmt.Errorf("session: %w", err)
		}
	}
	return a, nil
}

// SignOut ends the session that a came by. Signing out twice is no error.
func (s *Service) SignOut(ctx context.Context, a Actor) error {
	if a.Session == "" {
		return nil
	}
	_, err := s.endSessions(ctx, a, a.ID, "session.ended", `AND id = @id`, a.Session)
	return err
}

// ActorOf is who an account acts as by the roles that it has now, for jobs that
// tell its owner something; whoever cannot sign in plays no role. It opens
// nothing: it is of no session.
func (s *Service) ActorOf(ctx context.Context, user int64) (Actor, error) {
	var a Actor
	err := s.pool.QueryRow(ctx, `
		SELECT u.id, u.name, u.side, coalesce(u.department_id, 0), `+played+`
		FROM users u WHERE u.id = @id AND u.disabled_at IS NULL AND u.leaving_at IS NULL`, pgx.NamedArgs{"id": user}).Scan(&a.ID, &a.Name, &a.Side, &a.Department, &a.Roles)
	if errors.Is(err, pgx.ErrNoRows) {
		return Actor{}, nil
	}
	if err != nil {
		return Actor{}, fmt.Errorf("account: %w", err)
	}
	return a, nil
}

// Forget ends the session of token, whoever's it is: at sign-in, for the
// session that the browser brought along.
func (s *Service) Forget(ctx context.Context, token string) error {
	a, err := s.Actor(ctx, token)
	if err != nil {
		return err
	}
	return s.SignOut(ctx, a)
}

// Sessions are the open sessions of a, newest first.
func (s *Service) Sessions(ctx context.Context, a Actor) ([]OpenSession, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT id, created_at AS created, seen_at AS seen, expires_at AS expires, network, agent
		FROM sessions
		WHERE user_id = @user AND expires_at > @now AND seen_at > @idle
		ORDER BY created_at DESC, id`,
		pgx.NamedArgs{"user": a.ID, "now": s.now(), "idle": s.now().Add(-s.idleOf(a))})
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[OpenSession])
}

func (s *Service) idleOf(a Actor) time.Duration {
	if len(a.Roles) > 0 {
		return s.cfg.StaffIdle
	}
	return s.cfg.Idle
}

// EndSession ends one of a's own sessions. It returns fault.NotFound for one
// that is somebody else's or not open.
func (s *Service) EndSession(ctx context.Context, a Actor, id string) error {
	n, err := s.endSessions(ctx, a, a.ID, "session.ended", `AND id = @id`, id)
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "没有这个登录会话，可能已经退出。")
	}
	return err
}

// EndOtherSessions ends all of a's sessions but the one a came by, and says
// how many.
func (s *Service) EndOtherSessions(ctx context.Context, a Actor) (int, error) {
	return s.endSessions(ctx, a, a.ID, othersEnded, `AND id <> @id`, a.Session)
}

// othersEnded is the act that the account's owner is told of by mail.
const othersEnded = "session.others-ended"

func (s *Service) endSessions(ctx context.Context, who Actor, userID int64, act, which, id string) (int, error) {
	if who.IsVisitor() {
		return 0, errSignIn()
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (int, error) {
		tag, err := tx.Exec(ctx, `DELETE FROM sessions WHERE user_id = @user `+which, pgx.NamedArgs{"user": userID, "id": id})
		if err != nil {
			return 0, fmt.Errorf("end sessions: %w", err)
		}
		n := int(tag.RowsAffected())
		if n == 0 {
			return 0, nil
		}
		if act == othersEnded {
			if err := s.tell(ctx, tx, userID, who.Session, Notice{What: SessionsEnded}); err != nil {
				return 0, err
			}
		}
		return n, record(ctx, tx, who, userID, act, map[string]string{"session": id, "count": strconv.Itoa(n)})
	})
}

// endAll ends every session and key of a user within tx.
func endAll(ctx context.Context, tx pgx.Tx, userID int64, now time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1`, userID); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE api_keys SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL`, userID, now); err != nil {
		return fmt.Errorf("revoke keys: %w", err)
	}
	return nil
}

func errSignIn() error { return fault.New(fault.Unauthenticated, "请先登录。") }
