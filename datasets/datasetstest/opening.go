package datasetstest

import (
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/deidentify"
	"shuyuan/datasets/opening"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
)

// Opening is the opening reviews of the catalogue.
func (c *Catalogue) Opening(t testing.TB) *opening.Service {
	t.Helper()
	return c.OpeningOn(t, c.Clock)
}

// OpeningOn is Opening by another clock.
func (c *Catalogue) OpeningOn(t testing.TB, now func() time.Time) *opening.Service {
	t.Helper()
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	return opening.New(c.Pool, c.Service, book, deadline.New(book, func() workdays.Calendar { return calendar }), now)
}

// Deidentify is what makes data of the catalogue's withheld data.
func (c *Catalogue) Deidentify(t testing.TB) *deidentify.Service {
	t.Helper()
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	return deidentify.New(c.Pool, c.Service, c.Compile, book, c.Clock)
}

// Player is who plays role for d: another person for each role.
func Player(d datasets.Department, role account.Role) account.Actor {
	for i, p := range account.Parts {
		if p.Role == role {
			return account.Actor{ID: 1000*int64(i+10) + d.ID, Name: "示例" + p.Zh, Roles: []account.Role{role}, Side: p.Side, Department: d.ID, Session: strings.Repeat("0", 32)}
		}
	}
	return account.Actor{}
}

// Approve takes an upload of an officer that was read through all gates of the
// opening review, so that it may be published. Change alters the last decision.
func (c *Catalogue) Approve(t testing.TB, who account.Actor, upload string, change ...func(*opening.Decision)) *opening.Review {
	t.Helper()
	s := c.Opening(t)
	r, err := s.Propose(t.Context(), who, opening.Proposal{UploadID: upload})
	if err != nil {
		t.Fatalf("propose %s: %v", upload, err)
	}
	d := datasets.Department{ID: who.Department}
	for _, gate := range opening.Gates() {
		next := opening.Decision{Action: opening.Pass, Revision: r.Revision, Ticked: Ticked(gate)}
		if gate == opening.Joint {
			if next.Action = opening.Approve; r.Terms.Open == datasets.Conditional {
				next.Action, next.Terms = opening.ApproveConditional, r.Terms
			}
			for _, f := range change {
				f(&next)
			}
		}
		if r, err = s.Decide(t.Context(), Player(d, gate.Reviewer()), r.ID, next); err != nil {
			t.Fatalf("%s of %s: %v", gate, upload, err)
		}
	}
	return r
}

// Ticked is every line of a gate's list.
func Ticked(g opening.Gate) []string {
	var out []string
	for _, line := range g.List() {
		out = append(out, line.Code)
	}
	return out
}
