package datasets

import (
	"slices"
	"strings"
	"time"

	"shuyuan/internal/account"
)

// OpenType is how far an entry is open to the public (开放类型).
type OpenType string

// The three open types of every text (AS-27, TJ-20, AB-31); FJ-4.1 calls the
// first 普遍开放.
const (
	Unconditional OpenType = "unconditional"
	Conditional   OpenType = "conditional"
	Withheld      OpenType = "withheld"
)

// Frequency is how often a new version is promised (更新频率).
type Frequency string

// The frequencies, one canonical list for the many of the portals.
const (
	RealTime   Frequency = "realtime"
	Daily      Frequency = "daily"
	Weekly     Frequency = "weekly"
	Monthly    Frequency = "monthly"
	Quarterly  Frequency = "quarterly"
	SemiAnnual Frequency = "semiannual"
	Annual     Frequency = "annual"
	Biennial   Frequency = "biennial"
	Irregular  Frequency = "irregular"
	Never      Frequency = "never"
)

// Title is the frequency in Chinese words; empty for what is none.
func (f Frequency) Title() string { return frequencyTitles[f] }

var frequencyTitles = map[Frequency]string{
	RealTime:   "实时",
	Daily:      "每日",
	Weekly:     "每周",
	Monthly:    "每月",
	Quarterly:  "每季度",
	SemiAnnual: "每半年",
	Annual:     "每年",
	Biennial:   "每两年",
	Irregular:  "不定期",
	Never:      "不再更新",
}

// Status is where an entry stands.
type Status string

// A draft is seen by its department, a published entry by whoever Visible
// lets, and a withdrawn one leaves a tombstone (410).
const (
	Draft     Status = "draft"
	Published Status = "published"
	Withdrawn Status = "withdrawn"
)

// Department is a body that publishes (数源部门).
type Department struct {
	ID            int64
	Slug          string
	Name          string
	NameEN        string
	Description   string
	DescriptionEN string
	Region        string // division code, six digits
	CreditCode    string // 统一社会信用代码
	Aliases       []string
	Contact       string
	Phone         string
	Email         string
	Profile       string       // id of the policy profile that binds it
	Sample        bool         // 发布单位(示例)
	Side          account.Side // Manage if empty; Regulate of a body that supervises
}

// Theme is a 数据领域.
type Theme struct {
	ID     int64
	Slug   string
	Name   string
	NameEN string
}

// Region is a place by its division code (GB/T 2260).
type Region struct {
	Code   string
	Name   string
	NameEN string
	Parent string
}

// Licence says in one sentence what may be done with the data.
type Licence struct {
	ID          string // SPDX id where there is one
	Name        string
	NameEN      string
	URL         string
	Attribution bool
	ShareAlike  bool
	Terms       string
	TermsEN     string
}

// Dataset is one catalogue entry with everything a page about it shows. The
// fields are those of the catalogue in the law matrix 1.7 and of the national
// core metadata (政务信息资源目录编制指南).
type Dataset struct {
	ID              int64
	Slug            string
	Title           string
	TitleEN         string
	Summary         string
	SummaryEN       string
	Department      Department
	Theme           Theme
	Licence         Licence
	Region          Region
	Tags            []string
	TagsEN          []string // one for each of Tags, or none
	Status          Status
	WithdrawnReason string
	Sample          bool

	Open            OpenType
	OpenBasis       []string // 依据, each naming its article
	OpenReason      string
	OpenMethod      string // 开放方式
	UseRequirements string // 使用要求
	Safeguards      string // 安全保障措施

	OpenReasonEN      string
	OpenMethodEN      string
	UseRequirementsEN string
	SafeguardsEN      string

	ShareType         string // unconditional, conditional, withheld: an axis of its own
	ShareContent      string
	ShareConditions   string
	ShareScope        string
	ShareMethod       string
	ShareBasis        []string
	RequiredMaterials string

	ShareContentEN      string
	ShareConditionsEN   string
	ShareScopeEN        string
	ShareMethodEN       string
	RequiredMaterialsEN string

	Frequency      Frequency
	UpdateDue      string // 更新时限
	UpdateDueEN    string
	UpdateMethod   string // 更新方式
	UpdateMethodEN string
	LastUpdated    time.Time
	NextDue        *time.Time // nil: no next version is promised

	ResourceCode     string // 信息资源代码
	Category         string // 分类
	DataForm         string // 数据形式
	Attributes       string // 属性
	CollectDue       string // 采集时限
	CollectingOrg    string // 采集部门
	ApprovingOrg     string // 核准部门
	ResponsibleOrg   string // 责任主体
	Duties           string // 管理职责
	Source           string // 原始来源, the true one
	SourceEN         string
	SourceURL        string
	Processing       string // 整理: what was done to the source
	ProcessingEN     string
	SecurityLevel    string // 安全级别
	LinkedSystem     string // 目录关联信息系统
	DutyItem         string // 权责清单
	CoreBusiness     string // 核心业务
	CollectionMethod string // 采集方式
	RelatedCodes     []string
	TemporalStart    string // ISO 8601 date, month or year
	TemporalEnd      string
	MapReview        string // 审图号; empty: none
	Coordinates      string // 坐标系: WGS 84, CGCS2000, GCJ-02 or BD-09; empty: nobody said
	Spatial          string
	SpatialEN        string
	Language         string
	Contact          string
	Phone            string
	Email            string

	DBClass     DBClass // 基础、主题、业务
	Format      string  // 格式, as the department declares it
	ShareReason string  // why sharing is limited (AB-24.3)
	SourceKind  string  // 来源属性
	OpenBases   []LegalBasis
	ShareBases  []LegalBasis
	Filings     []Filing // 备案 (TJ-16, RF-6)
	Items       []Field  // 数据项 declared before there is a file

	PublishedAt *time.Time
	UpdatedAt   time.Time
	Revision    int64
	Rechecks    int // objections to it that are open: it is marked, and stays open (AB-28.3)

	Resources []Resource // in order, each with its newest version
	Views     int64
	Downloads int64

	QualityYes   int // lines of quality that are kept, as a job last counted
	QualityAsked int // of so many that have an answer; 0: not counted yet
}

// DBClass is the kind of database that an entry belongs to (AS-11, FJ-2.5).
type DBClass string

// The three classes. Empty: nobody said.
const (
	BaseDB     DBClass = "base"
	ThemeDB    DBClass = "theme"
	BusinessDB DBClass = "business"
)

// Title is the class in Chinese words; empty where nobody has said any.
func (c DBClass) Title() string {
	return map[DBClass]string{BaseDB: "基础数据库", ThemeDB: "主题数据库", BusinessDB: "业务数据库"}[c]
}

// LegalBasis is one article that lets or makes data be held back.
type LegalBasis struct {
	Kind       string `json:"kind"`       // 法律, 行政法规, …
	Instrument string `json:"instrument"` // name and number
	Article    string `json:"article"`    // 第八条
	Quote      string `json:"quote"`      // its words
}

// Line is the basis as one line: 《name》第八条.
func (b LegalBasis) Line() string {
	name := b.Instrument
	if name != "" && !strings.HasPrefix(name, "《") {
		name = "《" + name + "》"
	}
	return name + b.Article
}

// Filing is that the authority was told of a limit (备案).
type Filing struct {
	Date   string `json:"date"` // ISO 8601
	With   string `json:"with"` // whoever received it
	Number string `json:"number,omitempty"`
}

// Resource is one file of a dataset through all its versions, or an address
// instead of one.
type Resource struct {
	ID            string
	DatasetID     int64
	Position      int
	Name          string
	NameEN        string
	Description   string
	DescriptionEN string
	Newest        *Version // nil: nothing published yet
	Link          *Link    // nil: it is files; else it has no versions
}

// Version is one immutable state of a resource.
type Version struct {
	ID          int64
	ResourceID  string
	DatasetID   int64
	Open        OpenType // of its dataset, joined, for the gate
	Number      int
	FileName    string
	MediaType   string
	Format      string
	Compression string
	Encoding    string
	Header      bool   // the first line of a CSV, TSV or TXT names the columns
	Delimiter   string // of a CSV, where an officer had to name it
	Told        bool   // an officer named the encoding: it is not what would be found
	SHA256      string
	Bytes       int64
	Reason      string
	ReasonEN    string
	PublishedAt time.Time
	Reshaped    bool // its columns are others than those of the version before
	Tables      []Table

	Under *Reviewers // not nil: it is shown to who reviews it, and the gate lets nobody else have it
}

// Reviewers are who may be given a content that is under opening review, which
// nobody else is: the reviewers and officers of the department that asked, and
// the cyberspace reviewers who judge with it.
type Reviewers struct {
	Department int64   // that asked
	Joint      []int64 // departments whose cyberspace reviewers take part
}

// Include reports whether who is one of them. A key never is: it may have leaked.
func (r *Reviewers) Include(who account.Actor) bool {
	if who.Key != "" || who.Department == 0 {
		return false
	}
	if who.Department == r.Department && who.Any(account.Officer, account.Head, account.SecurityReviewer, account.SecrecyReviewer) {
		return true
	}
	return who.Is(account.CyberspaceReviewer) && slices.Contains(r.Joint, who.Department)
}

// Table is one table found in a version: a CSV has one, a workbook one a sheet.
type Table struct {
	Position int
	Name     string
	NameEN   string
	Rows     int64
	Fields   []Field    // what is said of the columns now
	Revision int        // how often that was corrected since the version was published
	Preview  [][]string // first rows as text; nil unless MayServe allowed it
}

// Field is one column of the data dictionary. It has the basic and extended
// attributes of a data element (DB33/T 2426-2022), of which the version and its
// day are those of the file.
type Field struct {
	Name          string `json:"name"`
	Label         string `json:"label,omitempty"`    // 中文名称
	LabelEN       string `json:"label_en,omitempty"` // 英文名称
	Type          string `json:"type"`               // text, integer, decimal, date, yearmonth, datetime, boolean, point, geometry, array, object
	Unit          string `json:"unit,omitempty"`     // 计量单位
	UnitEN        string `json:"unit_en,omitempty"`
	Description   string `json:"description,omitempty"` // 定义
	DescriptionEN string `json:"description_en,omitempty"`
	Codes         []Code `json:"codes,omitempty"` // 值域, where it is a list

	Key         bool        `json:"key,omitempty"`      // the key columns of a table name one row together
	Required    bool        `json:"required,omitempty"` // no cell may be empty
	Unitless    bool        `json:"unitless,omitempty"` // a number that has no unit, such as a year
	Sensitivity Sensitivity `json:"sensitivity,omitempty"`

	Identifier     string `json:"identifier,omitempty"`     // 标识符
	Format         string `json:"format,omitempty"`         // 数据格式, such as YYYY-MM-DD or an..18
	Range          string `json:"range,omitempty"`          // 值域 in words
	ObjectClass    string `json:"object_class,omitempty"`   // 对象类词
	Representation string `json:"representation,omitempty"` // 表示词
	Relation       string `json:"relation,omitempty"`       // 关系
	SourceOrg      string `json:"source_org,omitempty"`     // 来源机构
	Application    string `json:"application,omitempty"`    // 所属应用
	Note           string `json:"note,omitempty"`           // 备注

	Hidden int `json:"-"` // codes that there are and that the Gate keeps from the viewer
}

// Sensitivity is how far values of a column are about people, or dangerous in
// other hands (敏感级别). Empty: nobody has said.
type Sensitivity string

// The levels. The texts that bind the portals name none for columns; these are
// the terms of the laws above them.
const (
	NotSensitive      Sensitivity = "none"
	PersonalData      Sensitivity = "personal"  // 个人信息保护法 第四条
	SensitivePersonal Sensitivity = "sensitive" // 个人信息保护法 第二十八条
	ImportantData     Sensitivity = "important" // 数据安全法 第二十一条
)

// Sensitivities are all levels, in order.
func Sensitivities() []Sensitivity {
	return []Sensitivity{NotSensitive, PersonalData, SensitivePersonal, ImportantData}
}

// Code is one value of a code list with its meaning.
type Code struct {
	Value   string `json:"value"`
	Label   string `json:"label,omitempty"`
	LabelEN string `json:"label_en,omitempty"`
}
