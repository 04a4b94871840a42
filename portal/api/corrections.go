package api

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
	"shuyuan/licensing/corrections"
	"shuyuan/portal"
	"shuyuan/templates"
)

// ObjectionPlace is what an objection is about.
type ObjectionPlace struct {
	Resource string `json:"resource" doc:"Id of the file; empty: the entry itself" zh:"文件的编号；空：整个数据集" example:"holidays-csv"`
	Version  int    `json:"version" doc:"Number of the version in which rows are counted; 0 for the entry" zh:"按第几版数行；整个数据集为 0" example:"3"`
	Table    int    `json:"table" doc:"Number of the table, from 1; 0: the file" zh:"第几张表，从 1 数；0：整个文件" example:"1"`
	Row      int64  `json:"row" doc:"Row of the table, from 1; 0: none in particular" zh:"第几行，从 1 数；0：不指明" example:"17"`
	Column   string `json:"column" doc:"Name of the column; empty: none in particular" zh:"列名；空：不指明" example:"名称"`
}

// OpenObjection is one that is being re-checked: where and until when, without its words.
type OpenObjection struct {
	Number string         `json:"number" doc:"Its number" zh:"编号" example:"FH-12"`
	Place  ObjectionPlace `json:"place" doc:"What it is about" zh:"关于什么"`
	State  string         `json:"state" enum:"submitted,received,checking,extended,inconsistent" doc:"submitted (with the platform), received (by the department), checking, extended (once), inconsistent (departments settle whose data holds)" zh:"submitted 平台已收到，received 部门已收到，checking 正在校核，extended 已延长一次，inconsistent 部门间正在协商或决定" example:"checking"`
	Filed  time.Time      `json:"filed" doc:"When the platform had it" zh:"平台收到的时间"`

	Received *time.Time `json:"received" nullable:"true" doc:"When the department had it; null: not yet" zh:"部门收到的时间；还没有则为 null"`
	Due      *string    `json:"due" nullable:"true" format:"date" doc:"Day by which what is next is due; null where it cannot be counted" zh:"这一步的最后一日；数不出来则为 null" example:"2026-12-07"`
	Rule     string     `json:"rule" doc:"The rule of that day: profile and path, as at /law" zh:"期限的规则：规则集和路径，见 /law" example:"house-defaults correction_default"`
	Late     bool       `json:"late" doc:"That day has passed" zh:"已经逾期" example:"false"`
}

// AnsweredObjection is one with its official answer, without who filed it.
type AnsweredObjection struct {
	Number   string         `json:"number" doc:"Its number" zh:"编号" example:"FH-7"`
	Place    ObjectionPlace `json:"place" doc:"What it is about" zh:"关于什么"`
	Alleged  string         `json:"alleged" doc:"What is said to be wrong" zh:"说哪里错了" example:"人口应是 210。"`
	Outcome  string         `json:"outcome" enum:"corrected,no_error" doc:"corrected or no_error" zh:"corrected 已改正，no_error 没有错" example:"corrected"`
	Answer   string         `json:"answer" doc:"The official answer (官方答复)" zh:"官方答复" example:"已按名册改正。"`
	Filed    time.Time      `json:"filed" doc:"When the platform had it" zh:"平台收到的时间"`
	Answered time.Time      `json:"answered" doc:"When it was answered" zh:"答复的时间"`
	Fix      *ObjectionFix  `json:"fix,omitempty" doc:"What puts it right; absent where there was no error" zh:"改正它的是什么；没有错就没有"`
}

// ObjectionFix is what puts something right.
type ObjectionFix struct {
	Kind     string `json:"kind" enum:"version,dictionary,entry" doc:"A new version, a revision of the data dictionary, or of the entry" zh:"version 新版本，dictionary 数据字典的修改，entry 目录条目的修改" example:"version"`
	Resource string `json:"resource,omitempty" doc:"Id of the file" zh:"文件的编号" example:"holidays-csv"`
	Version  int    `json:"version,omitempty" doc:"Number of the version" zh:"第几版" example:"4"`
	Revision int    `json:"revision,omitempty" doc:"Number of the revision" zh:"第几次修改" example:"1"`
}

// Objections are those to one dataset.
type Objections struct {
	Open     []OpenObjection     `json:"open" nullable:"false" doc:"Those that are being re-checked, the oldest first, at most 50. The data is supplied as usual meanwhile" zh:"正在复核的，旧的在前，最多 50 件；其间数据照常提供"`
	Answered []AnsweredObjection `json:"answered" nullable:"false" doc:"Those that were answered, the newest first, at most 50" zh:"答复过的，新的在前，最多 50 件"`
}

func objectionPlace(p corrections.Place) ObjectionPlace {
	out := ObjectionPlace{Version: p.Version, Table: p.Table + 1, Row: p.Row, Column: p.Column}
	if p.Resource != nil {
		out.Resource = p.Resource.ID
	}
	return out
}

func (a *api) openObjection(c *corrections.Correction) OpenObjection {
	out := OpenObjection{Number: templates.CorrectionNumber(c.ID), Place: objectionPlace(c.Place), State: string(c.State), Filed: c.FiledAt.UTC(), Late: c.Late(a.Now())}
	if c.ReceivedAt != nil {
		at := c.ReceivedAt.UTC()
		out.Received = &at
	}
	if c.Clock != nil {
		due := c.Clock.Last.Format(time.DateOnly)
		out.Due, out.Rule = &due, c.Clock.Profile+" "+c.Clock.Path
	}
	return out
}

func answeredObjection(c *corrections.Correction) AnsweredObjection {
	out := AnsweredObjection{Number: templates.CorrectionNumber(c.ID), Place: objectionPlace(c.Place), Alleged: c.Alleged, Outcome: string(c.Outcome), Answer: c.Answer, Filed: c.FiledAt.UTC()}
	if c.Answered != nil {
		out.Answered = c.Answered.UTC()
	}
	if f := c.Fix; f != nil {
		out.Fix = &ObjectionFix{Kind: "version", Resource: f.Resource, Version: f.Version, Revision: f.Revision}
		switch {
		case f.Entry():
			out.Fix.Kind = "entry"
		case f.Table >= 0:
			out.Fix.Kind = "dictionary"
		}
	}
	return out
}

func (a *api) listObjections(ctx context.Context, _ *call, in *Slug) (*Objections, error) {
	open, err := a.Corrections.Rechecked(ctx, visitor, in.Slug, "")
	if err != nil {
		return nil, err
	}
	answered, err := a.Corrections.Public(ctx, visitor, in.Slug, "")
	if err != nil {
		return nil, err
	}
	out := &Objections{Open: []OpenObjection{}, Answered: []AnsweredObjection{}}
	for i := range open.Items {
		out.Open = append(out.Open, a.openObjection(&open.Items[i]))
	}
	for i := range answered.Items {
		out.Answered = append(out.Answered, answeredObjection(&answered.Items[i]))
	}
	return out, nil
}

// ObjectionWanted is the link of an objection.
type ObjectionWanted struct {
	Link string `query:"link" required:"true" maxLength:"100" doc:"The link that was given when it was filed" zh:"提出时给的链接" example:"12-abcdefghijklmnopqrstuvwxyz234567"`
}

// FollowedObjection is where an objection stands, for whoever filed it.
type FollowedObjection struct {
	OpenObjection
	State   string             `json:"state" enum:"submitted,received,checking,extended,inconsistent,corrected,no_error,closed" doc:"As of open ones, and corrected, no_error, closed" zh:"同正在复核的，另有 corrected 已改正、no_error 没有错、closed 已办结" example:"checking"`
	Alleged string             `json:"alleged" doc:"What was said to be wrong" zh:"说哪里错了" example:"人口应是 210。"`
	Answer  *AnsweredObjection `json:"answer,omitempty" doc:"The answer, once there is one" zh:"答复，有了才有"`
	Reopen  *string            `json:"reopen_until" nullable:"true" format:"date" doc:"Last day on which it can be reopened, at its page; null where it cannot" zh:"最迟哪一天可以在它的页面上重开；不能则为 null" example:"2026-12-21"`
}

func (a *api) followObjection(c *fiber.Ctx, in *ObjectionWanted) error {
	found, _, err := a.Corrections.Linked(c.UserContext(), in.Link)
	if err != nil {
		return err
	}
	out := FollowedObjection{OpenObjection: a.openObjection(found), State: string(found.State), Alleged: found.Alleged}
	if found.Outcome != "" {
		answer := answeredObjection(found)
		out.Answer = &answer
	}
	if until := found.ReopenUntil(); until != nil {
		day := until.Last.Format(time.DateOnly)
		out.Reopen = &day
	}
	same := a.unchanged(c, visitor, "correction "+in.Link+" "+strconv.Itoa(found.Revision)+" "+strconv.FormatBool(out.Late))
	c.Set(fiber.HeaderCacheControl, "no-store") // the address is the secret
	if same {
		return nil
	}
	return answerJSON(c, fiber.StatusOK, out)
}

// ObjectionFiling is what a program says is wrong for somebody.
type ObjectionFiling struct {
	Resource string `json:"resource,omitempty" doc:"Id of the file; left out: the entry itself" zh:"文件的编号；不写：整个数据集" example:"holidays-csv"`
	Version  int    `json:"version,omitempty" minimum:"0" doc:"Number of the version in which rows are counted; left out: the newest" zh:"按第几版数行；不写：最新的" example:"3"`
	Table    int    `json:"table,omitempty" minimum:"0" doc:"Number of the table, from 1" zh:"第几张表，从 1 数" example:"1"`
	Row      int64  `json:"row,omitempty" minimum:"0" doc:"Row of the table, from 1" zh:"第几行，从 1 数" example:"17"`
	Column   string `json:"column,omitempty" doc:"Name of the column" zh:"列名" example:"名称"`
	Channel  string `json:"channel" enum:"provider,platform" doc:"provider: the department has it the same instant; platform: the platform forwards it" zh:"provider 直接向部门，platform 通过平台转交" example:"provider"`
	Alleged  string `json:"alleged" minLength:"5" maxLength:"1000" doc:"What is wrong, and what it should be; public once it is answered" zh:"哪里错了，应当是什么；答复后公开" example:"人口应是 210。"`
	Evidence string `json:"evidence" minLength:"5" maxLength:"1000" doc:"How it is known; for the department alone" zh:"怎么知道的；只给部门看" example:"村委会公示的名册。"`
	Contact  string `json:"contact" doc:"E-mail address or phone number to which the answer goes; for the department alone, erased after closing" zh:"答复用的电子邮箱或手机号；只给部门看，办结后清除" example:"zhang@data.example"`
	Language string `json:"language,omitempty" enum:"zh,en" doc:"Of the letters; left out: zh" zh:"信的语言；不写：zh" example:"zh"`
}

// ObjectionFiled is what came of it.
type ObjectionFiled struct {
	Number string  `json:"number" doc:"Its number" zh:"编号" example:"FH-12"`
	Link   string  `json:"link" doc:"By which it is followed: GET /corrections?link=…. Nobody else knows it" zh:"凭它看进展：GET /corrections?link=…。别人都不知道" example:"12-abcdefghijklmnopqrstuvwxyz234567"`
	Page   string  `json:"page" format:"uri" doc:"The page on which to follow, reopen and close it" zh:"看进展、重开、办结的网页" example:"https://data.example/corrections?link=12-abcdefghijklmnopqrstuvwxyz234567"`
	State  string  `json:"state" enum:"submitted,received" doc:"submitted (with the platform) or received (by the department)" zh:"submitted 平台已收到，received 部门已收到" example:"received"`
	Due    *string `json:"due" nullable:"true" format:"date" doc:"Day by which what is next is due" zh:"这一步的最后一日" example:"2026-12-07"`
}

// fileObjection is POST /datasets/{slug}/corrections.
func fileObjection(s *portal.Server, c *fiber.Ctx) error {
	if _, err := portal.Query(c); err != nil {
		return inQuery(err)
	}
	var in ObjectionFiling
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if in.Version < 0 || in.Table < 0 || in.Row < 0 {
		return fault.New(fault.Invalid, "请填一个正整数。")
	}
	made, link, err := s.Corrections.File(c.UserContext(), s.Actor(c), corrections.Filing{Slug: c.Params("slug"), Resource: in.Resource, Version: in.Version, Table: in.Table, Row: in.Row, Column: in.Column,
		Channel: corrections.Channel(in.Channel), Alleged: in.Alleged, Evidence: in.Evidence, Contact: in.Contact, Language: in.Language, Network: s.Network(c)})
	if err != nil {
		return err
	}
	out := ObjectionFiled{Number: templates.CorrectionNumber(made.ID), Link: link, Page: s.Config.BaseURL + templates.CorrectionLink(link), State: string(made.State)}
	if made.Clock != nil {
		due := made.Clock.Last.Format(time.DateOnly)
		out.Due = &due
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return answerJSON(c, fiber.StatusCreated, out)
}

// objectionsRoute is a route by which anybody changes something without a key: whoever may read an entry may say that it is wrong.
func objectionsRoute() portal.Route {
	return portal.Route{Method: http.MethodPost, Path: Base + "/datasets/:slug/corrections", By: anybody, Handle: fileObjection}
}

// registerObjections describes reading objections.
func (a *api) registerObjections(h huma.API) {
	register(h, op("listCorrections", "/datasets/{slug}/corrections", "catalogue").
		summary("The objections to a dataset", "一个数据集的异议（数据复核）").
		describe("Where and until when those are re-checked that are open, and those that were answered, with the official answer. Who filed them is told nobody.",
			"正在复核的：关于哪里、最迟哪天；答复过的：附官方答复。谁提出的不给任何人。").
		example("/datasets/{slug}/corrections"), a.listObjections)
	registerLive[ObjectionWanted, body[FollowedObjection]](h, op("getCorrection", "/corrections", "catalogue").
		summary("Where an objection stands, by its link", "凭链接看一件异议").
		describe("For whoever filed it. A link that leads nowhere is answered with 404, whatever is wrong with it.", "给提出的人。不对的链接一律回 404。"), a.followObjection)
}

// objecting describes filing one.
func objecting(of func(reflect.Type) *huma.Schema) writing {
	o := op("fileCorrection", "/datasets/{slug}/corrections", "catalogue").
		summary("Object to a dataset, a row or a cell", "对数据集、一行或一格提出异议").
		describe("With a key or without. The department checks and answers within the working days of its text, or of the platform's rule; the data is supplied as usual meanwhile. It is counted a day by account, or by network.",
			"有没有密钥都可以。部门按所适用的规定或者平台规则，在期限内校核并答复；其间数据照常提供。每天的件数按账号计，没有账号的按网络计。")
	o.Method = http.MethodPost
	o.Parameters = append(o.Parameters, &huma.Param{Name: "slug", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}, Description: "Its name in addresses", Extensions: map[string]any{descriptionZH: "它在地址里的名字"}})
	return writing{operation: o, takes: map[string]*huma.MediaType{fiber.MIMEApplicationJSON: {Schema: of(reflect.TypeFor[ObjectionFiling]())}}, must: true,
		status: "201", answer: of(reflect.TypeFor[ObjectionFiled]()), codes: "404 409 410 413 422"}
}
