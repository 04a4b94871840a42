package templates

import (
	"context"

	"shuyuan/internal/account"
	"shuyuan/templates/text"
)

func orgKind(ctx context.Context, kind string) string {
	if kind == account.Unincorporated {
		return text.T(ctx, "非法人组织")
	}
	return text.T(ctx, "法人")
}

func orgStatus(ctx context.Context, status string) string {
	switch status {
	case account.OrgSubmitted:
		return text.T(ctx, "等待数据主管部门认证")
	case account.OrgVerified:
		return text.T(ctx, "已认证")
	case account.OrgReturned:
		return text.T(ctx, "已退回，可以改了再交")
	}
	return text.T(ctx, "草稿，还没有提交")
}

// suspendTitle says what can be done with a verified organisation.
func suspendTitle(ctx context.Context, o account.Organisation) string {
	if o.Suspended != nil {
		return text.T(ctx, "恢复机构")
	}
	return text.T(ctx, "暂停机构")
}

func orgRole(ctx context.Context, role string) string {
	if role == account.Owner {
		return text.T(ctx, "负责人")
	}
	return text.T(ctx, "成员")
}

// orgOpen reports whether an owner can change an organisation.
func orgOpen(o account.Organisation) bool {
	return o.Status == account.OrgDraft || o.Status == account.OrgReturned
}
