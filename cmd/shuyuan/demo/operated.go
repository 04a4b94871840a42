package demo

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/papers"
)

// Who plays in authorised operation: two bodies, one above the other, with whoever
// approves what the other drafted; two operators; two developers.
const (
	theDeputy                    = "head@sjj.fujian.example"
	cityAuthority, cityDeputy    = "authority@sjj.fuzhou.example", "head@sjj.fuzhou.example"
	theOperator, theReviewer     = "owner@operator.example", "review@operator.example"
	cityOperator                 = "owner@city-operator.example"
	theDeveloper, theProgrammer  = "owner@lab.example", "programs@lab.example"
	operatorName                 = "示例数据运营有限公司（虚构）"
	developerName                = "示例航空安全研究所（虚构）"
	provinceTitle, cityTitle     = "示例：福建省交通和应急公共数据授权运营", "示例：福州市公共服务数据授权运营"
	operatedFreely, alsoOperated = "bird-strikes", "holidays"
)

// sampleParties are the organisations of authorised operation.
var sampleParties = map[string]account.NewOrganisation{
	theOperator:  {Kind: account.Legal, Name: operatorName, Code: checked("91000000MA0000005"), Head: "示例某戊", Registrar: "示例登记机关", Address: "示例路 5 号"},
	cityOperator: {Kind: account.Legal, Name: "示例市级数据运营有限公司（虚构）", Code: checked("91000000MA0000006"), Head: "示例某己", Registrar: "示例登记机关", Address: "示例路 6 号"},
	theDeveloper: {Kind: account.Legal, Name: developerName, Code: checked("91000000MA0000007"), Head: "示例某庚", Registrar: "示例登记机关", Address: "示例路 7 号"},
}

// sampleMandate is a plan that was drafted so many days ago, and what came of it.
type sampleMandate struct {
	authority, deputy string // of the body
	operator          string // who owns what won; empty: the plan is still looked at
	above             string // title of the mandate under which it stands; empty: under none
	days              int
	income            int64 // fen a year
	ceilings          []operation.Ceiling
	plan              operation.PlanForm
}

// all are all columns of an entry but some.
func all(columns []string, but ...string) []string {
	return slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return slices.Contains(but, c) })
}

var strikeColumns = []string{"机场", "机型", "损伤程度", "事件日期", "运营方", "州", "飞行阶段", "动物体型", "动物种类", "时段", "其他费用（美元）", "修理费用（美元）", "总费用（美元）", "空速（节）"}

var sampleMandates = []sampleMandate{
	{authority: theAuthority, deputy: theDeputy, operator: theOperator, days: 430, income: 200000000,
		ceilings: []operation.Ceiling{{Form: "result_table", Unit: "per_piece", Fen: 200000}, {Form: "result_table", Unit: "per_month", Fen: 60000}, {Form: "result_table", Unit: "per_thousand_rows", Fen: 60}, {Form: "report_product", Unit: "per_piece", Fen: 500000}, {Form: "verification", Unit: "per_call", Fen: 50}},
		plan: operation.PlanForm{Title: provinceTitle, Need: "示例：机场和应急部门要知道鸟击在哪里、什么时候多，也要知道损失有多大；原始记录不便逐份提供。", Products: "示例：按季节和飞行阶段的风险提示，维修损失的估算，放假安排的核验。",
			Forms: []string{"verification", "result_table", "report_product"}, Purposes: []string{"transport", "emergency_management", "public_services"}, Months: 36, SecurityLevel: "mlps3",
			Security: "示例：数据只在安全开发空间里用，不出平台；专人专机，操作留痕，每季演练一次。", Evaluation: "示例：每 12 个月评估一次，看场景数、结果的使用、投诉和安全事件；不合格的限期改进，再不合格的撤销。", Exit: "示例：到期、放弃或者撤销以后，停止一切使用，30 日内销毁并出具证明，在办的场景由实施机构安排。",
			Items: []operation.NewItem{
				{Slug: operatedFreely, Columns: all(strikeColumns, "运营方")},
				{Slug: appliedFor, Columns: []string{operation.Every}, Purposes: []string{"transport", "emergency_management"}},
				{Slug: alsoOperated, Columns: []string{operation.Every}},
			}}},
	{authority: cityAuthority, deputy: cityDeputy, operator: cityOperator, above: provinceTitle, days: 120, income: 50000000,
		ceilings: []operation.Ceiling{{Form: "result_table", Unit: "per_piece", Fen: 150000}, {Form: "verification", Unit: "per_call", Fen: 30}},
		plan: operation.PlanForm{Title: cityTitle, Need: "示例：本市的客运站和学校要按放假安排排班，也想知道近郊机场的鸟击提示。", Products: "示例：放假安排核验，本市机场的季节提示。",
			Forms: []string{"verification", "result_table"}, Purposes: []string{"public_services"}, Months: 12, SecurityLevel: "mlps3",
			Security: "示例：用省级的安全开发空间，不另建。", Evaluation: "示例：每 12 个月评估一次，结果报省级实施机构。", Exit: "示例：和省级授权一同结束；到期 30 日内销毁。",
			Items: []operation.NewItem{
				{Slug: alsoOperated, Columns: []string{operation.Every}},
				{Slug: operatedFreely, Columns: []string{"事件日期", "飞行阶段", "动物体型", "时段"}},
			}}},
	{authority: theAuthority, deputy: theDeputy, days: 6,
		plan: operation.PlanForm{Title: "示例：福建省渔港潮时公共数据授权运营", Need: "示例：渔港和休闲渔业要潮时提醒。", Products: "示例：潮时核验，按港口的提醒。", Forms: []string{"verification", "interface"}, Purposes: []string{"ecology", "public_services"}, Months: 24, SecurityLevel: "mlps3",
			Security: "示例：只给计算的结果，不给调和常数。", Evaluation: "示例：每 12 个月评估一次。", Exit: "示例：到期 30 日内销毁。",
			Items: []operation.NewItem{{Slug: "tide-constituents", Columns: []string{operation.Every}}}}},
}

// operate shows authorised operation: a mandate of the province, one of a city below
// it, a plan that is looked at, and two developers, of which one was admitted.
func (s *stage) operate(ctx context.Context) error {
	if s.Operation == nil {
		return nil
	}
	d, err := s.Datasets.Dataset(ctx, account.Actor{}, appliedFor)
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.Unavailable, "没有这份数据。") // there was no room for it
	}
	if err != nil {
		return err
	}
	if d.Open != datasets.Conditional {
		return fmt.Errorf("%s is open %s", appliedFor, d.Open)
	}
	for _, owner := range slices.Sorted(maps.Keys(sampleParties)) {
		if _, err := s.verified(ctx, owner, sampleParties[owner]); err != nil {
			return err
		}
	}
	for _, x := range [][2]string{{theOperator, theReviewer}, {theDeveloper, theProgrammer}} {
		if err := s.member(ctx, x[0], x[1]); err != nil {
			return fmt.Errorf("%s: %w", x[1], err)
		}
	}
	made := map[string]*operation.Mandate{} // by title
	for _, x := range sampleMandates {
		if x.above != "" {
			x.plan.Parent = made[x.above].Number
		}
		m, err := s.authorise(ctx, x, made[x.above])
		if err != nil {
			return fmt.Errorf("%s: %w", x.plan.Title, err)
		}
		made[x.plan.Title] = m
	}
	if err := s.evaluate(ctx, made[provinceTitle]); err != nil {
		return err
	}
	for _, x := range sampleEntries {
		if err := s.enter(ctx, made[provinceTitle], x); err != nil {
			return fmt.Errorf("%s: %w", x.owner, err)
		}
	}
	now, err := s.operationAgo(0)
	if err != nil {
		return err
	}
	return now.Tick(ctx)
}

// operationAgo is authorised operation as it was so many days ago.
func (s *stage) operationAgo(days int) (*operation.Service, error) {
	then := s.Now().AddDate(0, 0, -days)
	return s.Operation(func() time.Time { return then })
}

// verified is an organisation that its owner registered and the data authority
// verified.
func (s *stage) verified(ctx context.Context, owner string, n account.NewOrganisation) (int64, error) {
	id, who, err := s.organisation(ctx, owner, n, account.Registration, account.Authorisation)
	if err != nil {
		return 0, err
	}
	o, err := s.Accounts.Organisation(ctx, who, id)
	if err == nil && o.Status == account.OrgSubmitted {
		err = s.Accounts.DecideOrganisation(ctx, s.as(theAuthority), id, true, "")
	}
	return id, err
}

// organisationOf is the first of the organisations that an account owns.
func (s *stage) organisationOf(ctx context.Context, owner string) (account.Organisation, error) {
	list, err := s.Accounts.Organisations(ctx, s.as(owner))
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%s owns no organisation", owner)
	}
	if err != nil {
		return account.Organisation{}, err
	}
	return list[0], nil
}

// member lets somebody join the organisation of an owner, who invites them.
func (s *stage) member(ctx context.Context, owner, identifier string) error {
	o, err := s.organisationOf(ctx, owner)
	if err != nil {
		return err
	}
	members, invited, err := s.Accounts.Members(ctx, s.as(owner), o.ID)
	is := func(m account.OrgMember) bool { return m.Identifier == identifier }
	if err != nil || slices.ContainsFunc(members, is) {
		return err
	}
	if !slices.ContainsFunc(invited, is) {
		if err := s.Accounts.Invite(ctx, s.as(owner), o.ID, identifier, account.Member); err != nil {
			return err
		}
	}
	who, end, err := s.signIn(ctx, identifier)
	if err != nil {
		return err
	}
	defer end()
	_, err = s.Accounts.Accept(ctx, who, o.ID)
	return err
}

// authorise takes a plan to where it stands, and the agreement that comes of it to its
// signatures. It goes on from where an earlier play left it. It returns nil for a plan
// that is still looked at.
func (s *stage) authorise(ctx context.Context, x sampleMandate, above *operation.Mandate) (*operation.Mandate, error) {
	now, err := s.operationAgo(0)
	if err != nil {
		return nil, err
	}
	who := s.as(x.authority)
	there, err := now.Plans(ctx, who, 0, 100)
	if err != nil {
		return nil, err
	}
	var p *operation.Plan
	if i := slices.IndexFunc(there, func(p operation.Plan) bool { return p.Title == x.plan.Title }); i >= 0 {
		p = &there[i]
	} else {
		at, err := s.operationAgo(x.days)
		if err != nil {
			return nil, err
		}
		if p, err = at.NewPlan(ctx, who, x.plan); err != nil {
			return nil, err
		}
	}
	if p.State == operation.PlanDraft {
		at, err := s.operationAgo(x.days - 1)
		if err != nil {
			return nil, err
		}
		if p, err = at.MovePlan(ctx, who, p.Number, p.Revision, operation.SubmitPlan, ""); err != nil {
			return nil, err
		}
	}
	if x.operator == "" {
		return nil, nil
	}
	if p.State == operation.PlanSubmitted {
		at, err := s.operationAgo(x.days - 4)
		if err != nil {
			return nil, err
		}
		if p, err = at.MovePlan(ctx, s.as(x.deputy), p.Number, p.Revision, operation.ApprovePlan, "示例：范围、安全和退出都写明了，同意。"); err != nil {
			return nil, err
		}
	}
	if p.Award == nil {
		if p, err = s.choose(ctx, x, p); err != nil {
			return nil, err
		}
	}
	return s.agree(ctx, x, p, above)
}

// choose records the competition, held on paper, by which the operator was chosen.
func (s *stage) choose(ctx context.Context, x sampleMandate, p *operation.Plan) (*operation.Plan, error) {
	at, err := s.operationAgo(x.days - 24)
	if err != nil {
		return nil, err
	}
	who := s.as(x.authority)
	v, err := at.PlanOf(ctx, who, p.Number)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"示例比选公告.pdf", "示例评审记录.pdf", "示例结果通知.pdf"} {
		if slices.ContainsFunc(v.Papers, func(p papers.Paper) bool { return p.Name == name }) {
			continue
		}
		if _, err := at.AddAwardPaper(ctx, who, p.Number, papers.New{Name: name}, bytes.NewReader(paper())); err != nil {
			return nil, err
		}
	}
	return at.RecordAward(ctx, who, p.Number, v.Revision, operation.NewAward{Winner: sampleParties[x.operator].Code, Way: "comparison", Candidates: 3, On: s.day(x.days - 22), Words: "示例：三家参加，按安全、场景和费用评分，这一家第一。"})
}

// day is the day so many days ago, in China.
func (s *stage) day(ago int) string {
	return s.Now().AddDate(0, 0, -ago).In(workdays.Zone).Format(time.DateOnly)
}

// agree takes the agreement of a plan from its draft to its term: the operator signs,
// and the body after it.
func (s *stage) agree(ctx context.Context, x sampleMandate, p *operation.Plan, above *operation.Mandate) (*operation.Mandate, error) {
	who, approver := s.as(x.authority), s.as(x.deputy)
	if above != nil { // the body above approves what stands under it
		approver = s.as(theAuthority)
	}
	begins := x.days - 30
	number := p.Mandate
	if number == "" {
		at, err := s.operationAgo(begins + 4)
		if err != nil {
			return nil, err
		}
		first := s.Now().AddDate(0, 0, -begins).In(workdays.Zone)
		m, err := at.DraftMandate(ctx, who, p.Number, operation.Form{Title: x.plan.Title, From: first.Format(time.DateOnly), Last: first.AddDate(0, x.plan.Months, -1).Format(time.DateOnly), Ceilings: x.ceilings, Income: x.income})
		if err != nil {
			return nil, err
		}
		number = m.Number
	}
	for {
		now, err := s.operationAgo(0)
		if err != nil {
			return nil, err
		}
		v, err := now.Mandate(ctx, who, number)
		if err != nil {
			return nil, err
		}
		step := operation.Step{Revision: v.Revision, Shown: v.SHA256}
		by, ago := who, begins
		switch {
		case v.State == operation.Draft:
			step.Action, ago = operation.Submit, begins+3
		case v.State == operation.UnderReview:
			step.Action, by, ago = operation.Approve, approver, begins+2
		case v.State == operation.Approved && v.OpSigned.At == nil:
			step.Action, by, ago = operation.SignOperator, s.as(x.operator), begins+1
		case v.State == operation.Approved:
			step.Action = operation.SignBody
		default:
			return v.Mandate, nil
		}
		at, err := s.operationAgo(ago)
		if err != nil {
			return nil, err
		}
		if _, err := at.Move(ctx, by, number, step); err != nil {
			return nil, fmt.Errorf("%s: %w", step.Action, err)
		}
	}
}

// evaluate has the body evaluate each year of a mandate that has ended, and issue the
// reports that it owes to the public.
func (s *stage) evaluate(ctx context.Context, m *operation.Mandate) error {
	now, err := s.operationAgo(0)
	if err != nil {
		return err
	}
	who := s.as(theAuthority)
	v, err := now.Mandate(ctx, who, m.Number)
	if err != nil {
		return err
	}
	if from := v.NextCycle(s.Now()); !from.IsZero() {
		n := operation.NewEvaluation{From: from.In(workdays.Zone).Format(time.DateOnly), Verdict: "passed", Findings: "示例：一年里授权了场景，结果都公布；没有投诉，没有安全事件；收入低于上限。", Income: 68000000}
		if _, err := now.Evaluate(ctx, who, m.Number, n); err != nil {
			return err
		}
	}
	years, err := now.Owed(ctx, who)
	if err != nil {
		return err
	}
	for _, year := range years {
		if _, err := now.Issue(ctx, who, year); err != nil {
			return err
		}
	}
	return nil
}

// sampleEntry is an application for entry that was made so many days ago.
type sampleEntry struct {
	owner    string
	others   []string // of the organisation, who write programs
	days     int
	returned string // why it was returned; empty: it was admitted
}

var sampleEntries = []sampleEntry{
	{owner: theDeveloper, others: []string{theProgrammer}, days: 100},
	{owner: theOwner, days: 5, returned: "示例：培训记录没有写明是谁培训的，请补一份盖章的。"},
}

// enter plays the entry of a developer with the operator of a mandate.
func (s *stage) enter(ctx context.Context, m *operation.Mandate, x sampleEntry) error {
	at, err := s.operationAgo(x.days)
	if err != nil {
		return err
	}
	owner := s.as(x.owner)
	o, err := s.organisationOf(ctx, x.owner)
	if err != nil {
		return err
	}
	d, err := at.ApplyToEnter(ctx, owner, m.Number, o.ID, "") // the one that is there, if there is one
	if err != nil {
		return err
	}
	if d.State == operation.EntryDraft {
		if d, err = s.fillEntry(ctx, at, d, x); err != nil {
			return err
		}
	}
	if d.State != operation.EntrySubmitted {
		return nil
	}
	step := operation.EntryStep{Action: operation.AdmitEntry, Revision: d.Revision}
	if x.returned != "" {
		step.Action, step.Words = operation.ReturnEntry, x.returned
	}
	if at, err = s.operationAgo(x.days - 3); err != nil {
		return err
	}
	_, err = at.MoveEntry(ctx, s.as(theOperator), d.Number, step)
	return err
}

// fillEntry writes an application for entry and hands it in: the owner asks for
// releases, and whoever else is named writes the programs.
func (s *stage) fillEntry(ctx context.Context, at *operation.Service, d *operation.Developer, x sampleEntry) (*operation.Developer, error) {
	owner := s.as(x.owner)
	v, err := at.Entry(ctx, owner, d.Number)
	if err != nil {
		return nil, err
	}
	for _, slot := range []string{operation.SecurityPlan, operation.TrainingRecord} {
		if slices.ContainsFunc(v.Papers, func(p papers.Paper) bool { return p.Slot == slot }) {
			continue
		}
		if _, err := at.AddEntryPaper(ctx, owner, d.Number, papers.New{Slot: slot, Name: "示例" + slot + ".pdf"}, bytes.NewReader(paper())); err != nil {
			return nil, err
		}
	}
	f := operation.EntryForm{Contact: "示例联系人（示例）", Security: "示例：专人专机，磁盘加密，每季演练一次应急预案。", TrainedOn: s.day(x.days + 10), Training: "示例：公共数据安全培训，运营机构举办。", Declared: true, DCMM: 2, Writes: []int64{owner.ID}, Releases: []int64{owner.ID}}
	for _, other := range x.others {
		f.Writes = append(f.Writes, s.as(other).ID)
	}
	if d, err = at.SaveEntry(ctx, owner, d.Number, d.Revision, f); err != nil {
		return nil, err
	}
	return at.MoveEntry(ctx, owner, d.Number, operation.EntryStep{Action: operation.SubmitEntry, Revision: d.Revision})
}
