package disclosure

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// visit is one of a person to a hospital, in a group of a result.
type visit struct {
	group            string
	person, hospital int
}

// ofTwoKinds is a count of visits by group, of persons and of hospitals.
func ofTwoKinds(visits []visit) Table {
	t := Table{Columns: []Column{
		{Name: "group", Type: "text", Role: Dimension, From: []Origin{{"visits", "group"}}},
		{Name: "n", Type: "integer", Role: Count, Reason: "count"},
	}}
	at := map[string]int{}
	var persons, hospitals []map[int]bool
	for _, v := range visits {
		i, ok := at[v.group]
		if !ok {
			i = len(t.Rows)
			at[v.group] = i
			t.Rows, t.Weights = append(t.Rows, []any{v.group, int64(0)}), append(t.Weights, make([]Mass, 2))
			t.Sketches = append(t.Sketches, []Kind{{Name: "person"}, {Name: "hospital"}})
			persons, hospitals = append(persons, map[int]bool{}), append(hospitals, map[int]bool{})
		}
		t.Rows[i][1] = t.Rows[i][1].(int64) + 1
		if !persons[i][v.person] {
			persons[i][v.person] = true
			t.Sketches[i][0].Sketch.Add(hashOf(v.person))
		}
		if !hospitals[i][v.hospital] {
			hospitals[i][v.hospital] = true
			t.Sketches[i][1].Sketch.Add(hashOf(1_000_000 + v.hospital))
		}
	}
	for i := range t.Rows {
		t.Subjects = append(t.Subjects, int64(min(len(persons[i]), len(hospitals[i]))))
	}
	return t
}

// A result without one hospital differs from that with it by hundreds of patients,
// and by one hospital.
func TestASmallDifferenceOfOneKindIsSeenBehindALargeOneOfAnother(t *testing.T) {
	p := aPolicy(t)
	r := rand.New(rand.NewPCG(9, 164))
	missed := 0
	for range 20 {
		var all, without []visit
		for person := range 4000 {
			v := visit{"全部", person, r.IntN(40)}
			all = append(all, v)
			if v.hospital != 7 {
				without = append(without, v)
			}
		}
		before := Record("R-1", Check(ofTwoKinds(all), p, nil, Budget{}))
		if Check(ofTwoKinds(without), p, []Release{before}, Budget{}).line(R8).Verdict != Refused {
			missed++
		}
		b, err := before.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var kept Release
		if err := kept.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		if r := Check(ofTwoKinds(all), p, []Release{kept}, Budget{}); r.Refused() {
			t.Errorf("the same again is refused: %s", got(r))
		}
		for i := range without { // in one result
			without[i].group = "其中"
		}
		if r := Check(ofTwoKinds(append(all, without...)), p, nil, Budget{}); !r.Refused() && r.line(R8).Verdict != Fixed {
			t.Errorf("both are shown: %s", got(r))
		}
	}
	if missed > 0 {
		t.Errorf("%d of 20 are missed", missed)
	}
}

// Nearly the same hospitals stand behind the patients of any month: that tells
// nothing of a hospital.
func TestTheSameHospitalsOfOtherPatientsAreNoDifference(t *testing.T) {
	p := aPolicy(t)
	r := rand.New(rand.NewPCG(10, 164))
	month := func(from, to int) Table {
		var all []visit
		for m := from; m < to; m++ {
			for k := range 150 {
				all = append(all, visit{fmt.Sprint("月", m), m*1000 + k, r.IntN(40)})
			}
		}
		return ofTwoKinds(all)
	}
	var earlier []Release
	for year := range 10 {
		report := Check(month(12*year, 12*year+12), p, earlier, Budget{})
		if report.Refused() || report.line(R8).Verdict != Pass {
			t.Errorf("year %d: %s", year, got(report))
		}
		earlier = append(earlier, Record(fmt.Sprint(year), report))
	}
}

// Of few hospitals behind many rows everything can be made, and nothing is told.
func TestAKindOfWhichAllCanBeMadeHidesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 164))
	var all []visit
	for g := range 30 {
		n := 120
		if g == 3 {
			n = 9 // hidden for its own sake
		}
		for k := range n {
			all = append(all, visit{fmt.Sprintf("组%02d", g), g*1000 + k, r.IntN(18)})
		}
	}
	report := Check(ofTwoKinds(all), aPolicy(t), nil, Budget{})
	hidden := 0
	for _, row := range report.Cleared.Rows {
		if row[1].Hidden {
			hidden++
		}
	}
	if report.Refused() || hidden != 0 || len(report.Cleared.Rows) != 29 {
		t.Errorf("%d are hidden: %s", hidden, got(report))
	}
}
