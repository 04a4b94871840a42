package api

import (
	"context"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
	"shuyuan/portal"
)

// What somebody was granted, and what was delivered to them.

// GrantLine is a grant as a list shows it.
type GrantLine struct {
	Number       string     `json:"number" doc:"Its number" zh:"编号" example:"SQZ-2026-000007"`
	Application  string     `json:"application" doc:"Number of the application" zh:"申请的编号" example:"SQ-2026-000012"`
	Dataset      string     `json:"dataset" doc:"Slug of the dataset" zh:"数据集" example:"air-stations"`
	Title        string     `json:"title" doc:"Title of the dataset, in Chinese" zh:"数据集的名称" example:"空气质量监测"`
	TitleEN      string     `json:"title_en" doc:"Title of the dataset, in English" zh:"数据集的英文名称" example:"Air quality"`
	Department   Name       `json:"department" doc:"Who gave it" zh:"由哪个部门给出"`
	Organisation int64      `json:"organisation" doc:"Organisation that holds it; 0: a person" zh:"持有的机构；0：个人" example:"12"`
	Holder       string     `json:"holder" doc:"Name of who holds it" zh:"持有人" example:"示例科技有限公司"`
	Kind         string     `json:"kind" enum:"new,renewal,change" doc:"What it was given as" zh:"怎样得到的：new 新的，renewal 续期，change 变更" example:"new"`
	Earlier      string     `json:"earlier,omitempty" doc:"Number of the grant that it renews or replaced" zh:"续期或代替的是哪份授权" example:"SQZ-2026-000003"`
	Later        string     `json:"later,omitempty" doc:"Number of the grant that renews or replaced it" zh:"由哪份授权续期或代替" example:"SQZ-2026-000011"`
	State        string     `json:"state" enum:"active,suspended,expired,revoked,surrendered,replaced" doc:"How it stands; also an active one gives nothing once its term is over" zh:"情况：active 可用，suspended 暂停，expired 到期，revoked 撤销，surrendered 已交还，replaced 已由变更后的代替；期限一过，active 也不再给数据" example:"active"`
	Stands       bool       `json:"stands" doc:"It lets data pass now" zh:"现在能取数" example:"true"`
	Lane         string     `json:"lane" enum:"public,academic,commercial" doc:"For which use" zh:"用途：public 公共，academic 科研教育，commercial 商业" example:"public"`
	Purpose      string     `json:"purpose" doc:"What the data is for, and for nothing else" zh:"数据只用于这件事" example:"向居民提示下一日的空气质量。"`
	From         time.Time  `json:"from" doc:"When it began" zh:"从什么时候起"`
	Until        string     `json:"until" format:"date" doc:"Last day of its term" zh:"期限的最后一日" example:"2027-05-26"`
	Files        GrantQuota `json:"files" doc:"Files today" zh:"今天的文件"`
	Rows         GrantQuota `json:"rows" doc:"Questions about rows today" zh:"今天的行查询"`
	Terms        string     `json:"terms" doc:"SHA-256 of the agreement, which every delivery names" zh:"协议的 SHA-256，每次取数都写明" example:"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"`
	Revision     int        `json:"revision" doc:"Its revision, which every change names" zh:"修订号，改动时要写" example:"1"`
	URL          string     `json:"url" format:"uri" doc:"The whole of it in this API" zh:"本接口里的完整内容" example:"https://data.example/api/v1/grants/SQZ-2026-000007"`
	Page         string     `json:"page" format:"uri" doc:"Its page, on which keys of it are made" zh:"页面，密钥在那里建立" example:"https://data.example/grants/SQZ-2026-000007"`
}

// GrantQuota is what a grant gives on a day.
type GrantQuota struct {
	Day  int `json:"a_day" doc:"So many a day" zh:"每天几次" example:"100"`
	Used int `json:"used" doc:"So many were taken today (in China)" zh:"今天（北京时间）用了几次" example:"3"`
	Left int `json:"left" doc:"So many are left today" zh:"今天还剩几次" example:"97"`
}

// Grants are a part of the list.
type Grants struct {
	Items []GrantLine `json:"items" nullable:"false" doc:"This page of them, the newest first" zh:"这一页，新的在前"`
	Next  string      `json:"next,omitempty" doc:"The cursor of the next page; absent on the last. The Link header has its whole address" zh:"下一页的游标；最后一页没有。Link 头里有完整地址" example:"Zk3qXn8tYgkx"`
}

// GrantApplied is what is applied for from a grant.
type GrantApplied struct {
	Kind string `json:"kind" enum:"renewal,change,new" doc:"renewal: the time after its end; change: another scope or purpose in its place; new: the same once more, where it has ended" zh:"renewal 续期；change 变更范围或目的；new 已经结束的再申请一次" example:"renewal"`
}

// GrantItem is what a grant gives of one file.
type GrantItem struct {
	Resource string   `json:"resource" doc:"Id of the file" zh:"文件的编号" example:"air-stations-csv"`
	Whole    bool     `json:"whole" doc:"The whole of a file that is no table" zh:"不是表格的文件：整个" example:"false"`
	Columns  []string `json:"columns" nullable:"false" doc:"Its columns" zh:"哪些列" example:"日期"`
	Where    string   `json:"where,omitempty" doc:"The condition on its rows; absent: every row" zh:"行的条件；没有就是全部行" example:"地区 = \"福州\""`
	Rows     string   `json:"rows,omitempty" format:"uri" doc:"Where its rows are read with a key of the grant; absent of a file that is no table" zh:"用这份授权的密钥在哪里读行；不是表格则没有" example:"https://data.example/api/v1/resources/air-stations-csv/rows"`
}

// GrantKeyLine is a key that reads under a grant.
type GrantKeyLine struct {
	Prefix  string     `json:"prefix" doc:"Its beginning" zh:"开头几个字" example:"sy_AbCd1234"`
	Name    string     `json:"name" doc:"What its owner called it" zh:"名称" example:"脚本"`
	Owner   string     `json:"owner" doc:"Whose it is" zh:"谁的" example:"王五"`
	Expires time.Time  `json:"expires" doc:"When it ends" zh:"何时到期"`
	Revoked *time.Time `json:"revoked" nullable:"true" doc:"When it was ended before that; null: it was not" zh:"提前停用的时间；没有则为 null"`
}

// Grant is one grant with what it gives.
type Grant struct {
	GrantLine
	Reason string         `json:"reason,omitempty" doc:"Why it was suspended or revoked" zh:"暂停或撤销的理由" example:"没有按期报告。"`
	Renew  string         `json:"renewable_from" format:"date" doc:"First day on which its renewal can be applied for (平台规则)" zh:"从哪天起可以申请续期（平台规则）" example:"2027-04-26"`
	Apply  []string       `json:"can_apply" nullable:"false" enum:"new,renewal,change" doc:"What can be applied for from it now: renewal, change, or, once it has ended, new: the same once more" zh:"现在可以从它申请什么：renewal 续期，change 变更，结束之后 new 再申请一次" example:"change"`
	Items  []GrantItem    `json:"items" nullable:"false" doc:"What it gives, file by file" zh:"逐个文件给什么"`
	Keys   []GrantKeyLine `json:"keys" nullable:"false" doc:"The keys that read under it. They are made on its page: whoever makes one shows anew who they are" zh:"在它之下取数的密钥。密钥在它的页面上建立，建立的人要再次确认身份"`
}

// AcquiredLine is one delivery, as it was written down before its first byte left
// (取数记录).
type AcquiredLine struct {
	ID           int64      `json:"id" doc:"Its number" zh:"编号" example:"4711"`
	Began        time.Time  `json:"began" doc:"When its first byte was about to leave" zh:"第一个字节送出之前的时间"`
	Ended        *time.Time `json:"ended" nullable:"true" doc:"When its last byte had left; null: it is being sent, or was broken off without a word" zh:"最后一个字节送出的时间；null：还在送，或者中途断了没有记下"`
	Bytes        int64      `json:"bytes" doc:"Bytes that left" zh:"送出的字节数" example:"123456"`
	Whole        bool       `json:"whole" doc:"All that was asked for has left" zh:"要的都送完了" example:"true"`
	Channel      string     `json:"channel" enum:"file,export,rows,page" doc:"The road it took: a file, an export, rows by this API, rows on a page" zh:"从哪里取：file 文件，export 导出，rows 本接口的行，page 网页上的行" example:"rows"`
	Form         string     `json:"form" doc:"In which form" zh:"格式" example:"json"`
	Part         string     `json:"part" doc:"The question, or the range; empty: the whole" zh:"问题或范围；空：整个" example:"limit=100"`
	Dataset      string     `json:"dataset" doc:"Slug of the dataset" zh:"数据集" example:"air-stations"`
	Resource     string     `json:"resource" doc:"Id of the file" zh:"文件的编号" example:"air-stations-csv"`
	FileName     string     `json:"file_name" doc:"Name of the file" zh:"文件名" example:"air.csv"`
	Version      int        `json:"version" doc:"Number of the version" zh:"第几版" example:"3"`
	SHA256       string     `json:"sha256" doc:"SHA-256 of the version" zh:"这一版的 SHA-256" example:"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"`
	Grant        string     `json:"grant,omitempty" doc:"Number of the grant; absent of what is open to everybody" zh:"授权的编号；对所有人开放的没有" example:"SQZ-2026-000007"`
	Organisation string     `json:"organisation,omitempty" doc:"Organisation that it was delivered to" zh:"取数的机构" example:"示例科技有限公司"`
	By           string     `json:"by" doc:"Name of the account" zh:"账号的名字" example:"王五"`
	Key          string     `json:"key,omitempty" doc:"Beginning of the key; absent of a session" zh:"密钥的开头；登录取的没有" example:"sy_AbCd1234"`
	Terms        string     `json:"terms" doc:"SHA-256 of the agreement, or the licence" zh:"协议的 SHA-256，或者许可" example:"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"`
	Request      string     `json:"request" doc:"Number of the request" zh:"请求的编号" example:"Q7XK2M4JTBVA"`
}

// Acquired are a part of the deliveries.
type Acquired struct {
	Items []AcquiredLine `json:"items" nullable:"false" doc:"This page of them, the newest first" zh:"这一页，新的在前"`
	Next  string         `json:"next,omitempty" doc:"The cursor of the next page; absent on the last. The Link header has its whole address" zh:"下一页的游标；最后一页没有。Link 头里有完整地址" example:"Zk3qXn8tYgkx"`
}

// holding are the operations on what one was granted.
func holding() []keyedOperation {
	const tag = "grants"
	grant := func(k keyedOperation) keyedOperation {
		return k.may("grant", &huma.Schema{Type: huma.TypeString}, "Only those under this grant", "只要这份授权之下的", "SQZ-2026-000007")
	}
	file := grant(withKey("exportAcquisitions", "GET", "/acquisitions.csv", tag, account.ScopeRead, exportAcquisitions).
		says("What was delivered to one, as a file", "自己的取数记录，文件").
		tells("The same as CSV, all of it, the newest first.", "同样的内容，CSV，全部，新的在前。"))
	file.media = []string{rows.CSV.MediaType()}
	return []keyedOperation{
		answers[Grants](withKey("listGrants", "GET", "/grants", tag, account.ScopeRead, listGrants).
			says("One's own grants", "自己的授权").
			tells("What it is for, until when, and what is left of today's quota. A key that was made for one grant sees that one.", "用于什么、到哪天、今天还剩几次。为一份授权建立的密钥只看得到那一份。").paged()),
		missing(answers[Grant](withKey("getGrant", "GET", "/grants/{number}", tag, account.ScopeRead, getGrant).
			says("One grant: columns, rows, term, purpose, quota", "一份授权：列、行、期限、目的、次数").
			tells("Keys that read under it are made on its page.", "在它之下取数的密钥，在它的页面上建立。"))),
		beginning(answers[Application](takes[GrantApplied](withKey("beginFromGrant", "POST", "/grants/{number}/applications", tag, account.ScopeApply, beginFromGrant).
			says("Begin a renewal, a change, or the same once more", "开始续期、变更，或者再申请一次").
			tells("Makes a draft that is written as the grant stands, or answers with the one that is under way. It is written, handed in and decided like every application; follows in it says what is asked for otherwise. Where it is too early, or the grant is suspended, the answer is 409 with the reason.",
				"建一份草稿，内容照现有授权写好；已有在办的就回那一份。之后的写、签、决定同其他申请；follows 说明和原授权有什么不同。还早或者授权暂停时回 409，附原因。")))),
		editing(answers[Grant](takes[ApplicationMove](withKey("surrenderGrant", "POST", "/grants/{number}/surrender", tag, account.ScopeApply, surrenderGrant).
			says("Give a grant back", "交还授权").
			tells("It and its keys end at once and for good. Of an organisation, its owner gives it back.", "它和它的密钥当即结束，不能再用。机构的，由负责人交还。")))),
		missing(grant(answers[Acquired](withKey("listAcquisitions", "GET", "/acquisitions", tag, account.ScopeRead, listAcquisitions).
			says("What was delivered to one: acquisition records", "自己的取数记录").
			tells("Of the owner of the key, and of the owner's organisations: which version by its digest, by which road, when the first and the last byte left, under which terms.",
				"密钥所有人和所在机构的：哪一版（校验值）、从哪里取、首末字节的时间、依据哪份条款。").paged()))),
		missing(file),
	}
}

func missing(k keyedOperation) keyedOperation { k.codes = "404"; return k }

func grantLine(s *portal.Server, g *licensing.Held) GrantLine {
	d := g.Dataset
	return GrantLine{Number: g.Number, Application: g.Application, Dataset: d.Slug, Title: d.Title, TitleEN: d.TitleEN, Department: departmentName(d.Department), Organisation: g.Organisation, Holder: g.Holder, Kind: string(g.Kind), Earlier: g.Earlier, Later: g.Later,
		State: string(g.State), Stands: g.Stands(s.Now()), Lane: g.Lane, Purpose: g.Purpose, From: g.From.UTC(), Until: g.LastDay().Format(time.DateOnly), Files: GrantQuota{g.Files, g.UsedFiles, max(0, g.Files-g.UsedFiles)}, Rows: GrantQuota{g.Rows, g.UsedRows, max(0, g.Rows-g.UsedRows)},
		Terms: g.Terms, Revision: g.Revision, URL: s.Config.BaseURL + Base + "/grants/" + g.Number, Page: s.Config.BaseURL + "/grants/" + g.Number}
}

func listGrants(s *portal.Server, c *fiber.Ctx) error {
	self, before, limit, err := walked(s, c, "/grants")
	if err != nil {
		return err
	}
	found, err := s.Licensing.GrantsOf(c.UserContext(), s.Actor(c), before, limit+1)
	if err != nil {
		return err
	}
	out := Grants{Items: []GrantLine{}}
	found, out.Next = partOf(s, c, self, found, limit, func(g *licensing.Held) int64 { return g.ID })
	for i := range found {
		out.Items = append(out.Items, grantLine(s, &found[i]))
	}
	return sendJSON(c, out)
}

func getGrant(s *portal.Server, c *fiber.Ctx) error { return sendGrant(s, c) }

// ownGrant is the grant that the address names, if who asks holds it; a key of one
// grant knows of no other.
func ownGrant(s *portal.Server, c *fiber.Ctx) (*licensing.Held, error) {
	g, side, err := s.Licensing.Grant(c.UserContext(), s.Actor(c), c.Params("number"))
	if err == nil && side != licensing.OfApplicant {
		err = fault.New(fault.NotFound, "没有这份授权。")
	}
	return g, err
}

func sendGrant(s *portal.Server, c *fiber.Ctx) error {
	g, err := ownGrant(s, c)
	if err != nil {
		return err
	}
	out := Grant{GrantLine: grantLine(s, g), Reason: g.Reason, Renew: s.Licensing.RenewableFrom(g).Format(time.DateOnly), Apply: []string{}, Items: []GrantItem{}, Keys: []GrantKeyLine{}}
	for _, i := range g.Items {
		item := GrantItem{Resource: i.Resource, Whole: i.Columns == nil, Columns: i.Columns, Where: i.Where}
		if item.Whole {
			item.Columns = []string{}
		} else {
			item.Rows = s.Config.BaseURL + Base + "/resources/" + i.Resource + "/rows"
		}
		out.Items = append(out.Items, item)
	}
	for _, kind := range followKinds {
		if s.Licensing.MayFollow(g, kind) {
			out.Apply = append(out.Apply, string(kind))
		}
	}
	for _, k := range g.Keys {
		out.Keys = append(out.Keys, GrantKeyLine{k.Prefix, k.Name, k.Owner, k.Expires.UTC(), moment(k.Revoked)})
	}
	return sendJSON(c, out)
}

// followKinds are what can be applied for from a grant.
var followKinds = []licensing.Kind{licensing.Renewal, licensing.Change, licensing.First}

func beginFromGrant(s *portal.Server, c *fiber.Ctx) error {
	var in GrantApplied
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if !slices.Contains(followKinds, licensing.Kind(in.Kind)) {
		return fault.At("kind", "请从列表里选。")
	}
	if _, err := ownGrant(s, c); err != nil {
		return err
	}
	a, err := s.Licensing.BeginFrom(c.UserContext(), s.Actor(c), c.Params("number"), licensing.Kind(in.Kind))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, s.Config.BaseURL+Base+"/applications/"+a.Number)
	return sendApplication(s, c, a.Number)
}

func surrenderGrant(s *portal.Server, c *fiber.Ctx) error {
	var in ApplicationMove
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if _, err := s.Licensing.MoveGrant(c.UserContext(), s.Actor(c), c.Params("number"), licensing.Surrender, "", in.Revision); err != nil {
		return err
	}
	return sendGrant(s, c)
}

// acquired are the deliveries of who asks, under one grant where one is named; a
// key of one grant sees what went out under that one.
func acquired(ctx context.Context, s *portal.Server, who account.Actor, grant string, before int64, limit int) ([]datasets.Acquisition, error) {
	if who.Grant != 0 {
		of, err := s.Licensing.GrantsOf(ctx, who, 0, 1)
		if err != nil {
			return nil, err
		}
		if len(of) == 0 || grant != "" && grant != of[0].Number {
			return nil, fault.New(fault.NotFound, "没有这份授权。")
		}
		grant = of[0].Number
	}
	if grant != "" {
		return s.Licensing.Acquired(ctx, who, grant, before, limit)
	}
	return s.Datasets.Acquired(ctx, who, before, limit)
}

func listAcquisitions(s *portal.Server, c *fiber.Ctx) error {
	grant := c.Query("grant")
	self, before, limit, err := walked(s, c, "/acquisitions "+grant)
	if err != nil {
		return err
	}
	found, err := acquired(c.UserContext(), s, s.Actor(c), grant, before, limit+1)
	if err != nil {
		return err
	}
	out := Acquired{Items: []AcquiredLine{}}
	found, out.Next = partOf(s, c, self, found, limit, func(a *datasets.Acquisition) int64 { return a.ID })
	for i := range found {
		a := &found[i]
		out.Items = append(out.Items, AcquiredLine{ID: a.ID, Began: a.Began.UTC(), Ended: moment(a.Ended), Bytes: a.Bytes, Whole: a.Whole, Channel: string(a.Channel), Form: a.Form, Part: a.Part, Dataset: a.Dataset.Slug,
			Resource: a.Resource, FileName: a.FileName, Version: a.Number, SHA256: a.SHA256, Grant: a.Grant, Organisation: a.Organisation, By: a.UserName, Key: a.Key, Terms: a.Terms, Request: a.Request})
	}
	return sendJSON(c, out)
}

// exportAtOnce is how many deliveries are read at once for a file.
const exportAtOnce = 500

// exportAcquisitions is GET /acquisitions.csv: written while it is read, so that
// any number fits.
func exportAcquisitions(s *portal.Server, c *fiber.Ctx) error {
	who, grant := s.Actor(c), c.Query("grant")
	c.Set(fiber.HeaderContentType, rows.CSV.MediaType())
	c.Set(fiber.HeaderContentDisposition, portal.Disposition("acquisitions.csv"))
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	return s.Stream(c, func(ctx context.Context, w io.Writer) error {
		out := csv.NewWriter(w)
		out.UseCRLF = true
		_ = out.Write([]string{"id", "began", "ended", "bytes", "whole", "channel", "form", "part", "dataset", "resource", "file_name", "version", "sha256", "grant", "organisation", "by", "key", "terms", "request"})
		for before := int64(0); ; {
			found, err := acquired(ctx, s, who, grant, before, exportAtOnce)
			if err != nil {
				return err
			}
			for i := range found {
				_ = out.Write(acquiredCells(&found[i]))
			}
			if out.Flush(); out.Error() != nil || len(found) < exportAtOnce {
				return out.Error()
			}
			before = found[len(found)-1].ID
		}
	})
}

func acquiredCells(a *datasets.Acquisition) []string {
	ended := ""
	if a.Ended != nil {
		ended = a.Ended.UTC().Format(time.RFC3339Nano)
	}
	cells := []string{strconv.FormatInt(a.ID, 10), a.Began.UTC().Format(time.RFC3339Nano), ended, strconv.FormatInt(a.Bytes, 10), strconv.FormatBool(a.Whole), string(a.Channel), a.Form, a.Part, a.Dataset.Slug,
		a.Resource, a.FileName, strconv.Itoa(a.Number), a.SHA256, a.Grant, a.Organisation, a.UserName, a.Key, a.Terms, a.Request}
	for i := range cells {
		cells[i] = portal.Harmless(cells[i])
	}
	return cells
}
