package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/templates"
)

// Name is a thing with a name and an address of its own.
type Name struct {
	Slug   string `json:"slug" doc:"Name in addresses and filters" zh:"地址和筛选里用的名字" example:"fj-stats"`
	Name   string `json:"name" doc:"Name in Chinese" zh:"中文名" example:"省统计局"`
	NameEN string `json:"name_en" doc:"Name in English" zh:"英文名" example:"Bureau of Statistics"`
}

// Place is a region by its division code.
type Place struct {
	Code   string `json:"code" doc:"Division code (GB/T 2260)" zh:"行政区划代码(GB/T 2260)" example:"350000"`
	Name   string `json:"name" doc:"Name in Chinese" zh:"中文名" example:"福建省"`
	NameEN string `json:"name_en" doc:"Name in English" zh:"英文名" example:"Fujian"`
}

// Licence says what may be done with the data.
type Licence struct {
	ID          string `json:"id" doc:"SPDX id where there is one" zh:"许可的编号，有 SPDX 的用 SPDX" example:"CC-BY-4.0"`
	Name        string `json:"name" doc:"Name in Chinese" zh:"中文名" example:"知识共享 署名 4.0"`
	NameEN      string `json:"name_en" doc:"Name in English" zh:"英文名" example:"Creative Commons Attribution 4.0"`
	URL         string `json:"url" doc:"Its text" zh:"许可全文的地址" example:"https://creativecommons.org/licenses/by/4.0/"`
	Attribution bool   `json:"attribution" doc:"The source must be named" zh:"是否须注明来源" example:"true"`
	ShareAlike  bool   `json:"share_alike" doc:"What is made of it must be shared alike" zh:"衍生品是否须以同样方式共享" example:"false"`
	Terms       string `json:"terms" doc:"In one sentence, in Chinese" zh:"一句话说明" example:"注明来源即可使用。"`
	TermsEN     string `json:"terms_en" doc:"In one sentence, in English" zh:"一句话说明（英文）" example:"Use it freely and name the source."`
}

// Item is a dataset as a list shows it.
type Item struct {
	Slug       string   `json:"slug" doc:"Name of the dataset in addresses; never changes" zh:"数据集在地址里的名字，不变" example:"holidays"`
	Title      string   `json:"title" doc:"Title in Chinese" zh:"名称" example:"节假日安排"`
	TitleEN    string   `json:"title_en" doc:"Title in English" zh:"英文名称" example:"Public holidays"`
	Summary    string   `json:"summary" doc:"What it is, in Chinese" zh:"摘要" example:"历年节假日放假与调休安排。"`
	SummaryEN  string   `json:"summary_en" doc:"What it is, in English" zh:"英文摘要" example:"Days off and working weekends, year by year."`
	Open       string   `json:"open" enum:"unconditional,conditional" doc:"Open type (开放类型): unconditional can be downloaded by anybody; conditional must be applied for while its metadata is public" zh:"开放类型：unconditional 无条件开放，谁都可以下载；conditional 有条件开放，须申请，目录信息照常公开" example:"unconditional"`
	Department Name     `json:"department" doc:"Who publishes it (数源部门)" zh:"发布它的数源部门"`
	Theme      Name     `json:"theme" doc:"Theme (数据领域)" zh:"主题（数据领域）" example:"{\"slug\":\"environment\",\"name\":\"生态环境\",\"name_en\":\"Environment\"}"`
	Region     Place    `json:"region" doc:"Region it belongs to" zh:"所属地区"`
	Licence    Licence  `json:"licence" doc:"What may be done with it" zh:"使用许可"`
	Resources  []File   `json:"resources" nullable:"false" doc:"Its files, in the order of the publisher" zh:"文件，按发布者的顺序"`
	Formats    []string `json:"formats" nullable:"false" doc:"Formats of the newest files" zh:"最新文件的格式" example:"csv"`
	Tags       []string `json:"tags" nullable:"false" doc:"Tags (标签)" zh:"标签" example:"日历"`
	TagsEN     []string `json:"tags_en" nullable:"false" doc:"The tags in English, in the same order; empty if nobody wrote them" zh:"标签的英文，顺序相同；没有写则为空" example:"holidays"`
	Frequency  string   `json:"frequency" enum:"realtime,daily,weekly,monthly,quarterly,semiannual,annual,biennial,irregular,never" doc:"Promised update frequency (更新频率)" zh:"承诺的更新频率" example:"annual"`
	Updated    string   `json:"updated" format:"date" doc:"Day on which the data was last updated" zh:"数据最近更新的日期" example:"2026-01-15"`
	NextDue    *string  `json:"next_due" nullable:"true" format:"date" doc:"Day by which the next version is promised; null where none is" zh:"承诺下次更新的日期；没有承诺则为 null" example:"2027-01-15"`
	Fresh      string   `json:"fresh" enum:"complete,in-time,overdue,unpromised" doc:"The promise held against today: complete (nothing more will come), in-time, overdue, unpromised" zh:"承诺的兑现：complete 已收齐，in-time 按时，overdue 逾期，unpromised 无承诺日" example:"in-time"`
	Rechecks   int      `json:"rechecks" doc:"Objections to it that are open (数据复核): it is marked, and supplied as usual" zh:"正在复核的异议有几件；标明复核中，照常提供" example:"0"`
	Views      int64    `json:"views" doc:"How often its pages were shown" zh:"浏览次数" example:"120"`
	Downloads  int64    `json:"downloads" doc:"How often a file of it was fetched" zh:"下载次数" example:"45"`
	URL        string   `json:"url" format:"uri" doc:"The whole entry in this API" zh:"本接口里的完整条目" example:"https://data.example/api/v1/datasets/holidays"`
	Page       string   `json:"page" format:"uri" doc:"Its page for people" zh:"给人看的网页" example:"https://data.example/datasets/holidays"`
}

// File is a file as a list shows it.
type File struct {
	ID     string `json:"id" doc:"Id of the file; never changes" zh:"文件的编号，不变" example:"holidays-csv"`
	Name   string `json:"name" doc:"Name in Chinese" zh:"中文名" example:"节假日安排"`
	NameEN string `json:"name_en" doc:"Name in English" zh:"英文名" example:"Public holidays"`
	Format string `json:"format" doc:"Format of the newest version; empty while there is none" zh:"最新版本的格式；还没有版本则为空" example:"csv"`
}

// Dataset is a whole entry: every field of the catalogue.
type Dataset struct {
	Item
	Resources []Resource `json:"resources" nullable:"false" doc:"Its files with their newest versions, in the order of the publisher" zh:"文件和它们的最新版本，按发布者的顺序"`
	Opening   Opening    `json:"opening" doc:"How far it is open, and why (开放)" zh:"开放到什么程度，为什么"`
	Sharing   Sharing    `json:"sharing" doc:"How it is shared between authorities (共享), an axis of its own" zh:"政务部门之间怎样共享，与开放是两回事"`
	Updating  Updating   `json:"updating" doc:"How and by when it is updated" zh:"怎样更新，何时更新"`
	Coverage  Coverage   `json:"coverage" doc:"Time and place it speaks of" zh:"时间和空间范围"`
	Source    Source     `json:"source" doc:"Where the data really comes from (原始来源)" zh:"数据真正的来源"`
	Contact   Contact    `json:"contact" doc:"Whom to ask" zh:"联系人"`
	Quality   Quality    `json:"quality" doc:"The entry held against the rules of quality, line by line" zh:"逐条查的质量"`
	Catalogue Catalogue  `json:"catalogue" doc:"The further fields of the catalogue; empty where the publisher gave none" zh:"目录的其他字段；没有填的为空"`
	Emergency *Emergency `json:"emergency,omitempty" doc:"The declared event under which it was opened before its review (应急开放); absent for what was opened as usual" zh:"应急开放：先开放后审查所依据的突发事件；照常开放的没有"`
	Language  string     `json:"language" doc:"Language of the data (BCP 47)" zh:"数据的语言" example:"zh-CN"`
	Sample    bool       `json:"sample" doc:"The publisher is a sample (示例); the source is the true one" zh:"发布单位是示例，来源是真的" example:"false"`
	Published *time.Time `json:"published" nullable:"true" doc:"When it was first published" zh:"首次发布的时间"`
	Modified  time.Time  `json:"modified" doc:"When the entry was last changed" zh:"条目最近修改的时间"`
}

// Opening is the open type with its grounds.
type Opening struct {
	Type              string   `json:"type" enum:"unconditional,conditional" doc:"The same as open" zh:"同 open" example:"conditional"`
	Basis             []string `json:"basis" nullable:"false" doc:"Legal basis (依据), each naming its article" zh:"法规依据，逐条" example:"《鞍山市政务数据资源共享开放管理办法》第二十七条"`
	Reason            string   `json:"reason" doc:"Why it is not open without condition" zh:"为什么不是无条件开放"`
	ReasonEN          string   `json:"reason_en" doc:"The reason in English; empty if nobody wrote it" zh:"原因的英文；没有写则为空"`
	Method            string   `json:"method" doc:"How to get it (开放方式)" zh:"开放方式"`
	MethodEN          string   `json:"method_en" doc:"How to get it, in English" zh:"开放方式的英文"`
	UseRequirements   string   `json:"use_requirements" doc:"What is asked of who uses it (使用要求)" zh:"使用要求"`
	UseRequirementsEN string   `json:"use_requirements_en" doc:"What is asked of who uses it, in English" zh:"使用要求的英文"`
	Safeguards        string   `json:"safeguards" doc:"Safeguards to keep (安全保障措施)" zh:"安全保障措施"`
	SafeguardsEN      string   `json:"safeguards_en" doc:"Safeguards to keep, in English" zh:"安全保障措施的英文"`
	Materials         string   `json:"materials" doc:"What an application must hold (申请材料)" zh:"申请材料"`
	MaterialsEN       string   `json:"materials_en" doc:"What an application must hold, in English" zh:"申请材料的英文"`
}

// Sharing is the sharing type between authorities.
type Sharing struct {
	Type         string   `json:"type" enum:"unconditional,conditional,withheld" doc:"Sharing type (共享类型)" zh:"共享类型" example:"unconditional"`
	Content      string   `json:"content" doc:"What is shared (共享内容)" zh:"共享内容"`
	ContentEN    string   `json:"content_en" doc:"What is shared, in English" zh:"共享内容的英文"`
	Conditions   string   `json:"conditions" doc:"On which conditions (共享条件)" zh:"共享条件"`
	ConditionsEN string   `json:"conditions_en" doc:"On which conditions, in English" zh:"共享条件的英文"`
	Scope        string   `json:"scope" doc:"With whom (共享范围)" zh:"共享范围"`
	ScopeEN      string   `json:"scope_en" doc:"With whom, in English" zh:"共享范围的英文"`
	Method       string   `json:"method" doc:"How (共享方式)" zh:"共享方式"`
	MethodEN     string   `json:"method_en" doc:"How, in English" zh:"共享方式的英文"`
	Basis        []string `json:"basis" nullable:"false" doc:"Legal basis (共享依据)" zh:"共享依据"`
}

// Updating is the promise of new versions.
type Updating struct {
	Frequency string `json:"frequency" doc:"The same as frequency above" zh:"同上面的 frequency" example:"annual"`
	Due       string `json:"due" doc:"Within which time (更新时限)" zh:"更新时限"`
	DueEN     string `json:"due_en" doc:"Within which time, in English" zh:"更新时限的英文"`
	Method    string `json:"method" doc:"How (更新方式)" zh:"更新方式"`
	MethodEN  string `json:"method_en" doc:"How, in English" zh:"更新方式的英文"`
}

// Coverage is what the data speaks of.
type Coverage struct {
	Start     string `json:"start" doc:"Begin: a day, month or year (ISO 8601); empty if not given" zh:"起：日、月或年" example:"2004"`
	End       string `json:"end" doc:"End, alike" zh:"止" example:"2026"`
	Spatial   string `json:"spatial" doc:"Area, in words" zh:"空间范围" example:"福建省"`
	SpatialEN string `json:"spatial_en" doc:"Area, in English" zh:"空间范围的英文" example:"Fujian"`
}

// Source is the true origin.
type Source struct {
	Name         string `json:"name" doc:"Origin (原始来源)" zh:"原始来源" example:"国务院办公厅"`
	NameEN       string `json:"name_en" doc:"Origin, in English" zh:"原始来源的英文" example:"General Office of the State Council"`
	URL          string `json:"url" doc:"Its address; empty if there is none" zh:"来源的地址"`
	Processing   string `json:"processing" doc:"What was done to it (整理)" zh:"做过什么整理"`
	ProcessingEN string `json:"processing_en" doc:"What was done to it, in English" zh:"整理的英文"`
}

// Contact is whom to ask.
type Contact struct {
	Name  string `json:"name" doc:"Office or person" zh:"联系人" example:"数据管理科"`
	Phone string `json:"phone" doc:"Telephone" zh:"电话"`
	Email string `json:"email" doc:"E-mail" zh:"电子邮箱"`
}

// Catalogue is what else the catalogue rules ask for.
type Catalogue struct {
	ResourceCode     string   `json:"resource_code" doc:"Code of the information resource (信息资源代码)" zh:"信息资源代码"`
	Category         string   `json:"category" doc:"Category (分类)" zh:"信息资源分类"`
	DataForm         string   `json:"data_form" doc:"Form of the data (数据形式)" zh:"数据形式"`
	Attributes       string   `json:"attributes" doc:"Attributes (属性)" zh:"属性"`
	CollectDue       string   `json:"collect_due" doc:"Time limit of collection (采集时限)" zh:"采集时限"`
	CollectionMethod string   `json:"collection_method" doc:"Method of collection (采集方式)" zh:"采集方式"`
	CollectingOrg    string   `json:"collecting_org" doc:"Who collects (采集部门)" zh:"采集部门"`
	ApprovingOrg     string   `json:"approving_org" doc:"Who approves (核准部门)" zh:"核准部门"`
	ResponsibleOrg   string   `json:"responsible_org" doc:"Who answers for it (责任主体)" zh:"责任主体"`
	Duties           string   `json:"duties" doc:"Duties of management (管理职责)" zh:"管理职责"`
	SecurityLevel    string   `json:"security_level" doc:"Security level (安全级别)" zh:"安全级别"`
	LinkedSystem     string   `json:"linked_system" doc:"System it comes from (关联信息系统)" zh:"目录关联的信息系统"`
	DutyItem         string   `json:"duty_item" doc:"Item of the list of powers and duties (权责清单)" zh:"对应的权责清单事项"`
	CoreBusiness     string   `json:"core_business" doc:"Core business (核心业务)" zh:"核心业务"`
	MapReview        string   `json:"map_review" doc:"Number under which its maps were reviewed (审图号)" zh:"审图号"`
	Coordinates      string   `json:"coordinates" doc:"Coordinate system (坐标系)" zh:"坐标系"`
	RelatedCodes     []string `json:"related_codes" nullable:"false" doc:"Codes of related resources (关联资源代码)" zh:"关联资源代码"`
}

func (a *api) item(d *datasets.Dataset) Item {
	return Item{
		Slug: d.Slug, Title: d.Title, TitleEN: d.TitleEN, Summary: d.Summary, SummaryEN: d.SummaryEN, Open: string(d.Open),
		Department: Name{d.Department.Slug, d.Department.Name, d.Department.NameEN}, Theme: Name{d.Theme.Slug, d.Theme.Name, d.Theme.NameEN},
		Region: place(d.Region), Licence: Licence(d.Licence), Resources: files(d), Formats: formats(d), Tags: notNull(d.Tags), TagsEN: notNull(d.TagsEN),
		Frequency: string(d.Frequency), Updated: templates.Day(d.LastUpdated), NextDue: dayOrNull(d.NextDue), Fresh: string(d.Fresh(a.Now())),
		Rechecks: d.Rechecks, Views: d.Views, Downloads: d.Downloads, URL: a.address("/datasets/" + d.Slug), Page: a.Config.BaseURL + "/datasets/" + d.Slug,
	}
}

func place(r datasets.Region) Place { return Place{r.Code, r.Name, r.NameEN} }

// address is absolute: what is copied out of an answer works anywhere.
func (a *api) address(path string) string { return a.Config.BaseURL + Base + path }

func files(d *datasets.Dataset) []File {
	out := make([]File, len(d.Resources))
	for i, r := range d.Resources {
		out[i] = File{ID: r.ID, Name: r.Name, NameEN: r.NameEN}
		out[i].Format = r.Format()
	}
	return out
}

func formats(d *datasets.Dataset) []string {
	out := []string{}
	for _, r := range d.Resources {
		for _, format := range r.Formats() {
			if !slices.Contains(out, format) {
				out = append(out, format)
			}
		}
	}
	return out
}

// notNull is a list that is empty rather than absent.
func notNull[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func dayOrNull(t *time.Time) *string {
	if t == nil {
		return nil
	}
	day := templates.Day(*t)
	return &day
}

// Slug names one thing in the path.
type Slug struct {
	Slug string `path:"slug" maxLength:"100" doc:"Its name in addresses" zh:"它在地址里的名字"`
}

func (a *api) getDataset(ctx context.Context, _ *call, in *Slug) (*Dataset, error) {
	d, err := a.Datasets.Dataset(ctx, visitor, in.Slug)
	if err != nil {
		return nil, err
	}
	out := &Dataset{
		Item: a.item(d), Resources: []Resource{},
		Opening: Opening{Type: string(d.Open), Basis: notNull(d.OpenBasis), Reason: d.OpenReason, ReasonEN: d.OpenReasonEN, Method: d.OpenMethod, MethodEN: d.OpenMethodEN,
			UseRequirements: d.UseRequirements, UseRequirementsEN: d.UseRequirementsEN, Safeguards: d.Safeguards, SafeguardsEN: d.SafeguardsEN,
			Materials: d.RequiredMaterials, MaterialsEN: d.RequiredMaterialsEN},
		Sharing: Sharing{Type: d.ShareType, Content: d.ShareContent, ContentEN: d.ShareContentEN, Conditions: d.ShareConditions, ConditionsEN: d.ShareConditionsEN,
			Scope: d.ShareScope, ScopeEN: d.ShareScopeEN, Method: d.ShareMethod, MethodEN: d.ShareMethodEN, Basis: notNull(d.ShareBasis)},
		Updating: Updating{Frequency: string(d.Frequency), Due: d.UpdateDue, DueEN: d.UpdateDueEN, Method: d.UpdateMethod, MethodEN: d.UpdateMethodEN},
		Coverage: Coverage{Start: d.TemporalStart, End: d.TemporalEnd, Spatial: d.Spatial, SpatialEN: d.SpatialEN},
		Source:   Source{Name: d.Source, NameEN: d.SourceEN, URL: d.SourceURL, Processing: d.Processing, ProcessingEN: d.ProcessingEN},
		Contact:  Contact{Name: d.Contact, Phone: d.Phone, Email: d.Email},
		Catalogue: Catalogue{ResourceCode: d.ResourceCode, Category: d.Category, DataForm: d.DataForm, Attributes: d.Attributes, CollectDue: d.CollectDue,
			CollectionMethod: d.CollectionMethod, CollectingOrg: d.CollectingOrg, ApprovingOrg: d.ApprovingOrg, ResponsibleOrg: d.ResponsibleOrg, Duties: d.Duties,
			SecurityLevel: d.SecurityLevel, LinkedSystem: d.LinkedSystem, DutyItem: d.DutyItem, CoreBusiness: d.CoreBusiness, MapReview: d.MapReview, Coordinates: d.Coordinates, RelatedCodes: notNull(d.RelatedCodes)},
		Language: d.Language, Sample: d.Sample, Published: utc(d.PublishedAt), Modified: d.UpdatedAt.UTC(),
	}
	for i := range d.Resources {
		out.Resources = append(out.Resources, a.resource(ctx, d, &d.Resources[i]))
	}
	if out.Emergency, err = a.emergency(ctx, d); err != nil {
		return nil, err
	}
	out.Quality, err = a.quality(ctx, d)
	return out, err
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// spaced is a text without the blanks around it and with one blank for several.
func spaced(s string) string { return strings.Join(strings.Fields(s), " ") }
