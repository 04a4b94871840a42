package api

import (
	"context"

	"shuyuan/datasets"
	"shuyuan/templates/text"
)

// Quality is an entry held against the rules of quality.
type Quality struct {
	Yes   int           `json:"yes" doc:"Lines that are kept" zh:"做到的条数" example:"9"`
	Asked int           `json:"asked" doc:"Lines that have an answer: what could not be looked at is none" zh:"能回答的条数：没有可查的不算" example:"11"`
	Lines []QualityLine `json:"lines" nullable:"false" doc:"One of each rule" zh:"一条规则一行"`
}

// QualityLine is what one rule says of an entry.
type QualityLine struct {
	Rule    string `json:"rule" doc:"Id of the rule; never changes" zh:"规则的编号，不变" example:"types"`
	Name    string `json:"name" doc:"What is true where it is kept, in Chinese" zh:"做到时是什么样" example:"值都合列的类型"`
	NameEN  string `json:"name_en" doc:"The same in English" zh:"同上，英文" example:"Every value fits its column's type"`
	Verdict string `json:"verdict" enum:"yes,no,unknown" doc:"Whether it is kept. unknown: there was nothing to look at" zh:"是否做到。unknown：没有可查的" example:"yes"`
	Said    string `json:"said" doc:"With the numbers, in Chinese" zh:"带数字的说明" example:"120 格都合类型。"`
	SaidEN  string `json:"said_en" doc:"With the numbers, in English" zh:"带数字的说明（英文）" example:"120 cells fit their types."`
	Fix     string `json:"fix" doc:"What the department does where it is not kept, in Chinese" zh:"没做到的怎样改"`
	FixEN   string `json:"fix_en" doc:"The same in English" zh:"同上，英文"`
}

func (a *api) quality(ctx context.Context, d *datasets.Dataset) (Quality, error) {
	score, err := a.Datasets.Quality(ctx, d)
	if err != nil {
		return Quality{}, err
	}
	out := Quality{Yes: score.Yes, Asked: score.Asked, Lines: make([]QualityLine, len(score.Lines))}
	for i, l := range score.Lines {
		out.Lines[i] = QualityLine{Rule: string(l.Rule.ID), Name: l.Rule.Name.Zh, NameEN: l.Rule.Name.En, Verdict: string(l.Verdict),
			Said: text.In(text.Chinese, l.Sentence, l.Args...), SaidEN: text.In(text.English, l.Sentence, l.Args...), Fix: l.Rule.Fix.Zh, FixEN: l.Rule.Fix.En}
	}
	return out, nil
}
