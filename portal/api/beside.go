package api

import (
	"context"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/opening"
	"shuyuan/internal/fault"
)

// What stands beside the data: explanatory notes, answered questions, and under
// which emergency it was opened.

// Note is an approved explanatory note (解读, TJ-25).
type Note struct {
	ID      int64     `json:"id" doc:"Its number" zh:"编号" example:"3"`
	Version int       `json:"version" doc:"Number of its newest approved version" zh:"最新批准的是第几版" example:"2"`
	Title   string    `json:"title" doc:"Title in Chinese" zh:"标题" example:"怎样读这张表"`
	TitleEN string    `json:"title_en" doc:"Title in English; empty if nobody wrote it" zh:"英文标题；没有写则为空" example:"How to read this table"`
	Body    string    `json:"body" doc:"Plain text: an empty line parts paragraphs, '## ' is a heading, '- ' an item, **strong**, [words](https://…)" zh:"纯文字：空行分段，“## ”是标题，“- ”是列项，**加重**，[文字](https://…)"`
	BodyEN  string    `json:"body_en" doc:"The same in English; empty if nobody wrote it" zh:"英文；没有写则为空"`
	At      time.Time `json:"at" doc:"When it was approved" zh:"批准的时间"`
}

// Notes are those of one dataset.
type Notes struct {
	Items []Note `json:"items" nullable:"false" doc:"Newest first" zh:"新的在前"`
}

func (a *api) listNotes(ctx context.Context, _ *call, in *Slug) (*Notes, error) {
	found, err := a.Notes.Of(ctx, visitor, in.Slug, true)
	if err != nil {
		return nil, err
	}
	out := &Notes{Items: make([]Note, len(found))}
	for i, n := range found {
		out.Items[i] = Note{ID: n.Note, Version: n.Number, Title: n.Title, TitleEN: n.TitleEN, Body: n.Body, BodyEN: n.BodyEN, At: n.At.UTC()}
	}
	return out, nil
}

// Question is a question with its official answer.
type Question struct {
	ID       int64     `json:"id" doc:"Its number" zh:"编号" example:"7"`
	Question string    `json:"question" doc:"As it was asked" zh:"提问原文" example:"人口按常住还是户籍？"`
	Asker    string    `json:"asker" doc:"The name that its asker chose to be called by" zh:"提问人自己选的称呼" example:"市民"`
	Asked    time.Time `json:"asked" doc:"When it was asked" zh:"提问时间"`
	Answer   string    `json:"answer" doc:"The official answer (官方答复)" zh:"官方答复" example:"按常住。"`
	Answered time.Time `json:"answered" doc:"When it was answered" zh:"答复时间"`
	Due      *string   `json:"due" nullable:"true" format:"date" doc:"Day by which the answer was due; null where it cannot be counted" zh:"答复的最后一日；数不出来则为 null" example:"2026-12-07"`
}

// Questions are those of one dataset.
type Questions struct {
	Items []Question `json:"items" nullable:"false" doc:"Newest first, at most 100" zh:"新的在前，最多 100 个"`
}

const mostQuestions = 100

func (a *api) listQuestions(ctx context.Context, _ *call, in *Slug) (*Questions, error) {
	found, err := a.Questions.Of(ctx, visitor, in.Slug, mostQuestions)
	if err != nil {
		return nil, err
	}
	out := &Questions{Items: []Question{}}
	for _, q := range found {
		item := Question{ID: q.ID, Question: q.Body, Asker: q.Asker, Asked: q.AskedAt.UTC(), Answer: q.Answer, Answered: q.At.UTC()}
		if q.Clock != nil {
			due := q.Clock.Last.Format(time.DateOnly)
			item.Due = &due
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}

// Emergency is a declared event under which a dataset was opened before its
// review (AS-20.4, AB-32).
type Emergency struct {
	Kind     string `json:"kind" enum:"natural,accident,health,security" doc:"Kind of event: natural disaster, accident, public health, public security" zh:"事件种类：natural 自然灾害，accident 事故灾难，health 公共卫生事件，security 社会安全事件" example:"natural"`
	Title    string `json:"title" doc:"What it is called" zh:"事件" example:"台风“示例”"`
	Declared string `json:"declared" format:"date" doc:"Day on which it was declared" zh:"宣布的日期" example:"2026-11-21"`
	By       string `json:"by" doc:"Who declared it" zh:"由谁宣布" example:"省防汛抗旱指挥部"`
	Basis    string `json:"basis" doc:"On what basis" zh:"依据" example:"《突发事件应对法》第四十三条"`
	Checked  bool   `json:"checked" doc:"The review that follows has agreed" zh:"事后审查已经同意" example:"false"`
}

// emergency is that of d; nil where it was opened under none.
func (a *api) emergency(ctx context.Context, d *datasets.Dataset) (*Emergency, error) {
	r, err := a.Opening.EmergencyOf(ctx, d.ID)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &Emergency{Kind: r.Event.Kind, Title: r.Event.Title, Declared: r.Event.DeclaredOn.Format(time.DateOnly), By: r.Event.DeclaredBy, Basis: r.Event.Basis, Checked: r.State == opening.Confirmed}, nil
}
