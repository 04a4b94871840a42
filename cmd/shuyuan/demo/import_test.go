package demo

import (
	"io"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"shuyuan/datasets"
	"shuyuan/internal/account"
)

// folder is a folder as a department hands it over: one dataset.
func folder() fstest.MapFS {
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		"regions.yaml":     text("- {code: \"350000\", name: 福建省, name_en: Fujian}\n"),
		"licences.yaml":    text("- {id: CC-BY-4.0, name: 署名 4.0, name_en: Attribution 4.0, attribution: true}\n"),
		"themes.yaml":      text("- {slug: transport, name: 交通运输, name_en: Transport}\n"),
		"departments.yaml": text("- {slug: fj-jtt, name: 福建省交通运输厅, name_en: Fujian Transport, region: \"350000\", profile: cn-fujian-2023, contact: 信息中心}\n"),
		"datasets/bus-lines.yaml": text(`
title: 公交线路
summary: 每条线路一行。
department: fj-jtt
theme: transport
licence: CC-BY-4.0
region: "350000"
open: {type: unconditional, basis: [FJ-4.1b]}
share: {type: unconditional}
update: {frequency: annual, last: "2025-11-04"}
code: 308003/000008
source: {name: 福建省交通运输厅}
resources:
  - {key: csv, name: 线路, versions: [{file: lines-2025.csv, reason: 首次发布}]}
dictionary:
  - {name: 线路, type: text, label_en: Line}
`),
		"files/lines-2025.csv": text("线路,长度\n1路,12.5\n"),
	}
}

func TestAFolderIsImportedAsItIs(t *testing.T) {
	in := install(t)
	if err := Import(t.Context(), folder(), in.Deps); err != nil {
		t.Fatal(err)
	}
	d, err := in.Datasets.Dataset(t.Context(), account.Actor{}, "bus-lines")
	if err != nil {
		t.Fatal(err)
	}
	if d.Sample || d.Department.Sample || d.ResourceCode != "308003/000008" || d.ResponsibleOrg != "福建省交通运输厅" || d.Contact != "信息中心" {
		t.Errorf("what is real is marked as a sample: %+v", d)
	}
	if len(d.Resources) != 1 || d.Resources[0].Newest == nil || d.Resources[0].Newest.Tables[0].Fields[0].LabelEN != "Line" {
		t.Errorf("files and dictionary: %+v", d.Resources)
	}
	if users, err := in.Accounts.Users(t.Context(), account.System("test")); err != nil || len(users) > 0 {
		t.Errorf("it makes accounts: %v, %v", users, err)
	}
	if said := in.out.String(); !strings.Contains(said, "1 of 1 datasets are new, with 1 new versions") {
		t.Errorf("it says %q", said)
	}
}

func TestASecondImportAddsWhatIsNew(t *testing.T) {
	in := install(t)
	first := folder()
	if err := Import(t.Context(), first, in.Deps); err != nil {
		t.Fatal(err)
	}
	later := fstest.MapFS{ // without the lists that the installation has by now
		"datasets/bus-lines.yaml": {Data: []byte(strings.NewReplacer(
			`[{file: lines-2025.csv, reason: 首次发布}]`, `[{file: lines-2025.csv, reason: 首次发布}, {file: lines-2026.csv, reason: 新增2路}]`,
			`"2025-11-04"`, `"2026-11-04"`).Replace(string(first["datasets/bus-lines.yaml"].Data)))},
		"files/lines-2025.csv": first["files/lines-2025.csv"],
		"files/lines-2026.csv": {Data: []byte("线路,长度\n1路,12.5\n2路,8\n")},
	}
	for range 2 {
		in.out.Reset()
		if err := Import(t.Context(), later, in.Deps); err != nil {
			t.Fatal(err)
		}
	}
	if said := in.out.String(); !strings.Contains(said, "0 of 1 datasets are new, with 0 new versions") {
		t.Errorf("the same once more: %q", said)
	}
	d, err := in.Datasets.Dataset(t.Context(), account.Actor{}, "bus-lines")
	if err != nil {
		t.Fatal(err)
	}
	if v := d.Resources[0].Newest; v.Number != 2 || v.Tables[0].Rows != 2 || d.LastUpdated.Format("2006-01-02") != "2026-11-04" {
		t.Errorf("version %d with %d rows, updated %s", v.Number, v.Tables[0].Rows, d.LastUpdated)
	}
}

func TestWhatCannotBeImportedIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"department": {"fj-jtt", "fj-nowhere", "there is no department fj-nowhere"},
		"theme":      {"theme: transport", "theme: nothing", "there is no theme nothing"},
		"region":     {`region: "350000"`, `region: "999999"`, `there is no region "999999"`},
		"licence":    {"CC-BY-4.0", "Secret", `there is no licence "Secret"`},
		"provision":  {"FJ-4.1b", "FJ-99", "there is no provision FJ-99"},
		"field":      {"title:", "titel:", `unknown field "titel"`},
		"file":       {"lines-2025.csv", "lines.csv", "files/lines.csv"},
		"outside":    {"lines-2025.csv", "../../etc/passwd", "files/../../etc/passwd"},
	} {
		t.Run(name, func(t *testing.T) {
			in := install(t)
			broken := maps.Clone(folder())
			broken["datasets/bus-lines.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(string(broken["datasets/bus-lines.yaml"].Data), c.old, c.new, 1))}
			in.Out = io.Discard
			err := Import(t.Context(), broken, in.Deps)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if page, err := in.Datasets.List(t.Context(), account.Actor{}, datasets.Filter{}); err != nil || page.Total != 0 {
				t.Errorf("%d datasets are public all the same (%v)", page.Total, err)
			}
		})
	}
}
