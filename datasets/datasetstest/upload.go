package datasetstest

import (
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/blob"
)

// Uploading is an option of New for tests that upload files, under rules that
// hold a small test, or as changed.
func Uploading(change ...func(*datasets.UploadRules)) func(testing.TB, blob.Store) datasets.Option {
	return func(t testing.TB, store blob.Store) datasets.Option {
		return UploadingIn(t.TempDir(), change...)(t, store)
	}
}

// UploadingIn is Uploading with the staged files in a folder that the test knows.
func UploadingIn(dir string, change ...func(*datasets.UploadRules)) func(testing.TB, blob.Store) datasets.Option {
	rules := datasets.UploadRules{FileBytes: 1 << 30, OpenOfPerson: 50, DepartmentBytes: 1 << 32, FreeBytes: 1, Unfinished: 72 * time.Hour, Waiting: 30 * 24 * time.Hour}
	for _, f := range change {
		f(&rules)
	}
	return func(testing.TB, blob.Store) datasets.Option { return datasets.Uploads(dir, rules) }
}
