package templates

import (
	"context"
	"strings"

	"shuyuan/internal/account"
	"shuyuan/internal/policy"
	"shuyuan/templates/text"
)

// AdminPage is the role table: who may do what.
type AdminPage struct {
	Frame
	Role       account.Role // the one whose rows are shown alone
	Exclusions []AdminExclusion
}

// AdminExclusion is a rule of who may not be whom, with where its source stands.
type AdminExclusion struct {
	account.Exclusion
	Place policy.Text // of the provision; empty for a standard
	Href  string
}

// adminPlace is a page below /desk/admin.
type adminPlace struct {
	Href, Title string
	By          []account.Role
}

// adminPlaces are the pages of administration, in the order of their menu.
var adminPlaces = []adminPlace{
	{Href: "/desk/admin", Title: "谁能做什么", By: account.Overseers},
	{Href: "/desk/admin/accounts", Title: "账号", By: []account.Role{account.Administrator, account.SecurityAdministrator}},
	{Href: "/desk/admin/calendars", Title: "工作日历", By: []account.Role{account.Administrator}},
	{Href: "/desk/admin/audit", Title: "审计记录", By: []account.Role{account.AuditAdministrator}},
}

func adminOf(who account.Actor) []adminPlace {
	var out []adminPlace
	for _, p := range adminPlaces {
		if who.Any(p.By...) {
			out = append(out, p)
		}
	}
	return out
}

// here reports whether the page lies at href, or below it where that is no menu.
func (p adminPlace) here(f Frame) bool {
	if p.Href == "/desk/admin" {
		here, _, _ := strings.Cut(f.Path, "?")
		return here == p.Href
	}
	return f.section(p.Href)
}

// sideOfTable is a side with its roles, as the heads of the table have them.
type sideOfTable struct {
	account.SideName
	Parts []account.Part
}

func tableSides() []sideOfTable {
	var out []sideOfTable
	for _, p := range account.Parts {
		if n := len(out); n == 0 || out[n-1].Side != p.Side {
			out = append(out, sideOfTable{SideName: account.NameOf(p.Side)})
		}
		out[len(out)-1].Parts = append(out[len(out)-1].Parts, p)
	}
	return out
}

// roleRows are the powers that a role has, or those it does not have.
func roleRows(r account.Role, has bool) []account.Permission {
	var out []account.Permission
	for _, p := range account.Permissions {
		if p.May(r) == has {
			out = append(out, p)
		}
	}
	return out
}

// sideWords says where a role stands.
func sideWords(ctx context.Context, p account.Part) string {
	if p.Side == "" {
		return text.T(ctx, "没有登录的人")
	}
	n := account.NameOf(p.Side)
	return text.Pick(ctx, n.Zh, n.En)
}

// apartFrom are the rules that keep a role's side from others.
func (p AdminPage) apartFrom(side account.Side) []AdminExclusion {
	var out []AdminExclusion
	for _, e := range p.Exclusions {
		for _, s := range e.Sides {
			if s == side {
				out = append(out, e)
			}
		}
	}
	return out
}
