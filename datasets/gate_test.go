package datasets_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

func TestEveryRoadOfDataLeadsThroughTheGate(t *testing.T) {
	gate := &datasetstest.Gate{}
	c := datasetstest.New(t, gate, datasetstest.Asked)
	d := c.Dataset(t)
	id := c.Resource(t, d)
	older = c.Version(t, d, id, "a.csv", "甲\n乙\n", datasets.Field{Name: "甲", Key: true})
	v := c.Version(t, d, id, "a.csv", "甲\n"+sentinel+"\n"+sentinel+"\n", coded) // twice: what is wrong is told of, too
	corrected := slices.Clone(v.Tables[0].Fields)
	corrected[0].Codes = []datasets.Code{{Value: sentinel, Label: "另一个意思"}}
	if err := c.Service.CorrectDictionary(t.Context(), datasetstest.Officer(d.Department), id, datasets.Correction{Fields: corrected, Reason: "更正"}); err != nil {
		t.Fatal(err)
	}
	d, err := c.Service.Dataset(t.Context(), account.Actor{}, d.Slug)
	if err != nil {
		t.Fatal(err)
	}

	var methods []string
	for m := range reflect.TypeFor[*datasets.Service]().Methods() {
		methods = append(methods, m.Name)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(roads)), methods); diff != "" {
		t.Fatalf("roads (-) and exported methods (+): %s", diff)
	}
	for _, who := range []account.Actor{{}, datasetstest.Officer(d.Department)} {
		for _, shut := range []bool{false, true} {
			if gate.Open(); shut {
				gate.Shut()
			}
			for name, call := range roads {
				asked := gate.Asked()
				got, err := call(t.Context(), c.Service, who, d)
				body, jsonErr := json.Marshal(got)
				if jsonErr != nil {
					t.Fatal(jsonErr)
				}
				gives, gated := strings.Contains(string(body), sentinel), gate.Asked() > asked
				if want := slices.Contains(handsOut, name) && !shut; gives != want {
					t.Errorf("%s by %v, gate shut %t: hands out data: %t, want %t (%v)", name, who.Roles, shut, gives, want, err)
				}
				if want := slices.Contains(handsOut, name) || slices.Contains(refuses, name) || slices.Contains(asks, name); gated != want {
					t.Errorf("%s: asks the gate: %t, want %t", name, gated, want)
				}
				if slices.Contains(refuses, name) && shut && fault.KindOf(err) != fault.NotFound {
					t.Errorf("%s: %v, not what the gate said", name, err)
				}
			}
		}
	}
}

// What was converted for one who may have it is not given to one who may not.
func TestAKeptRenditionIsStillGated(t *testing.T) {
	gate := &datasetstest.Gate{}
	c := datasetstest.New(t, gate, datasetstest.Asked)
	_, v := c.File(t, "a.csv", "甲\n"+sentinel+"\n")
	if _, err := content(c.Service.Rendition(t.Context(), account.Actor{}, v, 0, datasets.CSV)); err != nil {
		t.Fatal(err)
	}
	gate.Shut()
	for _, kind := range []string{datasets.CSV, "exe"} {
		for _, position := range []int{0, 99} {
			if got, err := content(c.Service.Rendition(t.Context(), account.Actor{}, v, position, kind)); fault.KindOf(err) != fault.NotFound || fault.Of(err).Text() != "没有这份数据。" {
				t.Errorf("%s of table %d: %v, %v", kind, position, got, err)
			}
		}
	}
}
