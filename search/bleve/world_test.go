package bleve_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"shuyuan/search"
)

// The words that a catalogue of a province is made of. They are put together
// as titles, summaries and columns are written there, so that lengths, rarity
// and repetition are like in a real one.
var (
	places = strings.Fields(`福建省 福州市 厦门市 莆田市 三明市 泉州市 漳州市 南平市 龙岩市 宁德市 平潭综合实验区
		鼓楼区 台江区 仓山区 马尾区 晋安区 长乐区 闽侯县 连江县 罗源县 闽清县 永泰县 福清市 思明区 海沧区 湖里区 集美区 同安区 翔安区
		城厢区 涵江区 荔城区 秀屿区 仙游县 三元区 沙县区 明溪县 清流县 宁化县 大田县 尤溪县 将乐县 泰宁县 建宁县 永安市
		鲤城区 丰泽区 洛江区 泉港区 惠安县 安溪县 永春县 德化县 石狮市 晋江市 南安市 芗城区 龙文区 龙海区 长泰区 云霄县 漳浦县 诏安县 东山县
		南靖县 平和县 华安县 延平区 建阳区 顺昌县 浦城县 光泽县 松溪县 政和县 邵武市 武夷山市 建瓯市 新罗区 永定区 长汀县 上杭县 武平县 连城县 漳平市
		蕉城区 霞浦县 古田县 屏南县 寿宁县 周宁县 柘荣县 福安市 福鼎市 天津市 和平区 河东区 河西区 南开区 河北区 红桥区 滨海新区 东丽区 西青区 津南区 北辰区 武清区 宝坻区 宁河区 静海区 蓟州区
		鞍山市 铁东区 铁西区 立山区 千山区 台安县 岫岩满族自治县 海城市`)
	subjects = strings.Fields(`公交站点 公交线路 地铁站 出租汽车 网约车 停车场 充电桩 高速公路收费站 客运班线 港口泊位 船舶 航标 桥梁 隧道 国省干线 农村公路 道路运输企业 驾驶培训机构 机动车维修企业
		空气质量 地表水水质 饮用水水源地 近岸海域水质 污染源 排污许可证 噪声监测 危险废物经营 自然保护区 湿地 古树名木 森林资源 林木种苗 土壤 降水 气温 台风路径 地震 潮汐 海浪
		小学 中学 高等学校 幼儿园 职业学校 培训机构 教师资格 学区 招生计划 校车 医院 诊所 药店 疫苗接种点 医保定点机构 执业医师 护士 传染病 献血点 急救站 体检机构
		养老机构 社区服务中心 村民委员会 居民委员会 婚姻登记处 低保对象 残疾人服务机构 慈善组织 社会团体 殡葬服务机构 志愿服务 救助站 人口 户籍 姓氏 少数民族 公共厕所 公园 体育场馆 图书馆 博物馆 文化馆
		景区 旅行社 星级酒店 导游 非物质文化遗产 文物保护单位 企业登记 个体工商户 小微企业 高新技术企业 专精特新企业 上市公司 行政许可 行政处罚 双随机抽查 食品生产许可 食品抽检 药品经营 医疗器械 特种设备
		商品房销售 二手房 保障性住房 公租房 物业服务企业 建筑业企业 施工许可 规划许可 土地出让 不动产登记 城市管网 供水 供气 供热 用电量 路灯 垃圾分类 建筑垃圾 城市绿化 地名 行政区划 门牌
		农作物产量 蔬菜价格 水果种植 茶叶 水产养殖 畜禽养殖 农业机械 农药经营 兽药经营 种子 家庭农场 农民合作社 渔船 渔港 水库 河道 堤防 取水许可 灌区 山洪灾害 财政预算 政府采购 税收 国有企业 金融机构 小额贷款公司 保险机构
		社会保险参保 失业保险 工伤认定 劳动人事仲裁 职业技能鉴定 就业岗位 公务员招录 专利 商标 科技项目 重点实验室 5G基站 宽带用户 移动电话 邮政网点 快递企业 电子商务 进出口 外商投资 价格指数 生产总值 工业增加值 固定资产投资 社会消费品零售 居民收入 法律援助 律师事务所 公证处 人民调解 司法鉴定 消防站 应急避难场所 危险化学品企业 煤矿 安全评价机构`)
	kinds   = strings.Fields(`名录 名单 基本信息 分布 统计 统计年报 月度统计 监测数据 实时数据 清单 目录 台账 登记信息 备案信息 许可信息 评价结果 检查结果 位置坐标 历史数据 汇总表 明细 指标 情况 公示 年度报告 分类代码 对照表`)
	clauses = strings.Fields(`按照有关规定整理并向社会公开，每年更新一次 数据来自业务系统，经脱敏处理后发布 包括名称、地址、联系电话、经纬度等字段 可用于出行查询、选址分析和学术研究 统计范围为本行政区域内的全部单位
		其中经纬度采用国家大地坐标系 未包括涉及个人隐私和商业秘密的内容 本次更新修正了上一版的重复记录 数据每月五日前由责任科室汇总后报送 字段说明见数据字典 与往年口径一致，可以比较 由各县区主管部门采集，市级审核
		反映本地区近年来的发展变化 供社会公众和企业免费使用 如有疑问请联系发布单位 依据国家统计调查制度采集 采用统一的编码规则，便于与其他目录关联 单位已在表头注明 空值表示当期没有发生 覆盖城区和农村 数据来源于日常监管工作 包含开放时间和服务内容`)
	labels = strings.Fields(`序号 名称 地址 所在区县 经度 纬度 联系电话 负责人 统一社会信用代码 成立日期 登记机关 经营范围 行业类别 行业代码 企业规模 从业人数 注册资本 许可证编号 发证日期 有效期至 发证机关 状态 等级 类型 面积 床位数 开放时间 服务内容 备注 更新时间 年份 月份 季度 指标名称 指标值 计量单位 同比增长 环比增长 行政区划代码 乡镇街道 村居 监测点位 监测时间 二氧化硫 二氧化氮 可吸入颗粒物 细颗粒物 臭氧 一氧化碳 首要污染物 水温 溶解氧 氨氮 总磷 高锰酸盐指数 水质类别
		线路编号 起点站 终点站 首班时间 末班时间 票价 站点名称 站序 车牌号 车辆类型 燃料类型 泊位数 收费标准 学校代码 办学类型 在校学生数 教职工数 班级数 招生人数 医院等级 科室 诊疗科目 药品名称 剂型 规格 生产企业 批准文号 抽检批次 合格率 处罚决定书文号 违法事实 处罚依据 处罚内容 处罚金额 项目名称 建设单位 施工单位 合同金额 中标日期 产量 播种面积 单产 价格 品种 产地`)
	letters = strings.Fields(`id code name address district lng lat phone legal_person credit_code founded registrar business_scope industry industryCode scale employees capital licenceNo issuedOn validUntil authority status grade kind area beds openingHours services remark updatedAt year month quarter indicator value unit yoy mom adcode township village station observedAt so2 no2 pm10 pm25 o3 co primaryPollutant waterTemperature dissolvedOxygen nh3n totalPhosphorus codMn waterClass routeNo startStop endStop firstBus lastBus fare stopName stopOrder plateNo vehicleType fuel spaces rate schoolCode schoolType students teachers classes enrolment hospitalGrade`)
	english = strings.Fields(`bus stops routes metro stations parking charging hospitals schools kindergartens air quality water monitoring population permits penalties companies register statistics annual monthly list of locations housing prices land sales forest weather rainfall earthquakes tides tourism museums libraries farms crops fisheries reservoirs budget procurement taxes insurance employment patents trademarks broadband exports investment income fire shelters`)
	codes   = strings.Fields(`汉族 蒙古族 回族 藏族 维吾尔族 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族 土家族 哈尼族 哈萨克族 傣族 黎族 畲族 高山族 优 良 轻度污染 中度污染 重度污染 严重污染 公办 民办 在业 吊销 注销 迁出 存续 一级甲等 二级甲等 三级甲等 特大型 大型 中型 小型 微型 有限责任公司 股份有限公司 个人独资企业 合伙企业 农林牧渔业 采矿业 制造业 建筑业 批发和零售业 住宿和餐饮业 金融业 房地产业 教育 卫生和社会工作 国有 集体 柴油 汽油 天然气 纯电动 插电混动 合格 不合格 整改 立案 结案 男 女 未知`)
	offices = strings.Fields(`发展和改革委员会 教育局 科学技术局 工业和信息化局 民族与宗教事务局 公安局 民政局 司法局 财政局 人力资源和社会保障局 自然资源局 生态环境局 住房和城乡建设局 交通运输局 水利局 农业农村局 商务局 文化和旅游局 卫生健康委员会 应急管理局 审计局 市场监督管理局 体育局 统计局 医疗保障局 林业局 海洋与渔业局 气象局 地震局 税务局 城市管理局 数据管理局`)
	fields  = strings.Fields(`综合政务 经济管理 国土资源 工业 交通运输 信息产业 城乡建设 环境保护 农业 水利 财政 商业贸易 旅游 金融 气象 水文 测绘 文化 教育 卫生 体育 安全`)
	freqs   = strings.Fields(`realtime daily weekly monthly quarterly semiannual annual biennial irregular never`)
	formats = strings.Fields(`csv xlsx json xml geojson txt tsv zip pdf`)
)

// world gives n documents, the same for the same n at every call.
func world(n int) func(yield func(search.Document) bool) {
	return func(yield func(search.Document) bool) {
		r := rand.New(rand.NewPCG(7, 2026))
		for i := range n {
			if !yield(document(r, i)) {
				return
			}
		}
	}
}

func document(r *rand.Rand, i int) search.Document {
	place := places[int(float64(len(places))*r.Float64()*r.Float64())]
	subject, kind := pick(r, subjects), pick(r, kinds)
	office := r.IntN(len(offices))
	theme := r.IntN(len(fields))
	d := search.Document{
		ID: fmt.Sprintf("dataset-%06d", i), Title: place + subject + kind,
		TitleEN:    strings.Join(several(r, english, 3, 7), " "),
		Department: fmt.Sprintf("office-%02d", office), Departments: []string{place[:6] + "省" + offices[office], fmt.Sprintf("Office %d of the province", office), offices[office]},
		Theme: fmt.Sprintf("theme-%02d", theme), ThemeNames: []string{fields[theme]},
		Open: "unconditional", Frequency: pick(r, freqs), Region: fmt.Sprintf("35%04d", r.IntN(95)), RegionNames: []string{place},
		Formats: several(r, formats, 1, 3), Tags: append(several(r, subjects, 1, 4), pick(r, codes)),
		Code: fmt.Sprintf("35%04d-%04d-%06d", r.IntN(95), r.IntN(60), i), Popular: int64(r.ExpFloat64() * 300),
		Updated: time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(4200)),
	}
	if r.IntN(6) == 0 {
		d.Open = "conditional"
	}
	if r.IntN(2) == 0 {
		d.Title = pick(r, []string{"2019年", "2021年", "2022年", "2023年", "2024年", "2025年"}) + d.Title
	}
	d.Summary = place + subject + "的" + kind + "。" + strings.Join(several(r, clauses, 3, 6), "；") + "。"
	if r.IntN(3) == 0 {
		d.SummaryEN = strings.Join(several(r, english, 10, 25), " ") + "."
	}
	for range 5 + r.IntN(12) {
		at := r.IntN(len(labels))
		d.Columns = append(d.Columns, letters[at%len(letters)], labels[at])
	}
	if r.IntN(3) > 0 {
		d.Values = append(several(r, codes, 3, 12), several(r, places, 0, 20)...)
	}
	return d
}

func pick(r *rand.Rand, words []string) string { return words[r.IntN(len(words))] }

func several(r *rand.Rand, words []string, least, most int) []string {
	var out []string
	for range least + r.IntN(most-least+1) {
		out = append(out, pick(r, words))
	}
	return out
}
