package opening

import (
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/deadline"
)

// Kind is how a review came about.
type Kind string

// The kinds.
const (
	Ordinary  Kind = "review"
	Emergency Kind = "emergency" // opened first, checked after
	Imported  Kind = "imported"  // decided outside, as who imported the version says
)

// Review is whether one content may be opened.
type Review struct {
	ID         int64
	Kind       Kind
	DatasetID  int64
	Department int64
	ResourceID string
	UploadID   string // of a content that was not published yet when it was asked
	VersionID  int64  // the version that is the content, or became of it; 0: none
	Number     int    // of that version
	Event      *Event

	SHA256     string
	SchemaHash string
	Tables     []datasets.Shape
	Terms      datasets.Terms // as asked
	EntryTerms datasets.Terms // of the entry, when it was asked
	level      string         // of the entry, when it was asked
	source     string         // the same
	Decided    *datasets.Terms
	Approved   string // schema hash that was let through

	Profile      string
	clock        deadline.Ref
	Clock        *deadline.Clock // nil where the calendar of the year is missing
	Note         string
	ProposedBy   int64
	ProposedName string
	ProposedAt   time.Time
	State        State
	Revision     int
	DecidedAt    *time.Time

	StandingUntil *time.Time
	StandingTerms string
	RevokedAt     *time.Time
	RevokedName   string
	RevokedReason string

	Checks []Check

	// of what it is about, for lists
	Slug, Title, TitleEN             string
	ResourceName, ResourceNameEN     string
	DepartmentName, DepartmentNameEN string
	FileName                         string
	Sample                           bool
}

// Check is what one person decided at a gate.
type Check struct {
	Gate         Gate
	Reviewer     int64
	Name         string
	Department   string
	DepartmentEN string
	Result       string
	Words        string
	Ticked       []string
	SHA256       string
	SchemaHash   string
	At           time.Time
}

// Judged is the decision of a gate; nil while there is none.
func (r *Review) Judged(g Gate) *Check {
	for i := range r.Checks {
		if r.Checks[i].Gate == g {
			return &r.Checks[i]
		}
	}
	return nil
}

// Stands reports whether versions with the same columns may follow now.
func (r *Review) Stands(now time.Time) bool {
	return r.StandingUntil != nil && r.RevokedAt == nil && r.State.Lets() && r.StandingUntil.Format(time.DateOnly) >= now.In(china).Format(time.DateOnly)
}

// Event is an emergency that was declared (AS-20.4, AB-32).
type Event struct {
	ID           int64
	Kind         string // natural, accident, health, security
	Title        string
	DeclaredBy   string
	DeclaredOn   time.Time
	Basis        string
	Profile      string
	EndedOn      *time.Time
	RecordedName string
	RecordedAt   time.Time
}

// EventKinds are the four kinds of AB-32 in its order and words.
func EventKinds() []Line {
	return []Line{{"natural", "自然灾害"}, {"accident", "事故灾难"}, {"health", "公共卫生事件"}, {"security", "社会安全事件"}}
}

var china = time.FixedZone("CST", 8*60*60)
