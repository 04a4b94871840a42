package workspace_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/workspacetest"
)

var technical = operation.Fee{Code: "technical_service", Unit: "per_thousand_rows", Bands: []operation.Band{{From: 0, Fen: 50}, {From: 1000, Fen: 30}, {From: 10_000, Fen: 20}}, NotFor: []string{"public_benefit"}, Charged: true}

func read(rows ...int64) (out []workspace.Metered) {
	for _, n := range rows {
		out = append(out, workspace.Metered{Meter: workspace.MeterRows, Quantity: n, Dims: map[string]string{"state": "succeeded"}})
	}
	return out
}

func TestFeesByBands(t *testing.T) {
	stopped := read(5_000_000)
	stopped[0].Dims["state"] = string(workspace.Killed)
	computing := operation.Fee{Code: "storage_computing", Unit: "per_core_hour", Bands: []operation.Band{{From: 0, Fen: 100}}}
	half := []workspace.Metered{{Meter: workspace.MeterCPU, Quantity: 1_800_000}, {Meter: workspace.MeterCells, Quantity: 1_000_000}, {Meter: workspace.MeterMemory, Quantity: 1 << 40}}
	ceiling := []operation.Ceiling{{Form: "result_table", Unit: "per_thousand_rows", Fen: 25}, {Form: "report_product", Unit: "per_piece", Fen: 1}}
	for _, c := range []struct {
		name     string
		fee      operation.Fee
		class    string
		ceilings []operation.Ceiling
		events   []workspace.Metered
		measured int64
		charged  int64
		parts    int
		capped   int
	}{
		{"nothing", technical, "industry", nil, nil, 0, 0, 0, 0},
		{"part of a unit", technical, "industry", nil, read(500), 25, 25, 1, 0},
		{"less than a fen", technical, "industry", nil, read(19), 0, 0, 1, 0},
		{"of many jobs at once", technical, "industry", nil, read(10, 10, 10, 10), 2, 2, 1, 0},
		{"to the end of a band", technical, "industry", nil, read(999_999, 1), 50_000, 50_000, 1, 0},
		{"one row beyond", technical, "industry", nil, read(1_000_000, 1), 50_000, 50_000, 2, 0},
		{"all bands", technical, "industry", nil, read(12_000_000), 50_000 + 9000*30 + 2000*20, 50_000 + 9000*30 + 2000*20, 3, 0},
		{"for the public good", technical, "public_benefit", nil, read(12_000_000), 360_000, 0, 3, 0},
		{"what the platform stopped", technical, "industry", nil, append(read(500), stopped...), 25, 25, 1, 0},
		{"no more than the agreement allows", technical, "industry", ceiling, read(12_000_000), 1000*25 + 9000*25 + 2000*20, 1000*25 + 9000*25 + 2000*20, 3, 2},
		{"metered and not charged", computing, "industry", nil, half, 50, 0, 1, 0},
		{"more than fits", technical, "industry", nil, read(1<<61, 1<<61), 0, 0, 3, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := workspace.Bill(c.events, workspace.Terms{Tariff: []operation.Fee{c.fee}, Ceilings: c.ceilings, Class: c.class})
			if len(got) != 1 || len(got[0].Parts) != c.parts {
				t.Fatalf("%+v", got)
			}
			if c.name == "more than fits" {
				if got[0].Measured <= 0 {
					t.Errorf("%d", got[0].Measured)
				}
				return
			}
			capped := 0
			for _, p := range got[0].Parts {
				if p.Capped() {
					capped++
				}
			}
			if got[0].Measured != c.measured || got[0].Charged != c.charged || capped != c.capped {
				t.Errorf("measured %d, charged %d, capped %d", got[0].Measured, got[0].Charged, capped)
			}
		})
	}
}

// What pages show follows from the events that everybody concerned can have, and from
// the agreement, and from nothing else.
func TestEveryFigureFollowsFromTheEvents(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	w.Released(t, v.Number, workspacetest.Counted)
	w.Ran(t, v.Number, "SELECT station, sum(amount) AS n FROM station_visits GROUP BY station")
	w.Set(w.Clock().Add(31 * 24 * time.Hour))
	w.Ran(t, v.Number, workspacetest.Counted)
	v, err := w.Workspaces.Workspace(t.Context(), w.Owner, v.Number)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Bills) != 2 || v.Bills[0].Month.Format("2006-01") != "2026-12" {
		t.Fatalf("months: %+v", v.Bills)
	}
	for i, b := range v.Bills {
		sheet, err := w.Workspaces.UsageOf(t.Context(), w.Reviewers[0], v.Number, b.Month)
		if err != nil {
			t.Fatal(err)
		}
		again := workspace.Bill(sheet.Events, v.Terms)
		if len(again) != len(b.Charges) || len(again) != 2 {
			t.Fatalf("fees: %+v", again)
		}
		for k, c := range again {
			if c.Quantity != b.Charges[k].Quantity || c.Measured != b.Charges[k].Measured || c.Charged != b.Charges[k].Charged || c.Quantity == 0 {
				t.Errorf("%s %s: the page says %+v, the events %+v", b.Month, c.Fee.Code, b.Charges[k], c)
			}
		}
		if rows := []int64{485, 970}[i]; again[0].Quantity != rows || again[0].Measured != rows*50/1000 {
			t.Errorf("%d rows, %d fen", again[0].Quantity, again[0].Measured)
		}
		text, err := sheet.CSV()
		if err != nil {
			t.Fatal(err)
		}
		table, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff"))).ReadAll()
		if err != nil || len(table) != len(sheet.Events)+1 {
			t.Fatalf("%d lines, %v", len(table), err)
		}
	}
	var charged [3]int64 // of all, of each month
	for i, b := range v.Bills {
		for _, c := range b.Charges {
			charged[0], charged[i+1] = charged[0]+c.Charged, charged[i+1]+c.Charged
		}
	}
	if charged[1] == 0 || charged[2] == 0 {
		t.Fatalf("nothing is charged: %d", charged)
	}
	between := v.Bills[0].Month.AddDate(0, 0, 9) // in December: the month counts for the period of its last day
	for i, period := range [][2]time.Time{{{}, between.AddDate(1, 0, 0)}, {between, between.AddDate(1, 0, 0)}, {{}, between}} {
		if got, err := w.Workspaces.ChargedUnder(t.Context(), v.Mandate, period[0], period[1]); err != nil || got != charged[i] {
			t.Errorf("charged %d in period %d, want %d: %v", got, i, charged[i], err)
		}
	}
	other := w.Person(t, "别人")
	if _, err := w.Workspaces.UsageOf(t.Context(), other, v.Number, w.Clock()); fault.KindOf(err) != fault.NotFound {
		t.Errorf("somebody else has the events: %v", err)
	}
	if _, err := w.Workspaces.UsageOf(t.Context(), w.Member, v.Number, w.Clock()); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("somebody of the firm who does nothing there has the events: %v", err)
	}
	for name, who := range map[string]account.Actor{"owner": w.Owner, "authority": w.Authority, "regulator": w.Regulator} {
		if _, err := w.Workspaces.UsageOf(t.Context(), who, v.Number, w.Clock()); err != nil {
			t.Errorf("the %s: %v", name, err)
		}
	}
}
