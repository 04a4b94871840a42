package templates

import (
	"context"
	"fmt"
	"strconv"

	"shuyuan/templates/text"
)

// A goal is drawn as cells, so many to a row.
const cellsPerRow = 140

func goalID(i int) string { return "goal-" + strconv.Itoa(i) }

func cellBox(n, perRow int) string {
	return fmt.Sprintf("0 0 %d %d", perRow*6, (n+perRow-1)/perRow*8)
}

// cellPath covers the first n cells: whole rows, then the rest of one.
func cellPath(n, perRow int) string {
	rows, rest := n/perRow, n%perRow
	path := ""
	if rows > 0 {
		path = fmt.Sprintf("M0 0h%dv%dH0z", perRow*6, rows*8)
	}
	if rest > 0 {
		path += fmt.Sprintf("M0 %dh%dv8H0z", rows*8, rest*6)
	}
	return path
}

func longest(lines []StatsLine) int {
	most := 0
	for _, l := range lines {
		most = max(most, l.Count)
	}
	return most
}

// promiseCrumbs lead back to what the promises belong to.
func promiseCrumbs(ctx context.Context, p PromisesPage) []Link {
	links := []Link{{Href: "/stats", Title: text.T(ctx, "统计")}}
	if p.Department != nil {
		links = append(links, Link{Href: "/departments/" + p.Department.Slug, Title: DepartmentName(ctx, p.Department)})
	}
	if p.Theme != nil {
		links = append(links, Link{Href: "/themes/" + p.Theme.Slug, Title: text.Pick(ctx, p.Theme.Name, p.Theme.NameEN)})
	}
	return links
}
