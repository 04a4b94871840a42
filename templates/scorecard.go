package templates

import (
	"context"
	"strconv"

	"shuyuan/datasets"
	"shuyuan/internal/policy"
	"shuyuan/licensing/sharing"
	"shuyuan/licensing/supervision"
	"shuyuan/templates/text"
)

// ScoreCardPage is what can be counted of a department.
type ScoreCardPage struct {
	Frame
	Department   datasets.Department
	Card         datasets.ScoreCard
	Answers      datasets.Share // questions that were answered by their day
	Applied      datasets.Share // applications that were decided by their day
	Applying     ScoreBasis
	Used         datasets.Share // reports of use and certificates of destruction that were read by their day
	ApplyingRule string
	Wanted       datasets.Share // demands that were answered or sent on by their day
	Promised     datasets.Share // days promised to demands that were kept
	Rechecks     datasets.Share // objections that were answered by their day
	Rechecking   ScoreBasis     // of re-checking
	Basis        ScoreBasis     // of the evaluation
	Supplying    ScoreBasis     // of supplying what is catalogued
	Sharing      *sharing.Score // nil: whoever reads may not know of it
	SharingBasis ScoreBasis     // of the time to answer; where no text has one
	SharingRule  string         // the platform's rule

	Supervised      *supervision.Score    // nil: whoever reads may not know of it
	SupervisedBasis map[string]ScoreBasis // by the rules of the text: rectification, violations, incident_notice
	Orders          bool                  // whoever reads can order the department to put right what is counted
}

// ScoreBasis is the provision by which the department is evaluated; empty where no
// text binds it, or the text says nothing.
type ScoreBasis struct {
	Cite  string
	Place policy.Text
	Href  string
}

// ScoreLine is one figure with how it is counted and the rule behind it.
type ScoreLine struct {
	Key       string // in the address of an order about it; empty: no order is about it
	Name, How string
	Share     datasets.Share
	Basis     ScoreBasis // the provision behind it; empty: the platform's rule
	Rule      string     // where the platform's rule stands; empty: it has no line of its own
}

// Lines are the figures of the card.
func (p ScoreCardPage) Lines() []ScoreLine {
	lines := []ScoreLine{
		{Key: "dictionary", Name: "完整", How: "数据字典答了的问题，占该答的份额", Share: p.Card.Completeness, Rule: "quality.dictionary"},
		{Key: "updating", Name: "及时", How: "承诺了更新日子的数据集里，今天没有逾期的份额", Share: p.Card.Timeliness},
		{Key: "quality", Name: "质量", How: "质量检查里答“是”的，占能回答的份额", Share: p.Card.Quality},
		{Name: "开放", How: "已发布的数据集里，无条件开放的份额", Share: p.Card.Openness, Basis: p.Basis},
		{Key: "questions", Name: "答复", How: "已经到期的公开提问里，按时答复的份额", Share: p.Answers, Rule: "question_answer"},
		{Key: "applications", Name: "开放申请", How: "已经到期的开放申请里，按时决定的份额", Share: p.Applied, Basis: p.Applying, Rule: p.ApplyingRule},
		{Key: "use", Name: "使用监管", How: "交来的使用报告和销毁证明里已经到期的，按时采纳、确认或退回的份额", Share: p.Used, Rule: "use_report_reading"},
		{Key: "demands", Name: "需求", How: "已经到期的公开数据需求里，按时答复或者转出的份额", Share: p.Wanted, Rule: "demand_answer"},
		{Key: "promises", Name: "应诺", How: "答应需求的日子已经到了的，那天以前开放的份额", Share: p.Promised},
		{Key: "corrections", Name: "复核", How: "已经到期的数据异议里，按时校核并答复的份额", Share: p.Rechecks, Basis: p.Rechecking, Rule: "correction_default"},
		{Key: "supply", Name: "挂接", How: "已发布的数据集里，目录后面真有数据的份额", Share: p.Card.Supplied, Basis: p.Supplying},
	}
	if p.Sharing != nil {
		lines = append(lines,
			ScoreLine{Key: "sharing", Name: "共享答复", How: "部门共享的申请里已经到期的，按时答复的份额（公众看不到）", Share: p.Sharing.InTime, Basis: p.SharingBasis, Rule: p.SharingRule},
			ScoreLine{Name: "共享改判", How: "部门共享的申请里，主管部门裁过的拒绝，没有维持的份额（公众看不到；越少越好）", Share: p.Sharing.Overturned, Rule: "authority_decision"})
	}
	if x := p.Supervised; x != nil {
		ordered, accused, happened := p.SupervisedBasis["rectification"], p.SupervisedBasis["violations"], p.SupervisedBasis["incident_notice"]
		lines = append(lines,
			ScoreLine{Name: "整改完成", How: "对本部门的责令整改里，核查认为整改完成的份额；其余没有办完（公众看不到）", Share: x.PutRight, Basis: ordered, Rule: "rectification_check"},
			ScoreLine{Name: "整改及时", How: "已经报告或者到期的责令整改里，按时报告的份额（公众看不到）", Share: x.InTime, Basis: ordered, Rule: "rectification_due"},
			ScoreLine{Name: "整改逾期", How: "没有办完的责令整改里，部门逾期没有报告的份额（公众看不到；越少越好）", Share: x.Overdue, Basis: ordered, Rule: "rectification_due"},
			ScoreLine{Name: "违约案", How: "本部门数据的违约案里，已经决定的份额；其余没有办完（公众看不到）", Share: x.Decided, Basis: accused, Rule: "breach_decision"},
			ScoreLine{Name: "被认定违约", How: "对本部门使用别人数据作出的决定里，认定违约的份额（公众看不到；越少越好）", Share: x.Breached, Basis: accused, Rule: "breach_violations"},
			ScoreLine{Name: "安全事件", How: "本部门数据的安全事件里，已经办结的份额；其余没有办完（公众看不到）", Share: x.Incidents, Basis: happened, Rule: "incident_reporting"})
	}
	return lines
}

// orderable reports whether an order can be issued about a line.
func (p ScoreCardPage) orderable(l ScoreLine) bool {
	return p.Orders && l.Key != "" && l.Share.Yes < l.Share.All
}

func shareWords(ctx context.Context, s datasets.Share) string {
	if s.All == 0 {
		return text.T(ctx, "没有可数的")
	}
	return strconv.Itoa(s.Percent()) + "%"
}

func scoreHref(d datasets.Department) string { return "/departments/" + d.Slug + "/score" }
