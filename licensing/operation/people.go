package operation

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// ChangeState is where a change of people stands.
type ChangeState string

// The states.
const (
	ChangeAsked     ChangeState = "asked"
	ChangeConfirmed ChangeState = "confirmed"
	ChangeRefused   ChangeState = "refused"
	ChangeWithdrawn ChangeState = "withdrawn"
)

// PeopleChange is a change of who of a developer may do what: staff come and go, and
// the operator that screened them confirms who comes. What was asked for and decided
// stays as the history of the entry.
type PeopleChange struct {
	ID        int64
	Had       []Person // whom it replaces
	People    []Person
	Words     string
	AskedBy   string
	AskedAt   time.Time
	State     ChangeState
	DecidedBy string
	DecidedAt *time.Time
	Answer    string

	Writes, Releases       []int64 // users
	hadWrites, hadReleases []int64
}

func errNoChange() error { return fault.New(fault.Conflict, "没有待确认的人员更换。") }

func peopleAsked(d *Developer) error {
	if d.change == nil {
		return errNoChange()
	}
	return nil
}

func peopleSettled(d *Developer) error {
	if d.change != nil {
		return fault.New(fault.Conflict, "上一次人员更换还没有确认，确认或者撤回以后才能再申请。")
	}
	return nil
}

// peopleOthers: somebody writes and somebody asks for results, and not just those who
// do already.
func peopleOthers(d *Developer) error {
	writes, releases := named(d.people)
	had, asked := named(d.People)
	switch {
	case len(writes) == 0:
		return fault.At("people", "请至少指定一名可以编写程序的人员。")
	case len(releases) == 0:
		return fault.At("people", "请至少指定一名可以申请结果的人员。")
	case slices.Equal(writes, had) && slices.Equal(releases, asked):
		return fault.At("people", "和现在的人员一样，没有要更换的。")
	}
	return entryReason(d)
}

// named are the users that may write and that may ask for releases, in rising order.
func named(list []Person) (writes, releases []int64) {
	writes, releases = []int64{}, []int64{}
	for _, p := range list {
		if p.Writes {
			writes = append(writes, p.ID)
		}
		if p.Releases {
			releases = append(releases, p.ID)
		}
	}
	slices.Sort(writes)
	slices.Sort(releases)
	return writes, releases
}

// changePeople writes down what an action does about a change of people: one that is
// still asked for when a developer leaves is taken back with it.
func (s *Service) changePeople(ctx context.Context, tx pgx.Tx, who account.Actor, d *Developer, a EntryAction) error {
	switch {
	case a == AskPeople:
		c := PeopleChange{Words: d.words, AskedBy: who.Name, AskedAt: d.at, State: ChangeAsked}
		c.Writes, c.Releases = named(d.people)
		c.hadWrites, c.hadReleases = named(d.People)
		return insertChange(ctx, tx, who, d.ID, c)
	case d.change == nil:
		return nil
	case a == ConfirmPeople:
		c := d.change
		c.State, c.Answer = ChangeConfirmed, d.words
		c.hadWrites, c.hadReleases = named(d.People)
		d.People = d.people
		return decideChange(ctx, tx, who, c, d.at)
	case a == RefusePeople:
		d.change.State, d.change.Answer = ChangeRefused, d.words
		return decideChange(ctx, tx, who, d.change, d.at)
	case a == RecallPeople || d.State == EntryLeft:
		d.change.State = ChangeWithdrawn
		return decideChange(ctx, tx, account.Actor{}, d.change, d.at)
	}
	return nil
}

// EntryMoved is the job that is announced, in the transaction of the move, when what a
// developer may do stands, or stands no more: what runs for it is looked at, and those
// who work for it are told. At the gate it has ended already, with the move itself.
type EntryMoved struct {
	Developer int64     `json:"developer"`
	Act       string    `json:"act"`
	Words     string    `json:"words,omitempty"`
	At        time.Time `json:"at"`
}

// Kind names the job.
func (EntryMoved) Kind() string { return "entry_moved" }

// EntryHasMoved tells the people of a developer that its entry moved: who answers for
// it was told with the move. It is the worker of EntryMoved; what runs is stopped by
// whoever runs it.
func (s *Service) EntryHasMoved(ctx context.Context, moved EntryMoved) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		d, err := s.developerByID(ctx, tx, moved.Developer)
		if err != nil {
			return none, err
		}
		to, err := workers(ctx, tx, d.ID)
		if err != nil {
			return none, err
		}
		n := Notice{Of: "developer", Number: d.Number, Mandate: d.Mandate, Act: moved.Act, Side: string(OfDeveloper), Title: d.MandateTitle, From: d.Operator.Name, Words: moved.Words, At: moved.At}
		switch entrySides[EntryAction(moved.Act)] {
		case OfBody:
			n.From, n.FromEN = d.Body.Name, d.Body.NameEN
		case OfDeveloper:
			n.From = d.Organisation.Name
		}
		return none, send(ctx, tx, n, to)
	})
	return err
}
