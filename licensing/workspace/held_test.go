package workspace_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/workspacetest"
	"shuyuan/templates/text"
)

// all is everything that somebody can be told of a job, its review and its workspace
// before the result left, but for names, moments and numbers of records.
func all(t *testing.T, w *workspacetest.World, who account.Actor, space, job, review string) string {
	t.Helper()
	v, err := w.Workspaces.Workspace(t.Context(), who, space)
	if err != nil {
		t.Fatal(err)
	}
	j, err := w.Workspaces.Job(t.Context(), who, space, job)
	if err != nil {
		t.Fatal(err)
	}
	list, err := w.Workspaces.Jobs(t.Context(), who, space, 0, 10)
	if err != nil || len(list) == 0 || len(v.Jobs) != len(list) {
		t.Fatalf("%d jobs, %v", len(list), err)
	}
	r, err := w.Workspaces.Review(t.Context(), who, review)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, one := range append([]workspace.Job{*j.Job, v.Jobs[0], *r.Job}, list...) {
		fmt.Fprintln(&b, one.Rows, one.Sized, one.Read, one.Of, one.Percent, one.Memory, one.Words, len(one.Columns))
		for _, in := range one.Inputs {
			fmt.Fprintln(&b, in.Rows, in.Whole)
		}
		if one.CPU%time.Second != 0 || one.Wall%time.Second != 0 || one.Ended.Nanosecond() != 0 {
			t.Errorf("%v, %v, %v are finer than seconds", one.CPU, one.Wall, one.Ended)
		}
	}
	for _, l := range j.Log {
		for _, k := range []string{"rows", "cpu_ms", "wall_ms", "memory_bytes"} {
			if l.Details[k] != "" {
				t.Errorf("the log says %s", k)
			}
		}
	}
	for _, c := range r.Checks {
		for _, f := range c.Findings {
			fmt.Fprintln(&b, c.Rule, c.Verdict, f.Rows, text.In(text.Chinese, f.Words.Sentence, f.Words.Args...), text.In(text.English, f.Words.Sentence, f.Words.Args...))
		}
	}
	fmt.Fprintln(&b, r.Rows, r.SHA256, v.Month.Rows, v.Month.Memory)
	if len(j.Reviews) > 0 {
		fmt.Fprintln(&b, j.Reviews[0].Rows, j.Reviews[0].SHA256)
	}
	return b.String()
}

// Two programs of which one gives three rows more, of a mount of which it reads less: until
// they left, a developer is told the same of both, and reviewers what there is.
func TestNothingOfAResultIsToldBeforeItLeft(t *testing.T) {
	var told, seen [2]string
	for i, sql := range []string{
		"SELECT station, count(DISTINCT person) AS people FROM station_visits GROUP BY station",
		"SELECT station, count(DISTINCT person) AS people FROM station_visits WHERE station IN ('东站', '西站') AND day = DATE '2026-10-01' GROUP BY station",
	} {
		w := workspacetest.New(t)
		w.Running(t)
		v := w.Opened(t)
		j := w.Ran(t, v.Number, sql)
		if !j.Held() {
			t.Fatalf("%s %+v %+v", j.State, j.Words, j.Findings)
		}
		r, err := w.Workspaces.AskRelease(t.Context(), w.Owner, v.Number, workspace.NewReview{Job: j.Number, Title: "各站人数", Purpose: "公布"})
		if err != nil {
			t.Fatal(err)
		}
		at := w.Reviewed(t, w.Reviewers[0], r.Number, workspace.Waiting)
		if rows := []int64{5, 2}[i]; at.Job.Rows != rows || at.Rows == 0 || at.SHA256 == "" || at.Job.Memory == 0 || at.Job.Inputs[0].Rows == 0 {
			t.Errorf("a reviewer is not told: %+v", at.Job)
		}
		told[i], seen[i] = all(t, w, w.Owner, v.Number, j.Number, r.Number), fmt.Sprint(at.Job.Rows)
		for k, a := range []workspace.ReviewAction{workspace.Take, workspace.Approve, workspace.Approve} {
			now, err := w.Workspaces.Review(t.Context(), w.Reviewers[k/2], r.Number)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Workspaces.MoveReview(t.Context(), w.Reviewers[k/2], r.Number, workspace.ReviewStep{Action: a, Revision: now.Revision, Words: "好"}); err != nil {
				t.Fatal(err)
			}
		}
		after, err := w.Workspaces.Job(t.Context(), w.Owner, v.Number, j.Number)
		if err != nil || !after.Sized || after.Rows != at.Rows || after.Reviews[0].SHA256 != at.SHA256 {
			t.Errorf("of what left is told %+v, %v", after.Job, err)
		}
	}
	if seen[0] == seen[1] {
		t.Fatal("the programs give as many rows")
	}
	strip := func(s string) string { // which rules found something is what reviews are for
		var out []string
		for _, line := range strings.Split(s, "\n") {
			if !strings.HasPrefix(line, "R") {
				out = append(out, line)
			} else if strings.ContainsAny(strings.SplitN(line, "[]", 2)[0], "[") {
				t.Errorf("rows of the result are named: %s", line)
			}
		}
		return strings.Join(out, "\n")
	}
	if a, b := strip(told[0]), strip(told[1]); a != b {
		t.Errorf("the developer tells one from the other:\n%s\n%s", a, b)
	}
}

// The sentences of the rules keep their figures and lose what they count.
func TestFindingsLoseTheirCounts(t *testing.T) {
	for _, c := range []struct {
		sentence string
		args     []any
		want     string
	}{
		{"有 %d 行背后的主体不到 %d 个，已经整行去掉。要留下它们，请把分组合并得粗一些。", []any{3, 10}, "有 … 行背后的主体不到 10 个"},
		{"“%s”有 %d 格取整为 %d 的倍数。", []any{"n", 7, 10}, "“n”有 … 格取整为 10 的倍数"},
		{"超过 %d%% 的行背后的主体不到 %d 个：分组太细。请减少分组的列，或者把值归并成区间。", []any{20, 10}, "超过 20% 的行背后的主体不到 10 个"},
		{"“%s”有 %d 格由一两个主体占了大部分（最大的超过 %d%%，或者最大的两个超过 %d%%，或者其余的不到最大的 %d%%），已经隐去。请把组合并。", []any{"n", 4, 50, 85, 10}, "“n”有 … 格由一两个主体占了大部分（最大的超过 50%，或者最大的两个超过 85%，或者其余的不到最大的 10%）"},
		{"这个场景本月已经放行 %d 格，加上这次的 %d 格超过 %d 格。", []any{1, 2, 3}, "加上这次的 … 格超过 3 格"},
		{"结果有 %d 行，一次最多 %d 行。", []any{9, 8}, "结果有 … 行，一次最多 8 行"},
		{"“%s”有 %d 格只保留 %d 位有效数字。", []any{"n", 5, 3}, "有 … 格只保留 3 位"},
	} {
		text1, err := json.Marshal(workspace.Words{Sentence: c.sentence, Args: c.args})
		if err != nil {
			t.Fatal(err)
		}
		var kept workspace.Words
		if err := json.Unmarshal(text1, &kept); err != nil {
			t.Fatal(err)
		}
		kept = workspace.Uncounted(kept)
		if got := text.In(text.Chinese, kept.Sentence, kept.Args...); !strings.Contains(got, c.want) {
			t.Errorf("%s", got)
		}
		if got := text.In(text.English, kept.Sentence, kept.Args...); !strings.Contains(got, "…") && strings.Contains(c.want, "…") || strings.Contains(got, "%!") {
			t.Errorf("%s", got)
		}
	}
}

// The digest that is told of a held result is under the key of its workspace and of its
// job alone: the same result has another in another job, and the content's own digest is
// nowhere but with reviewers and with what left, also when all else is destroyed.
func TestTheDigestOfAHeldResultTellsNothing(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	one, two := w.Ran(t, v.Number, workspacetest.Counted), w.Ran(t, v.Number, workspacetest.Counted)
	if !one.Held() || len(one.SHA256) != 64 || one.SHA256 == two.SHA256 {
		t.Fatalf("%s and %s", one.SHA256, two.SHA256)
	}
	r, err := w.Workspaces.AskRelease(t.Context(), w.Owner, v.Number, workspace.NewReview{Job: one.Number, Title: "各站人数", Purpose: "公布"})
	if err != nil {
		t.Fatal(err)
	}
	content := w.Reviewed(t, w.Reviewers[0], r.Number, workspace.Waiting).SHA256
	if mine, err := w.Workspaces.Review(t.Context(), w.Owner, r.Number); err != nil || content == "" || mine.SHA256 != "" {
		t.Fatalf("%q is told, %v", mine.SHA256, err)
	}
	if _, err := w.Workspaces.Move(t.Context(), w.Owner, v.Number, workspace.Step{Action: workspace.Close, Words: "完成", Revision: v.Revision}); err != nil {
		t.Fatal(err)
	}
	w.Until(t, "the workspace is destroyed", func() bool {
		if v, err = w.Workspaces.Workspace(t.Context(), w.Owner, v.Number); err != nil {
			t.Fatal(err)
		}
		return v.State == workspace.Destroyed
	})
	if strings.Contains(v.Certificate.Body, content) || !strings.Contains(v.Certificate.Body, one.SHA256) || !strings.Contains(v.Certificate.Body, r.Number) {
		t.Errorf("%s", v.Certificate.Body)
	}
	after, err := w.Workspaces.Job(t.Context(), w.Owner, v.Number, one.Number)
	if err != nil || after.SHA256 != one.SHA256 || !after.Whole {
		t.Errorf("once the key is gone: %+v, %v", after, err)
	}
}
