package datasets

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"shuyuan/internal/fault"
)

var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// The most characters that a text may have.
const (
	maxTitle = 200
	maxText  = 5000
	maxTags  = 30
	maxTag   = 30
)

// normalise brings every text of d to one form (NFC, no blanks at the ends)
// and refuses what no page could show safely: control characters, marks that
// turn the direction of writing, floods of combining marks, and addresses that
// are not plain web addresses.
func (d *Dataset) normalise() error {
	for _, t := range []struct {
		field string
		text  *string
		most  int
	}{
		{"title", &d.Title, maxTitle}, {"title_en", &d.TitleEN, maxTitle}, {"summary", &d.Summary, maxText}, {"summary_en", &d.SummaryEN, maxText},
		{"withdrawn_reason", &d.WithdrawnReason, maxText}, {"open_reason", &d.OpenReason, maxText}, {"open_method", &d.OpenMethod, maxText},
		{"use_requirements", &d.UseRequirements, maxText}, {"safeguards", &d.Safeguards, maxText}, {"share_content", &d.ShareContent, maxText},
		{"share_conditions", &d.ShareConditions, maxText}, {"share_scope", &d.ShareScope, maxText}, {"share_method", &d.ShareMethod, maxText},
		{"required_materials", &d.RequiredMaterials, maxText}, {"update_due", &d.UpdateDue, maxTitle}, {"update_method", &d.UpdateMethod, maxTitle},
		{"resource_code", &d.ResourceCode, maxTitle}, {"category", &d.Category, maxTitle}, {"data_form", &d.DataForm, maxTitle},
		{"attributes", &d.Attributes, maxTitle}, {"collect_due", &d.CollectDue, maxTitle}, {"collecting_org", &d.CollectingOrg, maxTitle},
		{"approving_org", &d.ApprovingOrg, maxTitle}, {"responsible_org", &d.ResponsibleOrg, maxTitle}, {"duties", &d.Duties, maxText},
		{"source", &d.Source, maxText}, {"processing", &d.Processing, maxText}, {"security_level", &d.SecurityLevel, maxTitle},
		{"linked_system", &d.LinkedSystem, maxTitle}, {"duty_item", &d.DutyItem, maxTitle}, {"core_business", &d.CoreBusiness, maxTitle},
		{"collection_method", &d.CollectionMethod, maxTitle}, {"spatial", &d.Spatial, maxTitle}, {"contact", &d.Contact, maxTitle},
		{"phone", &d.Phone, maxTitle}, {"email", &d.Email, maxTitle},
	} {
		clean, err := cleanText(t.field, *t.text, t.most)
		if err != nil {
			return err
		}
		*t.text = clean
	}
	if len(d.Tags) > maxTags {
		return fault.At("tags", "标签最多 %d 个。", maxTags)
	}
	for i, tag := range d.Tags {
		clean, err := cleanText("tags", tag, maxTag)
		if err != nil {
			return err
		}
		if clean == "" || strings.ContainsAny(clean, ",，;；") {
			return fault.At("tags", "标签不能为空，也不能含逗号或分号。")
		}
		d.Tags[i] = clean
	}
	return checkURL("source_url", d.SourceURL)
}

func cleanText(field, s string, most int) (string, error) {
	if !utf8.ValidString(s) {
		return "", fault.At(field, "文字不是有效的 UTF-8。")
	}
	s = strings.TrimFunc(norm.NFC.String(s), unicode.IsSpace)
	if utf8.RuneCountInString(s) > most {
		return "", fault.At(field, "太长，最多 %d 个字。", most)
	}
	marks := 0
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200B || r == 0xFEFF {
			return "", fault.At(field, "含有看不见的控制字符。")
		}
		if !unicode.Is(unicode.Mn, r) {
			marks = 0
		} else if marks++; marks > 4 {
			return "", fault.At(field, "一个字上叠加的符号太多。")
		}
	}
	return s, nil
}

func checkURL(field, s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || strings.ContainsAny(s, "\t\n\r \\") {
		return fault.At(field, "网址须以 http:// 或 https:// 开头，且不含账号。")
	}
	return nil
}

// complete checks what the law asks of an entry before it can be saved: a
// basis for whatever is not open without condition, and for a condition the
// way to meet it (AS-27.3, TJ-16, AB-31).
func (d *Dataset) complete() error {
	switch {
	case !slugForm.MatchString(d.Slug) || len(d.Slug) > 100:
		return fault.At("slug", "网址名只能用小写字母、数字和单个连字符。")
	case d.Title == "":
		return fault.At("title", "请填写名称。")
	case d.Summary == "":
		return fault.At("summary", "请填写摘要。")
	case d.Source == "":
		return fault.At("source", "请填写数据来源。")
	case d.Open != Unconditional && len(d.OpenBasis) == 0:
		return fault.At("open_basis", "有条件开放和不予开放须写明法律、法规等依据。")
	case d.Open == Conditional && (d.OpenMethod == "" || d.UseRequirements == "" || d.Safeguards == ""):
		return fault.At("open_method", "有条件开放须写明开放方式、使用要求和安全保障措施。")
	case d.TemporalStart != "" && d.TemporalEnd != "" && d.TemporalEnd < d.TemporalStart:
		return fault.At("temporal_end", "时间范围的终点早于起点。")
	}
	return nil
}
