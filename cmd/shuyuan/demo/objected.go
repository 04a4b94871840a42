package demo

import (
	"context"
	"slices"
	"strings"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/corrections"
)

const (
	disputed = "airports"             // entry of another department that the sample disagreement is with
	compiled = "serious-bird-strikes" // entry that was compiled here: what was changed of it is known
)

// sampleObjection is one, filed so many days ago, with the steps that were taken
// since, each so many days ago.
type sampleObjection struct {
	slug    string // of the entry; empty: the explained one
	days    int
	alleged string
	row     int64
	column  string
	channel corrections.Channel
	steps   []objectionStep
}

type objectionStep struct {
	days int
	who  string // empty: whoever filed it
	corrections.Step
}

// sampleObjections show each state. Nothing in them says that anything is wrong
// with the data.
var sampleObjections = []sampleObjection{
	{days: 0, alleged: "示例异议：第 12 行的机型好像写错了。", row: 12, column: "机型"},
	{days: 0, alleged: "示例异议：请平台转给部门，机场一列有错字。", column: "机场", channel: corrections.ToPlatform},
	{days: 3, alleged: "示例异议：第 40 行的日期和公报不一样。", row: 40, column: "事件日期", steps: []objectionStep{{2, theOfficer, corrections.Step{Action: corrections.TakeUp}},
		{1, theOfficer, corrections.Step{Action: corrections.AskMore, Days: 5, Words: "示例：要向来源核对。"}}}},
	{days: 6, alleged: "示例异议：修理费用的单位写的不对。", column: "修理费用（美元）", steps: []objectionStep{{5, theOfficer, corrections.Step{Action: corrections.TakeUp}},
		{5, theOfficer, corrections.Step{Action: corrections.AskMore, Days: 7, Words: "示例：要向来源核对。"}}, {4, theHead, corrections.Step{Action: corrections.GiveMore}}}},
	{days: 4, alleged: "示例异议：机场的名称和另一个部门的不一样。", column: "机场", steps: []objectionStep{{3, theOfficer, corrections.Step{Action: corrections.TakeUp}},
		{0, theOfficer, corrections.Step{Action: corrections.Disagree, Words: "示例：和机场数据里的名称不同，请一起核对。", Other: disputed}}}},
	{days: 20, alleged: "示例异议：摘要里的年份写得不清楚。", steps: []objectionStep{{19, theOfficer, corrections.Step{Action: corrections.TakeUp}}}},
	{slug: compiled, days: 7, alleged: "示例异议：目录里没有写明来源。", steps: []objectionStep{{6, theOfficer, corrections.Step{Action: corrections.TakeUp}},
		{0, theOfficer, corrections.Step{Action: corrections.Correct, Words: "示例答复：目录条目里已经写明来源。", Fix: "entry"}}}},
	{days: 5, alleged: "示例异议：总费用应是两项费用之和。", column: "总费用（美元）", steps: []objectionStep{{4, theOfficer, corrections.Step{Action: corrections.TakeUp}},
		{2, theOfficer, corrections.Step{Action: corrections.Confirm, Words: "示例答复：核对过，和来源一致，没有错。"}}}},
	{days: 9, alleged: "示例异议：时段一列有空格。", column: "时段", steps: []objectionStep{{8, theOfficer, corrections.Step{Action: corrections.TakeUp}},
		{7, theOfficer, corrections.Step{Action: corrections.Confirm, Words: "示例答复：来源就是空的，没有错。"}}, {6, "", corrections.Step{Action: corrections.Close}}}},
}

// object files each sample objection and takes its steps. What an earlier play did
// stays.
func (s *stage) object(ctx context.Context) error {
	officer := s.as(theOfficer)
	there, err := s.Corrections(s.Now).Department(ctx, officer, true, "")
	if err != nil {
		return err
	}
	entry, err := s.Datasets.Dataset(ctx, account.Actor{}, explained)
	if err != nil {
		return err
	}
	for i, x := range sampleObjections {
		if x.slug != "" {
			_, err := s.Datasets.Dataset(ctx, account.Actor{}, x.slug)
			if fault.KindOf(err) == fault.NotFound {
				continue // there was no room for it
			}
			if err != nil {
				return err
			}
		}
		if x.channel == "" {
			x.channel = corrections.ToProvider
		}
		if x.slug == "" {
			x.slug = explained
		}
		f := corrections.Filing{Slug: x.slug, Row: x.row, Column: x.column, Channel: x.channel, Alleged: x.alleged, Evidence: "示例证据：随手写的，不是真的。",
			Contact: "reporter" + string('1'+rune(i)) + "@people.example", Network: sessionNetwork}
		if x.row > 0 || x.column != "" {
			f.Resource, f.Table = entry.Resources[0].ID, 1
		}
		var c *corrections.Correction
		if at := slices.IndexFunc(there.Items, func(c corrections.Correction) bool { return c.Alleged == x.alleged }); at >= 0 {
			c = &there.Items[at]
		} else if c, _, err = s.correctionsAgo(x.days).File(ctx, account.Actor{}, f); err != nil {
			return err
		}
		for _, step := range x.steps[min(c.Revision-1, len(x.steps)):] { // each step is a revision
			if c, err = s.stepAgo(ctx, c, step); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *stage) correctionsAgo(days int) *corrections.Service {
	then := s.Now().AddDate(0, 0, -days)
	return s.Corrections(func() time.Time { return then })
}

func (s *stage) stepAgo(ctx context.Context, c *corrections.Correction, x objectionStep) (*corrections.Correction, error) {
	at := s.correctionsAgo(x.days)
	x.Revision = c.Revision
	if x.who == "" {
		link, err := at.LinkFor(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		return at.Settle(ctx, account.Actor{}, link, x.Step)
	}
	if x.Fix != "" {
		fixes, err := at.Fixes(ctx, s.as(x.who), c)
		if err != nil {
			return nil, err
		}
		for _, f := range fixes {
			if strings.HasPrefix(f.Key(), x.Fix) {
				x.Fix = f.Key()
			}
		}
	}
	return at.Move(ctx, s.as(x.who), c.ID, x.Step)
}
