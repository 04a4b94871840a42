package demo

import (
	"context"
	"slices"
	"time"

	"shuyuan/datasets/following"
	"shuyuan/datasets/notes"
	"shuyuan/datasets/questions"
	"shuyuan/internal/reports"
)

// follow lets the citizen follow an entry, its department and its theme, before
// anything happens there.
func (s *stage) follow(ctx context.Context) error {
	for _, t := range []following.Target{{Kind: following.Dataset, Of: explained}, {Kind: following.Department, Of: s.states.Department}, {Kind: following.Theme, Of: s.states.Common["theme"]}} {
		if err := s.Following.Follow(ctx, s.as(theCitizen), t, following.Chinese); err != nil {
			return err
		}
	}
	return nil
}

// sampleQuestions are asked so many days ago: with five working days to answer,
// one asked six days ago is due today or on the next.
var sampleQuestions = []struct {
	days         int
	body, answer string
	hidden       string // why
}{
	{2, "示例提问：“运营方”一列里的 MILITARY 是指所有军用航空器吗？", "示例答复：是的，来源把军用航空器都记作 MILITARY，不再细分。", ""},
	{0, "示例提问：2002 年以后的记录会整理进来吗？", "", ""},
	{6, "示例提问：“损伤程度”里的 B 和 C 是什么意思？", "", ""},
	{4, "示例提问：第一条记录的报告人叫什么名字？", "示例答复：数据里没有报告人的姓名，也不应当有。", "示例理由：问的是他人的个人信息。"},
}

// ask shows a question that was answered and that somebody reported, one that was
// just asked, one that is nearly due, and one that was hidden.
func (s *stage) ask(ctx context.Context) error {
	citizen, officer := s.as(theCitizen), s.as(theOfficer)
	there, err := s.Questions(s.Now).Asked(ctx, citizen)
	if err != nil {
		return err
	}
	for _, x := range sampleQuestions {
		then := s.Now().AddDate(0, 0, -x.days)
		var q *questions.Question
		if at := slices.IndexFunc(there, func(q questions.Question) bool { return q.Body == x.body }); at >= 0 {
			q = &there[at]
		} else if q, err = s.Questions(func() time.Time { return then }).Ask(ctx, citizen, explained, citizen.Name, x.body); err != nil {
			return err
		}
		if x.answer == "" || q.State != questions.Open {
			continue
		}
		if q, err = s.Questions(s.Now).Move(ctx, officer, q.ID, questions.Answer, x.answer, q.Revision); err != nil {
			return err
		}
		if x.hidden != "" {
			_, err = s.Questions(s.Now).Judge(ctx, officer, q.ID, questions.Hide, x.hidden, q.Revision)
		} else {
			err = s.Questions(s.Now).Report(ctx, s.as(theAuthority), explained, q.ID, reports.Advert)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sampleNotes are explanations of an entry; the first is approved.
var sampleNotes = []notes.Text{
	{
		Title: "示例解读：怎样看这一万条鸟击记录", TitleEN: "Sample note: how to read these ten thousand strikes",
		Body:   "## 先看什么\n\n- 损伤程度：多数事件没有损伤。\n- 飞行阶段：进近和起飞滑跑最多。\n\n数据来自境外，**只作参考**，不能推算省内机场的情况。",
		BodyEN: "## What to look at first\n\n- Damage: most strikes did none.\n- Phase of flight: most happen on approach and take-off.\n\nThe data is from abroad and **for reference only**; it says nothing of the airports of the province.",
	},
	{
		Title: "示例解读：费用为什么多是零", TitleEN: "Sample note: why most costs are zero",
		Body:   "没有损伤的事件，费用记作零；没有报告费用的事件也记作零，两者在来源里分不开。",
		BodyEN: "Strikes without damage have no cost; those whose cost nobody reported have zero, too. The source does not tell one from the other.",
	},
}

// explain shows a note that everybody reads, and one that waits for the head.
func (s *stage) explain(ctx context.Context) error {
	officer, head := s.as(theOfficer), s.as(theHead)
	there, err := s.Notes.Department(ctx, officer)
	if err != nil {
		return err
	}
	for i, text := range sampleNotes {
		var n *notes.Note
		if at := slices.IndexFunc(there, func(n notes.Note) bool { return n.Title == text.Title }); at >= 0 {
			n = &there[at]
		} else if n, err = s.Notes.Write(ctx, officer, explained, text); err != nil {
			return err
		}
		if n.State == notes.Draft {
			if n, err = s.Notes.Move(ctx, officer, n.ID, notes.Submit, "", n.Revision); err != nil {
				return err
			}
		}
		if i == 0 && n.State == notes.Submitted {
			if _, err = s.Notes.Move(ctx, head, n.ID, notes.Approve, "", n.Revision); err != nil {
				return err
			}
		}
	}
	return nil
}
