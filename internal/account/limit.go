package account

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Rate is how many calls one subject may make in a sliding window.
type Rate struct {
	Limit  int
	Window time.Duration
}

// Limit is the answer to one call, with what the RateLimit headers need.
type Limit struct {
	Allowed   bool
	Limit     int
	Remaining int
	Reset     time.Duration // until the window has passed
	Retry     time.Duration // of a call that may not go on: until one may
	First     bool          // the first refusal after calls that passed: worth one line in a log
}

// Rates are the limits unless Config sets others, by bucket. A subject is what
// the caller counts by: a network, a key, an account.
var Rates = map[string]Rate{
	signInNetwork: {40, 15 * time.Minute}, // attempts from one network
	signInPair:    {8, 15 * time.Minute},  // at one account from one network
	signInAccount: {60, time.Hour},        // at one account from networks it does not know
	"password":    {8, 15 * time.Minute},  // changing one's own password

	factorTries:    {10, 15 * time.Minute}, // second steps of one account
	confirmTries:   {10, 15 * time.Minute}, // showing anew who one is
	signUpNetwork:  {20, time.Hour},        // sign-ups from one network
	signUpAddress:  {3, time.Hour},         // letters to one address, as it is no mailbox of ours
	inviteOrg:      {50, 24 * time.Hour},   // invitations of one organisation
	inviteAccount:  {50, 24 * time.Hour},   // invitations by one account, of whatever organisations
	inviteAddress:  {5, 24 * time.Hour},    // invitations to one address, whoever sends them
	addressAccount: {10, 24 * time.Hour},   // letters to a new address, asked for by one account
	addressTo:      {3, time.Hour},         // the same, to one address
	exportTries:    {5, 24 * time.Hour},    // exports of one's own account
	paperTries:     {60, 24 * time.Hour},   // papers sent by one account
	recoverNetwork: {20, time.Hour},
	recoverAddress: {3, time.Hour},

	"api":                    {600, time.Minute},     // API calls without a key, by network
	"api-key":                {3000, time.Minute},    // API calls by key, of an account
	"rows":                   {300, time.Minute},     // questions about rows without a key, by network
	"rows-key":               {3000, time.Minute},    // questions about rows by key, of an account
	"export":                 {60, time.Minute},      // exports without a key, by network
	"export-key":             {600, time.Minute},     // exports by key, of an account
	"question":               {10, 24 * time.Hour},   // questions of one account about datasets
	"question-report":        {20, 24 * time.Hour},   // reports of one account about public questions
	"correction":             {20, 24 * time.Hour},   // objections of one account, or of one network without an account
	"registration-objection": {10, 24 * time.Hour},   // objections to registrations of one account, or of one network without an account
	"receipt":                {60, time.Hour},        // certificates of download of one account, or of one network without an account
	"correction-address":     {5, 24 * time.Hour},    // objections that leave one contact, as it is no mailbox of ours
	"case-paper":             {200, 24 * time.Hour},  // files that one account hands in with cases, kept or not
	"demand":                 {5, 24 * time.Hour},    // demands that one account proposes
	"demand-vote":            {120, time.Hour},       // what one account seconds and follows of them
	"demand-report":          {20, 24 * time.Hour},   // reports of one account about them
	"follow":                 {120, time.Hour},       // what one account follows and stops following
	"webhook":                {60, time.Hour},        // webhooks that one account enters, and has sent
	"feedback":               {20, 10 * time.Minute}, // forms anybody can send
	"link-check":             {30, 10 * time.Minute}, // addresses checked by hand, by department
}

// Rate is the limit of a bucket in this installation.
func (s *Service) Rate(bucket string) Rate { return s.cfg.Limits[bucket] }

// Allow counts one call of subject in bucket and says whether it may go on. It
// takes one statement on an unlogged table, so the limit holds for all
// replicas together. The window slides: the share of the last window that
// still overlaps is counted in. A call that is refused is not counted, so that
// whoever keeps calling is let in again as soon as the window allows it.
func (s *Service) Allow(ctx context.Context, bucket, subject string) (Limit, error) {
	return s.take(ctx, s.cfg.Limits[bucket], bucket, subject, 1)
}

// take counts n calls at once, or none of them if they are too many.
func (s *Service) take(ctx context.Context, rate Rate, bucket, subject string, n int) (Limit, error) {
	if rate.Window <= 0 {
		return Limit{}, fmt.Errorf("rate limit: no bucket %q", bucket)
	}
	now := s.now()
	started := now.Truncate(rate.Window)
	left := started.Add(rate.Window).Sub(now)
	share := float64(left) / float64(rate.Window)
	var count, previous, refused int
	err := s.pool.QueryRow(ctx, `
		INSERT INTO rate_windows AS w (bucket, subject, started, count, previous, refused, ends)
		VALUES (@bucket, @subject, @started, @n, 0, 0, @ends)
		ON CONFLICT (bucket, subject) DO UPDATE
		SET (count, previous, refused, started, ends) = (
			SELECT c + CASE WHEN passes THEN @n ELSE 0 END, p, CASE WHEN passes THEN 0 ELSE r + 1 END,
				greatest(w.started, excluded.started), greatest(w.ends, excluded.ends)
			FROM (
				SELECT c, p, r, c + floor(p * @share::float8) + @n <= @limit AS passes
				FROM (
					-- a replica whose clock is behind counts in the newer window
					SELECT
						CASE WHEN w.started >= excluded.started THEN w.count ELSE 0 END AS c,
						CASE WHEN w.started >= excluded.started THEN w.previous
							WHEN w.started = @before THEN w.count ELSE 0 END AS p,
						CASE WHEN w.started >= excluded.started THEN w.refused ELSE 0 END AS r
				) AS rolled
			) AS judged)
		RETURNING count, previous, refused`,
		pgx.NamedArgs{
			"bucket": bucket, "subject": subjectHash(subject), "limit": rate.Limit, "share": share, "n": n,
			"started": started, "before": started.Add(-rate.Window), "ends": started.Add(2 * rate.Window),
		}).Scan(&count, &previous, &refused)
	if err != nil {
		return Limit{}, fmt.Errorf("rate limit: %w", err)
	}
	used := count + int(float64(previous)*share)
	return Limit{
		Allowed: refused == 0, Limit: rate.Limit, Remaining: max(0, rate.Limit-used),
		Reset: left, Retry: rate.wait(count, previous, left), First: refused == 1,
	}, nil
}

// wait is how long it takes until one more call fits: until enough of the last
// window has slid out, or else until the next one begins.
func (r Rate) wait(count, previous int, left time.Duration) time.Duration {
	if count < r.Limit && previous > 0 {
		share := float64(r.Limit-count) / float64(previous)
		return max(0, left-time.Duration(share*float64(r.Window)))
	}
	return left + r.Window/time.Duration(max(1, r.Limit))
}

// forgive forgets what was counted of subject: whoever knew the password was
// not guessing.
func forgive(ctx context.Context, tx pgx.Tx, bucket, subject string) error {
	_, err := tx.Exec(ctx, `DELETE FROM rate_windows WHERE bucket = $1 AND subject = $2`, bucket, subjectHash(subject))
	return err
}

func subjectHash(subject string) []byte {
	h := sha256.Sum256([]byte(subject))
	return h[:16]
}
