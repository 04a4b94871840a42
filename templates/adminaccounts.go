package templates

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/policy"
	"shuyuan/templates/text"
)

// AccountsPage is the list of accounts.
type AccountsPage struct {
	Frame
	Items       []account.User
	Total       int
	Page, Pages int
	Text        string // searched for
	Role        account.Role
	State       string // active, disabled; empty: all
	Departments []datasets.Department

	New     NewAccountForm
	Made    string // identifier of the account just made
	Secret  string // its password, shown this once
	Mistake Mistake
}

// NewAccountForm is the form for a new account as it was sent in.
type NewAccountForm struct {
	Identifier, Name string
	Side             account.Side
}

// AccountPageOfAdmin is one account with what may be done to it.
type AccountPageOfAdmin struct {
	Frame
	User        account.User
	Departments []datasets.Department // that it may act for
	Roles       []account.Role        // as chosen
	Department  string                // slug, as chosen
	Reason      string
	Secret      string
	Done        string
	Mistake     Mistake

	Provider   string // of identity; empty where there is none
	Identities []account.Identity
	Lost       account.LostFactors
	Rules      []policy.Rule
	Subject    string // as typed
}

// accountStates are the states that the list can be narrowed to.
var accountStates = []struct{ Code, Zh string }{{"", "全部"}, {"active", "在用"}, {"disabled", "已停用"}}

// KnownAccountState reports whether there is such a state.
func KnownAccountState(code string) bool {
	return slices.ContainsFunc(accountStates, func(s struct{ Code, Zh string }) bool { return s.Code == code })
}

// href is the list at another page.
func (p AccountsPage) href(page int) string {
	q := url.Values{}
	for name, value := range map[string]string{"q": p.Text, "role": string(p.Role), "state": p.State} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	if len(q) == 0 {
		return "/desk/admin/accounts"
	}
	return "/desk/admin/accounts?" + q.Encode()
}

func departmentNamed(ctx context.Context, all []datasets.Department, id int64) string {
	for i := range all {
		if all[i].ID == id {
			return DepartmentName(ctx, &all[i])
		}
	}
	return ""
}

func adminHref(u account.User) string { return "/desk/admin/accounts/" + strconv.FormatInt(u.ID, 10) }

// offered are the roles on the side of the account.
func (p AccountPageOfAdmin) offered() []account.Part {
	var out []account.Part
	for _, part := range account.Parts {
		if part.Side == p.User.Side {
			out = append(out, part)
		}
	}
	return out
}

// body reports whether the side of the account acts for a public body.
func (p AccountPageOfAdmin) body() bool {
	return slices.ContainsFunc(p.offered(), func(part account.Part) bool { return part.Body })
}

func (p AccountPageOfAdmin) own() bool { return p.User.ID == p.Actor.ID }

func accountState(ctx context.Context, u account.User) string {
	if u.Disabled != nil {
		return text.T(ctx, "%s 停用", Day(*u.Disabled))
	}
	return text.T(ctx, "在用")
}

// sideRoles are the roles of a side in one line.
func sideRoles(ctx context.Context, side account.Side) string {
	var of []account.Role
	for _, p := range account.Parts {
		if p.Side == side {
			of = append(of, p.Role)
		}
	}
	return roleNames(ctx, of)
}
