package corrections

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
)

// The periods. Which rule runs is found when the period begins and kept: a text
// that lapses meanwhile binds to the end (AB-49).
var (
	forwardTerm = deadline.Term{Path: "correction.platform_forwarding_deadline", House: "platform_forwarding"}
	answerTerm  = deadline.Term{Path: "correction.deadline", House: "correction_default"}
	reopenTerm  = deadline.Term{House: "reopen_answered_case"}
	keepTerm    = deadline.Term{House: "correction_contact"}
)

const extensionPath = "correction.extension"

// start begins the first clock of an objection that was filed.
func (s *Service) start(c *Correction) error {
	if c.Channel == ToProvider {
		c.State, c.ReceivedAt = Received, &c.FiledAt
		return s.receive(c, c.FiledAt)
	}
	clock, err := s.clocks.Start(c.Profile, forwardTerm, c.FiledAt)
	c.State, c.base, c.Clock = Submitted, clock.Ref, &clock
	return err
}

// receive begins the clock of the department.
func (s *Service) receive(c *Correction, at time.Time) error {
	clock, err := s.clocks.Start(c.Profile, answerTerm, at)
	c.base, c.Clock = clock.Ref, &clock
	return err
}

// resume works out the clock that runs, by the rule that it began under.
func (s *Service) resume(c *Correction) {
	c.mostMore, _ = s.mostMore(c.base)
	c.Clock = s.clock(c)
	if c.Answered != nil && c.ClosedAt == nil {
		if clock, err := s.clocks.Start(c.Profile, reopenTerm, *c.Answered); err == nil {
			c.reopenable = &clock
		}
	}
}

func (s *Service) clock(c *Correction) *deadline.Clock {
	clock, err := s.clocks.Resume(c.ref())
	if err != nil {
		return nil
	}
	return &clock
}

// ref is the clock that runs now.
func (c *Correction) ref() deadline.Ref {
	ref := c.base
	switch {
	case c.Case != 0 && c.caseEnded != nil: // the answer is owed since it was decided
		ref.From = *c.caseEnded
	case c.Case != 0 && c.caseClock != nil:
		ref = *c.caseClock
	case c.extended():
		ref = deadline.Ref{Profile: c.base.Profile, Path: c.morePath, From: *c.moreFrom, Given: c.MoreDays}
	}
	return ref
}

// extended reports whether the one extension is of the term that runs.
func (c *Correction) extended() bool {
	return c.More != nil && (c.Reopened == nil || c.More.After(*c.Reopened))
}

// mostMore is how many working days may be given to a term under ref, and by
// which rule.
func (s *Service) mostMore(ref deadline.Ref) (days int, path string) {
	if p, ok := s.book.Profile(ref.Profile); ok {
		if r, ok := p.Rule(extensionPath); ok && !r.Silent {
			return detail(r, "max"), r.Path
		}
	}
	r, _ := s.book.House().Rule(answerTerm.House)
	return detail(r, "extension_wd"), r.Path
}

func detail(r policy.Rule, key string) int {
	for _, d := range r.Details {
		if d.Key == key && len(d.Value) == 1 {
			n, _ := strconv.Atoi(d.Value[0].Zh)
			return n
		}
	}
	return 0
}

// extend gives the days that were asked for, from the old last day.
func (s *Service) extend(c *Correction, who account.Actor, at time.Time) error {
	from := c.Clock.Last
	_, c.morePath = s.mostMore(c.base)
	c.More, c.MoreBy, c.moreBy, c.MoreDays, c.moreFrom = &at, who.Name, who.ID, c.AskedDays, &from
	s.resume(c)
	if c.Clock == nil {
		return fmt.Errorf("extension of %d: %s has no period %q", c.ID, c.base.Profile, c.morePath)
	}
	return nil
}

// dayIn is the midnight in China of a date of the database.
func dayIn(date time.Time) time.Time {
	y, m, d := date.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, workdays.Zone)
}

// Days is how many working days a department has to answer, how many more its
// head may give, and by which rule. Forward is the same of the platform.
func (s *Service) Days(profile string) (answer, forward deadline.Clock, more int, err error) {
	if answer, err = s.clocks.Start(profile, answerTerm, s.now()); err != nil {
		return answer, forward, 0, err
	}
	more, _ = s.mostMore(answer.Ref)
	forward, err = s.clocks.Start(profile, forwardTerm, s.now())
	return answer, forward, more, err
}

// OpenClocks are the clocks of the objections that wait for somebody.
func (s *Service) OpenClocks(ctx context.Context) ([]calendars.Open, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT id::text, clock_profile, CASE WHEN state = 'extended' THEN more_path ELSE clock_path END,
		       CASE WHEN state = 'extended' THEN more_from::timestamp AT TIME ZONE 'Asia/Shanghai' ELSE clock_from END, CASE WHEN state = 'extended' THEN more_days ELSE 0 END
		FROM corrections WHERE outcome = '' AND state <> 'inconsistent' ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (calendars.Open, error) {
		o := calendars.Open{Kind: "correction"}
		err := row.Scan(&o.ID, &o.Ref.Profile, &o.Ref.Path, &o.Ref.From, &o.Ref.Given)
		return o, err
	})
}
