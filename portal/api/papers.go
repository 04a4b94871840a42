package api

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
	"shuyuan/licensing/papers"
	"shuyuan/portal"
)

// Files that a program hands in with an application, under the checks and limits
// of the page.

// Paper is one file of an application, without its bytes.
type Paper struct {
	ID     string     `json:"id" doc:"Its id" zh:"编号" example:"0f8f434346648f6b96df89dda901c517"`
	For    string     `json:"for" enum:"application,dispute" doc:"What it is handed in with: the application, or the dispute over its refusal" zh:"随什么交：application 申请，dispute 对不同意的异议" example:"application"`
	Slot   string     `json:"slot" doc:"The material that it is, as slots names it; empty: something else" zh:"是哪样材料，照 slots 的说法；空：另外的" example:"营业执照"`
	Name   string     `json:"name" doc:"Its name, with the ending of what it is" zh:"文件名，后缀按实际格式" example:"营业执照.pdf"`
	Media  string     `json:"media" doc:"What it is, by its bytes" zh:"是什么，按字节判断" example:"application/pdf"`
	Bytes  int64      `json:"bytes" doc:"How large it is" zh:"字节数" example:"120000"`
	SHA256 string     `json:"sha256" doc:"SHA-256 of the file as it was handed in: it stands in the agreement" zh:"交来的文件的 SHA-256，写进协议" example:"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"`
	By     string     `json:"by" doc:"Name of the account that added it" zh:"上传的账号" example:"王五"`
	Added  time.Time  `json:"added" doc:"When it was added" zh:"上传的时间"`
	Handed *time.Time `json:"handed_in" nullable:"true" doc:"When it was handed in, and cannot be taken back any more; null: it is prepared" zh:"正式提交、不能再撤的时间；null：还在准备"`
	URL    string     `json:"url" format:"uri" doc:"Its bytes" zh:"文件本身" example:"https://data.example/api/v1/applications/SQ-2026-000012/papers/0f8f434346648f6b96df89dda901c517"`
}

// PaperSlot is a material that the entry lists.
type PaperSlot struct {
	Slot    string `json:"slot" doc:"The material, in the words of the department" zh:"材料，照部门的说法" example:"营业执照"`
	Missing bool   `json:"missing" doc:"There is no file for it yet" zh:"还没有文件" example:"true"`
	Anew    bool   `json:"anew" doc:"The department has asked for it anew" zh:"部门要求补交" example:"false"`
}

// PaperLimits are the platform's limits of files (平台规则).
type PaperLimits struct {
	File  int `json:"file_mib" doc:"MiB of one file" zh:"一个文件，MiB" example:"20"`
	Files int `json:"files" doc:"Files of one application" zh:"一件申请的文件数" example:"20"`
	Case  int `json:"case_mib" doc:"MiB of one application" zh:"一件申请合计，MiB" example:"100"`
	Day   int `json:"day_mib" doc:"MiB that one account sends in 24 hours" zh:"一个账号 24 小时内，MiB" example:"200"`
	Year  int `json:"year_mib" doc:"MiB that one applicant keeps of the last 365 days" zh:"一个申请人 365 天内保存的，MiB" example:"1000"`
}

// Papers are the files of one application.
type Papers struct {
	Open   string      `json:"open" enum:",application,dispute" doc:"What files can be added for, or taken back of, now; empty: nothing" zh:"现在可以增减什么的文件：application 申请，dispute 异议；空：不能" example:"application"`
	Slots  []PaperSlot `json:"slots" nullable:"false" doc:"The materials that the entry lists: each needs a file before the application can be signed" zh:"目录列明的材料：每样有了文件才能签署申请"`
	Items  []Paper     `json:"items" nullable:"false" doc:"The files, in the order in which they came" zh:"文件，按交来的先后"`
	Limits PaperLimits `json:"limits" doc:"The platform's limits (平台规则)" zh:"平台的上限（平台规则）"`
}

// PaperForm is the form that files come in.
type PaperForm struct {
	Slot string   `json:"slot" doc:"The material that the files are, as slots names it; empty: something else. It comes before the files" zh:"是哪样材料，照 slots 的说法；空：另外的。要写在文件之前" example:"营业执照"`
	File []string `json:"file" nullable:"false" format:"binary" doc:"The files, each a part named file with a file name: PDF, OFD, DOCX, XLSX, PPTX, JPG, PNG" zh:"文件，每个是一个名为 file 的部分，带文件名：PDF、OFD、DOCX、XLSX、PPTX、JPG、PNG" example:"（文件的字节）"`
}

// handing are the operations on the files of one's own applications.
func handing() []keyedOperation {
	const tag = "applications"
	key := func(id, method, path string, handle func(*portal.Server, *fiber.Ctx) error) keyedOperation {
		return withKey(id, method, "/applications/{number}/papers"+path, tag, account.ScopeApply, handle)
	}
	add := editing(answers[Papers](key("addPapers", "POST", "", addPapers).
		says("Hand in files", "交材料").
		tells("As a form (multipart/form-data): slot, and then one or more files. While a draft or a request for completion is written they are materials of the application, while a refusal can be disputed they are evidence. "+
			"Each is looked at by its bytes: what holds a script, a macro, a password or other files is answered with 422. Those before the one that was refused are kept.",
			"以表单（multipart/form-data）送来：先 slot，再一个或几个文件。写草稿或补正时是申请的材料，可以提出异议时是异议的证据。每个文件按字节检查：带脚本、宏、密码或夹带别的文件的回 422，排在它前面的已经收下。")))
	add.form = true
	read := missing(key("getPaper", "GET", "/{paper}", getPaper).
		says("One file", "一个文件").
		tells("Its bytes, as they were handed in. That it was read is written down.", "交来的字节。读过会记下来。"))
	read.media = ingest.AttachmentMedia()
	return []keyedOperation{
		missing(answers[Papers](key("listPapers", "GET", "", listPapers).
			says("The files of an application", "一件申请的材料").
			tells("What is to be handed in, and what is there.", "要交什么，已经有什么。"))),
		add,
		read,
		editing(answers[Papers](key("removePaper", "DELETE", "/{paper}", removePaper).
			says("Take a file back", "移除一个文件").
			tells("While it is only prepared. What was handed in stays: 409.", "只在准备时可以。已经提交的不能移除，回 409。"))),
	}
}

func listPapers(s *portal.Server, c *fiber.Ctx) error { return sendPapers(s, c, c.Params("number")) }

func sendPapers(s *portal.Server, c *fiber.Ctx, number string) error {
	a, err := ownApplication(s, c, number)
	if err != nil {
		return err
	}
	materials, err := s.Licensing.MaterialsOf(c.UserContext(), a)
	if err != nil {
		return err
	}
	rules := s.Licensing.PaperRules()
	out := Papers{Slots: []PaperSlot{}, Items: []Paper{}, Limits: PaperLimits{rules.File, rules.Files, rules.Case, rules.Day, rules.Year}}
	if kind, open := s.Licensing.PapersNow(a, licensing.OfApplicant); open {
		out.Open = string(kind)
	}
	lacking := papers.Missing(materials, a.PapersOf(papers.Application, licensing.OfApplicant))
	for _, m := range materials {
		out.Slots = append(out.Slots, PaperSlot{m, slices.Contains(lacking, m), a.State == licensing.Returned && slices.Contains(a.Asked, m)})
	}
	for _, kind := range []papers.Kind{papers.Application, papers.Dispute} {
		for _, p := range a.PapersOf(kind, licensing.OfApplicant) {
			out.Items = append(out.Items, Paper{ID: p.ID, For: string(kind), Slot: p.Slot, Name: p.Name, Media: p.Media, Bytes: p.Bytes, SHA256: p.SHA256, By: p.By, Added: p.At.UTC(), Handed: moment(p.Frozen),
				URL: s.Config.BaseURL + Base + "/applications/" + a.Number + "/papers/" + p.ID})
		}
	}
	return sendJSON(c, out)
}

func addPapers(s *portal.Server, c *fiber.Ctx) error {
	a, err := ownApplication(s, c, c.Params("number"))
	if err != nil {
		return err
	}
	err = s.TakePapers(c, s.Licensing.PaperRules().Files, func(ctx context.Context, n papers.New, r io.Reader) error {
		_, err := s.Licensing.AddPaper(ctx, s.Actor(c), a.Number, n, r)
		return err
	})
	if err != nil {
		return err
	}
	return sendPapers(s, c, a.Number)
}

func getPaper(s *portal.Server, c *fiber.Ctx) error {
	a, err := ownApplication(s, c, c.Params("number"))
	if err != nil {
		return err
	}
	p, raw, err := s.Licensing.ReadPaper(c.UserContext(), s.Actor(c), a.Number, c.Params("paper"))
	if err != nil {
		return err
	}
	return portal.SendKept(c, p.Media, p.Name, raw)
}

func removePaper(s *portal.Server, c *fiber.Ctx) error {
	a, err := ownApplication(s, c, c.Params("number"))
	if err != nil {
		return err
	}
	for _, kind := range []papers.Kind{papers.Application, papers.Dispute} { // what was handed in is there, and stays
		if slices.ContainsFunc(a.PapersOf(kind, licensing.OfApplicant), func(p papers.Paper) bool { return p.ID == c.Params("paper") && p.Frozen != nil }) {
			return fault.New(fault.Conflict, "现在不能增减材料：已经提交，或者不由您办。")
		}
	}
	if err := s.Licensing.RemovePaper(c.UserContext(), s.Actor(c), a.Number, c.Params("paper")); err != nil {
		return err
	}
	return sendPapers(s, c, a.Number)
}
