package sources

import (
	"slices"
	"testing"

	"shuyuan/datasets"
	"shuyuan/internal/policy"
)

func TestKey(t *testing.T) {
	for name, want := range map[string]string{
		"产值（万元）": "产值", "产值(亿元)": "产值", "地区 生产总值": "地区生产总值", "ＧＤＰ": "gdp", "legal_person-name": "legalpersonname", "法人名称。": "法人名称",
		"（万元）": "", "": "", "人口(万人": "人口(万人", "Ünit": "ünit",
	} {
		if got := Key(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// Each pair with the verdict a person would give, and by which traits.
func TestWhichItemsAreTheSame(t *testing.T) {
	sex := []datasets.Code{{Value: "1", Label: "男"}, {Value: "2", Label: "女"}}
	for _, c := range []struct {
		name string
		a, b datasets.Field
		same bool
		by   []Trait
		not  []Trait
	}{
		{"one name in two units", datasets.Field{Name: "产值（万元）", Type: "decimal", Unit: "万元"}, datasets.Field{Name: "产值", Type: "integer", Unit: "亿元"}, true, []Trait{ByName, ByType}, []Trait{ByUnit}},
		{"the label of one is the column of the other", datasets.Field{Name: "f1", Label: "法定代表人", Type: "text"}, datasets.Field{Name: "法定代表人", Type: "text"}, true, []Trait{ByName, ByType}, nil},
		{"the English name alone", datasets.Field{Name: "床位", LabelEN: "Beds", Type: "integer"}, datasets.Field{Name: "病床数", LabelEN: "beds", Type: "integer"}, true, []Trait{ByEnglish, ByType}, []Trait{ByName}},
		{"the identifier of a standard alone", datasets.Field{Name: "甲", Identifier: "DE-0001", Type: "text"}, datasets.Field{Name: "乙", Identifier: "de0001", Type: "text"}, true, []Trait{ByIdentifier, ByType}, []Trait{ByName}},
		{"another type under one name", datasets.Field{Name: "电话", Type: "text"}, datasets.Field{Name: "电话", Type: "date"}, false, []Trait{ByName}, []Trait{ByType}},
		{"one code list", datasets.Field{Name: "性别", Type: "text", Codes: sex}, datasets.Field{Name: "性别", Type: "text", Codes: sex[:1]}, true, []Trait{ByName, ByType, ByCodes}, nil},
		{"another code list", datasets.Field{Name: "类", Type: "text", Codes: sex}, datasets.Field{Name: "类", Type: "text", Codes: []datasets.Code{{Value: "A"}, {Value: "B"}}}, false, []Trait{ByName, ByType}, []Trait{ByCodes}},
		{"alike to the eye and not the same", datasets.Field{Name: "机构名称", Type: "text"}, datasets.Field{Name: "机构地址", Type: "text"}, false, []Trait{ByType}, []Trait{ByName}},
		{"nothing said", datasets.Field{}, datasets.Field{}, false, nil, []Trait{ByName}},
		{"only a unit for a name", datasets.Field{Name: "（人）"}, datasets.Field{Name: "（人）"}, false, nil, []Trait{ByName}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, turn := range [][2]datasets.Field{{c.a, c.b}, {c.b, c.a}} {
				l, same := Compare(turn[0], turn[1])
				if same != c.same || !slices.Equal(l.Same, c.by) || !slices.Equal(l.Other, c.not) {
					t.Errorf("same %v by %v, not %v", same, l.Same, l.Other)
				}
			}
		})
	}
}

func TestRulesOfThePlatform(t *testing.T) {
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	r := RulesOf(book)
	if r.Percent != 50 || r.Least != 2 || len(r.common) < 30 {
		t.Fatalf("%+v", r)
	}
	for name, common := range map[string]bool{"年份": true, "地区": true, "单位（个）": true, "法定代表人": false, "地区生产总值": false} {
		if r.Common(datasets.Field{Name: name}) != common {
			t.Errorf("%s places a row: %v", name, !common)
		}
	}
	for _, c := range []struct {
		same, mine, theirs int
		want               bool
	}{{1, 1, 1, false}, {2, 4, 9, true}, {2, 5, 9, false}, {3, 6, 6, true}, {0, 0, 0, false}} {
		if r.proposes(c.same, c.mine, c.theirs) != c.want {
			t.Errorf("%d of %d and %d: %v", c.same, c.mine, c.theirs, !c.want)
		}
	}
}
