package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAPlaceIsNamedAsTheTextNamesIt(t *testing.T) {
	for _, c := range []struct{ id, zh, en, article string }{
		{"AS-2", "第二条", "Art. 2", "AS-2"},
		{"AS-27.3a", "第二十七条第三款", "Art. 27, para. 3", "AS-27"},
		{"TJ-20.1b", "第二十条第一款", "Art. 20, para. 1", "TJ-20"},
		{"AB-44(10)", "第四十四条（十）", "Art. 44 (10)", "AB-44"},
		{"AS-9(3)b", "第九条（三）", "Art. 9 (3)", "AS-9"},
		{"RF-11", "第十一条", "Art. 11", "RF-11"},
		{"FJ-4.1a", "二（四）1", "Part II (4) 1", "FJ-4.1"},
		{"FJ-8.2b", "二（八）2", "Part II (8) 2", "FJ-8.2"},
		{"FJ-III.3a", "三（三）", "Part III (3)", "FJ-III.3"},
		{"FJ-G.1", "一（三）主要目标", "Part I (3), goals", "FJ-G"},
		{"FJ-G", "一（三）主要目标", "Part I (3), goals", "FJ-G"},
		{"闽政办〔2023〕29号", "", "", "闽政办〔2023〕29号"},
		{"平台规则", "", "", "平台规则"},
	} {
		if diff := cmp.Diff(Text{c.zh, c.en}, Place(c.id)); diff != "" {
			t.Errorf("Place(%s): %s", c.id, diff)
		}
		if got := ArticleOf(c.id); got != c.article {
			t.Errorf("ArticleOf(%s) = %s, want %s", c.id, got, c.article)
		}
	}
}

// Every citation that a page shows has a name a reader can look up.
func TestEveryProvisionAndCitationHasAPlace(t *testing.T) {
	b, err := Load(Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range b.Profiles() {
		for _, v := range b.Provisions(p.ID()) {
			if Place(v.ID).Zh == "" || Place(v.ID).En == "" {
				t.Errorf("%s has no place", v.ID)
			}
			id := v.ID
			for range 5 { // letter, item, paragraph, and one to spare
				id = Whole(id)
			}
			if id != ArticleOf(v.ID) {
				t.Errorf("%s does not lead to its article but to %s", v.ID, id)
			}
		}
		for _, r := range p.Rules() {
			for _, c := range r.Cite {
				if Place(c).Zh == "" && c != p.Document() {
					t.Errorf("%s %s cites %q, which is neither a place nor the document", p.ID(), r.Path, c)
				}
			}
		}
	}
}

func TestARuleCitesWhatItsSourceHolds(t *testing.T) {
	r := Rule{Cite: []string{"AS-27.3", "TJ-5"}}
	for provision, want := range map[string]bool{"AS-27.3": true, "AS-27.3a": true, "AS-27.31": false, "AS-27": false, "TJ-5": true, "TJ-50": false, "TJ-5(1)": true} {
		if got := r.Cites(provision); got != want {
			t.Errorf("Cites(%s) = %v", provision, got)
		}
	}
}

// What a rule of the platform fills and what answers a silence are one fact
// seen from two sides.
func TestAnswersAndFillsAgree(t *testing.T) {
	b, err := Load(Files)
	if err != nil {
		t.Fatal(err)
	}
	gaps := b.Fills("refusal_dispute_window")
	if len(gaps) == 0 {
		t.Fatal("the time to dispute a refusal fills nothing")
	}
	for _, g := range gaps {
		if g.Rule.Path != "open.application.dispute" {
			t.Errorf("it fills %s %s", g.Profile.ID(), g.Rule.Path)
		}
	}
	if other := b.Fills("open_datasets"); len(other) != 0 {
		t.Errorf("a path that is none fills %d", len(other))
	}
}

func TestWholeLeadsToTheArticle(t *testing.T) {
	for id, want := range map[string]string{
		"AS-27.3a": "AS-27.3", "AS-27.3": "AS-27", "AS-27": "AS-27", "AS-9(3)b": "AS-9(3)", "AS-9(3)": "AS-9", "AS-35c": "AS-35",
		"FJ-4.1a": "FJ-4.1", "FJ-4.1": "FJ-4.1", "FJ-G.2": "FJ-G", "FJ-III.3a": "FJ-III.3", "FJ-III.3": "FJ-III.3",
	} {
		if got := Whole(id); got != want {
			t.Errorf("Whole(%s) = %s, want %s", id, got, want)
		}
	}
}
