package corrections

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

var lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// link is the secret of the page on which whoever filed c follows it. Neither the
// database nor the installation's secret alone gives it.
func (s *Service) link(c *Correction) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte("correction\x00" + id(c) + "\x00"))
	mac.Write(c.salt)
	return id(c) + "-" + lower.EncodeToString(mac.Sum(nil)[:20])
}

// Linked is the objection that a link leads to, with its history. It returns
// fault.NotFound for what is no link of ours, the same whatever is wrong with it.
func (s *Service) Linked(ctx context.Context, link string) (*Correction, []Event, error) {
	number, _, ok := strings.Cut(link, "-")
	id, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || id < 1 || len(link) > 100 {
		return nil, nil, errNone()
	}
	c, err := s.one(ctx, s.pool, id, "")
	if err != nil {
		return nil, nil, err
	}
	if !hmac.Equal([]byte(link), []byte(s.link(c))) {
		return nil, nil, errNone()
	}
	events, err := s.told(ctx, c)
	return c, events, err
}

// told is the history as whoever filed it reads it: what the department said to
// itself about more days is not theirs.
func (s *Service) told(ctx context.Context, c *Correction) ([]Event, error) {
	all, err := selectEvents(ctx, s.pool, c.ID)
	out := all[:0]
	for _, e := range all {
		if e.Act == AskMore || e.Act == DenyMore {
			continue
		}
		out = append(out, e)
	}
	return out, err
}

// LinkOf is the link of an objection of who's own.
func (s *Service) LinkOf(ctx context.Context, who account.Actor, c *Correction) (string, error) {
	by, err := selectReporter(ctx, s.pool, c.ID)
	if err != nil || by == nil || who.IsVisitor() || by.User != who.ID {
		return "", errNone()
	}
	return s.link(c), nil
}

// Settle reopens or closes an answered objection: by its link, which whoever
// filed it has.
func (s *Service) Settle(ctx context.Context, who account.Actor, link string, step Step) (*Correction, error) {
	if step.Action != Reopen && step.Action != Close {
		return nil, fault.New(fault.Forbidden, "只有提出异议的人可以这样做。")
	}
	c, _, err := s.Linked(ctx, link)
	if err != nil {
		return nil, err
	}
	return s.move(ctx, who, c.ID, step, func(pgx.Tx, *Correction) error { return nil })
}
