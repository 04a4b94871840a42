package demo

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/licensing"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/engine"
)

// operated gives an installation authorised operation, with the engine itself.
func (in *installation) operated(t *testing.T, dir string, book *policy.Book, clocks *deadline.Clocks) {
	t.Helper()
	in.Operation = func(now func() time.Time) (*operation.Service, error) {
		l, err := in.Licensing(now)
		if err != nil {
			return nil, err
		}
		return operation.New(operation.Config{Pool: in.pool, Catalogue: in.Datasets, Papers: l.Papers(), Book: book, Clocks: clocks, Accounts: Known(in.Accounts), Now: now})
	}
	in.Scenarios = func(now func() time.Time) (*scenario.Service, error) {
		l, err := in.Licensing(now)
		if err != nil {
			return nil, err
		}
		s, err := scenario.New(scenario.Config{Pool: in.pool, Catalogue: in.Datasets, Book: book, Clocks: clocks, Accounts: Known(in.Accounts), Now: now})
		if err == nil {
			s.KeepPapers(l.Papers())
			s.CountReleased(workspace.ReleasedOf)
		}
		return s, err
	}
	in.Workspaces = func(ctx context.Context) (*workspace.Service, func(), error) {
		folder := filepath.Join(dir, "workspaces")
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, nil, err
		}
		e, err := engine.New(engine.Options{Store: in.store, Dir: folder, Now: time.Now, Sketches: []byte("a key for sketches of the sample world")})
		if err != nil {
			return nil, nil, err
		}
		gate := licensing.NewGate(in.pool, licensing.Parts{Within: 24 * time.Hour, Times: 2})
		s, err := workspace.New(workspace.Config{
			Pool: in.pool, Catalogue: datasets.NewService(in.pool, in.store, gate, in.Now, datasetstest.Asked(t, in.store)), Gate: gate, Engine: e, Accounts: Known(in.Accounts), Book: book, Clocks: clocks,
			Secret: []byte("a secret of the sample world that lies nowhere else"), Workers: 2, Now: in.Now,
		})
		if err != nil {
			e.Close()
			return nil, nil, err
		}
		return s, Running(ctx, s, e, func(err error) { t.Log(err) }), nil
	}
}

// Everybody sees two mandates, one below the other, both in force; the one who approves
// has a plan on the desk; of two developers one was admitted, with who may do what.
func TestTheSampleMandates(t *testing.T) {
	in := loaded(t)
	s, err := in.Operation(in.Now)
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.Disclosures(t.Context(), operation.Public{})
	if err != nil || len(all) != 2 {
		t.Fatalf("%d mandates, %v", len(all), err)
	}
	var province, city *operation.Disclosed
	for i := range all {
		if all[i].Title == provinceTitle {
			province = &all[i]
		} else {
			city = &all[i]
		}
	}
	if province == nil || province.State != operation.Active || len(province.Scope) != 3 || len(province.Ceilings) != 5 || len(province.Evaluations) != 1 || province.Operator != operatorName {
		t.Errorf("of the province: %+v", province)
	}
	if city == nil || city.Title != cityTitle || city.State != operation.Active || city.Parent != province.Number || len(city.Scope) != 2 {
		t.Errorf("of the city: %+v", city)
	}
	for _, i := range province.Scope {
		if slices.Contains(i.Columns, "运营方") {
			t.Error("the scope names a column that was left out")
		}
	}
	if reports, err := s.IssuedReports(t.Context()); err != nil || len(reports) != 1 {
		t.Errorf("%d reports, %v", len(reports), err)
	}
	plans, err := s.Plans(t.Context(), in.actor(t, theDeputy), 0, 10)
	if err != nil || len(plans) != 2 || plans[0].State != operation.PlanSubmitted {
		t.Errorf("%+v, %v", plans, err)
	}
	if waiting, err := s.Waiting(t.Context(), in.actor(t, theDeputy)); err != nil || len(waiting) != 1 {
		t.Errorf("%+v, %v", waiting, err)
	}
	entries, err := s.Entries(t.Context(), in.actor(t, theOperator), operation.Filter{All: true, Limit: 10})
	if err != nil || len(entries) != 2 {
		t.Fatalf("%+v, %v", entries, err)
	}
	returned, admitted := entries[0], entries[1]
	if admitted.State != operation.EntryAdmitted || admitted.Organisation.Name != developerName || !admitted.Stands(in.Now()) || returned.State != operation.EntryReturned || returned.Reason == "" {
		t.Errorf("%s, %s: %q", admitted.State, returned.State, returned.Reason)
	}
	v, err := s.Entry(t.Context(), in.actor(t, theDeveloper), admitted.Number)
	if err != nil || len(v.People) != 2 {
		t.Fatalf("%+v, %v", v, err)
	}
	for _, p := range v.People {
		if owner := p.ID == in.actor(t, theDeveloper).ID; !p.Writes || p.Releases != owner {
			t.Errorf("%+v", p)
		}
	}
}

// A scenario is in use and one was refused, which everybody sees, counted towards the
// goal; a third waits for a department and the reviewer, a fourth for its developer.
func TestTheSampleScenarios(t *testing.T) {
	in := loaded(t)
	s, err := in.Scenarios(in.Now)
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.Public(t.Context(), scenario.Filter{Limit: 10})
	if err != nil || len(all) != 3 {
		t.Fatalf("%d scenarios, %v", len(all), err)
	}
	states := map[scenario.State]scenario.Scenario{}
	for _, x := range all {
		states[x.State] = x
	}
	if states[scenario.Active].Title != activeScenario || states[scenario.Refused].Title == "" {
		t.Errorf("%v", states)
	}
	if held := states[scenario.Suspended]; held.SuspendedBy != string(scenario.OfAuthority) {
		t.Errorf("%s is held by %q", held.Title, held.SuspendedBy)
	} else if v, err := s.One(t.Context(), in.actor(t, theAuthority), held.Number); err != nil {
		t.Error(err)
	} else {
		var acts []string
		for _, e := range v.Events {
			if e.Act == scenario.Suspend || e.Act == scenario.TakeOver {
				acts = append(acts, string(e.Act)+" "+string(e.Side))
			}
		}
		if !slices.Equal(acts, []string{"suspend operator", "take_over authority"}) {
			t.Errorf("its history: %v", acts)
		}
	}
	if p, err := s.Progress(t.Context()); err != nil || p.Authorised != 2 || p.Active != 1 || len(p.Goals) == 0 {
		t.Errorf("%+v, %v", p, err)
	}
	if released, err := s.ReleasedOf(t.Context(), all); err != nil || len(released) != 1 {
		t.Errorf("%v results, %v", released, err)
	}
	for _, who := range []string{theOfficer, theSecurity} {
		if waiting, err := s.Waiting(t.Context(), in.actor(t, who)); err != nil || len(waiting) != 1 || waiting[0].Clock == nil || waiting[0].Clock.Late(in.Now()) {
			t.Errorf("for %s: %+v, %v", who, waiting, err)
		}
	}
	mine, err := s.Mine(t.Context(), in.actor(t, theDeveloper), 0, 10)
	if err != nil || len(mine) != 5 {
		t.Errorf("%d scenarios, %v", len(mine), err)
	}
	templates, err := s.Templates(t.Context(), "", true)
	if err != nil || len(templates) != 1 || len(templates[0].Items) != 2 {
		t.Fatalf("%+v, %v", templates, err)
	}
	consents := 0
	for _, i := range templates[0].Items {
		if i.Consent != nil && i.Consent.Stands(in.Now()) {
			consents++
		}
	}
	if consents != 1 {
		t.Errorf("%d consents", consents)
	}
}

// The workspace shows a job of every end, a result under review and one that two people
// let out, which the developer may take and the operator too; nobody sees a row.
func TestTheSampleWorkspace(t *testing.T) {
	in := loaded(t)
	if strings.Contains(in.out.String(), "left out") {
		t.Fatalf("said: %s", in.out.String())
	}
	spaces, end, err := in.Workspaces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	owner, programmer := in.actor(t, theDeveloper), in.actor(t, theProgrammer)
	mine, err := spaces.Mine(t.Context(), owner)
	if err != nil || len(mine) != 1 {
		t.Fatalf("%+v, %v", mine, err)
	}
	v, err := spaces.Workspace(t.Context(), programmer, mine[0].Number)
	if err != nil {
		t.Fatal(err)
	}
	if v.Why != nil || v.State != workspace.Ready || len(v.Mounts) != 2 || !v.Party.Programs || v.Party.Asks {
		t.Errorf("%v, %s, %d mounts, %+v", v.Why, v.State, len(v.Mounts), v.Party)
	}
	ends := map[workspace.JobState]int{}
	for _, j := range v.Jobs {
		ends[j.State]++
		if j.State == workspace.Refused && len(j.Findings) == 0 || j.State == workspace.Failed && len(j.Words) == 0 {
			t.Errorf("%s does not say why", j.Name)
		}
	}
	if diff := cmp.Diff(map[workspace.JobState]int{workspace.Succeeded: 5, workspace.Refused: 1, workspace.Failed: 1}, ends); diff != "" {
		t.Error(diff)
	}
	if len(v.Algorithms) != 1 || v.Algorithms[0].State != workspace.Approved {
		t.Errorf("%+v", v.Algorithms)
	}
	if len(v.Releases) != 1 {
		t.Fatalf("%d releases", len(v.Releases))
	}
	for who, want := range map[string]fault.Kind{theProgrammer: fault.Internal, theOperator: fault.Forbidden, theAuthority: fault.Forbidden, theOwner: fault.NotFound} {
		b, err := spaces.Download(t.Context(), in.actor(t, who), v.Number, v.Releases[0].Number, "csv")
		if err == nil && (want != fault.Internal || !strings.Contains(string(b.Bytes), "Approach")) || err != nil && fault.KindOf(err) != want {
			t.Errorf("%s takes the result: %v", who, err)
		}
	}
	reviews, err := spaces.Reviews(t.Context(), in.actor(t, theReviewer), false, 0, 10)
	if err != nil || len(reviews) != 1 || reviews[0].State != workspace.First {
		t.Errorf("%+v, %v", reviews, err)
	}
}

// Where programs cannot run, that is said in a line, and all else is there.
func TestWithoutWallsTheJobsAreLeftOut(t *testing.T) {
	in := install(t)
	in.Workspaces = func(context.Context) (*workspace.Service, func(), error) {
		return nil, nil, errors.New("sandbox: there is no Landlock here")
	}
	if !in.load(t) {
		t.Fatal("nothing was loaded")
	}
	if said := in.out.String(); !strings.Contains(said, "the sample jobs of the workspace are left out: sandbox: there is no Landlock here\n") || shown(in) == "" {
		t.Errorf("said: %s", said)
	}
	if there := in.state(t, `SELECT s.state FROM scenarios s LEFT JOIN workspaces w ON w.scenario_id = s.id WHERE w.id IS NULL ORDER BY 1`); !slices.Equal(there, []string{"active", "draft", "refused", "screened", "suspended"}) {
		t.Errorf("%v", there)
	}
}
