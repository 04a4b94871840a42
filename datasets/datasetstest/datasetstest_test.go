package datasetstest_test

import (
	"testing"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
)

func TestTheGridHasEveryStatusAndOpenType(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{})
	made := c.Grid(t)
	if want := len(datasetstest.Statuses) * len(datasetstest.OpenTypes); len(made) != want {
		t.Fatalf("%d entries, want %d", len(made), want)
	}
	for slug, d := range made {
		if got := string(d.Status) + "-" + string(d.Open); got != slug {
			t.Errorf("%s is %s", slug, got)
		}
		if len(d.Resources) != 1 || d.Resources[0].Newest == nil || d.Resources[0].Newest.Tables[0].Rows != 1 {
			t.Errorf("%s has no file: %+v", slug, d.Resources)
		}
	}
}

func TestAValueIsWhatTheTestSaysOfIt(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{})
	office := c.Department(t, func(d *datasets.Department) { d.Slug, d.Aliases = "jtj", []string{"交通局"} })
	d, v := c.File(t, "线路.csv", "线路,长度\n1路,12.5\n", func(d *datasets.Dataset) {
		d.Title, d.Department, d.Tags = "公交线路", office, []string{"公交"}
	})
	if d.Title != "公交线路" || d.Department.Slug != "jtj" || d.Tags[0] != "公交" || d.Status != datasets.Published {
		t.Errorf("entry %+v", d)
	}
	if v.Number != 1 || v.FileName != "线路.csv" || d.Resources[0].Newest.ID != v.ID {
		t.Errorf("version %+v of %+v", v, d.Resources[0])
	}
	if got := c.Office(t).ID; got == office.ID || got != c.Dataset(t).Department.ID {
		t.Errorf("an entry that names no department is of %d, the default is %d", c.Dataset(t).Department.ID, got)
	}
}
