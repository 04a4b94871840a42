package policy

import (
	"fmt"
	"time"
)

// Which text applies on a day, and which of several prevails.
//
// A text that is amended gets a file of its own, which names the one that it
// succeeds: from the day of one edition the other no longer applies. A text may
// name the one of a higher level that it yields to (AS-52: 国家、省另有新规定的，从
// 其规定); so a city's text stands below its province's, and that below the
// state's.

// On is the edition in force on the day of t of the text with this id, whichever
// edition the id is of. A case asks with the day it was received, so that a
// later change never rewrites it.
func (b *Book) On(id string, t time.Time) (*Profile, bool) {
	p, ok := b.Profile(id)
	if !ok {
		return nil, false
	}
	for p.before != nil && date(t).Before(p.from) {
		p = p.before
	}
	for p.after != nil && !date(t).Before(p.after.from) {
		p = p.after
	}
	return p, p.InForce(t)
}

// Governing is the rule at path for whoever the text with this id binds, on the
// day of t: that of the highest text in force above it which decides the matter,
// else its own. A rule that is silent is returned only where no text decides.
func (b *Book) Governing(id, path string, t time.Time) (*Profile, Rule, bool) {
	own, ok := b.On(id, t)
	if !ok {
		return nil, Rule{}, false
	}
	by, rule, found := own, Rule{}, false
	for p := own; p != nil; p = p.above {
		in, ok := b.On(p.id, t)
		if !ok {
			continue
		}
		r, ok := in.Rule(path)
		if ok && (!r.Silent || !found) {
			by, rule, found = in, r, true
		}
	}
	return by, rule, found
}

// relate ties each text to the one it succeeds and to the one it yields to. It
// refuses a gap or an overlap between two editions, with the line of the later
// one's first day.
func (b *Book) relate(texts []loaded) error {
	for _, d := range texts {
		if p := d.profile; !p.last.IsZero() && p.last.Before(p.from) {
			return d.refuse(p.id + " ends before it begins")
		}
	}
	for _, d := range texts {
		p := d.profile
		if d.yieldsTo != "" {
			above, ok := b.Profile(d.yieldsTo)
			if !ok {
				return d.refuse(fmt.Sprintf("it yields to %q, and there is no such profile", d.yieldsTo))
			}
			p.above = above
		}
		if d.succeeds == "" {
			continue
		}
		before, ok := b.Profile(d.succeeds)
		switch {
		case !ok:
			return d.refuse(fmt.Sprintf("it succeeds %q, and there is no such profile", d.succeeds))
		case before.after != nil:
			return d.refuse(fmt.Sprintf("%s and %s both succeed %s", before.after.id, p.id, before.id))
		case before.last.IsZero(), !before.last.Before(p.from):
			return d.refuse(fmt.Sprintf("it begins while %s still applies: two editions overlap", before.id))
		case !before.last.AddDate(0, 0, 1).Equal(p.from):
			return d.refuse(fmt.Sprintf("%s ends on %s: between the two editions no rule applies", before.id, before.last.Format(time.DateOnly)))
		}
		before.after, p.before = p, before
	}
	for _, p := range b.profiles {
		if loops(p, func(p *Profile) *Profile { return p.above }) || loops(p, func(p *Profile) *Profile { return p.after }) {
			return fmt.Errorf("policy: %s stands above or after itself", p.id)
		}
	}
	return nil
}

// loops reports whether one comes back to p by following next.
func loops(p *Profile, next func(*Profile) *Profile) bool {
	seen := map[*Profile]bool{}
	for at := p; at != nil; at = next(at) {
		if seen[at] {
			return true
		}
		seen[at] = true
	}
	return false
}
