package statement_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/marketplace/provenance/statement"
)

func valid() *statement.Statement {
	at := time.Date(2026, 11, 2, 16, 30, 0, 0, time.UTC) // the 3rd in China
	return &statement.Statement{
		Type: statement.Type, PredicateType: statement.PredicateType("https://data.example.org/"),
		Subject: []statement.Subject{{Name: "PRD-2026-000001@1.0.0/data", Digest: statement.Of([]byte("rows"))}},
		Predicate: statement.Derivation{
			Product:  statement.Product{ID: "PRD-2026-000001", Version: "1.0.0", Title: "示例", Kind: "dataset", Developer: statement.Developer{USCC: "91350100M000100Y43", Name: "示例公司"}},
			Mandate:  &statement.Mandate{Authorization: "AUTH-2026-000001", Operator: "示例运营", Scenario: "SCN-2026-000001", Purpose: "industry"},
			Contents: []statement.Content{{Form: "table", Columns: []statement.Column{{Name: "站点", Type: "text"}}, Rows: 3}},
			Sources: []statement.Source{{Title: "公路养护作业", TitleEN: "Road works", Version: 3, Provider: statement.Provider{Department: "省交通运输厅", DepartmentEN: "Department of Transport"},
				Acquired: statement.Acquired{Record: "ACQ-7", First: at.Add(-time.Second), Last: at, Date: "2026-11-03", Channel: "mount"}, Basis: statement.Machine}},
			BuiltAt: at.Add(time.Hour), SealedAt: at.Add(2 * time.Hour), Profile: statement.Profile, Verify: "https://data.example.org/verify",
		},
	}
}

// The law asks for source and day in words that people read.
func TestTheLinesNameSourceAndDay(t *testing.T) {
	s := valid()
	if got, want := s.Lines(false, "PRD-2026-000001@1.0.0"), []string{
		"数据来源：省交通运输厅《公路养护作业》第 3 版；获取日期：2026-11-03",
		"授权编号：AUTH-2026-000001；场景：SCN-2026-000001",
		"核验：https://data.example.org/verify/PRD-2026-000001@1.0.0",
	}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := s.Lines(true, "x")[0]; got != "Source: Department of Transport, “Road works”, version 3; acquired on 2026-11-03" {
		t.Errorf("%q", got)
	}
	s.Predicate.Sources[0].Acquired.Earliest, s.Predicate.Sources[0].Acquired.Latest = "2026-10-30", "2026-11-03"
	if got := s.Lines(false, "x")[0]; !strings.HasSuffix(got, "获取日期：2026-10-30 至 2026-11-03") {
		t.Errorf("%q", got)
	}
}

// A statement that contradicts its own records is not written, and not read.
func TestWhatAStatementMustSay(t *testing.T) {
	if _, err := valid().Payload(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*statement.Statement){
		"another type":                 func(s *statement.Statement) { s.Type += "x" },
		"another predicate":            func(s *statement.Statement) { s.PredicateType = "https://slsa.dev/provenance/v1" },
		"no subject":                   func(s *statement.Statement) { s.Subject, s.Predicate.Contents = nil, nil },
		"a subject that nothing tells": func(s *statement.Statement) { s.Subject = append(s.Subject, s.Subject[0]) },
		"no source":                    func(s *statement.Statement) { s.Predicate.Sources = nil },
		"no department":                func(s *statement.Statement) { s.Predicate.Sources[0].Provider.Department = "" },
		"no record":                    func(s *statement.Statement) { s.Predicate.Sources[0].Acquired.Record = "" },
		"the day in Greenwich":         func(s *statement.Statement) { s.Predicate.Sources[0].Acquired.Date = "2026-11-02" },
		"the day of the build":         func(s *statement.Statement) { s.Predicate.Sources[0].Acquired.Date = "2026-11-04" },
		"acquired after it was built": func(s *statement.Statement) {
			s.Predicate.BuiltAt = s.Predicate.Sources[0].Acquired.Last.Add(-time.Second)
		},
		"sealed before it was built":  func(s *statement.Statement) { s.Predicate.SealedAt = s.Predicate.BuiltAt.Add(-time.Second) },
		"ended before it began":       func(s *statement.Statement) { s.Predicate.Sources[0].Acquired.First = s.Predicate.BuiltAt },
		"a profile that nobody knows": func(s *statement.Statement) { s.Predicate.Profile = "2" },
		"a source that has no title":  func(s *statement.Statement) { s.Predicate.Sources[0].Title = "" },
		"a content that has no subject": func(s *statement.Statement) {
			s.Predicate.Contents = append(s.Predicate.Contents, s.Predicate.Contents[0])
		},
	} {
		s := valid()
		change(s)
		if _, err := s.Payload(); err == nil {
			t.Errorf("%s: it is written", name)
		}
	}
	payload, _ := valid().Payload()
	if s, err := statement.Parse(payload); err != nil || s.Predicate.Sources[0].Acquired.Date != "2026-11-03" {
		t.Errorf("it is not read back: %v", err)
	}
	for _, bad := range []string{"", "{}", "[]", strings.Replace(string(payload), "2026-11-03\"", "2026-11-02\"", 1)} {
		if _, err := statement.Parse([]byte(bad)); err == nil {
			t.Errorf("read: %.40s", bad)
		}
	}
}
