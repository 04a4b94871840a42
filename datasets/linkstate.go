package datasets

import (
	"time"

	"shuyuan/internal/outbound"
)

// LinkHealth is how an address is doing.
type LinkHealth string

// What can be said of an address.
const (
	LinkUnchecked LinkHealth = ""        // not checked yet, or not since it was changed
	LinkOK        LinkHealth = "ok"      // answers as promised
	LinkWrong     LinkHealth = "wrong"   // answers, with something else than promised
	LinkFailing   LinkHealth = "failing" // does not answer for now
	LinkDead      LinkHealth = "dead"    // has not answered for so long that it is given up
)

// Problems of an address besides those of the gate (outbound.Problem).
const (
	BadStatus   outbound.Problem = "status" // an answer that says no
	WrongFormat outbound.Problem = "format" // something else than promised
)

// LinkState is how the last check of an address went.
type LinkState struct {
	Health          LinkHealth
	Problem         outbound.Problem // empty for one that is as promised
	Status          int              // of the answer; 0 where there was none
	TookMS          int              // milliseconds to the head of the answer
	ContentType     string
	Bytes           *int64     // of the whole, where it was said
	MovedTo         string     // where it has moved for good; empty if it has not
	CertificateEnds *time.Time // nil for what is not encrypted
	CheckedAt       *time.Time
	OKAt            *time.Time // when it last answered as promised
	Failures        int        // in a row
	FailingSince    *time.Time
	DeadSince       *time.Time
	NextCheck       *time.Time
}

// CertificateSoon reports whether the certificate ends within warning of now.
func (st LinkState) CertificateSoon(now time.Time, warning time.Duration) bool {
	return st.CertificateEnds != nil && st.CertificateEnds.Before(now.Add(warning))
}

// answered reports whether there was an answer that says yes.
func (st LinkState) answered() bool { return st.Failures == 0 }

// after is the state of an address that was was, after one more check, of which
// seen tells what came back. It is dead once it has failed often enough and
// long enough: one bad night is no death, nor are three checks in one minute.
func (r LinkRules) after(was, seen LinkState, now time.Time) LinkState {
	seen.CheckedAt = &now
	seen.OKAt = was.OKAt
	wait := r.Every
	switch seen.Problem {
	case "":
		seen.Health, seen.OKAt = LinkOK, &now
	case WrongFormat:
		seen.Health = LinkWrong
	default:
		seen.Health, seen.Failures, seen.FailingSince, seen.DeadSince = LinkFailing, was.Failures+1, was.FailingSince, was.DeadSince
		if seen.FailingSince == nil {
			seen.FailingSince = &now
		}
		if seen.CertificateEnds == nil {
			seen.CertificateEnds = was.CertificateEnds
		}
		if seen.DeadSince == nil && seen.Failures >= r.Failures && now.Sub(*seen.FailingSince) >= r.Over {
			seen.DeadSince = &now
		}
		wait = r.Again
		if seen.DeadSince != nil { // less and less often
			seen.Health = LinkDead
			wait = min(r.AtMost, max(r.Every, now.Sub(*seen.DeadSince)/2))
		}
	}
	next := now.Add(wait)
	seen.NextCheck = &next
	return seen
}
