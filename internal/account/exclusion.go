package account

// Exclusion is one rule of which sides no two of are the same person's, for the
// table that people read. The database holds it: an account stands on one side
// for good, and a public body on one of two (migration 0060).
type Exclusion struct {
	Sides    []Side
	Zh, En   string
	Cite     string // the provision or the standard behind it; empty: a rule of the platform
	Standard bool   // Cite is a standard and no legal text
}

// Exclusions are all of them.
var Exclusions = []Exclusion{
	{Sides: []Side{Manage, Operate}, Cite: "FJ-III.3a",
		Zh: "管运分离：管理数据的（部门、审查员、主管部门）不运营数据，运营机构不管理数据；不能是同一个账号，也不能是同一个机构。",
		En: "Who manages data (departments, reviewers, the authority) does not operate it, and the operator does not manage it: never one account, never one body."},
	{Sides: []Side{RunSystem, GuardSecurity, KeepAudit}, Cite: "GB/T 22239-2019 8.1.5", Standard: true,
		Zh: "等保三级：系统管理员、安全管理员、审计管理员是三个人，互不兼任。",
		En: "Level 3 of classified protection: the system, security and audit administrators are three people."},
	{Sides: []Side{Manage, Operate, Use, Exchange, Arbitrate, RunSystem, GuardSecurity, KeepAudit},
		Zh: "三员不管数据：能建账号、给角色、看审计的，都不能管理、运营或使用数据。",
		En: "The administrators have no part in data: who makes accounts, gives roles or reads the audit trail neither manages nor operates nor uses data."},
	{Sides: []Side{Manage, Operate, Use, Exchange, Arbitrate, Regulate, RunSystem, GuardSecurity, KeepAudit},
		Zh: "监管独立：监管人员不做任何其他角色；监管机构不是管理数据的部门。",
		En: "Whoever supervises plays no other part, and a supervising body is no department that manages data."},
	{Sides: []Side{Exchange, Arbitrate, Manage, Operate, Use},
		Zh: "交易和仲裁独立：交易所人员和仲裁员不是交易的任何一方，也不互相兼任。",
		En: "The exchange and its arbitrators are apart: neither is a party to a trade, nor the other."},
}

// SideName is what a side is called.
type SideName struct {
	Side   Side
	Zh, En string
}

// SideNames are the sides in the order of Parts.
var SideNames = []SideName{
	{Manage, "管理", "Manage"},
	{Operate, "运营", "Operate"},
	{Use, "使用", "Use"},
	{Exchange, "交易所", "Exchange"},
	{Arbitrate, "仲裁", "Arbitrate"},
	{Regulate, "监管", "Supervise"},
	{RunSystem, "系统", "System"},
	{GuardSecurity, "安全", "Security"},
	{KeepAudit, "审计", "Audit"},
}

// NameOf is the name of side s, and its code where there is none.
func NameOf(s Side) SideName {
	for _, n := range SideNames {
		if n.Side == s {
			return n
		}
	}
	return SideName{s, string(s), string(s)}
}

// Overseers are who may see the role table: those who give roles by it, and those
// who watch that it is kept.
var Overseers = []Role{Regulator, Administrator, SecurityAdministrator, AuditAdministrator}
