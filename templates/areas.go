package templates

import (
	"context"

	"shuyuan/internal/policy"
	"shuyuan/templates/text"
)

// areasEN are the areas of use that the texts and the platform name, in English.
var areasEN = map[string]string{"创新发展": "Innovation and development", "城市治理": "City governance", "社会服务": "Public services", "科研教育": "Research and education", "其他": "Other"}

// areaWords is an area of use in both languages; it has no English where nobody
// knows any, and is then shown as the Chinese that it is.
func areaWords(zh string) policy.Text { return policy.Text{Zh: zh, En: areasEN[zh]} }

// AreaEN is an area of use in English; empty where there is none.
func AreaEN(zh string) string { return areasEN[zh] }

// langOfText is the language of a text that stands in Chinese on an English page;
// empty where it does not.
func langOfText(ctx context.Context, t policy.Text) string {
	if text.Of(ctx) == text.English && t.En == "" {
		return "zh"
	}
	return ""
}
