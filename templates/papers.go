package templates

import (
	"context"
	"strconv"

	"shuyuan/internal/account"
	"shuyuan/templates/text"
)

func organisationHref(o account.Organisation) string {
	return "/organisations/" + strconv.FormatInt(o.ID, 10)
}

func paperHref(o account.Organisation, p account.Paper) string {
	return organisationHref(o) + "/papers/" + p.ID
}

func paperKind(ctx context.Context, kind string) string {
	switch kind {
	case account.Registration:
		return text.T(ctx, "登记证照")
	case account.Authorisation:
		return text.T(ctx, "授权书")
	}
	return text.T(ctx, "资质证书")
}

// headLabel is what a kind calls the person who heads it.
func headLabel(ctx context.Context, kind string) string {
	if kind == account.Unincorporated {
		return text.T(ctx, "负责人姓名")
	}
	return text.T(ctx, "法定代表人")
}

// addressLabel is what a kind calls where it is.
func addressLabel(ctx context.Context, kind string) string {
	if kind == account.Unincorporated {
		return text.T(ctx, "主要经营场所")
	}
	return text.T(ctx, "住所")
}

// orgKindHint says what is of a kind (民法典第五十七条、第一百零二条).
func orgKindHint(ctx context.Context, kind string) string {
	if kind == account.Unincorporated {
		return text.T(ctx, "个人独资企业、合伙企业、不具有法人资格的专业服务机构等。")
	}
	return text.T(ctx, "公司、事业单位、社会团体等，独立承担民事责任。")
}

// formOf is the form of one kind: what was typed stands in its own.
func (p OrganisationsPage) formOf(kind string) OrgForm {
	if p.Form.Kind == kind {
		return p.Form
	}
	return OrgForm{NewOrganisation: account.NewOrganisation{Kind: kind}}
}
