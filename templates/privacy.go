package templates

import (
	"context"

	"shuyuan/templates/text"
)

// keptOfPeople is everything that is kept of somebody with an account.
func keptOfPeople(ctx context.Context) []personalThing {
	t := func(zh string) string { return text.T(ctx, zh) }
	return []personalThing{
		{t("姓名或称呼、邮箱或手机号"), t("登录，通知与账号安全有关的事"), t("账号在，就一直记")},
		{t("密码的摘要（argon2id）"), t("核对密码；我们看不到密码本身"), t("账号在，就一直记")},
		{t("两步验证的密钥（加密）、恢复码的摘要、通行密钥的公钥"), t("核对第二步"), t("到您关闭它")},
		{t("登录会话：时间、网络、浏览器名称"), t("让您看到谁登录着，并能结束它"), t("到会话结束")},
		{t("登录过的网络的摘要"), t("提醒陌生网络的登录"), t("见下面的平台规则")},
		{t("接口密钥的摘要、用途、最近使用的日子"), t("核对密钥"), t("账号在，就一直记")},
		{t("注册和找回密码的链接（不含可用的链接本身）"), t("保证链接只能用一次"), t("到链接过期")},
		{t("登录后取过哪些数据集，最近一次是哪一日"), t("数据出了问题要撤回时写信告知您，不作别的用"), t("账号在，就一直记")},
		{t("所属机构、成员身份"), t("核对机构，谁可以代表它"), t("到机构注销或您退出")},
		{t("审计记录：谁在什么时候做了什么"), t("管理与运行可追究；法律要求"), t("记录本身一直保留；与个人有关的内容可以依法清空")},
	}
}
