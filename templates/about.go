package templates

import (
	"context"

	"shuyuan/templates/text"
)

// borrowed lists what is not ours, with its licence.
func borrowed(ctx context.Context) TableView {
	return TableView{
		Label:   text.T(ctx, "用了谁的东西"),
		Columns: []Column{{Label: text.T(ctx, "名称")}, {Label: text.T(ctx, "用来做什么")}, {Label: text.T(ctx, "许可")}},
		Rows: [][]string{
			{text.T(ctx, "字体"), text.T(ctx, "用您系统里的字体，不下载任何字体"), text.T(ctx, "无")},
			{text.T(ctx, "标志、图、图标"), text.T(ctx, "自己画的，图由服务器按数据画出"), text.T(ctx, "随本程序")},
			{"OpenCC TSCharacters, TSPhrases", text.T(ctx, "繁简对照字典"), "Apache-2.0"},
			{"go-pinyin", text.T(ctx, "汉字读音；多音词另有自编的表"), "MIT"},
			{text.T(ctx, "同义词表"), text.T(ctx, "自编，可在数据目录里增删"), text.T(ctx, "随本程序")},
			{"chinese-days", text.T(ctx, "放假与调休日历，用来数工作日"), "MIT"},
			{"PostgreSQL", text.T(ctx, "数据库"), "PostgreSQL"},
			{"Bleve", text.T(ctx, "内置的搜索索引"), "Apache-2.0"},
			{"Fiber, fasthttp, templ, huma, pgx", text.T(ctx, "网页、接口与数据库连接"), "MIT"},
			{"River", text.T(ctx, "后台任务"), "MPL-2.0"},
			{"js-sha256", text.T(ctx, "在浏览器里算文件的指纹"), "MIT"},
			{"Excelize, age", text.T(ctx, "读写 XLSX；备份加密"), "BSD-3-Clause"},
		},
	}
}
