package api

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

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
	Code   string `json:"code" doc:"Division code (GB/T 2260)" zh:"行政区划代码" example:"350000"`
	Name   string `json:"name" doc:"Name in Chinese" zh:"中文名" example:"福建省"`
	NameEN string `json:"name_en" doc:"Name in English" zh:"英文名" example:"Fujian"`
}

// Item is a dataset as a list shows it.
type Item struct {
	Slug       string   `json:"slug" doc:"Name of the dataset in addresses; never changes" zh:"数据集在地址里的名字，不变" example:"holidays"`
	Title      string   `json:"title" doc:"Title in Chinese" zh:"名称" example:"节假日安排"`
	TitleEN    string   `json:"title_en" doc:"Title in English" zh:"英文名称" example:"Public holidays"`
	Summary    string   `json:"summary" doc:"What it is, in Chinese" zh:"摘要" example:"历年节假日放假与调休安排。"`
	SummaryEN  string   `json:"summary_en" doc:"What it is, in English" zh:"英文摘要" example:"Days off and working weekends, year by year."`
	Open       string   `json:"open" enum:"unconditional,conditional" doc:"Open type (开放类型): unconditional can be downloaded by anybody; conditional must be applied for, its metadata stays public" zh:"开放类型：unconditional 无条件开放，谁都可以下载；conditional 有条件开放，须申请，目录信息照常公开"`
	Department Name     `json:"department" doc:"Who publishes it" zh:"发布部门"`
	Theme      Name     `json:"theme" doc:"Theme (主题)" zh:"主题"`
	Region     Place    `json:"region" doc:"Region of the publisher" zh:"所属地区"`
	Formats    []string `json:"formats" nullable:"false" doc:"Formats of the newest files" zh:"最新文件的格式" example:"csv"`
	Tags       []string `json:"tags" nullable:"false" doc:"Tags (标签)" zh:"标签" example:"日历"`
	Frequency  string   `json:"frequency" enum:"realtime,daily,weekly,monthly,quarterly,semiannual,annual,biennial,irregular,never" doc:"Promised update frequency (更新频率)" zh:"承诺的更新频率"`
	Updated    string   `json:"updated" format:"date" doc:"Day of the last update of the data" zh:"数据最近更新的日期" example:"2026-01-15"`
	NextDue    *string  `json:"next_due" nullable:"true" format:"date" doc:"Day by which the next version is promised; null where none is" zh:"承诺下次更新的日期；没有承诺则为 null" example:"2027-01-15"`
	Fresh      string   `json:"fresh" enum:"complete,in-time,overdue,unpromised" doc:"The promise held against today" zh:"承诺兑现情况"`
	Views      int64    `json:"views" doc:"Times the pages were shown" zh:"浏览次数" example:"120"`
	Downloads  int64    `json:"downloads" doc:"Times a file was fetched" zh:"下载次数" example:"45"`
	URL        string   `json:"url" format:"uri" doc:"The whole entry in this API" zh:"本接口里的完整条目"`
	Page       string   `json:"page" format:"uri" doc:"The page for people" zh:"给人看的网页"`
}

func name(slug, zh, en string) Name { return Name{slug, zh, en} }

func (a *api) item(d *datasets.Dataset) Item {
	return Item{
		Slug: d.Slug, Title: d.Title, TitleEN: d.TitleEN, Summary: d.Summary, SummaryEN: d.SummaryEN, Open: string(d.Open),
		Department: name(d.Department.Slug, d.Department.Name, d.Department.NameEN), Theme: name(d.Theme.Slug, d.Theme.Name, d.Theme.NameEN),
		Region: Place{d.Region.Code, d.Region.Name, d.Region.NameEN}, Formats: formats(d), Tags: notNull(d.Tags),
		Frequency: string(d.Frequency), Updated: templates.Day(d.LastUpdated), NextDue: dayOrNull(d.NextDue), Fresh: string(d.Fresh(a.Now())),
		Views: d.Views, Downloads: d.Downloads, URL: a.address("/datasets/" + d.Slug), Page: a.Config.BaseURL + "/datasets/" + d.Slug,
	}
}

// address is absolute: what is copied out of an answer works anywhere.
func (a *api) address(path string) string { return a.Config.BaseURL + Base + path }

func formats(d *datasets.Dataset) []string {
	out := []string{}
	for _, r := range d.Resources {
		if r.Newest != nil && !slices.Contains(out, r.Newest.Format) {
			out = append(out, r.Newest.Format)
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
	Slug string `path:"slug" maxLength:"100" doc:"Name in the address" zh:"地址里的名字" example:"holidays"`
}

// Paging is how much of a list, and from where.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"At most so many items" zh:"最多几项" example:"20"`
	Cursor string `query:"cursor" maxLength:"1000" doc:"Where to go on: next of the page before. It belongs to this list with these parameters and is worth nothing to read" zh:"从哪里继续：上一页的 next。只能用于同样参数的同一列表，内容没有意义"`
}

// Wanted is what a list of datasets is asked for.
type Wanted struct {
	Q      string   `query:"q" maxLength:"200" doc:"Words: Chinese, pinyin, initials, English; parts of words are found" zh:"搜索词：中文、拼音、首字母、英文都行，词的一部分也行" example:"潮汐"`
	Theme  []string `query:"theme,explode" maxLength:"100" maxItems:"40" doc:"Slugs of themes" zh:"主题" example:"environment"`
	Org    []string `query:"org,explode" maxLength:"100" maxItems:"40" doc:"Slugs of departments" zh:"部门" example:"fj-stats"`
	Format []string `query:"format,explode" maxLength:"100" maxItems:"40" doc:"Formats of the newest files" zh:"最新文件的格式" example:"csv"`
	Open   []string `query:"open,explode" enum:"unconditional,conditional" doc:"Open types" zh:"开放类型" example:"unconditional"`
	Freq   []string `query:"freq,explode" enum:"realtime,daily,weekly,monthly,quarterly,semiannual,annual,biennial,irregular,never" doc:"Promised update frequencies" zh:"更新频率" example:"annual"`
	Region []string `query:"region,explode" maxLength:"100" maxItems:"40" doc:"Division codes" zh:"地区代码" example:"350000"`
	Tag    []string `query:"tag,explode" maxLength:"100" maxItems:"40" doc:"Tags" zh:"标签"`
	Sort   string   `query:"sort" enum:"relevance,updated,popular" doc:"Order. Without it: by relevance where q is given, else the newest first" zh:"排序。不写：有搜索词按相关，否则新的在前" example:"updated"`
	Facets []string `query:"facets,explode" enum:"theme,org,open,format,freq,region,tag" doc:"Count the datasets by these fields too. The counts of a field disregard its own filter" zh:"同时按这些字段计数；一个字段的计数不受它自己的筛选影响" example:"theme"`
	Paging
}

// Count is one value of a facet.
type Count struct {
	Value   string `json:"value" doc:"Value to filter by" zh:"筛选用的值" example:"environment"`
	Label   string `json:"label" doc:"Its name in Chinese" zh:"中文名" example:"生态环境"`
	LabelEN string `json:"label_en" doc:"Its name in English" zh:"英文名" example:"Environment"`
	Count   int    `json:"count" doc:"Datasets that carry it" zh:"有它的数据集数" example:"12"`
}

// List is a part of a list of datasets.
type List struct {
	Total  int                `json:"total" doc:"Datasets found in all" zh:"一共找到几个" example:"36"`
	Items  []Item             `json:"items" nullable:"false" doc:"This page of them. It may hold fewer than limit although more follow" zh:"这一页；后面还有时也可能不足 limit 项"`
	Facets map[string][]Count `json:"facets" nullable:"false" doc:"Counts by field, most first; only the fields asked for" zh:"按字段的计数，多的在前；只有要求过的字段"`
	Next   string             `json:"next,omitempty" format:"uri" doc:"Address of the next page; absent on the last one" zh:"下一页的地址；最后一页没有"`
}

func (a *api) register(h huma.API) {
	register(h, example(described(op("listDatasets", "/datasets", "catalogue", "Search and list datasets", "搜索、列出数据集"),
		"Values of one filter are alternatives, filters combine. A filter can be repeated or hold several values between commas. Without q the list can be walked to its end by cursor while the catalogue changes: nothing that stays is missed or comes twice. With q it goes 10,000 deep.",
		"同一筛选的多个值是“或”，不同筛选是“且”。筛选可以重复写，也可以用逗号隔开。没有搜索词时，用游标可以一直走到底，目录在变也不漏不重；有搜索词时最多到第 10,000 项。"),
		"/datasets?open=unconditional&facets=theme,org&limit=5"), a.listDatasets)
	register(h, example(op("getDataset", "/datasets/{slug}", "catalogue", "Get one dataset with all its fields and files", "取一个数据集的全部字段和文件"),
		"/datasets/{slug}"), a.getDataset)
	register(h, example(op("getResource", "/resources/{id}", "files", "Get one file with its newest version", "取一个文件和它的最新版本"),
		"/resources/{id}"), a.getResource)
}

func (a *api) listDatasets(ctx context.Context, r *call, in *Wanted) (*List, error) {
	page, err := a.Datasets.List(ctx, r.viewer, datasets.Filter{Limit: in.Limit, After: in.Cursor})
	if err != nil {
		return nil, err
	}
	out := &List{Total: page.Total, Items: []Item{}, Facets: map[string][]Count{}}
	for i := range page.Items {
		out.Items = append(out.Items, a.item(&page.Items[i]))
	}
	return out, nil
}

// Dataset is a whole entry.
type Dataset struct {
	Item
	Resources []Resource `json:"resources" nullable:"false" doc:"Files, in the order of the publisher" zh:"文件，按发布者的顺序"`
}

func (a *api) getDataset(ctx context.Context, r *call, in *Slug) (*Dataset, error) {
	d, err := a.Datasets.Dataset(ctx, r.viewer, in.Slug)
	if err != nil {
		return nil, err
	}
	out := &Dataset{Item: a.item(d), Resources: []Resource{}}
	for i := range d.Resources {
		out.Resources = append(out.Resources, a.resource(&d.Resources[i]))
	}
	return out, nil
}

// Resource is one file through all its versions.
type Resource struct {
	ID     string `json:"id" doc:"Id of the file; never changes" zh:"文件的编号，不变" example:"holidays-csv"`
	Name   string `json:"name" doc:"Name in Chinese" zh:"中文名" example:"节假日安排"`
	NameEN string `json:"name_en" doc:"Name in English" zh:"英文名" example:"Public holidays"`
	Format string `json:"format" doc:"Format of the newest version; empty while there is none" zh:"最新版本的格式；还没有版本则为空" example:"csv"`
}

func (a *api) resource(r *datasets.Resource) Resource {
	out := Resource{ID: r.ID, Name: r.Name, NameEN: r.NameEN}
	if r.Newest != nil {
		out.Format = r.Newest.Format
	}
	return out
}

// ID names one file in the path.
type ID struct {
	ID string `path:"id" maxLength:"100" doc:"Id of a file" zh:"文件的编号" example:"holidays-csv"`
}

func (a *api) getResource(ctx context.Context, r *call, in *ID) (*Resource, error) {
	_, res, err := a.Datasets.Resource(ctx, r.viewer, in.ID)
	if err != nil {
		return nil, err
	}
	out := a.resource(res)
	return &out, nil
}

func versionPath(v *datasets.Version) string {
	return "/d/" + v.ResourceID + "/" + strconv.Itoa(v.Number) + "/" + url.PathEscape(v.FileName)
}
