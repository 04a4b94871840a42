package templates

import (
	"context"
	"slices"
	"strings"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/policy"
	"shuyuan/templates/text"
)

// whoHint says who set what stands there.
func (p AccountPage) whoHint(ctx context.Context) string {
	if p.User.MayCorrect() {
		return text.T(ctx, "自己填的，可以更正；每次访问都重新核对。")
	}
	return text.T(ctx, "由系统管理员设定，每次访问都重新核对。")
}

func roleNames(ctx context.Context, roles []account.Role) string {
	var names []string
	for _, r := range account.Parts {
		if slices.Contains(roles, r.Role) {
			names = append(names, text.Pick(ctx, r.Zh, r.En))
		}
	}
	if len(names) == 0 {
		return text.T(ctx, "没有角色")
	}
	return strings.Join(names, text.T(ctx, "、"))
}

// mayDo is what an account with these roles may do, in the order of the role
// table.
func mayDo(roles []account.Role) []account.Permission {
	var out []account.Permission
	for _, p := range account.Permissions {
		if p.May(account.Visitor) || slices.ContainsFunc(roles, p.May) {
			out = append(out, p)
		}
	}
	return out
}

// scopeNames are a key's scopes in few words.
func scopeNames(ctx context.Context, scopes []string) string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		switch s {
		case account.ScopeRead:
			names[i] = text.T(ctx, "读取")
		case account.ScopePublish:
			names[i] = text.T(ctx, "发布数据")
		case account.ScopeApply:
			names[i] = text.T(ctx, "以本人名义要数据")
		case account.ScopeShare:
			names[i] = text.T(ctx, "部门共享")
		default:
			names[i] = s
		}
	}
	return strings.Join(names, text.T(ctx, "、"))
}

// offeredScopes are the scopes that a key of the account can have.
func offeredScopes(p AccountPage) []account.Scope { return account.ScopesOf(p.Actor) }

// scopeOn is whether the form has the scope chosen; at first it is reading.
func scopeOn(f KeyForm, id string) bool {
	if f.Mistake.Sentence == "" {
		return id == account.ScopeRead
	}
	return slices.Contains(f.Scopes, id)
}

func keyDays(f KeyForm) int {
	if f.Days == 0 {
		return KeyDays[1]
	}
	return f.Days
}

// newKeyName is empty again once the key is made.
func newKeyName(p AccountPage) string {
	if p.Secret != "" {
		return ""
	}
	return p.Key.Name
}

func keyLive(k account.Key, now time.Time) bool { return k.Revoked == nil && k.Expires.After(now) }

// keyEnd is how a key that is no longer valid came to its end.
func keyEnd(ctx context.Context, k account.Key) string {
	if k.Revoked != nil {
		return text.T(ctx, "%s 停用", Day(*k.Revoked))
	}
	return text.T(ctx, "已过期")
}

// keyUse is a command that uses the new key.
func keyUse(p AccountPage) string {
	return "curl -H 'Authorization: Bearer " + p.Secret + "' \\\n  " + p.Base + "/api/v1/datasets"
}

// What browsers call themselves, the telling words before the common ones:
// all of them claim to be Mozilla, most to be Safari too.
var (
	browsers = [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"MicroMessenger/", "微信 WeChat"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}}
	systems  = [][2]string{{"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}}
)

// deviceName is a browser and its system in few words, or else what it calls
// itself.
func deviceName(agent string) string {
	find := func(names [][2]string) string {
		for _, n := range names {
			if strings.Contains(agent, n[0]) {
				return n[1]
			}
		}
		return ""
	}
	browser, system := find(browsers), find(systems)
	switch {
	case browser != "" && system != "":
		return browser + " · " + system
	case browser != "":
		return browser
	case agent == "":
		return "—"
	}
	return cell(agent)
}

// ruleAmount is the number of a rule with its unit.
func ruleAmount(ctx context.Context, r policy.Rule) string {
	var value string
	for _, v := range r.Value {
		value = text.Pick(ctx, v.Zh, v.En)
	}
	return strings.TrimSpace(value + " " + text.Pick(ctx, r.Unit.Zh, r.Unit.En))
}

func onOrOff(ctx context.Context, on bool) string {
	if on {
		return text.T(ctx, "已开启")
	}
	return text.T(ctx, "未开启")
}
