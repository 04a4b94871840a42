package datasets_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/fault"
)

// What each action makes of an entry in each status, done by an officer of its
// department.
const moves = `
          publish    withdraw   restore
draft     published  -          -
published -          withdrawn  -
withdrawn -          -          published
`

func TestMoves(t *testing.T) {
	c := newCatalogue(t)
	got := []string{fmt.Sprintf("%-10s%-11s%-11s%s", "", "publish", "withdraw", "restore")}
	for _, from := range datasetstest.Statuses {
		row := fmt.Sprintf("%-10s", from)
		for _, action := range []datasets.Action{datasets.Publish, datasets.Withdraw, datasets.Restore} {
			d := c.Dataset(t, func(d *datasets.Dataset) { d.Status = from })
			to := "-"
			err := c.Service.Move(t.Context(), datasetstest.Officer(d.Department), d.Slug, action, "有误", d.Revision)
			if err == nil {
				now, err := c.Service.Dataset(t.Context(), datasetstest.Officer(d.Department), d.Slug)
				if err != nil {
					t.Fatal(err)
				}
				to = string(now.Status)
				if wants := now.Status == datasets.Withdrawn; (now.WithdrawnReason == "有误") != wants || now.PublishedAt == nil || now.Revision != d.Revision+1 {
					t.Errorf("%s %s: %+v", action, from, now)
				}
			} else if fault.KindOf(err) != fault.Conflict {
				t.Errorf("%s %s: %v", action, from, err)
			}
			row += fmt.Sprintf("%-11s", to)
		}
		got = append(got, strings.TrimSpace(row))
	}
	if diff := cmp.Diff(strings.Split(strings.Trim(moves, "\n"), "\n"), got); diff != "" {
		t.Error(diff)
	}
}

func TestWithdrawingNamesTheReason(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	who := datasetstest.Officer(d.Department)
	for name, reason := range map[string]string{"none": "", "blanks": " \u3000", "NUL": "有误\x00", "turned round": "\u202e有误", "too long": strings.Repeat("长", 5001)} {
		err := c.Service.Move(t.Context(), who, d.Slug, datasets.Withdraw, reason, d.Revision)
		if f := fault.Of(err); f.Kind != fault.Invalid || f.Field != "withdrawn_reason" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.Service.Move(t.Context(), who, d.Slug, datasets.Withdraw, " 行政区划有误 ", d.Revision); err != nil {
		t.Fatal(err)
	}
	_, err := c.Service.Dataset(t.Context(), datasetstest.Visitor(), d.Slug)
	if f := fault.Of(err); f.Kind != fault.Gone || f.Text() != "“"+d.Title+"”已撤下：行政区划有误" {
		t.Errorf("the tombstone says %v", err)
	}
	if err := c.Service.Move(t.Context(), who, d.Slug, datasets.Restore, "", d.Revision+1); err != nil {
		t.Fatal(err)
	}
	now, err := c.Service.Dataset(t.Context(), datasetstest.Visitor(), d.Slug)
	if err != nil || now.WithdrawnReason != "" || !now.PublishedAt.Equal(*d.PublishedAt) {
		t.Errorf("restored: %+v, %v", now, err)
	}
}

func TestAMoveNeedsTheNewestState(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	who := datasetstest.Officer(d.Department)
	if err := c.Service.Move(t.Context(), who, d.Slug, datasets.Withdraw, "有误", d.Revision-1); fault.KindOf(err) != fault.Conflict {
		t.Errorf("an old revision: %v", err)
	}
	for _, slug := range []string{"nowhere", "", "../x", "a\x00", strings.Repeat("a", 1<<16)} {
		if err := c.Service.Move(t.Context(), who, slug, datasets.Withdraw, "有误", 1); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%.20q: %v", slug, err)
		}
	}
	var wg sync.WaitGroup
	outcome := make([]error, 6)
	for i := range outcome {
		wg.Go(func() { outcome[i] = c.Service.Move(t.Context(), who, d.Slug, datasets.Withdraw, "有误", d.Revision) })
	}
	wg.Wait()
	if n := len(slices.DeleteFunc(outcome, func(err error) bool { return fault.KindOf(err) == fault.Conflict })); n != 1 {
		t.Errorf("%d of six were done: %v", n, outcome)
	}
}

// The states of the lifecycle are those that the schema allows, and so are the
// other words of an entry.
func TestStatesMatchSchema(t *testing.T) {
	c := newCatalogue(t)
	rows, err := c.Pool.Query(t.Context(), `
		SELECT replace(replace(k.conname, 'datasets_', ''), '_check', ''), split_part(pg_get_constraintdef(k.oid), ' OR ', 1) -- a draft may leave it out
		FROM pg_constraint k
		WHERE k.conrelid = 'datasets'::regclass AND k.contype = 'c'`)
	if err != nil {
		t.Fatal(err)
	}
	word := regexp.MustCompile(`'([a-z]+)'::text`)
	allowed := map[string][]string{}
	var column, check string
	if _, err := pgx.ForEachRow(rows, []any{&column, &check}, func() error {
		for _, m := range word.FindAllStringSubmatch(check, -1) {
			allowed[column] = append(allowed[column], m[1])
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	open := []string{"unconditional", "conditional", "withheld"}
	for column, want := range map[string][]string{
		"status": texts(datasets.States()), "open_type": open, "share_type": open,
		"update_frequency": {"realtime", "daily", "weekly", "monthly", "quarterly", "semiannual", "annual", "biennial", "irregular", "never"},
	} {
		if diff := cmp.Diff(want, allowed[column]); diff != "" {
			t.Errorf("%s: the catalogue (-), the schema (+): %s", column, diff)
		}
	}
}

func texts[S ~string](list []S) []string {
	var out []string
	for _, s := range list {
		out = append(out, string(s))
	}
	return out
}
