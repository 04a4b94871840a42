package api

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/engine"
	"shuyuan/portal"
	"shuyuan/templates/text"
)

// The secure workspaces of the owner of a key: programs are run and followed, and
// what two people released is fetched. Of a result only the columns are told before
// that. Everything stops for keys as it does on pages.

// WorkspaceRun is a program to be run.
type WorkspaceRun struct {
	Kind       string            `json:"kind" enum:"sql,sample,algorithm" doc:"sql: on the data; sample: on synthetic rows, its result is shown at once; algorithm: one that is registered" zh:"sql 在数据上运行；sample 在合成样例上运行，结果当场给看；algorithm 运行登记的算法" example:"sql"`
	Name       string            `json:"name,omitempty" doc:"What the program is called" zh:"程序的名称" example:"monthly.sql"`
	SQL        string            `json:"sql,omitempty" doc:"One select over the mounted tables; not of an algorithm" zh:"一条对挂载的表的 select；算法不写" example:"select station, count(distinct person) as people from station_visits group by station"`
	Algorithm  string            `json:"algorithm,omitempty" doc:"Number of a registered algorithm" zh:"登记的算法的编号" example:"SF-2026-000001"`
	Parameters map[string]string `json:"parameters,omitempty" doc:"Types of the parameters that the program leaves open: text, integer, decimal, date, datetime, boolean" zh:"程序留的参数，各是什么类型：text、integer、decimal、date、datetime、boolean" example:"{\"since\":\"date\"}"`
	Values     map[string]string `json:"values,omitempty" doc:"Their values, as text" zh:"参数的值，写作文字" example:"{\"since\":\"2026-10-01\"}"`
}

// WorkspaceWords are a sentence about a program, in both languages.
type WorkspaceWords struct {
	Zh     string `json:"zh" doc:"In Chinese" zh:"中文" example:"列 amount 只能用在聚合里。"`
	En     string `json:"en" doc:"In English" zh:"英文" example:"Column amount can be used in aggregates only."`
	Rule   string `json:"rule,omitempty" doc:"The rule of the engine" zh:"引擎的哪一条规则" example:"use"`
	Line   int    `json:"line,omitempty" doc:"Line of the program, from 1" zh:"程序的第几行，从 1 数" example:"1"`
	Column int    `json:"column,omitempty" doc:"Character of the line, from 1" zh:"这一行的第几个字，从 1 数" example:"8"`
}

// WorkspaceColumn is a column of a result.
type WorkspaceColumn struct {
	Name string `json:"name" doc:"Its name" zh:"列名" example:"people"`
	Type string `json:"type" doc:"Its type" zh:"类型" example:"integer"`
	Role string `json:"role" doc:"dimension, count, magnitude or derived" zh:"dimension 分组，count 计数，magnitude 数值，derived 由别的列算出" example:"count"`
}

// WorkspaceJob is a program that was run: of its result only the columns.
type WorkspaceJob struct {
	Number   string            `json:"number" doc:"Its number" zh:"编号" example:"ZY-2026-000004"`
	Kind     string            `json:"kind" enum:"sql,sample,algorithm" doc:"What was run" zh:"运行的是什么" example:"sql"`
	Name     string            `json:"name" doc:"What the program is called" zh:"程序的名称" example:"monthly.sql"`
	State    string            `json:"state" enum:"queued,vetting,refused,running,succeeded,failed,timed_out,killed,cancelled" doc:"How it stands; succeeded: its result is held" zh:"情况：succeeded 是结果暂存" example:"running"`
	Percent  float64           `json:"percent" doc:"How far it is, in tenths" zh:"做到百分之几，按十分之一" example:"60"`
	Asked    time.Time         `json:"asked" doc:"When it was asked for" zh:"提交的时间"`
	Ended    *time.Time        `json:"ended" nullable:"true" doc:"When it ended; null: not yet" zh:"结束的时间；还没有则为 null"`
	Words    []WorkspaceWords  `json:"words" nullable:"false" doc:"Why it ended so" zh:"为什么这样结束"`
	Findings []WorkspaceWords  `json:"findings" nullable:"false" doc:"What may not be in its program, and how to write it instead" zh:"程序里什么不能有，怎样改"`
	Columns  []WorkspaceColumn `json:"columns" nullable:"false" doc:"Columns of its result" zh:"结果的列"`
	Rows     *int64            `json:"rows" nullable:"true" doc:"Rows of its result: of a sample, and of what was released; else null" zh:"结果的行数：样例的，和放出以后的；其余为 null" example:"9"`
	Code     string            `json:"code_digest,omitempty" doc:"SHA-256 that pins the program" zh:"程序的 SHA-256" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	CPU      int64             `json:"cpu_seconds" doc:"Processor time, in whole seconds, upwards" zh:"机时，整秒，进一" example:"1"`
	Review   string            `json:"review,omitempty" doc:"Number of the review, if its release was asked for" zh:"申请了放出的，审核的编号" example:"SC-2026-000002"`
	Release  string            `json:"release,omitempty" doc:"Number of the release, once it left" zh:"放出以后的编号" example:"FC-2026-000001"`
	Sample   [][]any           `json:"sample,omitempty" doc:"Of a sample: its rows, made of permitted statistics; no real data" zh:"样例的结果，由许可的统计量生成，不是真实数据"`
	URL      string            `json:"url" format:"uri" doc:"The whole of it in this API" zh:"本接口里的完整内容" example:"https://data.example/api/v1/workspaces/KJ-2026-000001/jobs/ZY-2026-000004"`
}

// WorkspaceJobs are several of them.
type WorkspaceJobs struct {
	Items []WorkspaceJob `json:"items" nullable:"false" doc:"The newest first" zh:"新的在前"`
	Next  string         `json:"next,omitempty" doc:"Cursor of the next page" zh:"下一页的游标" example:"Zk3qXn8tYgkx"`
}

// WorkspaceSource is what a released result was made of.
type WorkspaceSource struct {
	Dataset     string `json:"dataset" doc:"Slug of the dataset" zh:"数据集" example:"station-visits"`
	Title       string `json:"title" doc:"Its title" zh:"标题" example:"车站客流"`
	Department  string `json:"department" doc:"Whose it is" zh:"提供部门" example:"示例交通局"`
	Version     int    `json:"version" doc:"Number of the version" zh:"第几版" example:"1"`
	SHA256      string `json:"sha256" doc:"Digest of the version" zh:"版本的摘要" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Acquired    string `json:"acquired" format:"date" doc:"Acquisition date" zh:"获取日期" example:"2026-11-02"`
	Acquisition int64  `json:"acquisition" doc:"Number of the record of acquisition" zh:"获取记录的编号" example:"12"`
}

// WorkspaceRelease is a result that left.
type WorkspaceRelease struct {
	Number  string            `json:"number" doc:"Its number" zh:"编号" example:"FC-2026-000001"`
	Title   string            `json:"title" doc:"What it is called" zh:"名称" example:"各站人数"`
	Job     string            `json:"job" doc:"Number of the job" zh:"作业的编号" example:"ZY-2026-000004"`
	At      time.Time         `json:"released" doc:"When it was released" zh:"放出的时间"`
	SHA256  string            `json:"sha256" doc:"Digest of columns and rows" zh:"列和行的摘要" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Rows    int64             `json:"rows" doc:"How many rows" zh:"行数" example:"9"`
	Sources []WorkspaceSource `json:"sources" nullable:"false" doc:"What it was made of" zh:"由什么做成"`
	CSV     string            `json:"csv" format:"uri" doc:"Where it is as CSV" zh:"CSV 的地址" example:"https://data.example/api/v1/workspaces/KJ-2026-000001/releases/FC-2026-000001.csv"`
	JSON    string            `json:"json" format:"uri" doc:"Where it is as JSON" zh:"JSON 的地址" example:"https://data.example/api/v1/workspaces/KJ-2026-000001/releases/FC-2026-000001.json"`
}

// WorkspaceReleases are several of them.
type WorkspaceReleases struct {
	Items []WorkspaceRelease `json:"items" nullable:"false" doc:"The newest first" zh:"新的在前"`
}

// developing are the operations on one's own workspaces.
func developing() []keyedOperation {
	const tag = "workspaces"
	key := func(id, method, path string, handle func(*portal.Server, *fiber.Ctx) error) keyedOperation {
		return withKey(id, method, "/workspaces/{number}"+path, tag, account.ScopeDevelop, handle)
	}
	read := func(id, kind, en, zh string, media string) keyedOperation {
		k := missing(key(id, "GET", "/releases/{release}."+kind, func(s *portal.Server, c *fiber.Ctx) error { return fetchRelease(s, c, kind) }).
			says(en, zh).tells("While everything above the workspace stands. That it was fetched is written down.", "上面的授权都在的时候。取过会记下来。"))
		k.media = []string{media}
		return k
	}
	return []keyedOperation{
		editing(answers[WorkspaceJob](takes[WorkspaceRun](key("runJob", "POST", "/jobs", runJob).
			says("Run a program in a workspace", "在开发空间里运行程序").
			tells("It is vetted first. Its result is held: releasing it is asked for by a person, on a page.", "先检查语句。结果暂存，申请放出由人在网页上办。")))),
		answers[WorkspaceJobs](key("listJobs", "GET", "/jobs", listJobs).
			says("The jobs of a workspace", "一个开发空间的作业").
			tells("Of results only the columns, until they are released.", "结果放出以前只给列。").paged()),
		missing(answers[WorkspaceJob](key("getJob", "GET", "/jobs/{job}", getJob).
			says("One job: how far it is, what came of it", "一个作业：做到哪里，结果怎样").
			tells("Of its result only the columns until it is released, unless it ran on synthetic samples.", "结果放出以前只给列；在合成样例上运行的给结果。"))),
		editing(answers[WorkspaceJob](key("cancelJob", "DELETE", "/jobs/{job}", cancelJob).
			says("Cancel a job", "取消作业").
			tells("One that is over is answered with 409.", "已经结束的回 409。"))),
		missing(answers[WorkspaceReleases](key("listReleases", "GET", "/releases", listReleases).
			says("What left a workspace", "一个开发空间放出的结果").
			tells("Each with the acquisitions of everything that it was made of.", "各附由什么做成、什么时候获取。"))),
		read("getReleaseCSV", "csv", "A released result as CSV", "放出的结果，CSV", "text/csv"),
		read("getReleaseJSON", "json", "A released result as JSON", "放出的结果，JSON", "application/json"),
	}
}

func runJob(s *portal.Server, c *fiber.Ctx) error {
	var in WorkspaceRun
	if err := readJSON(c, &in); err != nil {
		return err
	}
	n := workspace.NewJob{Kind: workspace.JobKind(in.Kind), Name: in.Name, SQL: in.SQL, Algorithm: in.Algorithm, Given: in.Values}
	switch n.Kind {
	case workspace.OfSQL, workspace.OfSample, workspace.OfAlgorithm:
	default:
		return fault.At("kind", "没有这个动作。")
	}
	for name, kind := range in.Parameters {
		n.Parameters = append(n.Parameters, engine.Parameter{Name: name, Type: rows.Type(kind)})
	}
	j, err := s.Workspaces.Ask(c.UserContext(), s.Actor(c), c.Params("number"), n)
	if err != nil {
		return err
	}
	return sendWorkspaceJob(s, c, j.Number)
}

func sendWorkspaceJob(s *portal.Server, c *fiber.Ctx, number string) error {
	j, err := s.Workspaces.Job(c.UserContext(), s.Actor(c), c.Params("number"), number)
	if err != nil {
		return err
	}
	return sendJSON(c, workspaceJob(s, c.Params("number"), j.Job))
}

func getJob(s *portal.Server, c *fiber.Ctx) error { return sendWorkspaceJob(s, c, c.Params("job")) }

func cancelJob(s *portal.Server, c *fiber.Ctx) error {
	if err := s.Workspaces.Cancel(c.UserContext(), s.Actor(c), c.Params("number"), c.Params("job")); err != nil {
		return err
	}
	return getJob(s, c)
}

func listJobs(s *portal.Server, c *fiber.Ctx) error {
	self, before, limit, err := walked(s, c, "jobs of "+c.Params("number"))
	if err != nil {
		return err
	}
	found, err := s.Workspaces.Jobs(c.UserContext(), s.Actor(c), c.Params("number"), before, limit+1)
	if err != nil {
		return err
	}
	out := WorkspaceJobs{Items: []WorkspaceJob{}}
	found, out.Next = partOf(s, c, self, found, limit, func(j *workspace.Job) int64 { return j.ID })
	for i := range found {
		out.Items = append(out.Items, workspaceJob(s, c.Params("number"), &found[i]))
	}
	return sendJSON(c, out)
}

func workspaceJob(s *portal.Server, number string, j *workspace.Job) WorkspaceJob {
	out := WorkspaceJob{Number: j.Number, Kind: string(j.Kind), Name: j.Name, State: string(j.State), Percent: j.Percent, Asked: j.AskedAt.UTC(), Ended: utc(j.Ended), Words: workspaceWords(j.Words), Findings: workspaceWords(j.Findings), Columns: []WorkspaceColumn{},
		Code: j.CodeDigest, CPU: int64(j.CPU.Seconds()), URL: s.Config.BaseURL + Base + "/workspaces/" + number + "/jobs/" + j.Number}
	for _, one := range j.Columns {
		out.Columns = append(out.Columns, WorkspaceColumn{one.Name, one.Type, string(one.Role)})
	}
	if j.Sized && j.State == workspace.Succeeded {
		out.Rows = &j.Rows
	}
	if j.Review != nil {
		out.Review, out.Release = j.Review.Number, j.Review.Release
	}
	if j.Sample != nil {
		out.Sample = append([][]any{}, j.Sample.Rows...)
	}
	return out
}

func workspaceWords(list []workspace.Words) []WorkspaceWords {
	out := []WorkspaceWords{}
	for _, w := range list {
		out = append(out, WorkspaceWords{text.In(text.Chinese, w.Sentence, w.Args...), text.In(text.English, w.Sentence, w.Args...), w.Rule, w.Line, w.Column})
	}
	return out
}

func listReleases(s *portal.Server, c *fiber.Ctx) error {
	found, err := s.Workspaces.Releases(c.UserContext(), s.Actor(c), c.Params("number"))
	if err != nil {
		return err
	}
	out := WorkspaceReleases{Items: []WorkspaceRelease{}}
	for i := range found {
		x := &found[i]
		at := s.Config.BaseURL + Base + "/workspaces/" + x.Workspace + "/releases/" + x.Number
		one := WorkspaceRelease{Number: x.Number, Title: x.Title, Job: x.Job, At: x.At.UTC(), SHA256: x.SHA256, Rows: x.Rows, Sources: []WorkspaceSource{}, CSV: at + ".csv", JSON: at + ".json"}
		for _, from := range x.Sources {
			one.Sources = append(one.Sources, WorkspaceSource{from.Dataset, from.Title, from.Department, from.Version, from.SHA256, from.Acquired, from.Acquisition})
		}
		out.Items = append(out.Items, one)
	}
	return sendJSON(c, out)
}

func fetchRelease(s *portal.Server, c *fiber.Ctx, kind string) error {
	b, err := s.Workspaces.Download(c.UserContext(), s.Actor(c), c.Params("number"), c.Params("release"), kind)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, b.Media)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+b.Name+`"`)
	return c.Send(b.Bytes)
}
