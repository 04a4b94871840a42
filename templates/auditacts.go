package templates

import (
	"context"
	"maps"
	"slices"
	"strings"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/templates/text"
)

// named is a word in both languages.
type named struct{ Zh, En string }

// auditSubjects are the kinds of things that acts are about.
var auditSubjects = map[string]named{
	"account":        {"账号", "account"},
	"person":         {"个人", "person"},
	"dataset":        {"数据集", "dataset"},
	"resource":       {"文件", "file"},
	"upload":         {"上传", "upload"},
	"finding":        {"发现", "finding"},
	"vocabulary":     {"词表", "vocabulary"},
	"opening-review": {"开放审查", "opening review"},
	"opening-event":  {"突发事件", "declared event"},
	"audit-trail":    {"审计记录", "audit trail"},
	"catalogue":      {"目录条目", "catalogue entry"},
	"question":       {"提问", "question"},
	"correction":     {"数据异议", "objection to data"},
	"demand":         {"数据需求", "demand for data"},
	"application":    {"开放申请", "application"},
	"case-paper":     {"办件的材料", "paper of a case"},
	"grant":          {"授权", "grant"},
	"breach":         {"违约案", "breach case"},
	"incident":       {"安全事件", "incident"},
	"order":          {"责令整改", "rectification order"},
	"mandate-plan":   {"授权运营实施方案", "plan of authorised operation"},
	"mandate":        {"授权运营协议", "mandate"},
	"developer":      {"开发主体入驻", "entry of a developer"},
	"note":           {"解读", "note"},
	"follow":         {"关注", "follow"},
	"notices":        {"通知设置", "notice settings"},
	"webhook":        {"webhook 地址", "webhook address"},
	"organisation":   {"机构", "organisation"},

	"catalogue-import": {"批量导入", "bulk import"},
	"catalogue-change": {"目录变更", "catalogue change"},
	"source-case":      {"一数一源和不一致案", "case of one source or of disagreement"},
	"share-request":    {"共享申请", "request for sharing"},
	"use-report":       {"使用报告", "report of use"},
	"use-destruction":  {"到期销毁", "destruction"},
	"use-audit":        {"抽查", "audit of a grant"},
	"use-draw":         {"抽样", "sample of grants"},
	"calendar":         {"工作日历", "working-day calendar"},
}

// auditActs are the names of all acts that are recorded, by the kind of thing and
// the act. A test holds them against what the program writes.
var auditActs = map[string]named{
	"use-report begin":                      {"使用报告期开始", "a period of use began"},
	"use-report file":                       {"交使用报告", "filed a report of use"},
	"use-report complete":                   {"补齐使用报告", "completed a report of use"},
	"use-report return":                     {"退回使用报告", "returned a report of use"},
	"use-report accept":                     {"采纳使用报告", "accepted a report of use"},
	"use-report void":                       {"使用报告不用交了", "a report of use is no longer due"},
	"use-report warn":                       {"警告使用报告逾期", "warned of an overdue report of use"},
	"use-report hasten":                     {"授权提前终止，使用报告提前", "a grant ended early, and its report is due sooner"},
	"use-report suspend":                    {"使用报告逾期，暂停授权", "suspended a grant for its overdue report"},
	"use-destruction begin":                 {"授权终止，应销毁数据", "a grant ended, and its data is to be destroyed"},
	"use-destruction certify":               {"出具销毁证明", "certified a destruction"},
	"use-destruction confirm":               {"确认销毁", "confirmed a destruction"},
	"use-destruction find_wanting":          {"认为销毁证明不够", "found a certificate of destruction wanting"},
	"use-destruction claim":                 {"提出不销毁", "asked not to destroy"},
	"use-destruction excuse":                {"准许不销毁", "allowed not to destroy"},
	"use-destruction deny":                  {"不准不销毁", "denied an exception from destruction"},
	"use-destruction write_off":             {"使用方已不在，销毁结案", "closed a destruction whose holder is gone"},
	"use-destruction carry":                 {"销毁转到后来的授权", "passed a destruction to a later grant"},
	"use-destruction warn":                  {"催交销毁证明", "pressed for a certificate of destruction"},
	"use-audit ask":                         {"抽查发出问题", "asked about a grant that was drawn"},
	"use-audit answer":                      {"答复抽查", "answered an audit"},
	"use-audit find_in_order":               {"抽查没有发现问题", "found a grant in order"},
	"use-audit find_fault":                  {"抽查发现问题", "found a grant wanting"},
	"use-audit close":                       {"抽查结案", "closed an audit"},
	"use-audit warn":                        {"催抽查的答复", "pressed for an answer to an audit"},
	"use-draw draw":                         {"抽样", "drew a sample of grants"},
	"share-request file":                    {"提出共享申请", "made a request for sharing"},
	"share-request receive":                 {"收到共享申请", "received a request for sharing"},
	"share-request take":                    {"直接获取无条件共享的数据", "took what is shared without condition"},
	"share-request accept":                  {"受理共享申请", "accepted a request for sharing"},
	"share-request agree":                   {"同意共享", "agreed to share"},
	"share-request supply":                  {"提供共享数据", "supplied shared data"},
	"share-request refuse":                  {"不同意共享", "refused to share"},
	"share-request negotiate":               {"对不同意提出协商", "asked to negotiate about a refusal"},
	"share-request say":                     {"在协商中说明意见", "stated a position in a negotiation"},
	"share-request refer":                   {"提请主管部门决定", "referred a request to the authority"},
	"share-request order":                   {"决定应当共享", "decided that data be shared"},
	"share-request uphold":                  {"决定维持不同意", "decided that a refusal stands"},
	"share-request withdraw":                {"收回共享申请", "took a request for sharing back"},
	"share-request annul":                   {"条目撤下，办结申请", "closed a request, its entry being withdrawn"},
	"share-request expire":                  {"共享授权期满", "a grant of sharing ended with its term"},
	"share-request revoke":                  {"撤销共享授权", "revoked a grant of sharing"},
	"share-request fetch":                   {"取用共享的数据", "fetched shared data"},
	"share-request end":                     {"不再需要共享数据", "gave a grant of sharing back"},
	"share-request agree_reclassify":        {"同意重新分类", "agreed to classify anew"},
	"share-request keep_withheld":           {"维持不予共享", "kept an entry unshared"},
	"share-request agree_return":            {"同意返还数据", "agreed to return data"},
	"share-request flow":                    {"开始返还数据", "began to return data"},
	"share-request decline":                 {"不同意返还数据", "declined to return data"},
	"share-request take_up":                 {"接手向上申请", "took up a request to a platform above"},
	"share-request forward":                 {"向上级平台提出", "sent a request above"},
	"share-request obtain":                  {"上级平台已提供", "obtained data from above"},
	"share-request deny_above":              {"上级平台没有提供", "recorded that the platform above did not supply"},
	"webhook add":                           {"登记 webhook 地址", "entered a webhook address"},
	"webhook prove":                         {"验证 webhook 地址", "proved a webhook address"},
	"webhook choose":                        {"选 webhook 的事件", "chose the events of a webhook"},
	"webhook rotate":                        {"换 webhook 的密钥", "replaced the secret of a webhook"},
	"webhook stop":                          {"停用 webhook 地址", "switched a webhook address off"},
	"webhook remove":                        {"删去 webhook 地址", "removed a webhook address"},
	"webhook test":                          {"测试 webhook 地址", "tested a webhook address"},
	"webhook again":                         {"再送一次 webhook", "had a webhook sent again"},
	"webhook switched-off":                  {"webhook 地址自动停用", "switched a failing webhook address off"},
	"account account.created":               {"建立账号", "made an account"},
	"account account.renamed":               {"更正名称", "corrected a name"},
	"account account.address-changed":       {"改登录用的邮箱", "changed the address of an account"},
	"account account.signed-up":             {"注册账号", "signed up"},
	"account account.disabled":              {"停用账号", "disabled an account"},
	"account account.enabled":               {"启用账号", "enabled an account"},
	"account account.roles-set":             {"改角色", "set roles"},
	"account password.set":                  {"设密码", "set a password"},
	"account password.recovered":            {"找回密码", "recovered a password"},
	"account key.created":                   {"建立密钥", "made a key"},
	"account key.revoked":                   {"停用密钥", "revoked a key"},
	"account session.started":               {"登录", "signed in"},
	"account session.ended":                 {"退出登录", "ended a session"},
	"account session.others-ended":          {"结束其他登录", "ended the other sessions"},
	"account session.confirmed":             {"再次确认身份", "showed anew who one is"},
	"account factor.totp-added":             {"开启两步验证", "turned a second step on"},
	"account factor.totp-removed":           {"关闭两步验证", "turned a second step off"},
	"account factor.passkey-added":          {"添加通行密钥", "added a passkey"},
	"account factor.passkey-removed":        {"删除通行密钥", "removed a passkey"},
	"account factor.reset-asked":            {"申请取消两步验证", "asked to take second steps away"},
	"account factor.reset":                  {"取消丢失的两步验证", "took lost second steps away"},
	"account account.leaving":               {"申请删除账号", "asked to delete the account"},
	"account account.stayed":                {"撤回删除账号", "took the deletion back"},
	"account account.gone":                  {"删除账号", "deleted the account"},
	"account account.exported":              {"导出自己的数据", "exported the own data"},
	"account identity.linked":               {"关联统一身份", "linked a provider of identity"},
	"account identity.unlinked":             {"取消关联统一身份", "unlinked a provider of identity"},
	"organisation organisation.paper-added": {"上传证照", "added a paper"},
	"organisation organisation.paper-read":  {"查看证照", "read a paper"},
	"account factor.codes-made":             {"换恢复码", "made new recovery codes"},
	"account sign-in.factor-failed":         {"第二步没有通过", "failed the second step"},
	"account sign-in.failed":                {"登录未成功", "failed to sign in"},
	"account sign-in.limited":               {"登录次数太多，已限制", "was held back from signing in"},
	"person person.erased":                  {"清除审计中的个人信息", "erased a person from the trail"},

	"dataset create":             {"建立条目", "made an entry"},
	"dataset save":               {"改条目", "changed an entry"},
	"dataset publish":            {"发布条目", "published an entry"},
	"dataset withdraw":           {"撤下条目", "withdrew an entry"},
	"dataset emergency-withdraw": {"紧急撤回", "withdrew at once"},
	"dataset restore":            {"恢复条目", "restored an entry"},
	"dataset keep-promise":       {"兑现更新承诺", "kept the promised update"},
	"dataset open-as-reviewed":   {"按审查结果开放", "opened as reviewed"},

	"resource create":             {"建立文件", "made a file"},
	"resource rename":             {"改文件的名称", "renamed a file"},
	"resource remove":             {"删去文件", "removed a file"},
	"resource publish-version":    {"发布新版本", "published a version"},
	"resource change-columns":     {"列有变化", "columns changed"},
	"resource override-column":    {"改一列的读法", "said how a column is read"},
	"resource set-address":        {"改登记的地址", "set the address"},
	"resource correct-dictionary": {"改数据字典", "corrected the dictionary"},

	"upload start":   {"开始上传", "began an upload"},
	"upload derive":  {"由不予开放的数据做出", "made of withheld data"},
	"upload receive": {"收齐文件", "received the file whole"},
	"upload read":    {"开始读文件", "began to read the file"},
	"upload propose": {"读好，等发布", "read the file, to be published"},
	"upload refuse":  {"文件不能接受", "refused the file"},
	"upload fail":    {"没有读成", "failed to read the file"},
	"upload reread":  {"重读", "had the file read again"},
	"upload publish": {"发布上传的文件", "published the upload"},
	"upload discard": {"放弃上传", "discarded the upload"},
	"upload expire":  {"上传过期清除", "swept an upload that expired"},

	"finding decide": {"决定一条发现", "decided a finding"},
	"finding carry":  {"沿用上一版的决定", "carried a decision over"},

	"catalogue submit":            {"送审目录条目", "submitted an entry"},
	"catalogue send_to_head":      {"送部门负责人", "sent an entry to the head"},
	"catalogue sign":              {"部门负责人签发", "signed an entry"},
	"catalogue recall":            {"收回目录条目", "recalled an entry"},
	"catalogue confirm":           {"确认目录条目", "confirmed an entry"},
	"catalogue return":            {"退回目录条目", "returned an entry"},
	"catalogue confirm-by-import": {"随导入确认", "confirmed an entry by import"},
	"catalogue keep-template":     {"存为模板", "kept a template"},
	"catalogue refuse-secret":     {"拒收涉密条目", "refused what was said to be secret"},

	"organisation organisation.made":                 {"登记机构", "registered an organisation"},
	"organisation organisation.changed":              {"改机构资料", "changed an organisation"},
	"organisation organisation.submitted":            {"机构送认证", "submitted an organisation"},
	"organisation organisation.verified":             {"机构认证通过", "verified an organisation"},
	"organisation organisation.returned":             {"机构认证退回", "returned an organisation"},
	"organisation organisation.invited":              {"邀请成员", "invited a member"},
	"organisation organisation.joined":               {"加入机构", "joined an organisation"},
	"organisation organisation.invitation-withdrawn": {"撤回邀请", "withdrew an invitation"},
	"organisation organisation.suspended":            {"暂停机构", "suspended an organisation"},
	"organisation organisation.reinstated":           {"恢复机构", "reinstated an organisation"},
	"organisation organisation.member-set":           {"改成员", "changed a member"},

	"catalogue-import apply":  {"批量导入目录条目", "imported entries from a sheet"},
	"catalogue-import undo":   {"撤销批量导入", "took an import back"},
	"dataset discard-draft":   {"删去草稿", "removed a draft"},
	"catalogue-change cancel": {"撤销目录变更", "took a change back"},
	"catalogue-change resume": {"重复案后接着办变更", "went on after the case"},
	"catalogue-change open":   {"放宽开放生效", "let an entry open further"},

	"source-case propose": {"系统提出重复案", "the system proposed a case"},
	"source-case begin":   {"立案", "opened a case"},
	"source-case take_up": {"受理系统提出的案", "took a proposed case up"},
	"source-case say":     {"说明本部门意见", "stated a position"},
	"source-case settle":  {"部门协商一致", "the departments settled it"},
	"source-case refer":   {"提请主管部门决定", "referred it to the authority"},
	"source-case return":  {"退回部门协商", "returned it to the departments"},
	"source-case decide":  {"定采集部门或以谁为准", "named one department"},
	"source-case close":   {"结案，不成立", "closed it: no such case"},
	"source-case reopen":  {"重新办理", "took it up again"},

	"catalogue-change record":    {"记录目录变更", "recorded a change"},
	"catalogue-change write":     {"写入目录变更", "wrote a change into the entry"},
	"catalogue-change update":    {"完成目录更新", "updated by a change"},
	"catalogue-change report":    {"报送目录变更", "reported a change"},
	"catalogue-change approve":   {"同意目录变更", "approved a change"},
	"catalogue-change return":    {"退回目录变更", "returned a change"},
	"catalogue-change duplicate": {"认定重复", "called it a duplicate"},

	"note write":                {"写解读", "began a note"},
	"note edit":                 {"改解读", "edited a note"},
	"note submit":               {"送批解读", "submitted a note"},
	"note approve":              {"批准解读", "approved a note"},
	"note return":               {"退回解读", "returned a note"},
	"follow follow":             {"关注", "followed something"},
	"follow unfollow":           {"取消关注", "stopped following something"},
	"notices choose":            {"选怎样通知", "chose how to be told"},
	"notices unsubscribe":       {"从信里退订", "unsubscribed from a letter"},
	"correction file":           {"提出数据异议", "objected to data"},
	"correction forward":        {"把异议转给部门", "forwarded an objection"},
	"correction take_up":        {"开始校核异议", "took an objection up"},
	"correction ask_extension":  {"申请延长校核", "asked for more days"},
	"correction extend":         {"同意延长校核", "gave more days"},
	"correction deny_extension": {"不同意延长校核", "refused more days"},
	"correction correct":        {"答复异议：已改正", "answered an objection: corrected"},
	"correction confirm":        {"答复异议：没有错", "answered an objection: no error"},
	"correction disagree":       {"异议转为不一致案", "made an objection a case of disagreement"},
	"correction reopen":         {"重开异议", "reopened an objection"},
	"correction close":          {"办结异议", "closed an objection"},
	"correction erase":          {"清除异议提出人的联系方式", "erased who filed an objection"},

	"demand propose":               {"提出需求", "proposed a demand"},
	"demand vote":                  {"附议需求", "seconded a demand"},
	"demand unvote":                {"取消附议", "took a second back"},
	"demand follow":                {"关注需求", "followed a demand"},
	"demand unfollow":              {"取消关注需求", "stopped following a demand"},
	"demand assign":                {"指派需求", "gave a demand to a department"},
	"demand forward":               {"转办需求", "sent a demand on to a department"},
	"demand return":                {"退回平台指派", "gave a demand back to the platform"},
	"demand plan":                  {"答应开放", "promised data by a day"},
	"demand link":                  {"答复需求：已经有", "answered a demand with a dataset"},
	"demand refuse":                {"答复需求：不能给", "refused a demand"},
	"demand appear":                {"需求的数据开放了", "met a demand"},
	"demand withdraw":              {"收回需求", "withdrew a demand"},
	"demand merge":                 {"合并需求", "merged a demand"},
	"demand split":                 {"撤销合并", "undid a merge"},
	"demand report":                {"举报需求", "reported a demand"},
	"demand hide":                  {"隐藏需求", "hid a demand"},
	"demand keep":                  {"不隐藏举报的需求", "dismissed reports of a demand"},
	"demand show":                  {"重新公开需求", "showed a demand again"},
	"question ask":                 {"提问", "asked a question"},
	"question answer":              {"答复提问", "answered a question"},
	"question decline":             {"说明不答复", "declined a question"},
	"question take_back":           {"收回提问", "took a question back"},
	"question report":              {"举报问答", "reported a question"},
	"question hide":                {"隐藏问答", "hid a question"},
	"question keep":                {"不隐藏举报的问答", "dismissed reports of a question"},
	"question show":                {"重新公开问答", "showed a question again"},
	"application begin":            {"开始申请", "began an application"},
	"case-paper add":               {"上传材料", "added a paper of a case"},
	"case-paper remove":            {"删去材料", "took a paper of a case back"},
	"case-paper read":              {"查看材料", "read a paper of a case"},
	"application submit":           {"提交申请", "submitted an application"},
	"application return":           {"退回补正", "asked for what was missing"},
	"application complete":         {"补正后再提交", "handed in what was missing"},
	"application accept":           {"受理", "accepted an application"},
	"application accept_by_itself": {"自动受理", "accepted by itself, the days having run out"},
	"application reject_scope":     {"不由这里办", "turned an application away"},
	"application send_to_award":    {"决定公开竞争", "opened a competition"},
	"application record_award":     {"登记竞争结果", "recorded the result of a competition"},
	"application grant":            {"同意申请", "agreed to an application"},
	"application offer":            {"同意一部分", "agreed to a part"},
	"application consent":          {"签收窄后的协议", "signed the narrower agreement"},
	"application refuse":           {"不同意申请", "refused an application"},
	"application dispute":          {"提出异议", "disputed a refusal"},
	"application uphold":           {"维持拒绝", "upheld a refusal"},
	"application overturn":         {"决定应当同意", "decided that it must be granted"},
	"application withdraw":         {"撤回申请", "withdrew an application"},
	"application lapse":            {"逾期作废", "lapsed"},
	"application draft-dropped":    {"草稿过期删除", "an old draft was deleted"},
	"share-request halt":           {"暂停共享授权", "suspended a grant of sharing"},
	"share-request resume":         {"恢复共享授权", "reinstated a grant of sharing"},
	"incident begin":               {"立安全事件", "opened an incident"},
	"incident regrade":             {"改安全事件的级别", "graded an incident anew"},
	"incident contain":             {"控制安全事件", "contained an incident"},
	"incident keep":                {"留存安全事件的记录", "put the records of an incident aside"},
	"incident tell":                {"告知受安全事件影响的人", "told whoever an incident affects"},
	"incident inform":              {"报告安全事件", "reported an incident"},
	"incident close":               {"办结安全事件", "closed an incident"},
	"incident void":                {"认定不是安全事件", "found that it was no incident"},
	"mandate-plan draft":           {"起草实施方案", "drafted a plan of authorised operation"},
	"mandate-plan save":            {"修改实施方案", "changed a plan of authorised operation"},
	"mandate-plan submit":          {"送审实施方案", "sent a plan for review"},
	"mandate-plan return":          {"退回实施方案", "returned a plan"},
	"mandate-plan approve":         {"批准实施方案", "approved a plan"},
	"mandate-plan withdraw":        {"撤回实施方案", "withdrew a plan"},
	"mandate-plan award":           {"选定运营机构", "recorded who is to operate"},
	"mandate draft":                {"起草授权运营协议", "drafted a mandate"},
	"mandate save":                 {"修改授权运营协议", "changed a mandate"},
	"mandate submit":               {"送审授权运营协议", "sent a mandate for review"},
	"mandate return":               {"退回授权运营协议", "returned a mandate"},
	"mandate approve":              {"批准授权运营协议，文本锁定", "approved a mandate and locked its text"},
	"mandate sign":                 {"代表实施机构签署", "signed a mandate for the body"},
	"mandate sign_operator":        {"代表运营机构签署", "signed a mandate for the operator"},
	"mandate begin":                {"授权生效", "a mandate took effect"},
	"mandate suspend":              {"暂停授权运营", "suspended a mandate"},
	"mandate freeze":               {"冻结授权运营", "froze a mandate"},
	"mandate resume":               {"恢复授权运营", "resumed a mandate"},
	"mandate unfreeze":             {"解除冻结", "lifted the freeze of a mandate"},
	"mandate revoke":               {"撤销授权运营", "revoked a mandate"},
	"mandate surrender":            {"放弃授权运营", "surrendered a mandate"},
	"mandate expire":               {"授权到期", "a mandate expired"},
	"mandate close":                {"办结授权运营", "closed a mandate"},
	"mandate withdraw":             {"撤回授权运营协议", "withdrew a mandate"},
	"mandate evaluate":             {"评估运营机构", "evaluated an operator"},
	"developer apply":              {"开始申请入驻", "began an application for entry"},
	"developer save":               {"修改入驻申请", "changed an application for entry"},
	"developer submit":             {"提交入驻申请", "submitted an application for entry"},
	"developer return":             {"退回入驻申请", "returned an application for entry"},
	"developer admit":              {"同意入驻", "admitted a developer"},
	"developer refuse":             {"不同意入驻", "refused an entry"},
	"developer suspend":            {"暂停入驻", "suspended a developer"},
	"developer resume":             {"恢复入驻", "resumed a developer"},
	"developer object":             {"主管部门对入驻提出异议", "objected to an entry"},
	"developer release":            {"主管部门解除异议", "lifted an objection to an entry"},
	"developer train":              {"记录新的培训", "recorded a new training"},
	"developer leave":              {"退出入驻", "left"},
	"developer end":                {"终止入驻", "ended an entry"},
	"developer withdraw":           {"撤回入驻申请", "withdrew an application for entry"},
	"order issue":                  {"责令限期整改", "ordered a department to put something right"},
	"order answer":                 {"报告整改", "reported what was put right"},
	"order ask":                    {"申请延长整改期限", "asked for more time to put something right"},
	"order extend":                 {"准予延长整改期限", "gave more time to put something right"},
	"order refuse":                 {"不准延长整改期限", "refused more time to put something right"},
	"order want":                   {"指出整改不足", "found wanting what was put right"},
	"order close":                  {"确认整改完成", "confirmed that it was put right"},
	"order withdraw":               {"撤回责令整改", "took an order back"},
	"breach report":                {"反映没有按约定使用", "reported a suspected breach"},
	"breach open":                  {"立违约案", "opened a breach case"},
	"breach dismiss":               {"不立违约案", "opened no breach case"},
	"breach halt":                  {"因违约案暂停授权", "suspended a grant in a breach case"},
	"breach answer":                {"说明违约案的情况", "answered in a breach case"},
	"breach refer":                 {"违约案转主管部门", "handed a breach case to the authority"},
	"breach clear":                 {"决定不构成违约", "decided that there is no breach"},
	"breach warn":                  {"决定警告", "decided a warning"},
	"breach hold":                  {"决定暂停到改正为止", "decided a suspension until it is mended"},
	"breach revoke":                {"决定撤销授权", "decided a revocation"},
	"breach dispute":               {"对违约决定提出异议", "disputed a breach decision"},
	"breach uphold":                {"维持违约决定", "upheld a breach decision"},
	"breach overturn":              {"撤销违约决定", "set a breach decision aside"},
	"breach mend":                  {"违约已改正", "found a breach mended"},
	"breach enforce":               {"违约的撤销生效", "carried out a revocation"},
	"grant open":                   {"开通授权", "opened a grant"},
	"grant suspend":                {"暂停授权", "suspended a grant"},
	"grant reinstate":              {"恢复授权", "reinstated a grant"},
	"grant revoke":                 {"撤销授权", "revoked a grant"},
	"grant surrender":              {"交还授权", "gave a grant back"},
	"grant expire":                 {"授权到期", "a grant expired"},
	"grant replace":                {"授权变更，由新的代替", "a grant was changed: another took its place"},
	"grant key.returned":           {"收回密钥", "ended a key of a grant"},
	"dataset open-conditions":      {"设申请的条件", "set the conditions of applications"},

	"vocabulary renew": {"更新词表", "renewed the vocabulary"},

	"opening-review propose":                     {"提出开放", "proposed to open"},
	"opening-review submit":                      {"送审", "submitted for review"},
	"opening-review pass":                        {"审查通过一关", "passed a gate"},
	"opening-review approve":                     {"同意无条件开放", "approved, unconditional"},
	"opening-review approve_conditional":         {"同意有条件开放", "approved, conditional"},
	"opening-review withhold":                    {"不予开放", "withheld"},
	"opening-review return_for_deidentification": {"退回去标识", "returned to de-identify"},
	"opening-review return":                      {"退回", "returned"},
	"opening-review take_back":                   {"收回送审", "took the review back"},
	"opening-review open_at_once":                {"应急先行开放", "opened at once for an emergency"},
	"opening-review confirm":                     {"应急开放予以确认", "confirmed an emergency opening"},
	"opening-review end":                         {"应急开放予以终止", "ended an emergency opening"},
	"opening-review revoke":                      {"撤销长期批准", "revoked a standing approval"},

	"opening-review take-file": {"取阅送审文件", "took the file under review to read"},

	"opening-event declare": {"宣布突发事件", "declared an event"},
	"opening-event end":     {"结束突发事件", "ended the event"},

	"calendar register": {"登记工作日历", "registered a calendar"},
	"calendar correct":  {"改正工作日历", "corrected a calendar"},

	"audit-trail read":         {"查看审计记录", "read the audit trail"},
	"audit-trail read-entry":   {"查看一条审计记录", "read one entry of the trail"},
	"audit-trail export":       {"导出审计记录", "exported the audit trail"},
	"audit-trail verify-asked": {"要求核对审计链", "had the chain verified"},
	"audit-trail verify":       {"核对完审计链", "finished verifying the chain"},
}

// ActName is what an act on a kind of thing is called; its code where it has no
// name, so that nothing is ever left out.
func ActName(ctx context.Context, subject, act string) string {
	if n, ok := auditActs[subject+" "+act]; ok {
		return text.Pick(ctx, n.Zh, n.En)
	}
	return act
}

// SubjectName is what a kind of thing is called.
func SubjectName(ctx context.Context, subject string) string {
	if n, ok := auditSubjects[subject]; ok {
		return text.Pick(ctx, n.Zh, n.En)
	}
	return subject
}

// actChoice is an act that the list can be narrowed to.
type actChoice struct{ Code, Subject, Words string }

// actChoices are all acts, those about one kind of thing together.
func actChoices(ctx context.Context) []actChoice {
	var out []actChoice
	for _, key := range slices.Sorted(maps.Keys(auditActs)) {
		subject, act, _ := strings.Cut(key, " ")
		out = append(out, actChoice{key, SubjectName(ctx, subject), ActName(ctx, subject, act)})
	}
	return out
}

// KnownAct reports whether key, a kind of thing and an act, is one that is
// recorded.
func KnownAct(key string) bool { _, ok := auditActs[key]; return ok }

// ActorName is who acted: the name as it was then, or what stands for it.
func ActorName(ctx context.Context, r audit.Record) string {
	switch {
	case r.Actor == 0 && r.Name == "":
		return text.T(ctx, "没有登录的人")
	case r.Actor < 0:
		return text.T(ctx, "本平台") + " · " + r.Name
	case r.Erased:
		return text.T(ctx, "个人信息已清除")
	}
	return r.Name
}

// rolesThen are the roles that whoever acted had then. The installation itself has
// all.
func rolesThen(ctx context.Context, r audit.Record) string {
	if r.Actor < 0 || len(r.Roles) == 0 {
		return ""
	}
	roles := make([]account.Role, len(r.Roles))
	for i, role := range r.Roles {
		roles[i] = account.Role(role)
	}
	return roleNames(ctx, roles)
}
