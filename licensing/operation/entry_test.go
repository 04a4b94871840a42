package operation_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/operation/operationtest"
	"shuyuan/licensing/papers"
)

func fieldOf(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Field
	}
	return ""
}

// move tries a move of an entry.
func move(t *testing.T, w *operationtest.World, who account.Actor, d *operationtest.Developer, a operation.EntryAction, change ...func(*operation.EntryStep)) error {
	t.Helper()
	step := operation.EntryStep{Action: a, Revision: d.Revision, Words: "示例理由", TrainedOn: w.Clock().In(workdays.Zone).Format(time.DateOnly), Training: "示例培训"}
	for _, c := range change {
		c(&step)
	}
	moved, err := w.Operation.MoveEntry(t.Context(), who, d.Number, step)
	if err == nil {
		d.Developer = moved
	}
	return err
}

func entryOf(t *testing.T, w *operationtest.World, who account.Actor, d *operationtest.Developer) *operation.EntryView {
	t.Helper()
	v, err := w.Operation.Entry(t.Context(), who, d.Number)
	if err != nil {
		t.Fatal(err)
	}
	d.Developer = v.Developer
	return v
}

// An application is handed in whole, sent back with what lacks, mended and admitted;
// each side moves it by its own actions alone, and everybody concerned is told.
func TestTheRoadOfAnEntry(t *testing.T) {
	w, m, _ := begun(t)
	ctx := t.Context()
	owner := w.Person(t, "示例开发负责人")
	d := &operationtest.Developer{Owner: owner}
	code := w.Code()
	d.Organisation = w.Organisation(t, owner, "示例数据开发有限公司", code)
	staff := w.Person(t, "示例开发人员")
	w.Join(t, d.Organisation, staff, "member")
	if _, err := w.Operation.ApplyToEnter(ctx, staff, m.Number, d.Organisation, ""); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("by a member: %v", err)
	}
	if _, err := w.Operation.ApplyToEnter(ctx, m.Operator, m.Number, m.Organisation, ""); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the operator enters with itself: %v", err)
	}
	var err error
	if d.Developer, err = w.Operation.ApplyToEnter(ctx, owner, m.Number, d.Organisation, "once"); err != nil {
		t.Fatal(err)
	}
	if same, err := w.Operation.ApplyToEnter(ctx, owner, m.Number, d.Organisation, "again"); err != nil || same.Number != d.Number {
		t.Errorf("a second application: %v %v", same, err)
	}
	if _, err := w.Operation.Entry(ctx, m.Operator, d.Number); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the operator sees a draft: %v", err)
	}
	other := w.Person(t, "示例其他成员")
	w.Join(t, d.Organisation, other, "member")
	whole := w.EntryForm(owner)
	whole.Writes = append(whole.Writes, staff.ID)
	for name, c := range map[string]struct {
		change func(*operation.EntryForm)
		field  string
	}{
		"nobody to ask":           {func(f *operation.EntryForm) { f.Contact = "" }, "contact"},
		"no security plan":        {func(f *operation.EntryForm) { f.Security = "" }, "security"},
		"no training":             {func(f *operation.EntryForm) { f.TrainedOn = "" }, "trained_on"},
		"a training without name": {func(f *operation.EntryForm) { f.Training = "" }, "trained_on"},
		"a training of old":       {func(f *operation.EntryForm) { f.TrainedOn = "2025-03-01" }, "trained_on"},
		"nothing declared":        {func(f *operation.EntryForm) { f.Declared = false }, "declared"},
		"nobody writes":           {func(f *operation.EntryForm) { f.Writes = nil }, "people"},
		"nobody asks":             {func(f *operation.EntryForm) { f.Releases = nil }, "people"},
		"without papers":          {func(*operation.EntryForm) {}, "file"},
	} {
		f := whole
		c.change(&f)
		if d.Developer, err = w.Operation.SaveEntry(ctx, owner, d.Number, d.Revision, f); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := move(t, w, owner, d, operation.SubmitEntry); fault.KindOf(err) != fault.Invalid || fieldOf(err) != c.field {
			t.Errorf("%s: %v", name, err)
		}
		entryOf(t, w, owner, d)
	}
	for name, c := range map[string]struct {
		change func(*operation.EntryForm)
		field  string
	}{
		"trained tomorrow": {func(f *operation.EntryForm) { f.TrainedOn = "2026-03-03" }, "trained_on"},
		"no day":           {func(f *operation.EntryForm) { f.TrainedOn = "上周" }, "trained_on"},
		"level 6":          {func(f *operation.EntryForm) { f.DCMM = 6 }, "dcmm"},
		"somebody else":    {func(f *operation.EntryForm) { f.Writes = []int64{m.Operator.ID} }, "people"},
		"too long":         {func(f *operation.EntryForm) { f.Security = strings.Repeat("长", operation.Longest+1) }, "security"},
	} {
		f := whole
		c.change(&f)
		if _, err := w.Operation.SaveEntry(ctx, owner, d.Number, d.Revision, f); fault.KindOf(err) != fault.Invalid || fieldOf(err) != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, slot := range []string{operation.SecurityPlan, operation.TrainingRecord} {
		if _, err := w.Operation.AddEntryPaper(ctx, owner, d.Number, papers.New{Slot: slot, Name: slot + ".pdf"}, strings.NewReader(licensingtest.PDF)); err != nil {
			t.Fatal(err)
		}
	}
	if d.Developer, err = w.Operation.SaveEntry(ctx, owner, d.Number, d.Revision, whole); err != nil {
		t.Fatal(err)
	}
	sides := map[string]account.Actor{"owner": owner, "staff": staff, "operator": m.Operator, "authority": m.Authority, "regulator": w.Regulator(t), "other operator": w.Operator(t, "别家"), "citizen": w.Person(t, "市民")}
	every := []operation.EntryAction{operation.SubmitEntry, operation.ReturnEntry, operation.AdmitEntry, operation.RefuseEntry, operation.SuspendEntry, operation.ResumeEntry, operation.ObjectEntry, operation.TakeOverEntry, operation.ReleaseEntry, operation.TrainEntry,
		operation.LeaveEntry, operation.EndEntry, operation.WithdrawEntry, operation.AskPeople, operation.ConfirmPeople, operation.RefusePeople, operation.RecallPeople}
	may := map[string][]operation.EntryAction{
		"owner":     {operation.SubmitEntry, operation.LeaveEntry, operation.WithdrawEntry, operation.AskPeople, operation.RecallPeople},
		"operator":  {operation.ReturnEntry, operation.AdmitEntry, operation.RefuseEntry, operation.SuspendEntry, operation.ResumeEntry, operation.TrainEntry, operation.EndEntry, operation.ConfirmPeople, operation.RefusePeople},
		"authority": {operation.ObjectEntry, operation.TakeOverEntry, operation.ReleaseEntry},
	}
	tried := 0
	refuse := func() {
		t.Helper()
		for name, who := range sides {
			for _, a := range every {
				if slices.Contains(may[name], a) {
					continue
				}
				tried++
				if _, err := w.Operation.MoveEntry(ctx, who, d.Number, operation.EntryStep{Action: a, Revision: d.Revision, Words: "示例理由"}); err == nil {
					t.Errorf("%s: %s by %s", d.State, a, name)
				}
			}
		}
		if was := d.Developer; entryOf(t, w, owner, d).Revision != was.Revision || d.State != was.State {
			t.Errorf("it was %s and is %s", was.State, d.State)
		}
	}
	letters(t, w, m, d)
	for _, c := range []struct {
		who   account.Actor
		do    operation.EntryAction
		state operation.EntryState
		told  []string
		asks  map[string]string
	}{
		{owner, operation.SubmitEntry, operation.EntrySubmitted, []string{"submit to operator!"}, map[string]string{"operator": "申请入驻，请审核"}},
		{m.Operator, operation.ReturnEntry, operation.EntryReturned, []string{"return to developer!"}, map[string]string{"owner": "被退回"}},
		{owner, operation.SubmitEntry, operation.EntrySubmitted, []string{"submit to operator!"}, map[string]string{"operator": "申请入驻，请审核"}},
		{m.Operator, operation.AdmitEntry, operation.EntryAdmitted, []string{"admit to authority", "admit to deputy", "admit to developer"}, nil},
		{m.Operator, operation.SuspendEntry, operation.EntrySuspended, []string{"suspend to authority", "suspend to deputy", "suspend to developer"}, nil},
		{m.Operator, operation.ResumeEntry, operation.EntryAdmitted, []string{"resume to authority", "resume to deputy", "resume to developer"}, nil},
		{m.Authority, operation.ObjectEntry, operation.EntrySuspended, []string{"object to developer", "object to operator"}, nil},
		{m.Authority, operation.ReleaseEntry, operation.EntryAdmitted, []string{"release to developer", "release to operator"}, nil},
		{m.Operator, operation.EndEntry, operation.EntryLeft, []string{"end to authority", "end to deputy", "end to developer"}, nil},
	} {
		refuse()
		if err := move(t, w, c.who, d, c.do); err != nil || d.State != c.state {
			t.Fatalf("%s: %s %v", c.do, d.State, err)
		}
		if got := letters(t, w, m, d); !slices.Equal(got, c.told) {
			t.Errorf("%s: %q", c.do, got)
		}
		stays := d.State == operation.EntryAdmitted || d.State == operation.EntrySuspended
		for name, who := range map[string]account.Actor{"owner": owner, "staff": staff, "other member": other} {
			if plays := slices.Contains(w.Played(t, who), account.Developer); plays != (stays && name != "other member") {
				t.Errorf("after %s the %s plays a developer: %t", c.do, name, plays)
			}
		}
		for name, who := range map[string]account.Actor{"owner": owner, "staff": staff, "operator": m.Operator, "authority": m.Authority} {
			if asks := strings.Join(waits(t, w, who), "|"); (c.asks[name] == "") != (asks == "") || !strings.Contains(asks, c.asks[name]) {
				t.Errorf("after %s the inbox of %s: %q", c.do, name, asks)
			}
		}
	}
	refuse()
	if tried < 700 {
		t.Errorf("only %d were tried", tried)
	}
	if v := entryOf(t, w, m.Operator, d); v.DecidedBy != m.Operator.Name || len(v.Events) != 10 {
		t.Errorf("decided by %q, %d events", v.DecidedBy, len(v.Events))
	}
}

// Nobody enters with a mandate that lets nothing pass, itself or above it.
func TestNobodyEntersWhileTheMandateIsStopped(t *testing.T) {
	w, m, scope := begun(t)
	city := w.Under(t, m, scope)
	d := w.Submitted(t, city)
	draft := w.Submitted(t, city)
	if err := move(t, w, city.Operator, draft, operation.ReturnEntry); err != nil {
		t.Fatal(err)
	}
	w.Move(t, m, m.Authority, operation.Suspend) // the one above
	if err := move(t, w, city.Operator, d, operation.AdmitEntry); fault.KindOf(err) != fault.Conflict {
		t.Errorf("admitted: %v", err)
	}
	if err := move(t, w, draft.Owner, draft, operation.SubmitEntry); fault.KindOf(err) != fault.Conflict {
		t.Errorf("handed in: %v", err)
	}
	w.Move(t, m, m.Authority, operation.Resume)
	if err := move(t, w, city.Operator, d, operation.AdmitEntry); err != nil {
		t.Errorf("after it was lifted: %v", err)
	}
}

// A breach that the platform knows of keeps a developer out, as long as the rule says;
// one that was dismissed does not.
func TestABreachKeepsADeveloperOut(t *testing.T) {
	w, m, _ := begun(t)
	d := w.Submitted(t, m)
	set := func(sql string, args ...any) {
		t.Helper()
		if _, err := w.Pool.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	set(`ALTER TABLE breaches DISABLE TRIGGER ALL`)
	set(`INSERT INTO breaches (number, grant_id, dataset_id, department_id, holder_organisation_id, holder_name, profile, violations, rule_profile, rule_path, facts, decider, state, opened_by, opened_name, opened_at)
		VALUES ('WY-2026-000001', 1, 1, 1, $1, 'x', 'x', '{v}', 'x', 'x', 'x', 'department', 'hearing', 1, 'x', $2)`, d.Organisation, w.Clock().AddDate(-2, -11, 0))
	if err := move(t, w, m.Operator, d, operation.AdmitEntry); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "WY-2026-000001") && !strings.Contains(err.Error(), "违约案") {
		t.Errorf("admitted: %v", err)
	}
	if v := entryOf(t, w, m.Operator, d); len(v.Found) != 1 || slices.Contains(v.Offers, operation.AdmitEntry) {
		t.Errorf("found %v, offered %v", v.Found, v.Offers)
	}
	set(`UPDATE breaches SET opened_at = $1`, w.Clock().AddDate(-3, 0, -1))
	if err := move(t, w, m.Operator, d, operation.AdmitEntry); err != nil {
		t.Errorf("after three years: %v", err)
	}
}

// Training counts for its months: from the first moment after, nothing passes at the
// gate; a reminder comes once before, and a newer training makes it count again.
func TestTrainingEnds(t *testing.T) {
	w, m, _ := begun(t)
	d := w.Developer(t, m)
	until := time.Date(2027, 3, 3, 0, 0, 0, 0, workdays.Zone)
	if d.TrainedUntil == nil || !d.TrainedUntil.Equal(until) || !d.Stands(until.Add(-time.Microsecond)) || d.Stands(until) {
		t.Errorf("trained until %v", d.TrainedUntil)
	}
	letters(t, w, m, d)
	w.Set(until.AddDate(0, 0, -31))
	tick(t, w)
	if got := letters(t, w, m, d); len(got) != 0 {
		t.Errorf("31 days before: %q", got)
	}
	w.Set(until.AddDate(0, 0, -29))
	tick(t, w)
	tick(t, w)
	if got := letters(t, w, m, d); !slices.Equal(got, []string{"training to developer!"}) {
		t.Errorf("29 days before: %q", got)
	}
	for name, c := range map[string]struct {
		change func(*operation.EntryStep)
		field  string
	}{
		"the same day":    {func(s *operation.EntryStep) { s.TrainedOn = "2026-03-02" }, "trained_on"},
		"an earlier day":  {func(s *operation.EntryStep) { s.TrainedOn = "2026-02-28" }, "trained_on"},
		"tomorrow":        {func(s *operation.EntryStep) { s.TrainedOn = "2027-02-03" }, "trained_on"},
		"no day":          {func(s *operation.EntryStep) { s.TrainedOn = "" }, "trained_on"},
		"what it was not": {func(s *operation.EntryStep) { s.Training = " " }, "training"},
	} {
		if err := move(t, w, m.Operator, d, operation.TrainEntry, c.change); fault.KindOf(err) != fault.Invalid || fieldOf(err) != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := move(t, w, m.Operator, d, operation.TrainEntry); err != nil || !d.Stands(until) {
		t.Fatalf("a new training does not count: %v", err)
	}
	w.Set(d.TrainedUntil.AddDate(0, 0, -10))
	letters(t, w, m, d)
	tick(t, w)
	if got := letters(t, w, m, d); !slices.Contains(got, "training to developer!") {
		t.Errorf("of the new training: %q", got)
	}
	if err := move(t, w, m.Operator, d, operation.TrainEntry); err != nil {
		t.Fatal(err)
	}
	w.Set(d.TrainedUntil.AddDate(0, 0, -10)) // the mandate has ended by then
	letters(t, w, m, d)
	tick(t, w)
	if got := letters(t, w, m, d); slices.Contains(got, "training to developer!") {
		t.Errorf("under a mandate that has ended: %q", got)
	}
}

// Staff come and go: the developer asks, the operator confirms, and only then others
// may; who it was before stays on record.
func TestPeopleOfADeveloperChange(t *testing.T) {
	w, m, _ := begun(t)
	ctx := t.Context()
	d := w.Developer(t, m)
	staff, leaver := w.Person(t, "示例新人"), w.Person(t, "示例离职")
	w.Join(t, d.Organisation, staff, "member")
	w.Join(t, d.Organisation, leaver, "member")
	to := func(writes, releases []int64) func(*operation.EntryStep) {
		return func(s *operation.EntryStep) { s.Writes, s.Releases = writes, releases }
	}
	own := []int64{d.Owner.ID}
	for name, c := range map[string]struct {
		change func(*operation.EntryStep)
		field  string
	}{
		"as they are":   {to(own, own), "people"},
		"nobody writes": {to(nil, own), "people"},
		"nobody asks":   {to(own, nil), "people"},
		"a stranger":    {to([]int64{m.Operator.ID}, own), "people"},
		"no reason":     {func(s *operation.EntryStep) { s.Writes, s.Releases, s.Words = []int64{staff.ID}, own, " " }, "reason"},
	} {
		if err := move(t, w, d.Owner, d, operation.AskPeople, c.change); fault.KindOf(err) != fault.Invalid || fieldOf(err) != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := move(t, w, m.Operator, d, operation.ConfirmPeople); fault.KindOf(err) != fault.Conflict {
		t.Errorf("confirmed what nobody asked for: %v", err)
	}
	letters(t, w, m, d)
	if err := move(t, w, d.Owner, d, operation.AskPeople, to([]int64{staff.ID}, own)); err != nil {
		t.Fatal(err)
	}
	if got := letters(t, w, m, d); !slices.Equal(got, []string{"ask_people to operator!"}) {
		t.Errorf("asked: %q", got)
	}
	if asks := waits(t, w, m.Operator); len(asks) != 1 || !strings.Contains(asks[0], "更换人员") {
		t.Errorf("what waits: %q", asks)
	}
	if err := move(t, w, d.Owner, d, operation.AskPeople, to([]int64{leaver.ID}, own)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a second one beside it: %v", err)
	}
	v := entryOf(t, w, m.Operator, d)
	if v.Change == nil || len(v.Change.People) != 2 || v.Change.Words != "示例理由" || len(d.People) != 1 || d.People[0].ID != d.Owner.ID {
		t.Fatalf("asked: %+v, and now: %+v", v.Change, d.People)
	}
	if err := move(t, w, m.Operator, d, operation.RefusePeople, func(s *operation.EntryStep) { s.Words = "" }); fieldOf(err) != "reason" {
		t.Errorf("refused without a reason: %v", err)
	}
	if err := move(t, w, m.Operator, d, operation.RefusePeople); err != nil {
		t.Fatal(err)
	}
	if err := move(t, w, d.Owner, d, operation.AskPeople, to([]int64{staff.ID}, own)); err != nil {
		t.Fatal(err)
	}
	if err := move(t, w, d.Owner, d, operation.RecallPeople); err != nil {
		t.Fatal(err)
	}
	if err := move(t, w, d.Owner, d, operation.AskPeople, to([]int64{staff.ID}, []int64{staff.ID, d.Owner.ID})); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Pool.Exec(ctx, `DELETE FROM organisation_members WHERE user_id = $1`, staff.ID); err != nil {
		t.Fatal(err)
	}
	if err := move(t, w, m.Operator, d, operation.ConfirmPeople); fieldOf(err) != "people" {
		t.Errorf("somebody who has left meanwhile: %v", err)
	}
	w.Join(t, d.Organisation, staff, "member")
	letters(t, w, m, d)
	if _, err := w.Pool.Exec(ctx, `DELETE FROM river_job WHERE kind = 'entry_moved'`); err != nil {
		t.Fatal(err)
	}
	if err := move(t, w, m.Operator, d, operation.ConfirmPeople); err != nil {
		t.Fatal(err)
	}
	if got := letters(t, w, m, d); !slices.Equal(got, []string{"confirm_people to developer"}) {
		t.Errorf("confirmed: %q", got)
	}
	var moved operation.EntryMoved
	if err := w.Pool.QueryRow(ctx, `SELECT args FROM river_job WHERE kind = 'entry_moved'`).Scan(&moved); err != nil {
		t.Fatal(err)
	}
	if err := w.Operation.EntryHasMoved(ctx, moved); err != nil {
		t.Fatal(err)
	}
	if got := letters(t, w, m, d); !slices.Equal(got, []string{"confirm_people to 示例新人"}) {
		t.Errorf("told besides: %q", got)
	}
	v = entryOf(t, w, d.Owner, d)
	if len(d.People) != 2 || v.Change != nil || len(v.Changes) != 3 {
		t.Fatalf("now %+v, history %+v", d.People, v.Changes)
	}
	var states []operation.ChangeState
	for _, c := range v.Changes {
		states = append(states, c.State)
		if len(c.Had) != 1 || c.Had[0].ID != d.Owner.ID || c.Had[0].Name != d.Owner.Name {
			t.Errorf("before it were %+v", c.Had)
		}
	}
	if !slices.Equal(states, []operation.ChangeState{operation.ChangeConfirmed, operation.ChangeWithdrawn, operation.ChangeRefused}) {
		t.Errorf("%v", states)
	}
	for _, sql := range []string{`UPDATE developer_people_changes SET writes = '{1}'`, `DELETE FROM developer_people_changes`, `UPDATE developer_people_changes SET answer = 'x'`} {
		if _, err := w.Pool.Exec(ctx, sql); err == nil {
			t.Errorf("the database takes %s", sql)
		}
	}
	// what is asked for goes with whoever leaves
	if err := move(t, w, d.Owner, d, operation.AskPeople, to(own, own)); err != nil {
		t.Fatal(err)
	}
	if err := move(t, w, d.Owner, d, operation.LeaveEntry); err != nil {
		t.Fatal(err)
	}
	if v := entryOf(t, w, d.Owner, d); v.Change != nil || v.Changes[0].State != operation.ChangeWithdrawn {
		t.Errorf("%+v", v.Changes)
	}
}
