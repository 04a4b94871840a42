package operation_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/operation/operationtest"
)

// letters are what was announced since the last time, as "act to reader", with "!"
// where the reader has to act.
func letters(t *testing.T, w *operationtest.World, m *operationtest.Mandate, d *operationtest.Developer) []string {
	t.Helper()
	names := map[int64]string{m.Authority.ID: "authority", m.Deputy.ID: "deputy", m.Operator.ID: "operator"}
	if d != nil {
		names[d.Owner.ID] = "developer"
	}
	rows, err := w.Pool.Query(t.Context(), `DELETE FROM river_job j USING users u WHERE j.kind = 'operation_notice' AND u.identifier = j.args ->> 'to' RETURNING u.id, u.name, j.args ->> 'act', (j.args ->> 'yours')::boolean`)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	var id int64
	var name, act string
	var yours bool
	if _, err := pgx.ForEachRow(rows, []any{&id, &name, &act, &yours}, func() error {
		if known := names[id]; known != "" {
			name = known
		}
		line := act + " to " + name
		if yours {
			line += "!"
		}
		out = append(out, line)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// waits is what the inbox of somebody asks.
func waits(t *testing.T, w *operationtest.World, who account.Actor) (asks []string) {
	t.Helper()
	items, err := w.Operation.Waiting(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		asks = append(asks, i.Ask)
	}
	return asks
}

// Each move of a mandate is told to whom it is for, and stands in the inbox of whoever
// is to act next and in no other.
func TestWhoIsToldOfAMandate(t *testing.T) {
	w := operationtest.New(t)
	d, _ := w.Conditional(t, licensingtest.Fujian)
	m := &operationtest.Mandate{Operator: w.Operator(t, "示例运营负责人")}
	m.Body, m.Authority, m.Deputy = w.Body(t)
	code := w.Code()
	m.Organisation = w.Organisation(t, m.Operator, "示例数据运营有限公司", code)
	second := w.Operator(t, "示例运营人员") // of the operator, who does not answer for it
	w.Join(t, m.Organisation, second, "member")
	regulator := w.Regulator(t)
	waiting := func(step string, want map[string]string) {
		t.Helper()
		for name, who := range map[string]account.Actor{"authority": m.Authority, "deputy": m.Deputy, "operator": m.Operator, "second": second, "regulator": regulator} {
			asks := strings.Join(waits(t, w, who), "|")
			if (want[name] == "") != (asks == "") || !strings.Contains(asks, want[name]) {
				t.Errorf("after %s the inbox of %s: %q", step, name, asks)
			}
		}
	}
	p, err := w.Operation.NewPlan(t.Context(), m.Authority, operationtest.PlanForm(operationtest.Scope(d)))
	if err != nil {
		t.Fatal(err)
	}
	waiting("the draft of a plan", nil)
	if p, err = w.Operation.MovePlan(t.Context(), m.Authority, p.Number, p.Revision, operation.SubmitPlan, ""); err != nil {
		t.Fatal(err)
	}
	waiting("the submission of a plan", map[string]string{"deputy": "实施方案已送审"})
	if p, err = w.Operation.MovePlan(t.Context(), m.Deputy, p.Number, p.Revision, operation.ApprovePlan, ""); err != nil {
		t.Fatal(err)
	}
	waiting("the approval of a plan", map[string]string{"authority": "登记运营机构", "deputy": "登记运营机构"})
	p = w.Awarded(t, m.Authority, p, code)
	waiting("the award", map[string]string{"authority": "起草授权运营协议", "deputy": "起草授权运营协议"})
	if m.Mandate, err = w.Operation.DraftMandate(t.Context(), m.Authority, p.Number, w.AgreementForm(p.Forms...)); err != nil {
		t.Fatal(err)
	}
	waiting("the draft", nil)
	letters(t, w, m, nil)
	for _, c := range []struct {
		who     account.Actor
		do      operation.Action
		told    []string
		waiting map[string]string
	}{
		{m.Authority, operation.Submit, []string{"submit to authority!", "submit to deputy!"}, map[string]string{"deputy": "已送审"}},
		{m.Deputy, operation.Return, []string{"return to authority!", "return to deputy!"}, nil},
		{m.Authority, operation.Submit, []string{"submit to authority!", "submit to deputy!"}, map[string]string{"deputy": "已送审"}},
		{m.Deputy, operation.Approve, []string{"approve to authority", "approve to deputy", "approve to operator!"}, map[string]string{"operator": "核对文本并签署"}},
		{m.Operator, operation.SignOperator, []string{"sign_operator to authority!", "sign_operator to deputy!"}, map[string]string{"authority": "代表实施机构签署", "deputy": "代表实施机构签署"}},
		{m.Authority, operation.SignBody, []string{"begin to authority", "begin to deputy", "begin to operator", "sign to operator"}, nil},
		{m.Authority, operation.Suspend, []string{"suspend to authority", "suspend to deputy", "suspend to operator"}, nil},
		{m.Deputy, operation.Resume, []string{"resume to authority", "resume to deputy", "resume to operator"}, nil},
		{regulator, operation.Freeze, []string{"freeze to authority", "freeze to deputy", "freeze to operator"}, nil},
		{regulator, operation.Unfreeze, []string{"unfreeze to authority", "unfreeze to deputy", "unfreeze to operator"}, nil},
		{m.Operator, operation.Surrender, []string{"surrender to authority", "surrender to deputy", "surrender to operator"}, map[string]string{"authority": "请办结", "deputy": "请办结"}},
		{m.Authority, operation.Close, []string{"close to authority", "close to deputy", "close to operator"}, nil},
	} {
		w.Move(t, m, c.who, c.do)
		if got := letters(t, w, m, nil); !slices.Equal(got, c.told) {
			t.Errorf("%s: %q", c.do, got)
		}
		waiting(string(c.do), c.waiting)
	}
}

// Whoever holds something below a mandate is told of each move after which it stands or
// stands no more: operators and developers under it, and nobody beside it.
func TestHoldersAreTold(t *testing.T) {
	w, m, scope := begun(t)
	d := w.Developer(t, m)
	city := w.Under(t, m, scope)
	below := w.Developer(t, city)
	other := w.Mandate(t, scope)
	w.Developer(t, other)
	for _, do := range []operation.Action{operation.Suspend, operation.Resume, operation.Revoke} {
		if _, err := w.Pool.Exec(t.Context(), `DELETE FROM river_job`); err != nil {
			t.Fatal(err)
		}
		w.Move(t, m, m.Authority, do)
		letters(t, w, m, d)
		var moved operation.MandateMoved
		if err := w.Pool.QueryRow(t.Context(), `SELECT args FROM river_job WHERE kind = 'mandate_moved'`).Scan(&moved); err != nil {
			t.Fatal(err)
		}
		if err := w.Operation.Moved(t.Context(), moved); err != nil {
			t.Fatal(err)
		}
		names := map[int64]string{city.Operator.ID: "city", below.Owner.ID: "below"}
		rows, err := w.Pool.Query(t.Context(), `SELECT u.id, j.args ->> 'act', j.args ->> 'words' FROM river_job j JOIN users u ON u.identifier = j.args ->> 'to' WHERE j.kind = 'operation_notice'`)
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		var id int64
		var act, words string
		if _, err := pgx.ForEachRow(rows, []any{&id, &act, &words}, func() error {
			name := names[id]
			if id == d.Owner.ID {
				name = "developer"
			}
			told = append(told, act+" to "+name)
			if words != "示例理由" {
				t.Errorf("it says %q", words)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(told)
		if want := []string{string(do) + " to below", string(do) + " to city", string(do) + " to developer"}; !slices.Equal(told, want) {
			t.Errorf("%q", told)
		}
	}
}

// An organisation that is suspended as a whole stops what stands below it and what it
// was let into: whoever works with it hears of that, without the reason, which is for
// the organisation alone.
func TestWhoHearsOfASuspendedOrganisation(t *testing.T) {
	w, m, scope := begun(t)
	d := w.Developer(t, m)
	city := w.Under(t, m, scope)
	below := w.Developer(t, city)
	other := w.Mandate(t, scope)
	beside := w.Developer(t, other)
	for name, c := range map[string]struct {
		organisation int64
		want         []string
	}{
		"the operator of the province": {m.Organisation, []string{"authority", "city developer", "city operator", "deputy", "developer"}},
		"the operator of the city":     {city.Organisation, []string{"city authority", "city deputy", "city developer"}},
		"a developer":                  {d.Organisation, []string{"operator"}},
	} {
		for act, suspended := range map[string]bool{"organisation_suspended": true, "organisation_reinstated": false} {
			if _, err := w.Pool.Exec(t.Context(), `DELETE FROM river_job`); err != nil {
				t.Fatal(err)
			}
			if err := w.Operation.OrganisationHasMoved(t.Context(), account.OrganisationMoved{Organisation: c.organisation, Suspended: suspended}); err != nil {
				t.Fatal(err)
			}
			names := map[int64]string{m.Authority.ID: "authority", m.Deputy.ID: "deputy", m.Operator.ID: "operator", d.Owner.ID: "developer", city.Authority.ID: "city authority", city.Deputy.ID: "city deputy", city.Operator.ID: "city operator", below.Owner.ID: "city developer", other.Operator.ID: "another operator", beside.Owner.ID: "another developer"}
			rows, err := w.Pool.Query(t.Context(), `SELECT u.id, j.args ->> 'act', coalesce(j.args ->> 'words', '') FROM river_job j JOIN users u ON u.identifier = j.args ->> 'to' WHERE j.kind = 'operation_notice'`)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			var id int64
			var did, words string
			if _, err := pgx.ForEachRow(rows, []any{&id, &did, &words}, func() error {
				if got = append(got, names[id]); did != act || words != "" {
					t.Errorf("%s: %s hears %q: %q", name, names[id], did, words)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if slices.Sort(got); !slices.Equal(got, c.want) {
				t.Errorf("%s, suspended %t: %q hear of it, not %q", name, suspended, got, c.want)
			}
		}
	}
}
