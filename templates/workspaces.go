package templates

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	rowtypes "shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/disclosure"
	"shuyuan/licensing/workspace/engine"
	"shuyuan/templates/text"
)

// WorkspacesPage lists the workspaces of whoever reads it.
type WorkspacesPage struct {
	Frame
	Items    []workspace.Workspace
	Openable []workspace.Scenario
	Mistake  Mistake
}

// WorkspacePage is a workspace for who develops in it.
type WorkspacePage struct {
	Frame
	Book    *policy.Book
	Space   *workspace.View
	Why     string // nothing passes, and why; empty: all does
	Form    ProgramForm
	Job     *workspace.JobView    // whose result is shown
	Review  *workspace.ReviewView // of that
	Mistake Mistake
	Done    string
	Reason  string // for which somebody wanted to close it
}

// ProgramForm is what the editor holds.
type ProgramForm struct {
	Name       string
	SQL        string
	Parameters string
	Version    int // that it was read from; 0: none
}

// WorkspaceJobPage is one job with its log.
type WorkspaceJobPage struct {
	Frame
	Job     *workspace.JobView
	Why     string
	Mistake Mistake
	Action  string
	Title   string
	Purpose string
}

// DestroyedPage is the certificate of a workspace that was destroyed.
type DestroyedPage struct {
	Frame
	Space *workspace.View
}

// DeskWorkspacesPage lists workspaces at the desk.
type DeskWorkspacesPage struct {
	Frame
	CaseFilter
	Items []workspace.Looked
	Next  string
}

// DeskWorkspacePage is a workspace for who looks after it.
type DeskWorkspacePage struct {
	Frame
	Book    *policy.Book
	Space   *workspace.View
	Why     string
	Mistake Mistake
	Reason  string
}

// OutputsPage lists reviews of results.
type OutputsPage struct {
	Frame
	CaseFilter
	Items []workspace.Review
	Next  string
}

// OutputPage is one review of a result.
type OutputPage struct {
	Frame
	Book    *policy.Book
	Case    *workspace.ReviewView
	Own     bool // it is the developer's page
	Why     string
	Mistake Mistake
	Words   string
	Drop    []string
	Round   string
}

// Waits reports whether something of the page is under way.
func (p WorkspacePage) Waits() bool {
	if p.Space.State == workspace.Provisioning || p.Space.State == workspace.Closing {
		return true
	}
	if slices.ContainsFunc(p.Space.Mounts, func(m workspace.Mount) bool { return m.State == workspace.MountWaits }) {
		return true
	}
	return slices.ContainsFunc(p.Space.Jobs, func(j workspace.Job) bool { return j.State.Open() }) || p.Review != nil && (p.Review.State == workspace.AutoCheck || p.Review.State == workspace.WithChanges)
}

func (p WorkspacePage) programs() bool { return p.Space.Party.Programs && p.Why == "" }

// downloads reports whether what was released can be fetched: after the workspace too,
// while what is above it stands.
func (p WorkspacePage) downloads() bool { return p.Why == "" || p.Space.Over() && p.Space.Stands }

// waits reports whether j is one that the reader may cancel and that waits for another.
func (p WorkspacePage) waits(j *workspace.Job) bool {
	r := p.running()
	return j.State.Open() && p.Space.Party.Programs && r != nil && r.Number != j.Number
}

// lost is how many results go with the workspace, and how many of them are asked for.
func (p WorkspacePage) lost() (held, asked int) {
	for i := range p.Space.Jobs {
		j := &p.Space.Jobs[i]
		if !j.Held() || j.Review != nil && j.Review.Release != "" {
			continue
		}
		held++
		if j.Review != nil && j.Review.State.Open() {
			asked++
		}
	}
	return held, asked
}

func (p WorkspacePage) names() string {
	text, err := json.Marshal(p.Space.Names())
	if err != nil {
		return "{}"
	}
	return string(text)
}

// running is the job that is under way, nil where none is.
func (p WorkspacePage) running() *workspace.Job {
	i := slices.IndexFunc(p.Space.Jobs, func(j workspace.Job) bool { return j.State == workspace.Running })
	if i < 0 {
		i = slices.IndexFunc(p.Space.Jobs, func(j workspace.Job) bool { return j.State.Open() })
	}
	if i < 0 {
		return nil
	}
	return &p.Space.Jobs[i]
}

func (p DeskWorkspacePage) offers(a workspace.Action) bool { return slices.Contains(p.Space.Offers, a) }

func (p OutputPage) offers(a workspace.ReviewAction) bool { return slices.Contains(p.Case.Offers, a) }

func (p OutputPage) path() string {
	if p.Own {
		return p.Case.Review.Path()
	}
	return p.Case.Review.Desk()
}

func (p OutputPage) drops(name string) bool {
	return slices.Contains(p.Drop, name) || slices.Contains(p.Case.Review.Changes.Drop, name)
}

// ParameterLines are parameters as they are written in the form.
func ParameterLines(list []engine.Parameter, given map[string]string) string {
	var lines []string
	for _, p := range list {
		lines = append(lines, fmt.Sprintf("%s %s = %s", p.Name, p.Type, given[p.Name]))
	}
	return strings.Join(lines, "\n")
}

// WorkspaceStateName is a state of a workspace in words.
func WorkspaceStateName(ctx context.Context, s workspace.State) string {
	return text.T(ctx, workspaceStates[s])
}

// workspaceNow is the state of a workspace in words: that it can be used is not said
// while a link of the chain above it does not stand.
func workspaceNow(ctx context.Context, w *workspace.Workspace) string {
	if w.State == workspace.Ready && !w.Stands {
		return text.T(ctx, "现在不能用")
	}
	return WorkspaceStateName(ctx, w.State)
}

// whereNext is the page on which a person goes on after err; empty: there is none.
func whereNext(err error) string {
	if err == nil {
		return ""
	}
	return fault.Of(err).Next
}

var workspaceStates = map[workspace.State]string{
	workspace.Provisioning: "正在准备", workspace.Ready: "可以使用", workspace.Frozen: "冻结", workspace.Closing: "正在关闭", workspace.Destroyed: "已销毁",
}

// JobStateName is a state of a job in words.
func JobStateName(ctx context.Context, s workspace.JobState) string {
	return text.T(ctx, jobStates[s])
}

var jobStates = map[workspace.JobState]string{
	workspace.Queued: "排队", workspace.Vetting: "检查语句", workspace.Refused: "不能运行", workspace.Running: "运行中", workspace.Succeeded: "结果暂存", workspace.Failed: "没有做成", workspace.TimedOut: "超时", workspace.Killed: "被停止", workspace.Cancelled: "已取消",
}

// OutputStateName is a state of a review of a result in words.
func OutputStateName(ctx context.Context, s workspace.ReviewState) string {
	return text.T(ctx, outputStates[s])
}

var outputStates = map[workspace.ReviewState]string{
	workspace.AutoCheck: "系统正在查", workspace.AutoRejected: "系统检查没有过", workspace.Waiting: "等审核", workspace.First: "审核中", workspace.Second: "等第二个人复核", workspace.Released: "已放出", workspace.WithChanges: "按意见改，再查", workspace.Rejected: "不放出", workspace.Escalated: "上报主管部门", workspace.Withdrawn: "撤回",
}

var algorithmStates = map[workspace.AlgorithmState]string{
	workspace.Proposed: "等批准", workspace.Seconded: "等第二个人批准", workspace.Approved: "已登记", workspace.AlgorithmRefused: "没有批准", workspace.AlgorithmWithdraw: "撤回",
}

// jobWords is how a job stands, for its line: of a result that somebody asked for, how
// that stands.
func jobWords(ctx context.Context, j *workspace.Job) string {
	switch {
	case j.Gone && (j.Review == nil || j.Review.Release == ""):
		return text.T(ctx, "结果已销毁")
	case j.Review != nil && j.State == workspace.Succeeded:
		return OutputStateName(ctx, j.Review.State)
	case j.State == workspace.Succeeded && j.Kind == workspace.OfSample:
		return text.T(ctx, "样例结果")
	case j.State == workspace.Refused && len(j.Findings) > 0:
		return text.T(ctx, "不能运行") + colon(ctx, wordsOf(ctx, j.Findings[0]))
	}
	return JobStateName(ctx, j.State)
}

// logActs are the lines of a job's log that are not named for a state.
var logActs = map[string]string{"ask": "提交", "run": "开始运行"}

func logAct(ctx context.Context, act string) string {
	if name, ok := logActs[act]; ok {
		return text.T(ctx, name)
	}
	return JobStateName(ctx, workspace.JobState(act))
}

// logKeys are what the log of a job holds, in words. What is not here is named as it is.
var logKeys = map[string]string{
	"by": "提交的人", "kind": "种类", "text": "文本的摘要", "code": "程序的摘要", "tree": "语法树的摘要", "engine": "引擎", "cpu_s": "机时（秒）", "wall_s": "历时（秒）", "statements": "语句记录的摘要", "result": "结果的摘要（HMAC，空间的密钥）",
}

// logDetail is one detail of a line of a job's log. What the log says in Chinese, as it
// is hashed, is said in the language of the reader where the job has it as well.
func logDetail(ctx context.Context, j *workspace.Job, key, value string) string {
	switch {
	case key == "words" || strings.HasPrefix(key, "finding "):
		for _, w := range slices.Concat(j.Words, j.Findings) {
			if fault.New(fault.Conflict, w.Sentence, w.Args...).Text() == value {
				return wordsOf(ctx, w)
			}
		}
		return value
	case strings.HasPrefix(key, "mount "):
		return text.T(ctx, "挂载") + " " + strings.TrimPrefix(key, "mount ") + colon(ctx, value)
	case logKeys[key] != "":
		return text.T(ctx, logKeys[key]) + colon(ctx, value)
	}
	return key + colon(ctx, value)
}

// jobClass is how a job's state looks.
func jobClass(j *workspace.Job) string {
	switch {
	case j.Review != nil && j.Review.State == workspace.Released:
		return "ok"
	case j.Review != nil && (j.Review.State == workspace.AutoRejected || j.Review.State == workspace.Rejected):
		return "late"
	case j.Review != nil && j.Review.State.Open(), j.State.Open():
		return "due"
	case j.State == workspace.Succeeded, j.State == workspace.Cancelled:
		return "muted"
	}
	return "late"
}

// wordsOf is a kept sentence in the reader's language.
func wordsOf(ctx context.Context, w workspace.Words) string {
	args := slices.Clone(w.Args)
	for i, a := range args {
		if t, ok := a.(fault.Terms); ok && text.Of(ctx) != text.English {
			args[i] = t.String()
		}
	}
	return text.T(ctx, w.Sentence, args...)
}

// programPlace is where in a program a finding lies.
func programPlace(ctx context.Context, w workspace.Words) string {
	if w.Line == 0 {
		return ""
	}
	return text.T(ctx, "第 %d 行第 %d 字", w.Line, w.Column)
}

// columnUse is what a program may do with a column, in words.
func columnUse(ctx context.Context, u engine.Use) string {
	return text.T(ctx, map[engine.Use]string{engine.Group: "可分组", engine.Aggregate: "仅聚合", engine.Read: "可读", engine.Subject: "只能计数和连接"}[u])
}

var columnTypes = map[rowtypes.Type]string{rowtypes.Text: "文本", rowtypes.Integer: "整数", rowtypes.Decimal: "数值", rowtypes.Boolean: "是否", rowtypes.Date: "日期", rowtypes.YearMonth: "年月", rowtypes.DateTime: "时间"}

func columnType(ctx context.Context, t rowtypes.Type) string {
	if zh, ok := columnTypes[t]; ok {
		return text.T(ctx, zh)
	}
	return string(t)
}

// sampleTable is synthetic rows as a table.
func sampleTable(ctx context.Context, label string, names []string, list [][]any) TableView {
	t := TableView{Label: label, Dense: true}
	for _, n := range names {
		t.Columns = append(t.Columns, Column{Label: n})
	}
	for _, row := range list {
		var cells []string
		for _, v := range row {
			cells = append(cells, cellOf(v))
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

func cellOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func mountColumns(m *workspace.Mount) []string {
	var out []string
	for _, c := range m.Columns {
		out = append(out, c.Name)
	}
	return out
}

func resultColumns(list []disclosure.Column) []string {
	var out []string
	for _, c := range list {
		out = append(out, c.Name)
	}
	return out
}

// hours is processor time as people read it.
func machineTime(ctx context.Context, d time.Duration) string {
	switch {
	case d < time.Minute:
		return text.T(ctx, "%s 秒", strconv.FormatFloat(math.Round(d.Seconds()*10)/10, 'f', -1, 64))
	case d < time.Hour:
		return text.T(ctx, "%s 分钟", strconv.FormatFloat(d.Minutes(), 'f', 1, 64))
	}
	return text.T(ctx, "%s 小时", strconv.FormatFloat(d.Hours(), 'f', 1, 64))
}

func quotaPercent(v *workspace.View) int {
	return int(min(100, v.Month.CPU*100/(time.Duration(v.Quota.CPUSeconds)*time.Second)))
}

func quotaTime(v *workspace.View) time.Duration {
	return time.Duration(v.Quota.CPUSeconds) * time.Second
}

// maskedRows are the lines that are drawn of a held result, as many of each.
func maskedRows() []struct{} { return make([]struct{}, 3) }

// usedWords is what a job took, as far as who reads it may know.
func usedWords(ctx context.Context, j *workspace.Job) string {
	if j.Memory == 0 {
		return text.T(ctx, "机时 %s，历时 %s", machineTime(ctx, j.CPU), machineTime(ctx, j.Wall))
	}
	return text.T(ctx, "机时 %s，历时 %s，内存 %s", machineTime(ctx, j.CPU), machineTime(ctx, j.Wall), Size(j.Memory))
}

// verdictClass is how what a rule says looks.
func ruleClass(v disclosure.Verdict) string {
	return map[disclosure.Verdict]string{disclosure.Pass: "", disclosure.Fixed: "part", disclosure.People: "part", disclosure.Refused: "no"}[v]
}

func verdictName(ctx context.Context, v disclosure.Verdict) string {
	return text.T(ctx, map[disclosure.Verdict]string{disclosure.Pass: "检查通过", disclosure.Fixed: "已处理", disclosure.People: "由人判断", disclosure.Refused: "不通过"}[v])
}

func foundRows(ctx context.Context, list []int) string {
	if len(list) == 0 {
		return ""
	}
	var out []string
	for _, n := range list[:min(len(list), 10)] {
		out = append(out, strconv.Itoa(n))
	}
	return text.T(ctx, "第 %s 行", strings.Join(out, ", "))
}

var outputActs = map[string]string{
	"ask": "申请放出", "pass": "系统检查通过", "fail": "系统检查没有过", "take": "开始审核", "approve": "同意放出", "change": "改了再放出", "reject": "不放出", "escalate": "上报主管部门", "withdraw": "撤回", "overtaken": "放出以前再查，没有过",
}

var workspaceSides = map[workspace.Side]string{
	workspace.OfDeveloper: "开发方", workspace.OfOperator: "运营机构", workspace.OfAuthority: "主管部门", workspace.OfRegulator: "监管机构", workspace.OfPlatform: "系统",
}

func queryPath(path, name, value string) string {
	return path + "?" + url.Values{name: {value}}.Encode()
}

// clearedRows is how many rows of a result a reviewer is shown at once: all that a
// release may have.
func clearedRows(c *disclosure.Cleared) [][]disclosure.Cell { return c.Rows }

func clearedCell(c disclosure.Cell) string {
	if c.Hidden {
		return workspace.Hidden
	}
	return cellOf(c.Value)
}

// WorkspaceAct is what was done about a workspace, a job, a review or an algorithm,
// for letters.
func WorkspaceAct(ctx context.Context, of, act string) string {
	return text.T(ctx, workspaceActs[of+" "+act])
}

var workspaceActs = map[string]string{
	"workspace open": "开通了安全开发空间", "workspace begin": "安全开发空间准备好了", "workspace freeze": "安全开发空间被冻结", "workspace take_over": "安全开发空间的冻结由级别更高的一方接管", "workspace lift": "安全开发空间解除冻结", "workspace close": "安全开发空间正在关闭", "workspace wind_up": "场景已经结束，平台关闭了安全开发空间", "workspace destroy": "安全开发空间已经销毁",
	"job killed": "作业被停止", "review pass": "有结果等审核", "review fail": "结果的系统检查没有过", "review reject": "结果没有放出", "review change": "结果要改了再查", "review escalate": "有结果上报，请决定", "review released": "结果已经放出",
	"algorithm propose": "有算法等批准", "algorithm approved": "算法已经登记", "algorithm refused": "算法没有批准",
}

func upperForm(form string) string { return strings.ToUpper(form) }

// sortedKeys are the names of details in their order.
func sortedKeys(details map[string]string) []string { return slices.Sorted(maps.Keys(details)) }

// meteredWords is how much of a fee's meter was used, as people read it.
func meteredWords(ctx context.Context, c workspace.Charge) string {
	if c.Meter == workspace.MeterCPU {
		return machineTime(ctx, time.Duration(c.Quantity)*time.Millisecond)
	}
	return text.T(ctx, "%s 行", Thousands(c.Quantity))
}

// inUnits is how many units a quantity is, to the ten-thousandth.
func inUnits(quantity, per int64) string {
	return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(float64(quantity)/float64(per), 'f', 4, 64), "0"), ".")
}

// owedWords is what of a fee is owed, or why nothing is.
func owedWords(ctx context.Context, c workspace.Charge, class string) string {
	switch {
	case !c.Fee.Charged:
		return text.T(ctx, "只计量，不收费")
	case slices.Contains(c.Fee.NotFor, class):
		return text.T(ctx, "公益和公共治理不收")
	}
	return Yuan(c.Charged)
}

// partWords is how one band of a fee was counted.
func partWords(ctx context.Context, c workspace.Charge, p workspace.Part) string {
	price := Yuan(p.Price)
	if p.Capped() {
		price = text.T(ctx, "%s（协议的上限）", price)
	}
	return text.T(ctx, "%s 起：%s × %s", Thousands(p.From), inUnits(p.Quantity, c.Per), price)
}
