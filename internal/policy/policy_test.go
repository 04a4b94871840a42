package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func load(t *testing.T) *Book {
	t.Helper()
	b, err := Load(Files)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryTextIsThere(t *testing.T) {
	b := load(t)
	got := []string{}
	for _, p := range b.Profiles() {
		from, last, note := p.Effective()
		end := "open"
		if !last.IsZero() {
			end = last.Format(time.DateOnly)
		}
		if note.Zh == "" || note.En == "" || p.House() {
			t.Errorf("%s: %+v", p.ID(), note)
		}
		got = append(got, fmt.Sprintf("%s %s %s %s to %s, %d rules, %d provisions", p.Code(), p.ID(), p.Document(), from.Format(time.DateOnly), end, len(p.Rules()), len(b.Provisions(p.ID()))))
	}
	want := []string{
		"TJ cn-tianjin-2018  2019-01-01 to open, 46 rules, 55 provisions",
		"RF overlay-civil-defence-2021  2021-07-15 to open, 14 rules, 22 provisions",
		"AB cn-sichuan-aba-2021 阿府办发〔2021〕21号 2021-10-11 to 2023-10-10, 52 rules, 89 provisions",
		"AS cn-liaoning-anshan-2022 鞍政办发〔2022〕22号 2022-08-25 to open, 49 rules, 79 provisions",
		"FJ cn-fujian-2023 闽政办〔2023〕29号 2023-09-30 to open, 58 rules, 82 provisions",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !b.House().House() || b.House().ID() != "house-defaults" || len(b.House().Rules()) != 220 {
		t.Errorf("house: %s, %d rules", b.House().ID(), len(b.House().Rules()))
	}
	for _, id := range []string{"house-defaults", "", "cn-tianjin-2019", "TJ"} {
		if p, ok := b.Profile(id); ok {
			t.Errorf("%q is the text %s", id, p.ID())
		}
	}
}

// What a page shows of Tianjin and of the overlay does not pretend to a title
// that the sources do not hand down.
func TestAMissingTitleIsSaidToBeMissing(t *testing.T) {
	b := load(t)
	for id, want := range map[string]bool{"cn-tianjin-2018": false, "overlay-civil-defence-2021": false, "cn-liaoning-anshan-2022": true, "cn-sichuan-aba-2021": true, "cn-fujian-2023": true} {
		p, _ := b.Profile(id)
		if p.Titled() != want || strings.Contains(p.Title().Zh, "缺标题") == want {
			t.Errorf("%s: %+v", id, p.Title())
		}
	}
}

// A citation leads to a provision of its own text, or is the number of the
// whole document. AS-8 decides nothing that software does and is not among the
// provisions.
func TestEveryCitationLeadsSomewhere(t *testing.T) {
	b := load(t)
	var nowhere []string
	cited := 0
	for _, p := range b.Profiles() {
		for _, r := range p.Rules() {
			if len(r.Cite) == 0 && !r.Silent {
				t.Errorf("%s %s has no source", p.ID(), r.Path)
			}
			for _, c := range r.Cite {
				cited++
				found := b.Provision(c)
				for _, v := range found {
					if v.Profile != p.ID() {
						t.Errorf("%s %s cites %s of %s", p.ID(), r.Path, c, v.Profile)
					}
				}
				if len(found) == 0 && c != p.Document() {
					nowhere = append(nowhere, c)
				}
			}
		}
	}
	if diff := cmp.Diff([]string{"AS-8"}, nowhere); diff != "" || cited < 150 {
		t.Errorf("of %d citations: %s", cited, diff)
	}
}

// The platform's own rules are never taken for law, and the law never for the
// platform's.
func TestWhatIsLawAndWhatIsThePlatforms(t *testing.T) {
	b := load(t)
	for _, r := range b.House().Rules() {
		if !r.House || !slices.Equal(r.Cite, []string{HouseCite}) || r.Silent {
			t.Errorf("%s: house %t, cites %v", r.Path, r.House, r.Cite)
		}
	}
	answered := 0
	for _, p := range b.Profiles() {
		for _, r := range p.Rules() {
			if r.House || slices.Contains(r.Cite, HouseCite) {
				t.Errorf("%s %s stands as a rule of the platform", p.ID(), r.Path)
			}
			for _, a := range r.Answers {
				if answered++; !a.House {
					t.Errorf("%s %s is answered by %s, which is no rule of the platform", p.ID(), r.Path, a.Path)
				}
			}
		}
	}
	if answered != 75 {
		t.Errorf("%d silences are answered", answered)
	}
}

// in writes a rule in one line: its figures and words, then its source.
func in(r Rule) string {
	words := func(w []Word) string {
		var out []string
		for _, one := range w {
			out = append(out, one.Code+map[bool]string{true: one.Zh}[one.Code == ""])
		}
		return strings.Join(out, "、")
	}
	var out []string
	add := func(format, s string) {
		if s != "" {
			out = append(out, fmt.Sprintf(format, s))
		}
	}
	add("%s", words(r.Value)+r.Unit.Zh)
	add("from %s", words([]Word{r.From}))
	add("for %s", words([]Word{r.Target}))
	for _, w := range r.Wording {
		add("“%s”", w.Zh)
	}
	details := func(d []Detail) (s string) {
		for _, one := range d {
			s += " " + one.Key + "=" + words(one.Value)
		}
		return s
	}
	for _, o := range r.Options {
		out = append(out, o.Code+"("+o.Name.Zh+details(o.Details)+")")
	}
	add("%s", strings.TrimSpace(details(r.Details)))
	add("%s", strings.Join(r.Cite, " "))
	return strings.Join(out, " | ")
}

// The provisions that an expert checks first, and what goes wrong with each:
// every figure, word and article is written out.
var checkedFirst = []struct{ profile, path, want string }{
	// 1: two working days from acceptance, and the data is open by then
	{"cn-tianjin-2018", "open.application.decision_deadline", "2个工作日 | from accepted | for data_opened_on_platform | “自受理申请之日起两个工作日内” | TJ-23.2"},
	{"cn-tianjin-2018", "open.application.acceptance_deadline", "silent | “及时受理” | TJ-23.2"},
	// 2: fifteen, and the text does not say from when
	{"cn-sichuan-aba-2021", "open.application.decision_deadline", "15个工作日 | from silent | for handled | AB-35.1"},
	// 3: sharing counts from receipt in Aba, from acceptance in Tianjin
	{"cn-sichuan-aba-2021", "share.application.decision_deadline", "7个工作日 | from received | for reply | “自收到申请之日起” | applies_to=conditional | AB-27.2"},
	{"cn-tianjin-2018", "share.application.decision_deadline", "2个工作日 | from accepted | for data_supplied_on_platform | “自受理申请之日起” | TJ-17"},
	// 4: a refusal needs reason and basis
	{"cn-tianjin-2018", "share.application.refusal", "reason=required basis=required deadline=same_window_by_reading | TJ-17"},
	{"cn-tianjin-2018", "open.application.refusal", "reason=required basis=required deadline=same_window_by_reading | TJ-23.2"},
	// 5: a basis for what is not open, of these kinds
	{"cn-liaoning-anshan-2022", "open.basis_required_for", "codes=conditional、withheld kinds=法律、法规、国家有关规定 | AS-27.3"},
	// 6: of higher kinds in Aba
	{"cn-sichuan-aba-2021", "share.basis_required_for", "codes=conditional、withheld reason_also=true kinds=法律、行政法规、党中央政策、国务院政策 excluded_kinds=地方性法规、规章 | AB-24.3"},
	{"cn-sichuan-aba-2021", "share.application.refusal", "reason=required basis=required basis_kinds=法律、行政法规、党中央政策、国务院政策 | AB-23.3 AB-27.2"},
	// 7: a basis, and filing
	{"cn-tianjin-2018", "share.basis_required_for", "codes=conditional、withheld kinds=法律、法规、规章 filing.with=本级互联网信息主管部门 filing.deadline=silent | TJ-16"},
	// 8: how a condition is met
	{"cn-liaoning-anshan-2022", "open.conditional_catalogue_fields", "fields=开放方式、使用要求、安全保障措施 | AS-27.3"},
	// 9: the review before opening
	{"cn-liaoning-anshan-2022", "open.review", "gates=开放审查、安全保密审查 with=市网信部门 deadline=silent | AS-28 AS-30"},
	// 10: opening is free, development may cost
	{"cn-liaoning-anshan-2022", "open.fee", "free | exception=法律、法规另有规定的除外 | AS-29"},
	{"cn-tianjin-2018", "open.fee", "free | TJ-20.1"},
	{"cn-fujian-2023", "open.fee", "silent"},
	{"cn-fujian-2023", "development.paid_service", "allowed=true tariff=silent | FJ-4.1 FJ-III.3"},
	// 11: the stamp, for every input
	{"cn-liaoning-anshan-2022", "products", "stamp=来源、获取日期 per_input=true | AS-35"},
	{"cn-sichuan-aba-2021", "products", "stamp=来源、获取日期 per_input=true | AB-35.4"},
	{"cn-fujian-2023", "products", "stamp=silent"},
	// 12, 13: research for the public good, business by competition
	{"cn-sichuan-aba-2021", "open.academic_use", "applicants=高等院校、科研院所 limit=仅限于科研教育等公益性活动 | AB-35.2"},
	{"cn-sichuan-aba-2021", "open.commercial_use", "award=competitive_required methods=公开招标、其他竞争性方式 | AB-35.3"},
	// 14: anyone objects; seven days; seven more once
	{"cn-sichuan-aba-2021", "correction.who", "government_departments、organisations、individuals | AB-28.1"},
	{"cn-sichuan-aba-2021", "correction.deadline", "7个工作日 | from request_received_by_provider | “自收到复核申请之日起” | covers=check、reply | AB-28.2"},
	{"cn-sichuan-aba-2021", "correction.extension", "个工作日 | max=7 count=not_stated approver=数据提供部门或平台管理机构负责人 | AB-28.2"},
	{"cn-sichuan-aba-2021", "correction.services_must_not_be_refused_meanwhile", "true | AB-28.3"},
	// 15: two clocks, each from its own event
	{"cn-sichuan-aba-2021", "catalogue.update_deadline", "10个工作日 | from event_date | “自情形发生之日起” | AB-17"},
	{"cn-sichuan-aba-2021", "catalogue.report_deadline", "3个工作日 | from not_stated_reading_update_done | attach=更新后的目录、变更依据 to=本级数据资源主管部门 | AB-17"},
	// 16: done in the catalogue, not handed in
	{"cn-fujian-2023", "catalogue.update_deadline", "10个工作日 | from change_date | for 在省公共数据目录系统完成更新 | “自变化之日起” | FJ-2.2"},
	// 17: one department collects
	{"cn-sichuan-aba-2021", "catalogue.duplicates", "decide=协调明确采集部门 by=州数据资源主管部门 deadline=silent | AB-15.4"},
	{"cn-liaoning-anshan-2022", "catalogue.duplicates", "rule=一数一源、一源多用 procedure=silent | AS-14.2"},
	// 18: either way opens what was withheld
	{"cn-sichuan-aba-2021", "open.declassification", "from withheld | to=unconditional、conditional paths=依法脱密脱敏处理、权利人同意 | AB-31.3"},
	// 19: what may be traded
	{"cn-tianjin-2018", "trading", "deidentified=required irreversible=required lawful_source=required venue=encouraged_not_mandatory venue_zh=依法设立的数据交易服务机构 | TJ-29 TJ-45"},
	// 20: for the purpose, and not further
	{"cn-tianjin-2018", "share.purpose_limit", "own_duties_only=true other_purpose=forbidden disguised_other_purpose=forbidden | TJ-18"},
	{"cn-tianjin-2018", "share.onward_transfer", "forbidden | TJ-18"},
	{"cn-liaoning-anshan-2022", "share.purpose_limit", "beyond_scope=forbidden other_purpose=forbidden | AS-22"},
	// 21, 22, 23: who authorises does not operate; scenario by scenario; four questions
	{"cn-fujian-2023", "development.model", "“管运分离、授权经营” | FJ-III.3"},
	{"cn-fujian-2023", "development.unit", "“场景式开发利用” | FJ-4.2"},
	{"cn-fujian-2023", "development.trace", "“来源可溯” | “去向可查” | “行为留痕” | “责任可究” | FJ-4.3"},
	// 24: destroyed at the end
	{"cn-liaoning-anshan-2022", "processor", "vetting=required contract=required destroy_on_completion=required revoke_accounts=required exceptions=law、agreement | AS-44"},
	// 25: in an emergency
	{"cn-liaoning-anshan-2022", "emergency", "share=true open=true trigger=突发公共事件 deadline_wording=及时 | AS-20.4"},
	{"cn-sichuan-aba-2021", "emergency", "“及时、准确” | open=true kinds=自然灾害、事故灾难、公共卫生事件、社会安全事件 dynamic_update=true | AB-32"},
	// further traps
	{"cn-sichuan-aba-2021", "effective_to", "2年 | computed=2023-10 | AB-49"},
	{"cn-liaoning-anshan-2022", "precedence", "yields_to=national、provincial | AS-52"},
	{"cn-tianjin-2018", "open.formats", "unconditional=可机读标准格式 access=在线访问、获取 | TJ-22"},
	{"cn-tianjin-2018", "legal_equivalence.open", "channel=open classes=all | TJ-21.2"},
	{"cn-tianjin-2018", "legal_equivalence.share", "channel=share classes=文书类、证照类、合同类 | TJ-19.1"},
	{"cn-fujian-2023", "targets.2025", "by=2025 records_min=110000000000 open_datasets_min=7000 scenarios_min=100 | FJ-G"},
	{"cn-fujian-2023", "backup", "important_data=本地实时灾备 all_data=异地定时灾备 model=两地三中心 | FJ-6.3"},
	{"overlay-civil-defence-2021", "backup", "异地实时灾备 | RF-20"},
}

func TestTheProvisionsAnExpertChecksFirst(t *testing.T) {
	b := load(t)
	for _, c := range checkedFirst {
		p, ok := b.Profile(c.profile)
		if !ok {
			t.Fatalf("no %s", c.profile)
		}
		r, ok := p.Rule(c.path)
		if !ok {
			t.Errorf("%s has no rule %s", c.profile, c.path)
			continue
		}
		if got := in(r); got != c.want {
			t.Errorf("%s %s\n got %s\nwant %s", c.profile, c.path, got, c.want)
		}
	}
}

// The figures that no text gives are the platform's.
func TestTheFiguresOfThePlatform(t *testing.T) {
	b := load(t)
	for path, want := range map[string]string{
		"clock": "count_start_day=false roll=working_day_only timezone=Asia/Shanghai calendar=state_council_notices", "rules_bound_at": "received", "when_no_profile": "strictest_of_all",
		"aba_last_day": "2023-10-10", "anshan_open_application": "15个工作日 | from accepted | for data_opened_on_platform", "anshan_share_application": "7个工作日 | from received",
		"fujian_open_application": "15个工作日 | from accepted | for data_opened_on_platform", "fujian_share_application": "7个工作日 | from received", "aba_open_application_start": "received",
		"acceptance_of_application": "2个工作日 | from submitted | then=accepted_automatically", "grant_suspended_clock": "stops_clock=true", "completion_of_form": "5个工作日 | stops_clock=true times=1 then=lapsed",
		"refusal_dispute_window": "10个工作日 | from refused", "authority_decision": "15个工作日 | from disputed", "negotiation": "10个工作日", "grant_term_max": "12个月 | renewable=true",
		"opening_review": "10个工作日 | from submitted_for_review", "catalogue_change_default": "10个工作日 | from event_date", "aba_report_start": "update_done", "duplicate_decision": "15个工作日",
		"output_review": "5个工作日 | reviewers=2 reviewers_not_of=requester、requester_organisation", "destruction": "5个工作日 | from term_end | exceptions=law、agreement", "settlement": "5个工作日 | from accepted", "arbitration": "30个工作日",
		"registration_certificate_validity": "36个月", "compliance_certificate_validity": "12个月", "payment": "5个工作日 | from contract_signed | then=lapsed", "inspection": "5个工作日 | from delivered | then=accepted",
	} {
		r, ok := b.House().Rule(path)
		if got := in(r); !ok || got != want+" | "+HouseCite {
			t.Errorf("%s\n got %s\nwant %s", path, got, want)
		}
	}
}

// Where a text is silent, the platform's answer hangs on the silence, and the
// silence stays one.
func TestThePlatformAnswersWhereATextIsSilent(t *testing.T) {
	b := load(t)
	for _, c := range []struct{ profile, path, answer string }{
		{"cn-liaoning-anshan-2022", "open.application.decision_deadline", "anshan_open_application"},
		{"cn-sichuan-aba-2021", "open.application.decision_deadline", "aba_open_application_start"},
		{"cn-fujian-2023", "open.application", "fujian_open_application"},
		{"cn-tianjin-2018", "correction", "correction_default"},
		{"cn-tianjin-2018", "open.application.acceptance_deadline", "acceptance_of_application"},
		{"overlay-civil-defence-2021", "catalogue.update_deadline", "catalogue_change_default"},
	} {
		p, _ := b.Profile(c.profile)
		r, _ := p.Rule(c.path)
		if len(r.Answers) != 1 || r.Answers[0].Path != c.answer || !r.Answers[0].House {
			t.Errorf("%s %s is answered by %v", c.profile, c.path, r.Answers)
		}
		fills := b.Fills(c.answer)
		if !slices.ContainsFunc(fills, func(g Gap) bool { return g.Profile == p && g.Rule.Path == c.path }) {
			t.Errorf("%s fills %d gaps, not %s %s", c.answer, len(fills), c.profile, c.path)
		}
	}
	p, _ := b.Profile("cn-liaoning-anshan-2022")
	r, _ := p.Rule("open.application.decision_deadline")
	if !r.Silent || !r.Is(Silent) || len(r.Cite) != 0 {
		t.Errorf("the silence of Anshan: %+v", r)
	}
	if n, ok := r.Answers[0].Number(); !ok || n != 15 {
		t.Errorf("its answer: %d", n)
	}
	for _, gap := range b.Fills("nothing") {
		t.Errorf("a rule that there is not fills %v", gap)
	}
}

func TestARuleSaysNumbersAndCodes(t *testing.T) {
	b := load(t)
	p, _ := b.Profile("cn-tianjin-2018")
	for path, want := range map[string]int{"open.application.decision_deadline": 2, "share.application.decision_deadline": 2} {
		r, _ := p.Rule(path)
		if n, ok := r.Number(); !ok || n != want {
			t.Errorf("%s: %d, %t", path, n, ok)
		}
	}
	for _, path := range []string{"open.fee", "correction", "open.types", "open.priority_themes"} {
		r, _ := p.Rule(path)
		if n, ok := r.Number(); ok {
			t.Errorf("%s is the number %d", path, n)
		}
	}
	r, _ := p.Rule("open.fee")
	if !r.Is("free") || r.Is(Silent) {
		t.Errorf("the fee: %+v", r.Value)
	}
	for _, text := range []string{"2 ", "02", "2.5", "+2", "二"} {
		if n, ok := (Rule{Value: []Word{{Text: Text{Zh: text}}}}).Number(); ok {
			t.Errorf("%q is the number %d", text, n)
		}
	}
}

// A text is in force from the first minute of its first day in China to the
// last minute of its last.
func TestWhatWasInForceOnADay(t *testing.T) {
	b := load(t)
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		id, at string
		want   bool
	}{
		{"cn-sichuan-aba-2021", "2021-10-10T23:59:59+08:00", false}, // the day before
		{"cn-sichuan-aba-2021", "2021-10-11T00:00:00+08:00", true},
		{"cn-sichuan-aba-2021", "2021-10-10T16:00:00Z", true}, // the same moment elsewhere
		{"cn-sichuan-aba-2021", "2021-10-10T15:59:59Z", false},
		{"cn-sichuan-aba-2021", "2023-10-10T00:00:00+08:00", true},
		{"cn-sichuan-aba-2021", "2023-10-10T23:59:59.999+08:00", true}, // the last minute
		{"cn-sichuan-aba-2021", "2023-10-11T00:00:00+08:00", false},    // the next midnight
		{"cn-sichuan-aba-2021", "2023-10-10T16:00:00Z", false},
		{"cn-sichuan-aba-2021", "2023-10-10T15:59:59Z", true},
		{"cn-tianjin-2018", "2018-12-14T12:00:00+08:00", false}, // adopted, not yet in force
		{"cn-tianjin-2018", "2018-12-31T23:59:59+08:00", false},
		{"cn-tianjin-2018", "2019-01-01T00:00:00+08:00", true},
		{"cn-tianjin-2018", "2099-01-01T00:00:00+08:00", true},
		{"cn-liaoning-anshan-2022", "2022-08-24T16:00:00Z", true},
		{"cn-liaoning-anshan-2022", "2022-08-24T15:59:59Z", false},
		{"cn-fujian-2023", "2023-09-29T23:59:59+08:00", false},
		{"cn-fujian-2023", "2023-09-30T00:00:00+08:00", true},
		{"overlay-civil-defence-2021", "2021-07-14T23:59:59+08:00", false},
		{"overlay-civil-defence-2021", "2021-07-15T00:00:00+08:00", true},
		{"house-defaults", "2026-01-01T00:00:00+08:00", false}, // no text at all
		{"nowhere", "2026-01-01T00:00:00+08:00", false},
	} {
		p, ok := b.On(c.id, at(c.at))
		if ok != c.want || ok && p.ID() != c.id {
			t.Errorf("%s at %s: %t", c.id, c.at, ok)
		}
	}
	if !b.House().InForce(at("1900-01-01T00:00:00+08:00")) || !b.House().InForce(at("2100-01-01T00:00:00+08:00")) {
		t.Error("the platform's own rules are not always in force")
	}
}

// A case keeps the rules of the day it was received: they are found by that
// day, also once the text has lapsed.
func TestALapsedTextStillGovernsItsCases(t *testing.T) {
	b := load(t)
	received, due := time.Date(2023, 9, 18, 9, 0, 0, 0, zone), time.Date(2023, 10, 13, 9, 0, 0, 0, zone)
	p, ok := b.On("cn-sichuan-aba-2021", received)
	if !ok {
		t.Fatal("not in force on the day of receipt")
	}
	if _, ok := b.On("cn-sichuan-aba-2021", due); ok {
		t.Error("still in force on the day it is due")
	}
	if r, _ := p.Rule("open.application.decision_deadline"); !r.Is("") || in(r) == "" {
		t.Errorf("%s", in(r))
	}
}

func TestTheCivilDefenceOverlayIsAsItsText(t *testing.T) {
	b := load(t)
	p, _ := b.Profile("overlay-civil-defence-2021")
	for path, want := range map[string]string{
		"applies_to":                "domain=人防战备数据 | RF-2",
		"subdomains":                "组织指挥、城市人口、防护工程、疏散掩蔽、交通运输、专业力量、重要经济目标、现场环境、军情信息、支撑保障 | RF-2",
		"collection_methods":        "“政务共享” | “网络共享” | “业务生成” | “定向采集” | “有偿购买” | open_list=true | RF-7",
		"catalogue.required_fields": "内容、格式、采集时限、共享方式、更新方式、更新频率、更新时限 | RF-7 RF-9",
		"catalogue.filing_with":     "省人民防空主管部门、市大数据工作主管部门 | RF-6",
		"catalogue.update_deadline": "silent",
		"share":                     "types=silent application=silent",
		"open":                      "status=exploratory precondition=确保国家安全、保守国家秘密、商业秘密、个人隐私 | RF-11",
		"correction":                "mechanism=跨部门异议处理 deadline=silent | RF-10",
		"quality":                   "dimensions=完整性、规范性、准确性 provider_liable=true | RF-10",
		"products":                  "silent",
	} {
		r, ok := p.Rule(path)
		if got := in(r); !ok || got != want {
			t.Errorf("%s\n got %s\nwant %s", path, got, want)
		}
	}
	for _, path := range []string{"share", "products", "catalogue.update_deadline"} {
		if r, _ := p.Rule(path); !r.Silent {
			t.Errorf("%s decides something: %s", path, in(r))
		}
	}
}

func TestTheProvisions(t *testing.T) {
	b := load(t)
	total := 0
	for _, p := range b.Profiles() {
		last := ""
		for _, v := range b.Provisions(p.ID()) {
			total++
			if !strings.HasPrefix(v.ID, p.Code()+"-") || v.Quote == "" || v.English == "" || v.Behaviour == "" || v.Actor == "" || v.Title != p.Title() {
				t.Errorf("%+v after %s", v, last)
			}
			if strings.ContainsAny(v.Quote+v.English+v.Behaviour+v.Parameters+v.Actor, "\t\n\r|\\") {
				t.Errorf("%s holds the marks of a table", v.ID)
			}
			last = v.ID
		}
	}
	if total != 327 {
		t.Errorf("%d provisions", total)
	}
	// the words of the texts themselves
	for id, want := range map[string]string{
		"TJ-15": "共享为原则、不共享为例外", "AS-20.1": "以共享为原则，不共享为例外", "AB-17a": "自情形发生之日起10个工作日内更新本部门政务数据资源目录", "AB-35.1b": "政务部门应当在十五个工作日内处理",
		"AB-28.2c": "经数据提供部门或者阿坝州大数据中心平台管理机构负责人同意，延长期限不超过7个工作日", "FJ-2.2c": "应当自变化之日起10个工作日内在省公共数据目录系统完成更新",
	} {
		found := b.Provision(id)
		if len(found) != 1 || found[0].Quote != want {
			t.Errorf("%s: %+v", id, found)
		}
	}
}

func TestACitationHoldsWhatLiesWithinIt(t *testing.T) {
	b := load(t)
	ids := func(id string) string {
		var out []string
		for _, v := range b.Provision(id) {
			out = append(out, v.ID)
		}
		return strings.Join(out, " ")
	}
	for id, want := range map[string]string{
		"AS-27.3": "AS-27.3a AS-27.3b", "AS-27.3a": "AS-27.3a", "AB-17": "AB-17a AB-17b", "AB-28.2": "AB-28.2a AB-28.2b AB-28.2c", "AB-44(9)": "AB-44(9)", "AB-44(1)": "",
		"TJ-2": "", "AS-999": "", "": "", "AS": "", "AS-": "", HouseCite: "",
	} {
		if got := ids(id); got != want {
			t.Errorf("%s holds %q, want %q", id, got, want)
		}
	}
	if got := ids("AB-4"); strings.Contains(got, "AB-44") {
		t.Errorf("AB-4 holds %s", got)
	}
}

// What is handed out is a copy: no page can change the law.
func TestABookDoesNotChange(t *testing.T) {
	b := load(t)
	p := b.Profiles()[0]
	rules := p.Rules()
	rules[0].Path = "changed"
	b.Profiles()[0] = nil
	if p.Rules()[0].Path == "changed" || b.Profiles()[0] == nil {
		t.Error("a reader changed the book")
	}
}

func TestANumberThatNoRuleSaysIsNamed(t *testing.T) {
	book, err := Load(Files)
	if err != nil {
		t.Fatal(err)
	}
	n := book.Numbers()
	if n.Of("completion_of_form", "") != 5 || n.Of("completion_of_form", "times") != 1 || n.Times("completion_of_form", "", time.Hour) != 5*time.Hour || n.Missing() != nil {
		t.Errorf("%v", n.Missing())
	}
	n.Of("completion_of_form", "then") // a word
	n.Of("never_there", "")
	if err := n.Missing(); err == nil || !strings.Contains(err.Error(), "never_there") || !strings.Contains(err.Error(), "then") {
		t.Errorf("%v", err)
	}
}

// What each text says of breaches, incidents and orders, with its article; where it
// names nothing the platform answers.
func TestWhatTextsSayOfBreachesIncidentsAndOrders(t *testing.T) {
	b := load(t)
	for _, c := range []struct {
		profile, path string
		cite          []string
		codes         []string
		answer        string // a rule of the platform
	}{
		{"cn-fujian-2023", "violations", []string{"FJ-III.4"}, []string{"misuse", "beyond_scope", "abuse", "tampering", "damage", "leak"}, ""},
		{"cn-sichuan-aba-2021", "violations", []string{"AB-44(9)", "AB-44(10)", "AB-44(11)"}, []string{"misuse", "tampering", "copying"}, ""},
		{"cn-liaoning-anshan-2022", "share.violations", []string{"AS-22b"}, []string{"beyond_scope", "other_purpose"}, ""},
		{"cn-liaoning-anshan-2022", "violations", nil, nil, "breach_violations"},
		{"cn-tianjin-2018", "violations", nil, nil, "breach_violations"},
		{"cn-liaoning-anshan-2022", "incident_notice", []string{"AS-48"}, nil, "incident_telling"},
		{"cn-tianjin-2018", "incident_notice", []string{"TJ-50"}, nil, "incident_reporting"},
		{"cn-sichuan-aba-2021", "incident_notice", []string{"AB-41.2"}, nil, "incident_containment"},
		{"cn-fujian-2023", "incident_notice", nil, nil, "incident_levels"},
		{"cn-liaoning-anshan-2022", "rectification", []string{"AS-49"}, nil, "rectification_grounds"},
		{"cn-tianjin-2018", "rectification", []string{"TJ-52"}, []string{"catalogue", "supply", "security"}, "rectification_due"},
		{"cn-sichuan-aba-2021", "rectification", []string{"AB-44(2)", "AB-44(3)", "AB-44(4)", "AB-44(5)", "AB-44(6)", "AB-44(7)", "AB-44(8)", "AB-44(9)", "AB-44(10)", "AB-44(11)", "AB-44(12)"},
			[]string{"catalogue", "duplicate_collection", "refusing_delivery", "updating", "unusable", "asking_again", "late_answers", "misuse", "tampering", "copying", "security"}, "rectification_due"},
		{"cn-fujian-2023", "rectification", nil, nil, "rectification_grounds"},
	} {
		p, _ := b.Profile(c.profile)
		r, ok := p.Rule(c.path)
		var codes []string
		for _, o := range r.Options {
			codes = append(codes, o.Code)
			if o.Name.Zh == "" || o.Name.En == "" {
				t.Errorf("%s %s: %s has no name", c.profile, c.path, o.Code)
			}
		}
		if !ok || !slices.Equal(r.Cite, c.cite) || !slices.Equal(codes, c.codes) || r.Silent != (c.cite == nil) {
			t.Errorf("%s %s cites %v and names %v (silent: %v)", c.profile, c.path, r.Cite, codes, r.Silent)
		}
		if c.answer != "" && !slices.ContainsFunc(r.Answers, func(a Rule) bool { return a.Path == c.answer && a.House }) {
			t.Errorf("%s %s: the platform does not answer with %s", c.profile, c.path, c.answer)
		}
	}
	// the words of a ground are those of its item
	p, _ := b.Profile("cn-sichuan-aba-2021")
	r, _ := p.Rule("rectification")
	for i, o := range r.Options {
		if found := b.Provision(r.Cite[i]); len(found) != 1 || found[0].Quote != o.Name.Zh {
			t.Errorf("%s says %q, the rule %q", r.Cite[i], found[0].Quote, o.Name.Zh)
		}
	}
}
