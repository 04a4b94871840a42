package datasets

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"shuyuan/internal/fault"
)

var (
	slugForm     = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	regionForm   = regexp.MustCompile(`^[0-9]{6}$`)
	resourceForm = regexp.MustCompile(`^[0-9a-z]{8,32}$`)
)

// The most characters that a text may have.
const (
	maxLine  = 200  // a title, a name: one line
	maxText  = 5000 // an explanation
	maxURL   = 2000
	maxTags  = 30
	maxTag   = 30
	maxTagEN = 60 // words are longer in English
	maxList  = 50 // bases, codes
	maxItems = 2000
)

// normalise brings every text of d to one form (NFC, no blanks at the ends)
// and refuses what no page could show safely: control characters, marks that
// turn the direction of writing or are not seen at all, floods of combining
// marks, and addresses that are not plain web addresses.
func (d *Dataset) normalise() error {
	for _, t := range []struct {
		field string
		text  *string
		most  int
	}{
		{"title", &d.Title, maxLine}, {"title_en", &d.TitleEN, maxLine}, {"summary", &d.Summary, maxText}, {"summary_en", &d.SummaryEN, maxText},
		{"open_reason", &d.OpenReason, maxText}, {"open_method", &d.OpenMethod, maxText},
		{"use_requirements", &d.UseRequirements, maxText}, {"safeguards", &d.Safeguards, maxText}, {"share_content", &d.ShareContent, maxText},
		{"share_conditions", &d.ShareConditions, maxText}, {"share_scope", &d.ShareScope, maxText}, {"share_method", &d.ShareMethod, maxText},
		{"required_materials", &d.RequiredMaterials, maxText}, {"update_due", &d.UpdateDue, maxLine}, {"update_method", &d.UpdateMethod, maxLine},
		{"resource_code", &d.ResourceCode, maxLine}, {"category", &d.Category, maxLine}, {"data_form", &d.DataForm, maxLine},
		{"attributes", &d.Attributes, maxLine}, {"collect_due", &d.CollectDue, maxLine}, {"collecting_org", &d.CollectingOrg, maxLine},
		{"approving_org", &d.ApprovingOrg, maxLine}, {"responsible_org", &d.ResponsibleOrg, maxLine}, {"duties", &d.Duties, maxText},
		{"source", &d.Source, maxText}, {"source_url", &d.SourceURL, maxURL}, {"processing", &d.Processing, maxText}, {"security_level", &d.SecurityLevel, maxLine},
		{"linked_system", &d.LinkedSystem, maxLine}, {"duty_item", &d.DutyItem, maxLine}, {"core_business", &d.CoreBusiness, maxLine},
		{"collection_method", &d.CollectionMethod, maxLine}, {"spatial", &d.Spatial, maxLine}, {"contact", &d.Contact, maxLine},
		{"phone", &d.Phone, maxLine}, {"email", &d.Email, maxLine}, {"language", &d.Language, maxLine},
		{"temporal_start", &d.TemporalStart, maxLine}, {"temporal_end", &d.TemporalEnd, maxLine},
		{"open_reason_en", &d.OpenReasonEN, maxText}, {"open_method_en", &d.OpenMethodEN, maxText}, {"use_requirements_en", &d.UseRequirementsEN, maxText}, {"safeguards_en", &d.SafeguardsEN, maxText},
		{"share_content_en", &d.ShareContentEN, maxText}, {"share_conditions_en", &d.ShareConditionsEN, maxText}, {"share_scope_en", &d.ShareScopeEN, maxText}, {"share_method_en", &d.ShareMethodEN, maxText}, {"required_materials_en", &d.RequiredMaterialsEN, maxText},
		{"update_due_en", &d.UpdateDueEN, maxLine}, {"update_method_en", &d.UpdateMethodEN, maxLine}, {"source_en", &d.SourceEN, maxText}, {"processing_en", &d.ProcessingEN, maxText}, {"spatial_en", &d.SpatialEN, maxLine},
		{"map_review", &d.MapReview, maxLine}, {"coordinates", &d.Coordinates, maxLine},
		{"format", &d.Format, maxLine}, {"share_reason", &d.ShareReason, maxText}, {"source_kind", &d.SourceKind, maxLine},
	} {
		clean, err := cleanText(t.field, *t.text, t.most)
		if err != nil {
			return err
		}
		*t.text = clean
	}
	if err := d.normaliseLaw(); err != nil {
		return err
	}
	for _, l := range []struct {
		field string
		list  *[]string
		each  int
	}{{"open_basis", &d.OpenBasis, maxLine}, {"share_basis", &d.ShareBasis, maxLine}, {"related_codes", &d.RelatedCodes, maxLine}, {"tags", &d.Tags, maxTag}} {
		clean, err := cleanList(l.field, *l.list, l.each)
		if err != nil {
			return err
		}
		*l.list = clean
	}
	if len(d.Tags) > maxTags {
		return fault.At("tags", "标签最多 %d 个。", maxTags)
	}
	for _, tag := range d.Tags {
		if strings.ContainsAny(tag, ",，;；") {
			return fault.At("tags", "标签不能为空，也不能含逗号或分号。")
		}
	}
	if err := d.normaliseTagsEN(); err != nil {
		return err
	}
	return checkURL("source_url", d.SourceURL)
}

// normaliseLaw cleans bases, filings and declared items. The lines of a basis
// are those of its articles, where they are given.
func (d *Dataset) normaliseLaw() error {
	for _, axis := range []struct {
		field string
		bases []LegalBasis
		lines *[]string
	}{{"open_bases", d.OpenBases, &d.OpenBasis}, {"share_bases", d.ShareBases, &d.ShareBasis}} {
		if len(axis.bases) > maxList {
			return fault.At(axis.field, "太多，最多 %d 条。", maxList)
		}
		lines, err := CleanBases(axis.field, axis.bases)
		if err != nil {
			return err
		}
		if len(axis.bases) > 0 {
			*axis.lines = lines
		}
	}
	if len(d.Filings) > maxList {
		return fault.At("filings", "太多，最多 %d 条。", maxList)
	}
	for i := range d.Filings {
		if err := cleanAll("filings", maxLine, &d.Filings[i].Date, &d.Filings[i].With, &d.Filings[i].Number); err != nil {
			return err
		}
	}
	if len(d.Items) > maxItems {
		return fault.At("items", "太多，最多 %d 条。", maxItems)
	}
	for i := range d.Items {
		f := &d.Items[i]
		if err := cleanAll("items", maxLine, &f.Name, &f.Label, &f.Unit); err != nil {
			return err
		}
		if err := cleanAll("items", maxText, &f.Description); err != nil {
			return err
		}
		for j := range f.Codes {
			if err := cleanAll("items", maxLine, &f.Codes[j].Value, &f.Codes[j].Label, &f.Codes[j].LabelEN); err != nil {
				return err
			}
		}
	}
	return nil
}

func cleanAll(field string, most int, texts ...*string) error {
	for _, t := range texts {
		clean, err := cleanText(field, *t, most)
		if err != nil {
			return err
		}
		*t = clean
	}
	return nil
}

// normaliseTagsEN cleans the English of the tags. Two tags may have the same
// English, so none is left out: each stands at the place of its tag.
func (d *Dataset) normaliseTagsEN() error {
	if len(d.TagsEN) != 0 && len(d.TagsEN) != len(d.Tags) {
		return fault.At("tags_en", "英文标签须与标签一一对应。")
	}
	clean := make([]string, len(d.TagsEN))
	for i, tag := range d.TagsEN {
		var err error
		if clean[i], err = cleanText("tags_en", tag, maxTagEN); err != nil {
			return err
		}
		if clean[i] == "" {
			return fault.At("tags_en", "英文标签须与标签一一对应。")
		}
	}
	d.TagsEN = clean
	return nil
}

// CleanLine brings what a person wrote into one line to its one form; it returns
// fault.Invalid at field for what no page could show safely.
func CleanLine(field, s string) (string, error) { return cleanText(field, s, maxLine) }

// CleanProse is CleanLine for an explanation of several lines.
func CleanProse(field, s string) (string, error) { return cleanText(field, s, maxText) }

// cleanText brings s to its one form. A text of at most maxURL characters is
// one line.
func cleanText(field, s string, most int) (string, error) {
	if !utf8.ValidString(s) {
		return "", fault.At(field, "文字不是有效的 UTF-8。")
	}
	if len(s) > 8*most { // before any work on it
		return "", fault.At(field, "太长，最多 %d 个字。", most)
	}
	s = strings.TrimFunc(norm.NFC.String(strings.ReplaceAll(s, "\r\n", "\n")), unicode.IsSpace)
	if utf8.RuneCountInString(s) > most {
		return "", fault.At(field, "太长，最多 %d 个字。", most)
	}
	marks := 0
	for _, r := range s {
		if r == '\n' && most < maxText {
			return "", fault.At(field, "这一项只能写一行。")
		}
		if unseen(r) {
			return "", fault.At(field, "含有看不见的控制字符。")
		}
		if !unicode.In(r, unicode.Mn, unicode.Me) {
			marks = 0
		} else if marks++; marks > 4 {
			return "", fault.At(field, "一个字上叠加的符号太多。")
		}
	}
	return s, nil
}

// unseen reports whether r does something without being seen: a control
// character, a mark that turns the direction or joins nothing to nothing, a
// line end of another kind, and what is no character at all.
func unseen(r rune) bool {
	return unicode.IsControl(r) && r != '\n' || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) ||
		r == utf8.RuneError || r&0xFFFE == 0xFFFE || r >= 0xFDD0 && r <= 0xFDEF
}

// cleanList cleans every text of a list; none may be empty or stand twice.
func cleanList(field string, list []string, most int) ([]string, error) {
	if len(list) > maxList {
		return nil, fault.At(field, "太多，最多 %d 条。", maxList)
	}
	out := make([]string, 0, len(list))
	for _, s := range list {
		clean, err := cleanText(field, s, most)
		if err != nil {
			return nil, err
		}
		if clean == "" {
			return nil, fault.At(field, "不能有空的一条。")
		}
		if !slices.Contains(out, clean) {
			out = append(out, clean)
		}
	}
	return out, nil
}

func checkURL(field, s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '\\' }) {
		return fault.At(field, "网址须以 http:// 或 https:// 开头，且不含账号。")
	}
	return nil
}

var (
	languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	emailForm    = regexp.MustCompile(`^[^@\s"(),:;<>\[\\\]]+@[^@\s"(),:;<>\[\\\]]+\.[^@\s"(),:;<>\[\\\].]+$`)
)

// period is a date, month or year of ISO 8601 as the first day in it.
func period(s string) (time.Time, bool) {
	for _, form := range []string{time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(form, s); err == nil && t.Year() > 0 {
			return t, true
		}
	}
	return time.Time{}, false
}

// known reports whether v is one of the values that there are.
func known[T comparable](v T, values ...T) bool { return slices.Contains(values, v) }

// known checks that every value of d is one that there is, also of a draft that
// leaves others open.
func (d *Dataset) known() error {
	start, starts := period(d.TemporalStart)
	end, ends := period(d.TemporalEnd)
	switch {
	case !slugForm.MatchString(d.Slug) || len(d.Slug) > 100:
		return fault.At("slug", "网址名只能用小写字母、数字和单个连字符。")
	case !known(d.Open, "", Unconditional, Conditional, Withheld):
		return fault.At("open_type", "没有这种开放类型。")
	case !known(OpenType(d.ShareType), "", Unconditional, Conditional, Withheld):
		return fault.At("share_type", "没有这种共享类型。")
	case !known(d.DBClass, "", BaseDB, ThemeDB, BusinessDB):
		return fault.At("db_class", "没有这种数据库类别。")
	case !known(d.Coordinates, "", "WGS 84", "CGCS2000", "GCJ-02", "BD-09"):
		return fault.At("coordinates", "坐标系须为 WGS 84、CGCS2000、GCJ-02 或 BD-09。")
	case !known(d.Frequency, "", RealTime, Daily, Weekly, Monthly, Quarterly, SemiAnnual, Annual, Biennial, Irregular, Never):
		return fault.At("update_frequency", "没有这种更新频率。")
	case !d.LastUpdated.IsZero() && d.LastUpdated.Year() < 1900:
		return fault.At("last_updated", "请填写数据最近更新的日期。")
	case d.NextDue != nil && d.NextDue.Year() < 1900:
		return fault.At("next_due", "下次更新的日期不对。")
	case d.TemporalStart != "" && !starts:
		return fault.At("temporal_start", "时间范围请写成年、年月或日期，如 2026、2026-01、2026-01-15。")
	case d.TemporalEnd != "" && !ends:
		return fault.At("temporal_end", "时间范围请写成年、年月或日期，如 2026、2026-01、2026-01-15。")
	case starts && ends && end.Before(start) && !strings.HasPrefix(d.TemporalStart, d.TemporalEnd):
		return fault.At("temporal_end", "时间范围的终点早于起点。")
	case d.Language != "" && !languageForm.MatchString(d.Language):
		return fault.At("language", "语言请写成代码，如 zh-CN、en。")
	case d.Email != "" && !emailForm.MatchString(d.Email):
		return fault.At("email", "这不是电子邮箱地址。")
	}
	return nil
}

// complete checks what the law asks of an entry before it can be public (a
// basis for whatever is not open or shared without condition, and for a
// condition the way to meet it: AS-27.3, TJ-16, AB-31), and that every value
// is one that there is.
func (d *Dataset) complete() error {
	if err := d.known(); err != nil {
		return err
	}
	switch {
	case d.Title == "":
		return fault.At("title", "请填写名称。")
	case d.Summary == "":
		return fault.At("summary", "请填写摘要。")
	case d.Source == "":
		return fault.At("source", "请填写数据来源。")
	case d.Theme.ID == 0:
		return fault.At("theme", "没有这个主题。")
	case d.Licence.ID == "":
		return fault.At("licence", "没有这种许可。")
	case d.Open == "":
		return fault.At("open_type", "没有这种开放类型。")
	case d.Open != Unconditional && len(d.OpenBasis) == 0:
		return fault.At("open_basis", "有条件开放和不予开放须写明法律、法规等依据。")
	case d.Open == Conditional && (d.OpenMethod == "" || d.UseRequirements == "" || d.Safeguards == ""):
		return fault.At("open_method", "有条件开放须写明开放方式、使用要求和安全保障措施。")
	case d.ShareType != "" && d.ShareType != string(Unconditional) && len(d.ShareBasis) == 0:
		return fault.At("share_basis", "有条件共享和不予共享须写明法律、法规等依据。")
	case d.Frequency == "":
		return fault.At("update_frequency", "没有这种更新频率。")
	case d.LastUpdated.Year() < 1900:
		return fault.At("last_updated", "请填写数据最近更新的日期。")
	}
	return nil
}

// CleanBases brings the parts of each basis to their one form, in place, and
// returns them as lines. It returns fault.Invalid at field for what no page
// could show safely.
func CleanBases(field string, bases []LegalBasis) (lines []string, err error) {
	for i := range bases {
		b := &bases[i]
		if err := cleanAll(field, maxLine, &b.Kind, &b.Instrument, &b.Article); err != nil {
			return nil, err
		}
		if err := cleanAll(field, maxText, &b.Quote); err != nil {
			return nil, err
		}
		if b.Line() != "" {
			lines = append(lines, b.Line())
		}
	}
	return lines, nil
}
