package templates

import (
	"context"
	"slices"

	"shuyuan/internal/policy"
	"shuyuan/marketplace"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
	"shuyuan/templates/text"
)

// ProductsPage lists products: those that everybody sees, or those of whoever reads it.
type ProductsPage struct {
	Frame
	Items      []marketplace.Product
	Next       string
	Own        bool // of the reader's organisations, or of those they supervise
	Developers []marketplace.Developer
	Scenarios  []marketplace.ScenarioChoice
	Form       marketplace.ProductForm
	Mistake    Mistake
}

// ProductPage is a product for who works on it or supervises.
type ProductPage struct {
	Frame
	Product   *marketplace.View
	Scenarios []marketplace.ScenarioChoice
	Mistake   Mistake
	Reason    string
	Next      marketplace.VersionForm
}

// ProductVersionPage is a version for who works on it or supervises.
type ProductVersionPage struct {
	Frame
	Version *marketplace.VersionView
	Stops   []string // why it cannot be sealed
	Mistake Mistake
	Reason  string
	Form    *marketplace.VersionForm // as it was sent, if something is wrong with it

	Signature string // of the developer, as typed
	Rules     []policy.Rule
}

// said is what is said of the version, or was sent to be said.
func (p ProductVersionPage) said() marketplace.VersionForm {
	if p.Form != nil {
		return *p.Form
	}
	return marketplace.VersionForm{Method: p.Version.Method, Notes: p.Version.Notes, Forms: p.Version.Forms}
}

var productKinds = map[marketplace.Kind]string{marketplace.Dataset: "数据集", marketplace.API: "数据接口", marketplace.Report: "报告", marketplace.Model: "模型", marketplace.Tool: "工具"}

// ProductKind is the kind of a product in words.
func ProductKind(ctx context.Context, k marketplace.Kind) string { return text.T(ctx, productKinds[k]) }

var productStates = map[marketplace.State]string{
	marketplace.Draft: "草稿", marketplace.InReview: "内部审核", marketplace.Registered: "已登记", marketplace.Listable: "可以上架", marketplace.Suspended: "暂停", marketplace.Retired: "已退出",
}

// ProductState is the state of a product in words.
func ProductState(ctx context.Context, s marketplace.State) string {
	return text.T(ctx, productStates[s])
}

var versionStates = map[marketplace.VersionState]string{
	marketplace.Building: "在做", marketplace.Checked: "已检查，可以封存", marketplace.Sealed: "已封存", marketplace.Published: "已发布", marketplace.Deprecated: "已停用", marketplace.Recalled: "已召回",
}

// ProductVersionState is the state of a version in words.
func ProductVersionState(ctx context.Context, s marketplace.VersionState) string {
	return text.T(ctx, versionStates[s])
}

var productActs = map[string]string{
	"make": "建立了产品", "edit": "改了说明", "submit": "送内部审核", "return": "退回", "register": "登记了", "certify": "通过认证", "suspend": "暂停", "resume": "恢复", "retire": "退出", "transfer": "经营权转移了",
	"build": "建立了版本", "describe": "改了说明", "add_release": "加了放出的结果", "add_file": "加了上传的文件", "remove_content": "去掉了内容", "add_input": "写明了输入", "remove_input": "去掉了输入",
	"check": "检查", "reopen": "退回修改", "seal": "封存", "publish": "发布", "deprecate": "不再提供", "recall": "召回", "countersign": "开发主体签名",
	"flag_withdrawn": "所用的公共数据撤下了", "flag_corrected": "所用的公共数据更正了", "flag_recalled": "所用的产品召回了",
}

// ProductAct is a step of a product or a version in words.
func ProductAct(ctx context.Context, act string) string { return text.T(ctx, productActs[act]) }

// versionButton is how the button of a step looks: what leads on, what cannot be undone,
// and the rest.
func versionButton(a marketplace.VersionAction) string {
	switch a {
	case marketplace.Check, marketplace.Seal, marketplace.Publish:
		return "main"
	case marketplace.Recall:
		return "bad"
	}
	return ""
}

var productRights = map[marketplace.What]string{marketplace.Hold: "数据资源持有权", marketplace.Process: "数据加工使用权", marketplace.Operate: "数据产品经营权"}

var rightsOver = map[marketplace.Over]string{marketplace.OverPublic: "公共数据", marketplace.OverOwn: "开发方自有的数据", marketplace.OverProduct: "产品"}

func rightSource(rights []marketplace.Right, over marketplace.Over, what marketplace.What) string {
	for _, r := range rights {
		if r.Over == over && r.What == what {
			return r.Source
		}
	}
	return ""
}

func hasForm(forms []marketplace.Form, f marketplace.Form) bool { return slices.Contains(forms, f) }

// formsHint is what whoever reads such files should know of them.
func formsHint(ctx context.Context, forms []marketplace.Form) (all []string) {
	for _, f := range forms {
		if hint := formHints[f]; hint != "" {
			all = append(all, text.T(ctx, hint))
		}
	}
	return all
}

// fitting are the forms that are offered.
func fitting(offers []stamp.Offer) (all []marketplace.Form) {
	for _, o := range offers {
		if o.Not == nil {
			all = append(all, o.Form)
		}
	}
	return all
}

// formsIn are the forms of the files of a version.
func formsIn(files []marketplace.Artefact) (all []marketplace.Form) {
	for _, f := range files {
		if !slices.Contains(all, f.Form) {
			all = append(all, f.Form)
		}
	}
	return all
}

var formHints = map[stamp.Form]string{
	stamp.NDJSON1: "单个 NDJSON 文件的第一行是来源标识，不是数据，程序读数据时跳过这一行（如 tail -n +2）；要每行都是数据，请用压缩包。",
	stamp.PDF:     "PDF 的页面写明来源，数据或者报告原样附在里面。",
}

// sourceName is a source in the language of the reader.
func sourceName(ctx context.Context, zh, en string) string {
	if en != "" && text.Of(ctx) == text.English {
		return en
	}
	return zh
}

// acquiredDays is the day of acquisition, or the first and the last.
func acquiredDays(a statement.Acquired) string {
	if a.Earliest != "" && a.Latest != "" {
		return a.Earliest + " – " + a.Latest
	}
	return a.Date
}

func productHref(p *marketplace.Product, own bool) string {
	if own {
		return p.Desk()
	}
	return p.Path()
}

// signedWords says whether the developer signed beside the platform.
func signedWords(ctx context.Context, s verify.Signed) string {
	switch s {
	case verify.IsSigned:
		return text.T(ctx, "有")
	case verify.SignedOtherwise:
		return text.T(ctx, "不符：签名不是这个开发主体对这份声明签的")
	case verify.SignedRevoked:
		return text.T(ctx, "密钥已撤销：签名记入日志时，它的密钥已经不算数")
	case verify.NotSigned:
	}
	return text.T(ctx, "无：只有平台的签名")
}
