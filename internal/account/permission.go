package account

// Permission is one row of the readable role table: what may be done, by whom.
// The table is shown to administrators and read by nobody's code: what it says
// is decided by the route table, datasets.Visible and licensing.MayServe, and
// a test of each holds them to it.
type Permission struct {
	Zh, En string
	By     []Role
}

// May reports whether role r alone is enough.
func (p Permission) May(r Role) bool {
	for _, by := range p.By {
		if by == Visitor || by == r {
			return true
		}
	}
	return false
}

// Permissions is the role table.
var Permissions = []Permission{
	{"浏览、检索已发布的无条件开放和有条件开放目录", "Browse and search published entries, open and conditional", everybody},
	{"下载无条件开放的数据，调用公开接口", "Download unconditional data and call the public API", everybody},
	{"查看法规、统计、帮助和开发者文档", "Read the law in force, statistics, help and API documentation", everybody},
	{"修改自己的密码，查看和结束自己的登录会话", "Change one's password, list and end one's sessions", staff},
	{"建立和停用自己的接口密钥", "Make and revoke one's API keys", staff},
	{"查看本部门的草稿和不予开放目录", "See drafts and withheld entries of one's department", []Role{Officer}},
	{"建立、修改、发布、撤回本部门的数据集", "Create, edit, publish and withdraw datasets of one's department", []Role{Officer}},
	{"为本部门的数据集发布新版本", "Publish new versions of one's department's datasets", []Role{Officer}},
	{"建立、停用账号，设置角色和密码", "Create and disable accounts, set roles and passwords", []Role{Administrator}},
	{"查看审计记录，核对审计链", "Read the audit trail and verify its chain", []Role{Administrator}},
}

var (
	everybody = []Role{Visitor, Officer, Administrator}
	staff     = []Role{Officer, Administrator}
)

// RoleNames are the roles in the order of the table, with their names.
var RoleNames = []struct {
	Role   Role
	Zh, En string
}{
	{Visitor, "访客", "Visitor"},
	{Officer, "部门数据专员", "Department officer"},
	{Administrator, "系统管理员", "Administrator"},
}
