package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/engine"

	"shuyuan/datasets/rows"
)

// sampleJob is a program of the sample workspace, run once.
type sampleJob struct {
	name, sql string
	kind      workspace.JobKind
	params    []engine.Parameter
	given     map[string]string
	as        workspace.JobState // how it ends
	result    string             // what its result is called that is asked for; empty: nobody does
	released  bool               // by two people; else one of them has taken it
	algorithm string             // as which it is registered
}

var sampleJobs = []sampleJob{
	{name: "各阶段的修理费用", kind: workspace.OfSQL, as: workspace.Succeeded,
		sql: "-- 示例：运行成功，结果封存着，还没有人申请\nSELECT 飞行阶段, count(*) AS 次数, sum(\"修理费用（美元）\") AS 修理费用\nFROM bird_strike_costs GROUP BY 飞行阶段"},
	{name: "看看原始记录", kind: workspace.OfSQL, as: workspace.Refused,
		sql: "-- 示例：逐行取数，不能运行\nSELECT 飞行阶段, 动物体型, 时段 FROM bird_strikes"},
	{name: "试着换算", kind: workspace.OfSQL, as: workspace.Failed,
		sql: "-- 示例：值不是数，运行失败\nSELECT 时段, sum(CAST(动物体型 AS INTEGER)) AS 合计 FROM bird_strikes GROUP BY 时段"},
	{name: "各阶段的次数", kind: workspace.OfSQL, as: workspace.Succeeded, result: "示例：各飞行阶段的鸟击次数", released: true,
		sql: "-- 示例：两个人审核以后放出\nSELECT 飞行阶段, count(*) AS 次数 FROM bird_strikes GROUP BY 飞行阶段"},
	{name: "各时段的体型", kind: workspace.OfSQL, as: workspace.Succeeded, result: "示例：各时段、各体型的鸟击次数",
		sql: "-- 示例：结果正在审核\nSELECT 时段, 动物体型, count(*) AS 次数 FROM bird_strikes GROUP BY 时段, 动物体型"},
	{name: "某一损伤程度的次数", kind: workspace.OfSQL, as: workspace.Succeeded, algorithm: "示例：按损伤程度的时段分布",
		sql:    "-- 示例：登记成算法，换参数可以再运行\nSELECT 时段, count(*) AS 次数 FROM bird_strikes WHERE 损伤程度 = $damage GROUP BY 时段",
		params: []engine.Parameter{{Name: "damage", Type: rows.Text}}, given: map[string]string{"damage": "Minor"}},
	{name: "在合成行上试", kind: workspace.OfSample, as: workspace.Succeeded,
		sql: "-- 示例：合成的行，结果可以直接看\nSELECT 动物体型, count(*) AS 次数 FROM bird_strikes GROUP BY 动物体型"},
}

// longestWait is how long a job of the sample workspace is waited for.
const longestWait = 2 * time.Minute

// errNotYet says that something did not come about in time.
var errNotYet = errors.New("it takes too long")

// compute shows a workspace: its mounts, past jobs of every end, results that are
// looked at and released, an algorithm. Where programs cannot run, it says so in a
// line, and the rest of the sample world stands without.
func (s *stage) compute(ctx context.Context) error {
	if s.Scenarios == nil || s.Workspaces == nil {
		return nil
	}
	now, err := s.scenariosAgo(0)
	if err != nil {
		return err
	}
	x, err := s.scenarioTitled(ctx, now, activeScenario)
	if err != nil || x == nil {
		return err
	}
	spaces, end, err := s.Workspaces(ctx)
	if err == nil {
		defer end()
		err = s.work(ctx, spaces, x.Number)
		if err != nil && !errors.Is(err, errNotYet) {
			return err
		}
	}
	if err != nil {
		fmt.Fprintf(s.Out, "the sample jobs of the workspace are left out: %v\n", err)
	}
	return nil
}

// work opens the workspace of a scenario and runs what is to be seen in it.
func (s *stage) work(ctx context.Context, spaces *workspace.Service, number string) error {
	owner, programmer := s.as(theDeveloper), s.as(theProgrammer)
	mine, err := spaces.Mine(ctx, owner)
	if err != nil {
		return err
	}
	var space string
	if i := slices.IndexFunc(mine, func(w workspace.Workspace) bool { return w.Scenario.Number == number }); i >= 0 {
		space = mine[i].Number
	} else {
		w, err := spaces.Open(ctx, owner, number)
		if err != nil {
			return err
		}
		space = w.Number
		if err := spaces.SetMember(ctx, owner, space, programmer.ID, true, false); err != nil {
			return err
		}
	}
	if err := until(ctx, func() (bool, error) {
		v, err := spaces.Workspace(ctx, owner, space)
		return err == nil && v.State == workspace.Ready, err
	}); err != nil {
		return err
	}
	v, err := spaces.Workspace(ctx, owner, space)
	if err != nil {
		return err
	}
	numbers := make([]string, len(sampleJobs))
	for i, x := range sampleJobs { // all are asked for before the first is waited for
		if numbers[i], err = s.runOnce(ctx, spaces, v, x); err != nil {
			return fmt.Errorf("%s: %w", x.name, err)
		}
	}
	for i, x := range sampleJobs {
		if err := s.after(ctx, spaces, space, numbers[i], x); err != nil {
			return fmt.Errorf("%s: %w", x.name, err)
		}
	}
	return nil
}

// runOnce saves a program and asks for it to be run, unless an earlier play did.
func (s *stage) runOnce(ctx context.Context, spaces *workspace.Service, v *workspace.View, x sampleJob) (string, error) {
	if i := slices.IndexFunc(v.Jobs, func(j workspace.Job) bool { return j.Name == x.name }); i >= 0 {
		return v.Jobs[i].Number, nil
	}
	programmer := s.as(theProgrammer)
	parameters := ""
	for _, p := range x.params {
		parameters += fmt.Sprintf("%s %s = %s\n", p.Name, p.Type, x.given[p.Name])
	}
	if _, err := spaces.SaveProgram(ctx, programmer, v.Number, x.name, x.sql, parameters); err != nil {
		return "", err
	}
	j, err := spaces.Ask(ctx, programmer, v.Number, workspace.NewJob{Kind: x.kind, Name: x.name, SQL: x.sql, Parameters: x.params, Given: x.given})
	if err != nil {
		return "", err
	}
	return j.Number, nil
}

// after waits for the end of a job, and does what comes of it.
func (s *stage) after(ctx context.Context, spaces *workspace.Service, space, number string, x sampleJob) error {
	owner := s.as(theDeveloper)
	var j *workspace.JobView
	if err := until(ctx, func() (over bool, err error) {
		j, err = spaces.Job(ctx, owner, space, number)
		return err == nil && !j.State.Open(), err
	}); err != nil {
		return err
	}
	if j.State != x.as {
		return fmt.Errorf("the job is %s, not %s: %+v %+v", j.State, x.as, j.Words, j.Findings)
	}
	if x.algorithm != "" {
		if err := s.register(ctx, spaces, space, number, x.algorithm); err != nil {
			return err
		}
	}
	if x.result == "" {
		return nil
	}
	review := ""
	if len(j.Reviews) > 0 {
		review = j.Reviews[0].Number
	} else {
		r, err := spaces.AskRelease(ctx, owner, space, workspace.NewReview{Job: number, Title: x.result, Purpose: "示例：公布在研究所的网页上"})
		if err != nil {
			return err
		}
		review = r.Number
	}
	return s.letOut(ctx, spaces, review, x.released)
}

// letOut has the rules look at a result, and then the operator's people: one takes it,
// and where it is to be released, both approve.
func (s *stage) letOut(ctx context.Context, spaces *workspace.Service, number string, released bool) error {
	first, second := s.as(theOperator), s.as(theReviewer)
	for {
		var v *workspace.ReviewView
		if err := until(ctx, func() (looked bool, err error) {
			v, err = spaces.Review(ctx, first, number)
			return err == nil && v.State != workspace.AutoCheck, err
		}); err != nil {
			return err
		}
		step := workspace.ReviewStep{Action: workspace.Approve, Revision: v.Revision, Words: "示例：只有计数，没有小组，和用途相符。"}
		who := first
		switch v.State {
		case workspace.Waiting:
			step.Action, step.Words = workspace.Take, ""
		case workspace.First:
			if !released {
				return nil
			}
		case workspace.Second:
			who = second
		case workspace.Released:
			return nil
		default:
			return fmt.Errorf("the review is %s: %+v", v.State, v.Checks)
		}
		if _, err := spaces.MoveReview(ctx, who, number, step); err != nil {
			return fmt.Errorf("%s: %w", step.Action, err)
		}
	}
}

// register has a program registered as an algorithm, by two people of the operator.
func (s *stage) register(ctx context.Context, spaces *workspace.Service, space, job, title string) error {
	v, err := spaces.Workspace(ctx, s.as(theDeveloper), space)
	if err != nil {
		return err
	}
	var a *workspace.Algorithm
	if len(v.Algorithms) > 0 {
		a = &v.Algorithms[0]
	} else if a, err = spaces.ProposeAlgorithm(ctx, s.as(theProgrammer), space, job, title); err != nil {
		return err
	}
	for a.State == workspace.Proposed || a.State == workspace.Seconded {
		who := s.as(theOperator)
		if a.State == workspace.Seconded {
			who = s.as(theReviewer)
		}
		if a, err = spaces.MoveAlgorithm(ctx, who, space, a.Number, workspace.Admit, "示例：看过程序，只分组计数。", a.Revision); err != nil {
			return err
		}
	}
	return nil
}

// until waits for something that a runner brings about.
func until(ctx context.Context, there func() (bool, error)) error {
	last := time.After(longestWait)
	for {
		if done, err := there(); done || err != nil {
			return err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-last:
			return errNotYet
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Running lets what workspaces wait for be worked until the function that it returns
// is called, which closes the engine, too.
func Running(ctx context.Context, s *workspace.Service, e *engine.Engine, failed func(error)) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx, failed)
	}()
	return func() { cancel(); <-done; e.Close() }
}
