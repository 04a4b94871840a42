package searchtest

import (
	"time"

	"shuyuan/search"
)

// World is a small catalogue in which every way to search finds something and
// leaves something out. The values are made fresh, so a test may change them.
func World() []search.Document {
	return []search.Document{
		{
			ID: "fuzhou-air", Title: "福州市空气质量日报", TitleEN: "Daily air quality of Fuzhou",
			Summary: "全市各监测站点的PM2.5、PM10浓度，每日更新。", SummaryEN: "Concentrations at every station.",
			Department: "environment-bureau", Departments: []string{"生态环境局", "Bureau of Ecology and Environment", "环保局"},
			Theme: "environment", ThemeNames: []string{"生态环境", "Environment"},
			Open: "unconditional", Formats: []string{"csv", "json"}, Frequency: "daily",
			Region: "350100", RegionNames: []string{"福州市", "Fuzhou"}, Tags: []string{"空气质量", "监测"},
			Columns: []string{"stationName", "监测点名称", "pm25", "首要污染物"}, Values: []string{"轻度污染", "重度污染"},
			Code: "A01/0001", Updated: day(20), Popular: 900,
		},
		{
			ID: "xiamen-bus", Title: "厦门公交站点", TitleEN: "Bus stops of Xiamen",
			Summary:    "全市公共交通停靠点的名称与经纬度。",
			Department: "transport-bureau", Departments: []string{"交通运输局", "Transport Bureau"},
			Theme: "transport", ThemeNames: []string{"交通出行", "Transport"},
			Open: "unconditional", Formats: []string{"csv", "geojson"}, Frequency: "monthly",
			Region: "350200", RegionNames: []string{"厦门市", "Xiamen"}, Tags: []string{"公交", "站点"},
			Columns: []string{"line_no", "stop_name", "lon", "lat"}, Code: "B02/0001", Updated: day(3), Popular: 500,
		},
		{
			ID: "toolbox", Title: "测试工具箱清单", TitleEN: "Inventory of the test toolbox",
			Summary:    "实验室的仪器与附件。",
			Department: "science-bureau", Departments: []string{"科学技术局", "Science Bureau", "科技局"},
			Theme: "science", ThemeNames: []string{"科技创新", "Science"},
			Open: "conditional", Formats: []string{"xlsx"}, Frequency: "yearly",
			Region: "350000", RegionNames: []string{"福建省", "Fujian"}, Tags: []string{"仪器"}, Updated: day(1), Popular: 3,
		},
		{
			ID: "divisions", Title: "行政区划代码", TitleEN: "Codes of administrative divisions",
			Summary:    "省、市、县、乡各级和村（居）委会的代码与名称。",
			Department: "civil-affairs", Departments: []string{"民政局", "Civil Affairs Bureau"},
			Theme: "government", ThemeNames: []string{"机构团体", "Government"},
			Open: "unconditional", Formats: []string{"csv", "json", "xlsx"}, Frequency: "yearly",
			Region: "350000", RegionNames: []string{"福建省", "Fujian"}, Tags: []string{"区划", "代码"},
			Columns: []string{"code", "name"}, Values: []string{"鼓楼区", "台江区", "仓山区"}, Code: "C03/0007", Updated: day(10), Popular: 700,
		},
		{
			ID: "taiwan-travel", Title: "臺灣同胞旅遊景點名錄", TitleEN: "Sights for travellers from Taiwan",
			Department: "culture-bureau", Departments: []string{"文化和旅游局", "Culture and Tourism Bureau"},
			Theme: "culture", ThemeNames: []string{"文化旅游", "Culture"},
			Open: "unconditional", Formats: []string{"pdf"}, Frequency: "irregular",
			Region: "350000", RegionNames: []string{"福建省", "Fujian"}, Tags: []string{"景点"}, Updated: day(5), Popular: 40,
		},
		{
			ID: "wide", Title: "ＧＤＰ核算数据２０２０", TitleEN: "GDP accounts 2020",
			Department: "statistics-bureau", Departments: []string{"统计局", "Statistics Bureau"},
			Theme: "economy", ThemeNames: []string{"经济运行", "Economy"},
			Open: "unconditional", Formats: []string{"xlsx"}, Frequency: "yearly",
			Region: "350000", RegionNames: []string{"福建省", "Fujian"}, Tags: []string{"核算"}, Updated: day(7), Popular: 60,
		},
		{
			ID: "hospitals", Title: "基本医疗保险定点机构", TitleEN: "Institutions of the basic medical insurance",
			Department: "insurance-bureau", Departments: []string{"医疗保障局", "Healthcare Security Bureau"},
			Theme: "health", ThemeNames: []string{"医疗卫生", "Health"},
			Open: "conditional", Formats: []string{"csv"}, Frequency: "quarterly",
			Region: "350100", RegionNames: []string{"福州市", "Fuzhou"}, Tags: []string{"定点"}, Updated: day(12), Popular: 300,
		},
		{
			ID: "earthquakes", Title: "地震目录", TitleEN: "Earthquake catalogue",
			Summary:    "震级三级以上。空气质量不在其列。",
			Department: "emergency-bureau", Departments: []string{"应急管理局", "Emergency Bureau"},
			Theme: "safety", ThemeNames: []string{"公共安全", "Safety"},
			Open: "unconditional", Formats: []string{"geojson", "csv"}, Frequency: "monthly",
			Region: "350000", RegionNames: []string{"福建省", "Fujian"}, Tags: []string{"地震"}, Updated: day(15), Popular: 120,
		},
		{
			ID: "codelist", Title: "指标编码", TitleEN: "Indicator codes",
			Department: "statistics-bureau", Departments: []string{"统计局", "Statistics Bureau"},
			Theme: "economy", ThemeNames: []string{"经济运行", "Economy"},
			Open: "unconditional", Formats: []string{"json"}, Frequency: "irregular",
			Region: "350000", RegionNames: []string{"福建省", "Fujian"},
			Values: []string{"空气质量优良天数"}, Updated: day(2), Popular: 9000,
		},
		{
			ID: "chongqing-banks", Title: "重庆银行网点", TitleEN: "Branches of banks in Chongqing",
			Department: "finance-bureau", Departments: []string{"金融监管局", "Financial Regulation Bureau"},
			Theme: "economy", ThemeNames: []string{"经济运行", "Economy"},
			Open: "conditional", Formats: []string{"csv"}, Frequency: "quarterly",
			Region: "500000", RegionNames: []string{"重庆市", "Chongqing"}, Tags: []string{"网点"}, Updated: day(9), Popular: 77,
		},
		{
			ID: "cafes", Title: "Éclairs & cafés", TitleEN: "Pastry shops",
			Summary:    "说明书一份。",
			Department: "market-bureau", Departments: []string{"市场监督管理局", "Market Bureau"},
			Theme: "market", ThemeNames: []string{"市场监管", "Market"},
			Open: "unconditional", Formats: []string{"csv"}, Frequency: "irregular",
			Region: "350200", RegionNames: []string{"厦门市", "Xiamen"}, Updated: day(4), Popular: 8,
		},
		{
			ID: "bare", Title: "只有标题",
			Updated: day(6),
		},
	}
}

func day(n int) time.Time { return time.Date(2025, time.November, n, 8, 30, 0, 0, time.UTC) }
