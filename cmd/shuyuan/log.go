package main

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"shuyuan/internal/policy"
	"shuyuan/internal/signing/register"
	"shuyuan/internal/signing/vault"
	"shuyuan/internal/transparency"
)

// publicLog is the transparency log with the keys that sign. The keys are
// published by Publish before anything is signed with them. Beside a running
// server there is no vault: only the server signs.
type publicLog struct {
	rules transparency.Rules
	keys  *register.Register
	log   *transparency.Log
	now   func() time.Time
}

// openLog opens the log; the process that signs starts when it is first needed.
func (in *installation) openLog(book *policy.Book, now func() time.Time) (publicLog, error) {
	rules, err := transparency.RulesOf(book)
	if err != nil || in.guest() {
		return publicLog{rules: rules}, err
	}
	if in.vault == nil {
		if in.vault, err = vault.Start(in.path("keys/signing"), in.path("log/signer"), rules.Valid); err != nil {
			return publicLog{}, err
		}
	}
	by, err := witnesses(in.cfg.Witnesses)
	if err != nil {
		return publicLog{}, err
	}
	p := publicLog{
		rules: rules, keys: register.New(in.pool, in.vault), now: now,
		log: transparency.New(transparency.NewReader(in.pool), in.vault, in.path("log"), now),
	}
	p.log.Witnessed(by...)
	return p, nil
}

// renewal is how long before its end a key introduces the next one.
const renewal = 60 * 24 * time.Hour

func (p publicLog) renew(ctx context.Context) error { return p.keys.Renew(ctx, p.now().Add(renewal)) }

// runLog names the log after the address of the portal, publishes its keys, and
// signs it until ctx ends.
func (s *server) runLog(ctx context.Context) {
	prepare := func(ctx context.Context) error {
		_, name, _ := strings.Cut(s.base, "://")
		if err := s.public.log.Name(ctx, strings.TrimSuffix(name, "/")+"/log"); err != nil {
			return err
		}
		return s.public.keys.Publish(ctx)
	}
	s.public.log.Run(ctx, s.public.rules.Every, prepare, func(err error) {
		s.log.LogAttrs(ctx, slog.LevelError, "the transparency log is not signed: look at it before anything else, and change nothing in it", slog.Any("error", err))
	})
}
