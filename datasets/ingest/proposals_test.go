package ingest_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"shuyuan/datasets/ingest"
)

// What a column is proposed to be, by its name and some of its values, and its
// cells come back as they were.
func TestProposals(t *testing.T) {
	for _, c := range []struct {
		name   string
		values string // with blanks between, or bars where there is one
		want   ingest.Type
		unit   string
		says   string // part of the evidence
	}{
		// units in names
		{"面积（平方公里）", "1.5 2.25 3", ingest.Decimal, "平方公里", "列名里写着单位“平方公里”。"},
		{"海拔(米)", "1 2 3", ingest.Integer, "米", ""},
		{"GDP[亿元]", "1.1 2.2 3.3", ingest.Decimal, "亿元", ""},
		{"产值（单位：万元）", "1 2 3", ingest.Integer, "万元", ""},
		{"碳强度（gCO2eq/kWh）", "447 112 663", ingest.Integer, "gCO2eq/kWh", ""},
		{"损失(百万美元)", "1.5 2.5 3.5", ingest.Decimal, "百万美元", ""},
		{"人均收入（国际元）", "1 2 3", ingest.Integer, "国际元", ""},
		{"占比（%）", "1 2 3", ingest.Integer, "%", ""},
		{"PM2.5（μg/m³）", "1 2 3", ingest.Integer, "μg/m³", ""},
		{"密度（人/平方公里）", "1 2 3", ingest.Integer, "人/平方公里", ""},
		{"产量/万吨", "1 2 3", ingest.Integer, "万吨", ""},
		{"震源深度km", "1 2 3", ingest.Integer, "km", ""},
		{"深度千米", "1.5 2 3", ingest.Decimal, "千米", ""},
		{"altitude_ft", "1 2 3", ingest.Integer, "ft", ""},
		{"渗透率_pct", "1 2 3", ingest.Integer, "%", ""},
		{"空速（节）", "300 200 130", ingest.Integer, "节", ""},
		// and what looks like one and is none
		{"PM2.5(站点1)", "1 2 3", ingest.Integer, "", ""},
		{"PM2.5(US Post)", "1 2 3", ingest.Integer, "", ""},
		{"数量（不含税）", "1 2 3", ingest.Integer, "", ""},
		{"人口（2020）", "1 2 3", ingest.Integer, "", ""},
		{"名称（人）", "甲 乙 丙", ingest.Text, "", ""},
		{"时间（小时）", "2020-01-01|2020-01-02", ingest.Date, "", ""},
		// units behind values
		{"金额", "1234.5元 2000元 345元", ingest.Decimal, "元", "后面带着单位“元”"},
		{"投资", "1,234.5万元|2,000万元|3万元", ingest.Decimal, "万元", ""},
		{"气温", "-5℃ 3℃ 10℃", ingest.Integer, "℃", ""},
		{"停留", "2分钟 13分钟 1分钟", ingest.Integer, "分钟", ""},
		{"年", "2023年 2022年 2021年", ingest.Integer, "年", ""},
		{"出生率", "5‰ 6.2‰ 1‰", ingest.Decimal, "‰", ""},
		{"速度", "80 km/h|90 km/h|100 km/h", ingest.Integer, "km/h", ""},
		{"增长", "12.5% -3.2% 0%", ingest.Decimal, "%", "值带百分号"},
		{"混", "5元 6万元 7元", ingest.Text, "", ""},
		{"级别", "5A 4A 3A", ingest.Text, "", ""},
		// what nearly fits stays text, with the first that does not
		{"登记", "2024-01-01 2024年1月2日 2024/1/3 不清楚", ingest.Text, "", "4 个值中 3 个是日期或时间，不到 98%，所以保留为文本；第一个不是的是“不清楚”。"},
		{"收入", "1,200|3,400|待核|5", ingest.Text, "", "4 个值中 3 个是数，不到 98%，所以保留为文本；第一个不是数的是“待核”。"},
		{"支出", strings.Repeat("1,234.5|", 100) + "1e400|NaN", ingest.Decimal, "", "千位分隔符"},
		{"班", "1班 2班 3班", ingest.Text, "", ""},
		{"楼", "1号 2号 3号", ingest.Text, "", ""},
		{"规模", "1.2万 3万 5.6万", ingest.Text, "", ""},
		{"零开头", "007元 008元 009元", ingest.Integer, "元", ""},
		// codes
		{"行政区", "350102 350103 350104", ingest.Text, "", "像区划代码"},
		{"pid", strings.Repeat("11 1101 110101 419001000 350102001001 ", 20), ingest.Text, "", "位数和开头都和区划代码一样"},
		{"pid", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", ingest.Integer, "", ""},
		{"学校标识", "3435000001 3435000002", ingest.Text, "", "像编号而不是数"},
		{"版本", "1.0 1.10 2.0", ingest.Text, "", "像代码或号码"},
		{"人口", "350102 350103 350104", ingest.Integer, "", ""},
		// days
		{"日期", "二〇二三年一月一日 二○二三年十二月三十一日 二零二三年十月廿一日", ingest.Date, "", ""},
		{"时期", "二〇二三年一月 二〇二三年十二月", ingest.YearMonth, "", ""},
		{"编年", "二〇二三年十三月一日 二〇二三年二月三十日", ingest.Text, "", ""},
		{"时间", "2023-01-01 24:00|2023-01-01 23:00|2023-01-01 01:00", ingest.DateTime, "", ""},
		{"时间", "2023-01-01 24:01|2023-01-01 25:00", ingest.Text, "", ""},
		{"入库时间", "20230101120000 20230102130501 20231231235959", ingest.DateTime, "", "都是十四位的时间"},
		{"编码", "20230101120000 20230102130501 20231231235959", ingest.Text, "", ""},
		{"流水", "20230101120000 20230102130501 20231231235960", ingest.Integer, "", ""},
		// places
		{"坐标", "119.3,26.1 119.4,26.2", ingest.Point, "", ""},
		{"中心点", "[119.306239,26.075302] [118.11022,24.490474]", ingest.Point, "", ""},
		{"甲", "119.306239,26.075302 118.110221,24.490474", ingest.Point, "", ""},
		{"位置", "119.3 26.1|119.4 26.2", ingest.Point, "", ""},
		{"甲", "1,5 2,25 3,75", ingest.Text, "", ""},
		{"金额", "1,023 2,045 12,011", ingest.Integer, "", "千位分隔符"},
		{"标签", "[1,2] [3,4]", ingest.Array, "", ""},
		{"经纬度", "26.1,119.3 26.2,119.4", ingest.Text, "", "请改成经度在前"},
		{"图形", "POLYGON((0 0,1 0,1 1,0 0))|MULTIPOLYGON(((0 0,1 0,1 1,0 0)))|POLYGON EMPTY", ingest.Geometry, "", ""},
		{"图形", "SRID=4326;POINT(119.3 26.1)|POINTZ(1 2 3)|POINT ZM (1 2 3 4)", ingest.Point, "", ""},
		{"图形", "SRID=3857;POINT(13280000 3000000)", ingest.Text, "", ""},
	} {
		values := strings.Fields(c.values)
		if strings.Contains(c.values, "|") {
			values = strings.Split(c.values, "|")
		}
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		_ = w.Write([]string{c.name, "y"})
		for _, v := range values {
			_ = w.Write([]string{v, "x"})
		}
		w.Flush()
		dir := folder(t)
		r, err := ingest.Run(t.Context(), ingest.Input{File: onDisk(t, b.String()), Name: "a.csv"}, dir, nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		column := r.Tables[0].Columns[0]
		var said []string
		for _, n := range column.Evidence {
			said = append(said, n.Text())
		}
		if column.Type != c.want || column.Unit != c.unit || !strings.Contains(strings.Join(said, ""), c.says) {
			t.Errorf("%s %s: %s in %q (%s), want %s in %q (%s)", c.name, c.values, column.Type, column.Unit, said, c.want, c.unit, c.says)
		}
		f, err := r.Tables[0].OpenTable(dir)
		if err != nil {
			t.Fatal(err)
		}
		var cells []string
		err = ingest.Rows(t.Context(), f, func(row []string) error { cells = append(cells, row[0]); return nil })
		f.Close()
		if want := append([]string{c.name}, values...); err != nil || strings.Join(cells, "¦") != strings.Join(want, "¦") {
			t.Errorf("%s: %q come back, want %q (%v)", c.name, cells, want, err)
		}
	}
}
