package account

import "slices"

// Role is a part somebody plays.
type Role string

// The roles. A role stands on one side, and so does whoever plays it.
const (
	Visitor Role = "visitor" // anybody, not signed in

	Officer            Role = "officer"             // data officer of a department (数源部门)
	Head               Role = "head"                // who answers for a department's data
	SecurityReviewer   Role = "security_reviewer"   // AS-30, 安全
	SecrecyReviewer    Role = "secrecy_reviewer"    // AS-30, RF-5, 保密
	CyberspaceReviewer Role = "cyberspace_reviewer" // AS-28, 网信
	Authority          Role = "authority"           // 大数据主管部门

	Operator  Role = "operator"  // 运营机构, FJ-III.3
	Developer Role = "developer" // 二级开发主体, FJ-4.2
	Buyer     Role = "buyer"
	Certifier Role = "certifier" // 合规认证, FJ-5.3
	Valuer    Role = "valuer"    // 资产评估, FJ-5.3
	Broker    Role = "broker"    // 数据经纪人, FJ-5.3

	ExchangeStaff Role = "exchange_staff"
	Arbitrator    Role = "arbitrator" // 争议仲裁, FJ-5.2
	Regulator     Role = "regulator"  // FJ-5.1

	Administrator         Role = "administrator"          // runs the installation; has no power over data
	SecurityAdministrator Role = "security_administrator" // gives and takes roles
	AuditAdministrator    Role = "audit_administrator"    // reads the audit trail
)

// Side is where a role stands. An account is on one side for good: whoever
// manages does not operate (管运分离, FJ-III.3), whoever supervises does neither,
// and the three administrators are three people (GB/T 22239-2019, 8.1.5).
type Side string

// The sides.
const (
	Manage        Side = "manage"    // 管: departments, reviewers, the authority
	Operate       Side = "operate"   // 运: the operator
	Use           Side = "use"       // 用: everybody who asks for data, develops, buys, serves
	Exchange      Side = "exchange"  // 交易所
	Arbitrate     Side = "arbitrate" // 仲裁: never of the exchange or of a party
	Regulate      Side = "regulate"  // 监管: sees everything, changes nothing but freeze
	RunSystem     Side = "system"
	GuardSecurity Side = "security"
	KeepAudit     Side = "audit"
)

// Part describes a role for the table that people read.
type Part struct {
	Role   Role
	Side   Side
	Body   bool // who plays it acts for a public body
	Zh, En string
}

// Parts are the roles in the order of the table. The table roles of the database
// says the same, and a test compares the two.
var Parts = []Part{
	{Visitor, "", false, "访客", "Visitor"},
	{Officer, Manage, true, "部门数据专员", "Department officer"},
	{Head, Manage, true, "部门负责人", "Department head"},
	{SecurityReviewer, Manage, true, "安全审查员", "Security reviewer"},
	{SecrecyReviewer, Manage, true, "保密审查员", "Secrecy reviewer"},
	{CyberspaceReviewer, Manage, true, "网信审查员", "Cyberspace reviewer"},
	{Authority, Manage, true, "数据主管部门", "Data authority"},
	{Operator, Operate, false, "运营机构", "Operator"},
	{Developer, Use, false, "二级开发主体", "Second-tier developer"},
	{Buyer, Use, false, "买方", "Buyer"},
	{Certifier, Use, false, "合规认证机构", "Certifier"},
	{Valuer, Use, false, "资产评估机构", "Valuer"},
	{Broker, Use, false, "数据经纪人", "Data broker"},
	{ExchangeStaff, Exchange, false, "交易所人员", "Exchange staff"},
	{Arbitrator, Arbitrate, false, "仲裁员", "Arbitrator"},
	{Regulator, Regulate, true, "监管人员", "Regulator"},
	{Administrator, RunSystem, false, "系统管理员", "System administrator"},
	{SecurityAdministrator, GuardSecurity, false, "安全管理员", "Security administrator"},
	{AuditAdministrator, KeepAudit, false, "审计管理员", "Audit administrator"},
}

// PartOf describes role r; ok is false for what is no role.
func PartOf(r Role) (p Part, ok bool) {
	i := slices.IndexFunc(Parts, func(p Part) bool { return p.Role == r })
	if i < 0 {
		return Part{}, false
	}
	return Parts[i], true
}

// NeedsBody reports whether one of the roles acts for a public body.
func NeedsBody(roles []Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { p, ok := PartOf(r); return ok && p.Body })
}

// Deskers are the roles for which work waits at the desk: all but the visitor's.
var Deskers = every(false)
