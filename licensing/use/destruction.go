package use

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/internal/workflow"
)

// DestructionState is where the destruction of delivered data stands.
type DestructionState string

// The states of a destruction.
const (
	Owed       DestructionState = "owed"
	Certified  DestructionState = "filed"     // the department looks at the certificate
	Wanting    DestructionState = "wanting"   // it is not enough
	Confirmed  DestructionState = "confirmed" // the certificate stands, with its seal
	Claimed    DestructionState = "claimed"   // an exception is asked for
	Excused    DestructionState = "excused"   // and was granted
	Carried    DestructionState = "carried"   // a later grant of the same holder covers the data
	Nothing    DestructionState = "nothing"   // nothing was ever delivered
	WrittenOff DestructionState = "written_off"
)

// DestructionAction is what moves a destruction.
type DestructionAction string

// The actions on a destruction.
const (
	Certify     DestructionAction = "certify"
	Confirm     DestructionAction = "confirm"
	FindWanting DestructionAction = "find_wanting"
	Claim       DestructionAction = "claim"
	Excuse      DestructionAction = "excuse"
	Deny        DestructionAction = "deny"
	WriteOff    DestructionAction = "write_off"
	Carry       DestructionAction = "carry"

	BeginDestruction DestructionAction = "begin" // its grant ended
	WarnOfDestroy    DestructionAction = "warn"  // stays where it is
)

// The grounds of an exception, as anshan.yaml names them (processor.exceptions).
const (
	ByLaw       = "law"
	ByAgreement = "agreement"
)

// Grounds are the grounds in order.
var Grounds = []string{ByLaw, ByAgreement}

// Delivered is one version that was delivered under a grant, from the record of
// deliveries.
type Delivered struct {
	Grant   string    `json:"grant"` // number
	File    string    `json:"file"`
	Version int       `json:"version"`
	SHA256  string    `json:"sha256"`
	Times   int       `json:"times"`
	Bytes   int64     `json:"bytes"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
}

// Statement is what the holder declares about the destruction.
type Statement struct {
	Method      string
	Destroyer   string    // by whom it was done
	DestroyedOn time.Time // day
	Supervisor  string    // under whose eyes
	Copies      string    // of copies and backups
	True        bool      // declared to be true
}

// Destruction is what becomes of delivered data once a grant has ended.
type Destruction struct {
	ID        int64
	Number    string // of the certificate; empty: none was filed
	Grant     Grant
	EndedAt   time.Time
	State     DestructionState
	CarriedTo string // number of the grant
	Items     []Delivered
	Statement
	Body    string // of the certificate, as it was filed
	SHA256  string
	FiledAt *time.Time
	FiledBy string

	Ground      string // of an exception
	GroundWords string
	Words       string // of the department
	DecidedAt   *time.Time
	DecidedBy   string
	RemindedAt  *time.Time
	WarnedAt    *time.Time
	Revision    int

	Clock *deadline.Clock // of the next step; nil: none is owed

	ref  deadline.Ref
	gone bool // nobody is left who could answer for the holder
	now  time.Time
}

// Waits reports whether the holder owes it.
func (d *Destruction) Waits() bool { return d.State == Owed || d.State == Wanting }

// Late reports whether whoever owes the next step has run out of time at now.
func (d *Destruction) Late(now time.Time) bool { return d.Clock != nil && d.Clock.Late(now) }

// Gone reports whether nobody is left who could answer for the holder.
func (d *Destruction) Gone() bool { return d.gone }

// destructionLifecycle is every move of a destruction. Nothing else changes its state.
var destructionLifecycle = workflow.Lifecycle[DestructionState, DestructionAction, *Destruction]{
	{Action: Certify, From: []DestructionState{Owed, Wanting}, To: Certified, By: holder, Needs: wholeStatement},
	{Action: Confirm, From: []DestructionState{Certified}, To: Confirmed, By: officer},
	{Action: FindWanting, From: []DestructionState{Certified}, To: Wanting, By: officer, Needs: withWords},
	{Action: Claim, From: []DestructionState{Owed, Wanting}, To: Claimed, By: holder, Needs: grounded},
	{Action: Excuse, From: []DestructionState{Claimed}, To: Excused, By: officer, Needs: withWords},
	{Action: Deny, From: []DestructionState{Claimed}, To: Owed, By: officer, Needs: withWords},
	{Action: WriteOff, From: []DestructionState{Owed, Wanting}, To: WrittenOff, By: officer, When: holderGone, Needs: withWords},
	{Action: Carry, From: []DestructionState{Owed, Wanting}, To: Carried, By: itself},
	{Action: WarnOfDestroy, From: []DestructionState{Owed}, To: Owed, By: itself},
	{Action: WarnOfDestroy, From: []DestructionState{Wanting}, To: Wanting, By: itself},
}

// DestructionLifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func DestructionLifecycle() string { return destructionLifecycle.Mermaid(Owed) }

func withWords(d *Destruction) error { return words("words", d.Words) }

func holderGone(d *Destruction) error {
	if !d.gone {
		return fault.New(fault.Conflict, "使用方还在，由使用方办理。")
	}
	return nil
}

func grounded(d *Destruction) error {
	if !slices.Contains(Grounds, d.Ground) {
		return fault.At("ground", "请选法律规定还是协议约定。")
	}
	return words("ground_words", d.GroundWords)
}

func wholeStatement(d *Destruction) error {
	for _, f := range []struct{ field, words string }{{"method", d.Method}, {"destroyer", d.Destroyer}, {"supervisor", d.Supervisor}, {"copies", d.Copies}} {
		if err := words(f.field, f.words); err != nil {
			return err
		}
	}
	on := d.DestroyedOn
	switch {
	case d.Destroyer == d.Supervisor:
		return fault.At("supervisor", "监督人不能就是销毁人。")
	case on.IsZero():
		return fault.At("destroyed_on", "请填写日期，如 2026-11-03。")
	case on.After(d.now):
		return fault.At("destroyed_on", "日期还没有到。")
	case on.Before(first(d)):
		return fault.At("destroyed_on", "这一天以前还没有取过数据。")
	case !d.True:
		return fault.At("true", "请声明以上属实。")
	}
	return nil
}

// first is the day on which the first of what is destroyed was delivered.
func first(d *Destruction) time.Time {
	at := d.EndedAt
	for _, i := range d.Items {
		if i.First.Before(at) {
			at = i.First
		}
	}
	y, m, day := at.In(workdays.Zone).Date()
	return time.Date(y, m, day, 0, 0, 0, 0, workdays.Zone)
}

// edition is the edition of the certificate's clauses: it changes whenever they do.
const edition = "销毁证明 2026-1"

// draw writes the certificate of d. It is the text that is kept, hashed and
// printed, in the language of the agreement that it ends.
func draw(d *Destruction) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	one := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	line("数据销毁证明")
	line("编号：%s　范本：%s", d.Number, edition)
	line("")
	line("使用方：%s", d.Grant.Holder)
	line("提供部门：%s", d.Grant.Dataset.Department.Name)
	line("授权：%s，《%s》，自 %s 起，于 %s 终止。", d.Grant.Number, d.Grant.Dataset.Title, day(d.Grant.From), day(d.EndedAt))
	line("")
	line("一、已销毁的数据（据平台的取数记录）")
	for i, x := range d.Items {
		line("　　%d. %s，第 %d 版，取 %d 次，%s 至 %s，授权 %s。", i+1, x.File, x.Version, x.Times, day(x.First), day(x.Last), x.Grant)
		line("　　　 SHA-256 %s", x.SHA256)
	}
	line("二、副本和备份。%s", one(d.Copies))
	line("三、方法。%s", one(d.Method))
	line("四、销毁人：%s。日期：%s。", one(d.Destroyer), day(d.DestroyedOn))
	line("五、监督人：%s。", one(d.Supervisor))
	line("六、授权的账号和密钥已由平台收回。")
	line("七、使用方声明：以上属实，不再持有上列数据和能还原它们的任何材料。")
	if d.FiledAt != nil {
		line("")
		line("出具人：%s，%s。", d.FiledBy, day(*d.FiledAt))
	}
	return b.String()
}

func day(t time.Time) string { return t.In(workdays.Zone).Format(time.DateOnly) }

// Digest is the SHA-256 of a certificate, by which it is known.
func Digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
