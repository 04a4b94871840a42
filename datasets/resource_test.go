package datasets_test

import (
	"testing"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/fault"
)

// A file of a draft is named anew and taken off; what has a history stays, and
// nobody of another department touches it.
func TestTheFilesOfAnEntry(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t, func(d *datasets.Dataset) { d.Status = datasets.Draft })
	officer := datasetstest.Officer(d.Department)
	id, err := c.Service.AddResource(t.Context(), officer, d, datasets.Resource{Name: "一月"})
	if err != nil {
		t.Fatal(err)
	}
	stranger := officer
	stranger.Department++
	for what, err := range map[string]error{
		"named by a stranger":   c.Service.NameResource(t.Context(), stranger, d, datasets.Resource{ID: id, Name: "二月"}),
		"removed by a stranger": c.Service.RemoveResource(t.Context(), stranger, d, id),
	} {
		if fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := c.Service.NameResource(t.Context(), officer, d, datasets.Resource{ID: id, Name: " "}); fault.Of(err) == nil || fault.Of(err).Field != "name" {
		t.Errorf("without a name: %v", err)
	}
	if err := c.Service.NameResource(t.Context(), officer, d, datasets.Resource{ID: id, Name: "二月", NameEN: "February"}); err != nil {
		t.Fatal(err)
	}
	_, r, err := c.Service.Resource(t.Context(), officer, id)
	if err != nil || r.Name != "二月" || r.NameEN != "February" {
		t.Errorf("named anew it is %+v, %v", r, err)
	}
	if err := c.Service.RemoveResource(t.Context(), officer, d, "nonesuch00000000"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("removed what there is not: %v", err)
	}
	if err := c.Service.RemoveResource(t.Context(), officer, d, id); err != nil {
		t.Fatal(err)
	}
	old, v := c.File(t, "a.csv", "甲\n1\n")
	if err := c.Service.RemoveResource(t.Context(), datasetstest.Officer(old.Department), old, v.ResourceID); fault.KindOf(err) != fault.Conflict {
		t.Errorf("removed with its versions: %v", err)
	}
	if _, _, err := c.Service.Resource(t.Context(), officer, id); fault.KindOf(err) != fault.NotFound {
		t.Errorf("removed, and still there: %v", err)
	}
}
