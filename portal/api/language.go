package api

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/portal"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// language is the language of questions about rows, with examples about v that
// run; v may be nil, and its profiles may be missing.
func language(ctx context.Context, v *datasets.Version, profiles []datasets.ColumnProfile) templates.Language {
	return templates.Language{Examples: languageExamples(ctx, v, profiles), Operators: operators(ctx), Functions: functions(ctx), Limits: limits(ctx)}
}

// languageExamples are questions about the first columns of each kind that v
// has.
func languageExamples(ctx context.Context, v *datasets.Version, profiles []datasets.ColumnProfile) (out []templates.AddressLine) {
	if v == nil || len(v.Tables) == 0 {
		return nil
	}
	at := Base + "/resources/" + v.ResourceID
	ask := func(words, path string, pairs ...string) {
		var shown []string
		q := url.Values{}
		for i := 0; i+1 < len(pairs); i += 2 {
			q.Set(pairs[i], pairs[i+1])
			shown = append(shown, pairs[i]+"="+pairs[i+1])
		}
		out = append(out, templates.AddressLine{Words: words, Pattern: strings.TrimPrefix(path, "/") + "?" + strings.Join(shown, "&"), Try: at + path + "?" + q.Encode()})
	}
	fields := v.Tables[0].Fields
	first := func(types ...string) string {
		for _, f := range fields {
			for _, t := range types {
				if f.Type == t {
					return rows.Quoted(f.Name)
				}
			}
		}
		return ""
	}
	words, number, day := first("text"), first("integer", "decimal"), first("date", "datetime")
	ask(text.T(ctx, "前十行"), "/rows", "limit", "10")
	if words != "" {
		ask(text.T(ctx, "找字，选列"), "/rows", "select", words, "where", `search(`+words+`, "1") or length(`+words+`) > 1`, "limit", "10")
		ask(text.T(ctx, "按值计数，多的在前"), "/rows", "group_by", words, "select", words+", count(*) as n", "order_by", "n desc", "limit", "10")
	}
	if number != "" {
		ask(text.T(ctx, "筛选，排序"), "/rows", "where", number+" is not null and "+number+" >= 0", "order_by", number+" desc", "limit", "10")
		ask(text.T(ctx, "汇总成一行"), "/rows", "select", "count(*) as n, min("+number+") as low, avg("+number+") as mean, max("+number+") as high")
	}
	if day != "" {
		ask(text.T(ctx, "按年分组"), "/rows", "group_by", "year("+day+") as y", "order_by", "y", "limit", "10")
		if i := slices.IndexFunc(profiles, func(p datasets.ColumnProfile) bool { return rows.Quoted(p.Column) == day }); i >= 0 {
			if later := portal.ExampleOf(profiles[i : i+1]); later != "" {
				ask(text.T(ctx, "某天以后"), "/rows", "where", later, "limit", "10")
			}
		}
	}
	if place := first("point", "geometry"); place != "" {
		ask(text.T(ctx, "五公里之内"), "/rows", "where", "within_distance("+place+", geom'POINT(119.3 26.08)', 5km)", "limit", "10")
	}
	ask(text.T(ctx, "一列的值和行数"), "/facets/1", "limit", "5")
	ask(text.T(ctx, "同样的一部分行，导出成文件"), "/export.csv", "limit", "10", "bom", "1")
	return out
}

func operators(ctx context.Context) []templates.NamedForm {
	return []templates.NamedForm{
		{Form: "= != < <= > >=", Words: text.T(ctx, "比较；全角的符号也认。")},
		{Form: "and or not ( )", Words: text.T(ctx, "条件的组合。")},
		{Form: `in ("福州", "厦门")`, Words: text.T(ctx, "是其中之一。")},
		{Form: "between 1 and 9", Words: text.T(ctx, "在两者之间，含两头。")},
		{Form: "is null · is not null", Words: text.T(ctx, "空与不空。")},
		{Form: `like "福%"`, Words: text.T(ctx, "合乎样子：% 是任意多个字，_ 是一个字。")},
		{Form: "+ - * / %", Words: text.T(ctx, "数的运算。")},
		{Form: "as 名字", Words: text.T(ctx, "在 select 和 group_by 里给结果起名。")},
		{Form: "asc · desc", Words: text.T(ctx, "在 order_by 里：升序、降序。")},
	}
}

func functions(ctx context.Context) []templates.NamedForm {
	var out []templates.NamedForm
	for _, f := range rows.Functions() {
		gives := string(f.Gives)
		if gives == "" {
			gives = text.T(ctx, "同第一个参数")
		}
		words := text.T(ctx, "得到：%s", gives)
		if f.Aggregate {
			words = text.T(ctx, "汇总一组的行；得到：%s", gives)
		}
		out = append(out, templates.NamedForm{Form: f.Form, Words: words})
	}
	return out
}

// limits are the most that one question may be.
func limits(ctx context.Context) []templates.NamedForm {
	n := func(of int) string { return strconv.Itoa(of) }
	return []templates.NamedForm{
		{Form: n(rows.MaxLimit), Words: text.T(ctx, "一页最多几行；导出没有这个上限。")},
		{Form: n(rows.MaxText), Words: text.T(ctx, "一个表达式最多几个字节。")},
		{Form: n(portal.MaxQuery), Words: text.T(ctx, "地址里问号之后最多几个字节。")},
		{Form: n(rows.MaxKeys), Words: text.T(ctx, "最多按几项分组，最多按几项排序。")},
		{Form: n(int(rows.QueryTime.Seconds())), Words: text.T(ctx, "一次查询最多算几秒。")},
		{Form: n(rows.SheetRows), Words: text.T(ctx, "XLSX 一张工作表最多几行，含表头；放不下的会写明。")},
		{Form: n(portal.ExportsAtOnce), Words: text.T(ctx, "同一网络或同一密钥同时最多几个导出。")},
	}
}
