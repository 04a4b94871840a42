package templates

import (
	"context"
	"net/url"

	"shuyuan/internal/account"
	"shuyuan/templates/text"
)

func identityHref(back string) string {
	if back == "" {
		return "/sign-in/identity"
	}
	return "/sign-in/identity?" + url.Values{"back": {back}}.Encode()
}

// identifierName is the identifier of an account, for its owner to read.
func identifierName(ctx context.Context, identifier string) string {
	if account.Addressless(identifier) {
		return text.T(ctx, "用统一身份认证登录，没有邮箱")
	}
	return identifier
}

func linkedBy(ctx context.Context, by string) string {
	switch by {
	case "self":
		return text.T(ctx, "本人")
	case "staff":
		return text.T(ctx, "系统管理员预先登记")
	}
	return text.T(ctx, "注册时")
}
