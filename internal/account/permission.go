package account

import "slices"

// Permission is one row of the readable role table: what may be done, by whom.
// The account page shows each role its rows; no code decides by them. What they
// say is decided by the route table, datasets.Visible and licensing.MayServe,
// and a test asks each of them for every row. What is done by command is said
// so: it takes whoever may run commands on the server, too.
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
	{"在收件台看等自己办的事", "See in the inbox what waits for oneself", staff},
	{"开启和关闭自己的两步验证、通行密钥", "Turn one's second factor and passkeys on and off", staff},
	{"关联和取消关联自己在统一身份认证平台的身份", "Link and unlink oneself at the provider of identity", staff},
	{"导出自己的数据，申请删除账号", "Export one's data, ask to delete the account", staff},
	{"登记自己代表的机构，提交认证，邀请成员", "Register organisations one acts for, submit them, invite members", private},
	{"认证机构，或写明理由退回", "Verify organisations, or return them with a reason", []Role{Authority}},
	{"写明理由暂停已认证的机构，恢复", "Suspend verified organisations with a reason, and reinstate them", []Role{Authority}},
	{"建立和停用自己的接口密钥", "Make and revoke one's API keys", staff},
	{"对公开的数据提问，收回还没有答复的提问", "Ask about public data, and take back what is not answered yet", staff},
	{"举报公开的问答", "Report public questions and answers", staff},
	{"对公开的数据提出异议，凭链接看进展、重开一次、办结", "Object to public data; by the link follow the objection, reopen it once, close it", everybody},
	{"看用自己账号提出的异议", "See the objections filed with one's account", staff},
	{"校核并答复对本部门数据的异议，申请延长，转为不一致案", "Check and answer objections to the data of one's department, ask for more days, make them cases of disagreement", []Role{Officer}},
	{"决定是否延长本部门的校核", "Decide about more days for the checks of one's department", []Role{Head}},
	{"把通过平台提出的异议转给部门", "Forward objections filed through the platform", []Role{Authority}},
	{"提数据需求，附议、关注，没有人附议时收回", "Ask for data that is not there yet, second and follow such requests, take them back", staff},
	{"举报数据需求", "Report requests for data", staff},
	{"关注数据集、部门、主题和搜索，选怎样通知自己", "Follow datasets, departments, themes and searches, and choose how to be told", staff},
	{"登记 webhook 地址，验证、测试、换密钥、删去", "Enter webhook addresses, prove, test, rotate and remove them", staff},
	{"为本部门已公开的数据写解读", "Write notes that explain the public data of one's department", []Role{Officer}},
	{"批准或退回本部门的解读", "Approve or return the notes of one's department", []Role{Head}},
	{"答复对本部门数据的提问", "Answer questions about the data of one's department", []Role{Officer}},
	{"写明理由隐藏本部门数据的问答，重新公开，处理举报", "Hide questions about the data of one's department with a reason, show them again, deal with reports", []Role{Officer}},
	{"答复对本部门的数据需求，转给别的部门，合并相同的，写明理由隐藏", "Answer requests for data of one's department, send them on, merge and hide them", []Role{Officer}},
	{"为数据需求指派部门，合并相同的，写明理由隐藏", "Find a department for requests for data; merge and hide them", []Role{Authority}},
	{"为有条件开放的数据写申请、签署、取数、提出异议，报告使用，到期销毁，答复抽查(机构的，由负责人签)", "Apply for conditional data, sign, take it, dispute a refusal, report its use, destroy it at the end, answer audits (for an organisation, its owners sign)", onSides(Use)},
	{"受理、退回和决定对本部门数据的申请，设申请的条件", "Accept, return and decide applications for the data of one's department, and set their conditions", []Role{Officer}},
	{"查看对本部门数据的申请和授权", "See the applications for the data of one's department, and its grants", []Role{Officer, Head}},
	{"决定适用同一部规则的部门的拒绝是否成立", "Decide whether refusals of the departments under one's text stand", []Role{Authority}},
	{"立即暂停和恢复授权：本部门给出的；监管机构，全部", "Suspend and reinstate grants at once: those of one's department; the regulator, all", []Role{Officer, Head, Regulator}},
	{"查看使用报告、销毁和抽查：本部门的；主管部门，适用同一部规则的；监管机构，全部", "See reports of use, destructions and audits: of one's department; the authority, of those under its text; the regulator, all", []Role{Officer, Head, Authority, Regulator}},
	{"采纳或退回使用报告，确认或退回销毁证明，决定可以不销毁的", "Accept or return reports of use, confirm or return certificates of destruction, decide about exceptions", []Role{Officer}},
	{"按种子抽样抽查授权，作出结论，结案", "Draw samples of grants to audit, make the findings and close them", []Role{Authority, Regulator}},
	{"为本部门的数据上传文件，看读的结果，发布新版本", "Upload files for the data of one's department, see what was read, publish new versions", []Role{Officer}},
	{"编制本部门的目录条目，报送主管部门", "Compile the catalogue entries of one's department and send them to the authority", []Role{Officer}},
	{"安排本部门条目的文件和地址，公开、撤下和恢复条目", "Arrange the files and addresses of one's department's entries; publish, withdraw and restore them", []Role{Officer}},
	{"批量导出和导入本部门的目录条目，撤销导入", "Take the entries of one's department out and in as sheets, and take an import back", []Role{Officer}},
	{"登记本部门目录的变更，更新并报送", "Record changes of one's department's catalogue and report them", []Role{Officer}},
	{"对涉及本部门的重复案和不一致案说明意见，立不一致案", "State one's department's position in cases of duplicates and disagreement, and open the latter", []Role{Officer}},
	{"立重复案，决定由哪个部门采集、以哪个部门的数据为准", "Open cases of duplicates; decide which department collects, and whose data hold", []Role{Authority}},
	{"签发或退回本部门要报送的目录条目", "Sign or return the entries that one's department wants to send", []Role{Head}},
	{"确认或退回适用同一部规则的部门报送的目录条目", "Confirm or return the entries sent by the departments under one's text", []Role{Authority}},
	{"查看本部门的草稿和不予开放目录", "See drafts and withheld entries of one's department", []Role{Officer}},
	{"查看、检查和改正本部门登记的地址", "See, check and correct the addresses of one's department", []Role{Officer}},
	{"为本部门的数据送开放审查，撤回送审", "Ask for an opening review of the data of one's department, and take it back", []Role{Officer}},
	{"把本部门不予开放的数据脱敏，或者登记权利人同意，另建条目送审", "Make new entries of one's department's withheld data, de-identified or with the right holder's consent", []Role{Officer}},
	{"在开放审查里判自己的一关；部门负责人在突发事件时先开放", "Decide at one's gate of an opening review; the head of a department opens first in an emergency", []Role{Officer, Head, SecurityReviewer, SecrecyReviewer, CyberspaceReviewer}},
	{"查看本部门的开放审查；网信和主管部门查看同一文本下各部门的", "See the opening reviews of one's department; the cyberspace office and the authority, those of all departments under the same text", []Role{Officer, Head, SecurityReviewer, SecrecyReviewer, CyberspaceReviewer, Authority}},
	{"收回开放审查的批准", "Take back what an opening review lets through", []Role{SecurityReviewer, SecrecyReviewer, CyberspaceReviewer}},
	{"登记和结束突发事件，其间可以先开放后审查", "Record and end emergencies, during which opening comes before its review", []Role{Authority}},
	{"紧急撤回公开的数据：本部门的；主管部门和监管机构，适用同一部规则的", "Withdraw public data at once: of one's department; the authority and the regulator, of those under the same text", []Role{Head, Authority, Regulator}},
	{"查看部门之间共享的目录", "See the directory of what departments share with each other", []Role{Officer, Head, Authority}},
	{"为本部门申请别的部门的数据，协商，收回，用毕结束", "Ask for the data of other departments for one's own, negotiate, take back, end the use", []Role{Officer, Head}},
	{"说明针对自己授权的违约案，对决定提出异议，反映授权没有按约定使用", "Answer in breach cases about one's grants, dispute what is decided, report that a grant is not used as agreed", staff},
	{"查看公开的授权运营和年度信息披露报告", "See disclosed mandates and the yearly reports", everybody},
	{"看自己机构的入驻申请；使用方机构的负责人申请入驻、退出", "See the entries of one's organisations; who answers for one of those who use applies for entry, and leaves", staff},
	{"看授权运营的协议和开发主体的入驻：本机构的；监管机构，全部", "See mandates and entries of developers: of one's body or organisation; the regulator, all", []Role{Authority, Head, Regulator, Operator}},
	{"起草实施方案和授权运营协议，登记运营机构，代表实施机构签署，暂停、恢复、撤销、办结，评估运营机构，发布年度信息披露报告", "Draft plans and mandates, record the operator, sign for the body, suspend, resume, revoke and close mandates, evaluate the operator, issue the yearly report", []Role{Authority}},
	{"批准或退回实施方案和授权运营协议（自己起草的除外）", "Approve or return plans and mandates (not one's own)", []Role{Authority, Head}},
	{"代表运营机构签署、放弃授权，审核、暂停和终止开发主体的入驻", "Sign for the operator, surrender mandates, screen, suspend and end entries of developers", []Role{Operator}},
	{"冻结授权运营，解除自己的冻结", "Freeze mandates, and lift one's freeze", []Role{Regulator}},
	{"看违约案：本部门数据的，本部门使用别人数据的；主管部门和监管机构，各自监督的", "See breach cases: of the data of one's department, of what it uses of others; the authority and the regulator, those that they oversee", []Role{Officer, Head, Authority, Regulator}},
	{"立违约案，听取说明后决定：数据部门、主管部门、监管机构", "Open breach cases and decide them after hearing the holder: the department of the data, the authority, the regulator", []Role{Officer, Head, Authority, Regulator}},
	{"立安全事件，控制、告知、报告、留存记录：数据部门、主管部门、监管机构", "Open incidents with data, contain them, tell, report and keep records: the department of the data, the authority, the regulator", []Role{Officer, Head, Authority, Regulator}},
	{"决定对违约决定的异议", "Decide disputes of what was decided in breach cases", []Role{Authority}},
	{"看竞争项目：要什么、封条、开标、评审、结果", "See tenders: what is asked, the seals, the opening, the scoring, the result", everybody},
	{"为自己负责的机构投标、撤回、拆标、质疑", "Bid for the organisations that one answers for, withdraw, reveal, challenge", onSides(Use, Operate)},
	{"组织本部门的竞争：起草、公告、审查投标、公示、答复质疑、确认、取消", "Hold the competitions of one's department: draft, announce, examine bids, publish, answer challenges, confirm, cancel", []Role{Officer, Authority}},
	{"看产品登记的公示和证书，公示期间提异议", "See public notices of registrations and certificates, and object during the notice", everybody},
	{"受理、审查、公示和登记产品，答复异议，注销登记证书（自己的产品除外）", "Accept, check, announce and register products, answer objections, cancel certificates (not of one's own products)", []Role{ExchangeStaff}},
	{"为自己经营的产品上架、定套餐、暂停和下架", "List the products that one's organisation runs, price them, pause and delist them", onSides(Use)},
	{"核对、上架、退回、暂停和下架产品（自己的产品除外）", "Check, publish, return, pause and delist listings (not of one's own products)", []Role{ExchangeStaff}},
	{"核对收款账户，算好、答复和指示结算", "Check accounts to pay to, compute and answer settlements, and instruct their payment", []Role{ExchangeStaff}},
	{"看结算单：交易所、主管部门和监管机构，全部；运营机构，由它付款的", "See settlements: the exchange, the authority and the regulator, all; operators, those that they pay", []Role{ExchangeStaff, Operator, Authority, Regulator}},
	{"看自己机构的结算单，确认或者提出异议，填报收款账户", "See the settlements of one's organisation, confirm or dispute them, and say where it is paid", onSides(Use, Operate)},
	{"写明理由暂停和恢复上架", "Pause and resume listings, with a reason", []Role{ExchangeStaff, Regulator}},
	{"看上架和套餐：交易所、主管部门和监管机构，全部", "See listings and plans: the exchange, the authority and the regulator, all", []Role{ExchangeStaff, Authority, Regulator}},
	{"登记和确认收款账户，导入银行流水，写明和同意一笔流水是什么，办付款指令：运营机构，本机构的，都要两个人", "Add and confirm collection accounts, import statements, say and agree what a line is for, see to payment instructions: the operator its own, always by two people", []Role{Operator}},
	{"看收款账户、流水、付款指令和账簿：运营机构，本机构的；交易所和监管机构，全部", "See collection accounts, statements, instructions and the books: the operator its own, the exchange and the regulator all", []Role{Operator, ExchangeStaff, Regulator}},
	{"看产品登记、认证和评估：登记机构、主管部门、监管机构，全部", "See registrations, certifications and valuations of products: the registrar, the authority and the regulator, all", []Role{ExchangeStaff, Authority, Regulator}},
	{"声明独立，出具合规认证或者资产评估的报告和证书", "Declare to be independent, and issue reports and certificates of compliance or of valuation", []Role{Certifier, Valuer}},
	{"责令适用同一部规则的部门限期整改，答复延期，核查，撤回", "Order departments under one's text to put something right by a day, answer requests for more time, check what was done, take orders back", []Role{Authority}},
	{"整改并报告对本部门的责令，申请延期", "Put right what one's department is ordered to, report it, ask for more time", []Role{Officer, Head}},
	{"看责令整改：对本部门的；主管部门和监管机构，各自监督的", "See rectification orders: those to one's department; the authority and the regulator, those that they oversee", []Role{Officer, Head, Authority, Regulator}},
	{"在本机构的安全开发空间里写程序、运行，申请放出结果，下载放出的", "Write and run programs in the secure workspaces of one's organisation, ask for results to be released, download what was", onSides(Use)},
	{"看开发空间、用量和结果审核：运营机构，本机构的；主管部门，自己授权的；监管机构，全部", "See workspaces, their usage and output reviews: the operator its own, the authority those it authorised, the regulator all", []Role{Operator, Authority, Regulator}},
	{"审核开发空间的结果，批准算法；两个人，不是提出的人和他的机构", "Review results of workspaces and approve algorithms: two people, neither who asked nor of that organisation", []Role{Operator, Authority}},
	{"冻结开发空间，解除自己的冻结", "Freeze workspaces, and lift one's own freeze", []Role{Operator, Regulator}},
	{"看发布的数据产品，核验摘要和编号", "See published products, and check digests and numbers", everybody},
	{"为本机构做数据产品：建立、放内容、写明输入、检查；由负责人封存、签名、发布、停用、召回，登记和撤销签名密钥", "Make products for one's organisation: begin them, put contents in, name inputs, check; its owners seal, sign, publish, deprecate and recall, and register and revoke signing keys", onSides(Use)},
	{"看数据产品：运营机构，自己授权下的；交易所、主管部门和监管机构，全部", "See products: the operator, those under its mandates; the exchange, the authority and the regulator, all", []Role{Operator, ExchangeStaff, Authority, Regulator}},
	{"写明理由召回、暂停和恢复数据产品", "Recall, suspend and resume products, with a reason", []Role{Operator, ExchangeStaff, Regulator}},
	{"看作过决定的场景和场景模板", "See scenarios that were decided, and the templates of scenarios", everybody},
	{"为入驻的机构申请场景，交材料，签协议，报告使用，变更、延期、放弃（由负责人提交和签署）", "Apply for scenarios of an admitted organisation, hand in papers, sign, report, change, extend and give up (its owners submit and sign)", onSides(Use)},
	{"看场景：运营机构，自己授权下的；部门，用自己数据的；安全审查员和主管部门，本机构授权的；监管机构，全部", "See scenarios: the operator, those under its mandates; a department, those that use its data; security reviewers and the authority, those that their body authorises; the regulator, all", []Role{Operator, Officer, Head, SecurityReviewer, Authority, Regulator}},
	{"初审场景，送出或退回补正，办数据使用协议，暂停，办结，不作决定", "Screen scenarios, pass them on or return them, see to the agreement, suspend, close; decide nothing", []Role{Operator}},
	{"对用本部门数据的场景逐项给出意见", "Give opinions on scenarios that use the data of one's department, item by item", []Role{Officer, Head}},
	{"授权或者不授权场景，登记竞争的结果，暂停、恢复、终止", "Authorise scenarios or not, record competitions, suspend, resume, terminate", []Role{Authority}},
	{"受理、答复对本部门数据的共享申请，提供数据，撤销授权", "Accept and answer requests for the data of one's department, supply them, revoke grants", []Role{Officer, Head}},
	{"决定协商不成的共享申请，协助向上级平台申请", "Decide requests about which departments do not agree, help with requests to the platforms above", []Role{Authority}},
	{"看这张表：谁能做什么，谁不能同时是谁", "See this table: who may do what, and who may not be whom", Overseers},
	{"在网页上查看账号", "See accounts in the browser", []Role{Administrator, SecurityAdministrator}},
	{"在网页上建立、停用和启用账号，换新密码（自己的、安全和审计管理员的密码除外）", "Create, disable and enable accounts in the browser, give new passwords (not one's own, nor those of the security and audit administrators)", []Role{Administrator}},
	{"预先登记别人在统一身份认证平台的编号（安全和审计管理员的除外）", "Register another's number at the provider of identity in advance (not of the security and audit administrators)", []Role{Administrator}},
	{"申请取消别人丢失的两步验证", "Ask to take another's lost second steps away", []Role{Administrator}},
	{"取消别人丢失的两步验证，须系统管理员先申请", "Take another's lost second steps away, once a system administrator asked", []Role{SecurityAdministrator}},
	{"授予和收回角色（自己的除外），写明原因", "Give and take roles (not one's own), with the reason", []Role{SecurityAdministrator}},
	{"登记和改正工作日历", "Register and correct working-day calendars", []Role{Administrator}},
	{"查看、导出和核对审计记录", "Read, export and verify the audit trail", []Role{AuditAdministrator}},
	{"在服务器上用命令行建立、停用账号，重设密码（shuyuan account）", "On the server, by command: create and disable accounts, set passwords (shuyuan account)", []Role{Administrator}},
	{"在服务器上用命令行导入数据集（shuyuan import）", "On the server, by command: import datasets (shuyuan import)", []Role{Administrator}},
}

var (
	everybody = every(true)
	staff     = every(false)
	private   = onSides(Use, Operate, Exchange, Arbitrate)
)

// every is each role, the visitor only if told.
func every(visitor bool) []Role {
	var out []Role
	for _, p := range Parts {
		if p.Role != Visitor || visitor {
			out = append(out, p.Role)
		}
	}
	return out
}

// onSides is each role on one of the sides.
func onSides(sides ...Side) []Role {
	var out []Role
	for _, p := range Parts {
		if slices.Contains(sides, p.Side) {
			out = append(out, p.Role)
		}
	}
	return out
}
