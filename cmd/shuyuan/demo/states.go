package demo

import (
	"context"
	"fmt"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/opening"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// states is world/states.yaml: entries that stand at every place between an
// empty form and the public. They are played by the demo accounts, through the
// same doors as by people.
type states struct {
	Department string            `yaml:"department"`
	Common     catalogue.Content `yaml:"common"`
	Entries    []stateEntry      `yaml:"entries"`
	Dictionary []column          `yaml:"dictionary"` // of the files that are published
	Import     struct {
		File   string   `yaml:"file"`
		Titles []string `yaml:"titles"`
	} `yaml:"import"`
}

type stateEntry struct {
	Slug    string            `yaml:"slug"`
	Title   string            `yaml:"title"`
	State   catalogue.State   `yaml:"state"`  // where it stands between department and authority
	Reason  string            `yaml:"reason"` // of a return
	Bare    bool              `yaml:"bare"`   // says nothing of what is common
	Public  bool              `yaml:"public"`
	Says    catalogue.Content `yaml:"says"`
	Files   []stateFile       `yaml:"files"`
	Derived *struct {
		Slug  string            `yaml:"slug"`
		Title string            `yaml:"title"`
		Says  catalogue.Content `yaml:"says"`
		Note  string            `yaml:"note"`
	} `yaml:"derived"` // made of its first file, so that it names nobody
}

type stateFile struct {
	Key    string        `yaml:"key"`
	Name   string        `yaml:"name"`
	NameEN string        `yaml:"name_en"`
	About  string        `yaml:"description"`
	AboutE string        `yaml:"description_en"`
	File   string        `yaml:"file"` // of states/
	Reason string        `yaml:"reason"`
	To     opening.State `yaml:"to"`    // where its review stands; empty of what is withheld and needs none
	Note   string        `yaml:"note"`  // of who asks
	Words  string        `yaml:"words"` // of who decides

	Bases        []string `yaml:"bases"`
	Method       string   `yaml:"method"`
	Requirements string   `yaml:"requirements"`
	Safeguards   string   `yaml:"safeguards"`

	StandingDays  int    `yaml:"standing_days"`
	StandingTerms string `yaml:"standing_terms"`

	Event *struct {
		Kind       string `yaml:"kind"`
		Title      string `yaml:"title"`
		DeclaredBy string `yaml:"declared_by"`
		Basis      string `yaml:"basis"`
	} `yaml:"event"`
	Next *struct {
		File string `yaml:"file"`
	} `yaml:"next"` // a later file that was read and that nobody has asked a review for
}

// stage plays the states.
type stage struct {
	Deps
	w       *world
	states  states
	players map[string]account.Actor
	secrets map[string]string // password by identifier
}

// Who plays.
const (
	theOfficer, theHead       = "officer@yjt.fujian.example", "head@yjt.fujian.example"
	securityDesk, secrecyDesk = "security@yjt.fujian.example", "secrecy@yjt.fujian.example"
	cyberspaceDesk            = "review@wxb.fujian.example"
	theAuthority              = "authority@sjj.fujian.example"
	theCitizen, theLeaver     = "citizen@people.example", "leaver@people.example"
	theOwner, theWaitingOwner = "owner@company.example", "owner@studio.example"
	explained                 = "bird-strikes" // the entry that is asked about, explained and followed
	sessionNetwork, sessionOf = "127.0.0.1", "示例世界"
)

// play brings the sample world to where each state can be seen. What an earlier
// play did stays. Where there is no room for uploads, it says so and leaves out
// what needs them.
func (w *world) play(ctx context.Context, d Deps, secrets map[string]string) error {
	s := &stage{Deps: d, w: w, players: map[string]account.Actor{}, secrets: secrets}
	if err := read(w.folder, "states.yaml", &s.states); err != nil {
		return err
	}
	users, err := d.Accounts.Users(ctx, account.System(w.task()))
	if err != nil {
		return err
	}
	for _, u := range users {
		s.players[u.Identifier] = account.Actor{ID: u.ID, Name: u.Name, Roles: u.Roles, Side: u.Side, Department: u.Department}
	}
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"follows", s.follow}, {"entries", s.compile}, {"import", s.bulk}, {"change", s.change}, {"reviews", s.review}, {"derived data", s.derive},
		{"questions", s.ask}, {"objections", s.object}, {"notes", s.explain}, {"organisations", s.represent}, {"applications", s.apply}, {"use of data", s.useData}, {"requests for data", s.demand}, {"requests for sharing", s.share}, {"mandates and entries", s.operate}, {"scenarios", s.develop}, {"workspaces", s.compute}, {"products", s.trade}, {"registrations", s.registerProducts}, {"listings", s.list}, {"statements of a bank", s.bank}, {"breach cases, incidents and orders", s.supervise}, {"tenders", s.compete}, {"an account that leaves", s.leave},
	} {
		err := step.do(ctx)
		if fault.KindOf(err) == fault.Unavailable {
			fmt.Fprintf(s.Out, "the sample %s are left out: %s\n", step.what, fault.Of(err).Text())
			continue
		}
		if err != nil {
			return fmt.Errorf("sample %s: %w", step.what, err)
		}
	}
	return nil
}

// as is one of the demo accounts.
func (s *stage) as(identifier string) account.Actor { return s.players[identifier] }

// compile brings each entry to where it stands in the catalogue.
func (s *stage) compile(ctx context.Context) error {
	for i := range s.states.Entries {
		if err := s.compileEntry(ctx, &s.states.Entries[i]); err != nil {
			return fmt.Errorf("%s: %w", s.states.Entries[i].Slug, err)
		}
	}
	return nil
}

func (s *stage) compileEntry(ctx context.Context, e *stateEntry) error {
	officer := s.as(theOfficer)
	if _, err := s.Catalogue.Entry(ctx, officer, e.Slug); fault.KindOf(err) == fault.NotFound {
		_, err = s.Catalogue.Create(ctx, officer, catalogue.NewEntry{Declaration: catalogue.NotSecret, Title: e.Title, Slug: e.Slug})
		if err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	there, err := s.Catalogue.Entry(ctx, officer, e.Slug)
	if err != nil {
		return err
	}
	if there.Summary == "" && there.TitleEN == "" { // nothing was said of it
		says := e.Says
		if !e.Bare {
			says = s.states.Common.With(e.Says)
		}
		if err := s.say(ctx, there, says); err != nil {
			return err
		}
	}
	return s.bring(ctx, e)
}

// say fills in the form of an entry.
func (s *stage) say(ctx context.Context, e *catalogue.Entry, says catalogue.Content) error {
	wrong, err := s.Catalogue.Save(ctx, s.as(theOfficer), e.Slug, catalogue.Saved{Declaration: catalogue.NotSecret, Content: says, Revision: e.Revision})
	if err == nil && len(wrong) > 0 {
		err = fault.At(wrong[0].Field, wrong[0].Sentence, wrong[0].Args...)
	}
	return err
}

// bring takes an entry from desk to desk until it stands where it should.
func (s *stage) bring(ctx context.Context, e *stateEntry) error {
	for {
		at, err := s.Catalogue.Entry(ctx, s.as(theOfficer), e.Slug)
		if err != nil || at.State == e.State {
			return err
		}
		who, action, reason := theOfficer, catalogue.SendToHead, ""
		switch at.State {
		case catalogue.WithHead:
			who, action = theHead, catalogue.Sign
		case catalogue.Submitted:
			if who, action = theAuthority, catalogue.Confirm; e.State == catalogue.Returned {
				action, reason = catalogue.Return, e.Reason
			}
		case catalogue.Draft, catalogue.Returned, catalogue.Confirmed:
		}
		if err := s.Catalogue.Move(ctx, s.as(who), e.Slug, action, reason, at.Revision); err != nil {
			return fmt.Errorf("%s: %w", action, err)
		}
	}
}

// bulk imports a sheet of entries that can still be taken back.
func (s *stage) bulk(ctx context.Context) error {
	officer := s.as(theOfficer)
	there, err := s.Catalogue.Imports(ctx, officer)
	if err != nil || len(there) > 0 {
		return err
	}
	sheet := "目录名称,摘要\n"
	for _, title := range s.states.Import.Titles {
		sheet += title + ",示例条目，没有数据：由一张表导入，可以撤销。\n"
	}
	in := catalogue.Bulk{Declaration: catalogue.NotSecret, Entries: catalogue.BulkFile{Name: s.states.Import.File, Body: []byte(sheet)}}
	plan, err := s.Catalogue.Plan(ctx, officer, in)
	if err != nil {
		return err
	}
	_, _, err = s.Catalogue.Apply(ctx, officer, in, plan.Mark, false)
	return err
}

// change records what happened today: its clocks run.
func (s *stage) change(ctx context.Context) error {
	officer := s.as(theOfficer)
	there, err := s.Catalogue.Changes(ctx, officer)
	if err != nil || len(there) > 0 {
		return err
	}
	_, err = s.Catalogue.Record(ctx, officer, catalogue.NewChange{
		Trigger: "function_changed", EventDate: s.Now().In(china).Format(time.DateOnly), Evidence: "示例：职责调整，期限内更新目录。", Entries: []string{explained},
	})
	return err
}

var china = time.FixedZone("CST", 8*60*60)

// publish makes an entry public, once its files are.
func (s *stage) publish(ctx context.Context, slug string) error {
	officer := s.as(theOfficer)
	d, err := s.Datasets.Dataset(ctx, officer, slug)
	if err != nil || d.Status != datasets.Draft {
		return err
	}
	return s.Datasets.Move(ctx, officer, slug, datasets.Publish, "", d.Revision)
}
