package api

import (
	"context"

	"shuyuan/datasets"
)

// Department is who publishes.
type Department struct {
	Slug          string   `json:"slug" doc:"Name in addresses, and value of the filter org" zh:"在地址里的名字，也是 org 筛选的值" example:"fj-stats"`
	Name          string   `json:"name" doc:"Name in Chinese" zh:"中文名" example:"省统计局"`
	NameEN        string   `json:"name_en" doc:"Name in English" zh:"英文名" example:"Bureau of Statistics"`
	Description   string   `json:"description" doc:"What it does, in Chinese" zh:"职能"`
	DescriptionEN string   `json:"description_en" doc:"What it does, in English" zh:"职能（英文）"`
	Aliases       []string `json:"aliases" nullable:"false" doc:"What people call it; searches find it under these too" zh:"别名，搜索也认" example:"统计局"`
	Region        Place    `json:"region" doc:"Its region" zh:"所属地区"`
	CreditCode    string   `json:"credit_code" doc:"Unified social credit code (统一社会信用代码); empty if not given" zh:"统一社会信用代码；没有则为空"`
	Contact       Contact  `json:"contact" doc:"Whom to ask" zh:"联系人"`
	Rules         string   `json:"rules" format:"uri" doc:"Page of the rules that bind it, article by article" zh:"约束它的规则，逐条的网页" example:"https://data.example/law"`
	Sample        bool     `json:"sample" doc:"It is a sample (示例), not the authority of that name" zh:"发布单位(示例)，并非真的机关" example:"false"`
	Promises
	URL  string `json:"url" format:"uri" doc:"It in this API" zh:"本接口里的地址" example:"https://data.example/api/v1/departments/fj-stats"`
	Page string `json:"page" format:"uri" doc:"Its page for people" zh:"给人看的网页" example:"https://data.example/departments/fj-stats"`
}

// Promises count the datasets of something.
type Promises struct {
	Datasets int `json:"datasets" doc:"Public datasets" zh:"公开的数据集数" example:"12"`
	Promised int `json:"promised" doc:"Of these, with a promised day of update" zh:"其中承诺了更新日的" example:"9"`
	Overdue  int `json:"overdue" doc:"Of these, past it" zh:"其中逾期的" example:"1"`
}

// Departments is every department.
type Departments struct {
	Total int          `json:"total" doc:"How many there are" zh:"一共几个" example:"12"`
	Items []Department `json:"items" nullable:"false" doc:"All of them, by region and name" zh:"全部，按地区和名称"`
}

// Theme is a field of data.
type Theme struct {
	Slug   string `json:"slug" doc:"Name in addresses, and value of the filter theme" zh:"在地址里的名字，也是 theme 筛选的值" example:"environment"`
	Name   string `json:"name" doc:"Name in Chinese" zh:"中文名" example:"生态环境"`
	NameEN string `json:"name_en" doc:"Name in English" zh:"英文名" example:"Environment"`
	Promises
	URL  string `json:"url" format:"uri" doc:"It in this API" zh:"本接口里的地址" example:"https://data.example/api/v1/themes/environment"`
	Page string `json:"page" format:"uri" doc:"Its page for people" zh:"给人看的网页" example:"https://data.example/themes/environment"`
}

// Themes is every theme.
type Themes struct {
	Total int     `json:"total" doc:"How many there are" zh:"一共几个" example:"8"`
	Items []Theme `json:"items" nullable:"false" doc:"All of them, in their order" zh:"全部，按规定的顺序"`
}

// Nothing is asked for beyond the address.
type Nothing struct{}

func (a *api) listDepartments(ctx context.Context, _ *call, _ *Nothing) (*Departments, error) {
	found, err := a.Datasets.Departments(ctx, visitor)
	if err != nil {
		return nil, err
	}
	places, err := a.places(ctx)
	if err != nil {
		return nil, err
	}
	out := &Departments{Total: len(found), Items: make([]Department, len(found))}
	for i := range found {
		out.Items[i] = a.department(&found[i], places)
	}
	return out, nil
}

func (a *api) getDepartment(ctx context.Context, _ *call, in *Slug) (*Department, error) {
	found, err := a.Datasets.Department(ctx, visitor, in.Slug)
	if err != nil {
		return nil, err
	}
	places, err := a.places(ctx)
	if err != nil {
		return nil, err
	}
	out := a.department(found, places)
	return &out, nil
}

// places are the regions by their code.
func (a *api) places(ctx context.Context) (map[string]Place, error) {
	regions, err := a.Datasets.Regions(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Place, len(regions))
	for _, r := range regions {
		out[r.Code] = place(r)
	}
	return out, nil
}

func (a *api) department(c *datasets.Counted[datasets.Department], places map[string]Place) Department {
	d := &c.Item
	rules := a.Config.BaseURL + "/law"
	if d.Profile != "" {
		rules += "/" + d.Profile
	}
	return Department{
		Slug: d.Slug, Name: d.Name, NameEN: d.NameEN, Description: d.Description, DescriptionEN: d.DescriptionEN, Aliases: notNull(d.Aliases),
		Region: places[d.Region], CreditCode: d.CreditCode, Contact: Contact{Name: d.Contact, Phone: d.Phone, Email: d.Email}, Rules: rules, Sample: d.Sample,
		Promises: promises(c), URL: a.address("/departments/" + d.Slug), Page: a.Config.BaseURL + "/departments/" + d.Slug,
	}
}

func promises[T any](c *datasets.Counted[T]) Promises {
	return Promises{Datasets: c.Datasets, Promised: c.Promised, Overdue: c.Overdue}
}

func (a *api) listThemes(ctx context.Context, _ *call, _ *Nothing) (*Themes, error) {
	found, err := a.Datasets.Themes(ctx, visitor)
	if err != nil {
		return nil, err
	}
	out := &Themes{Total: len(found), Items: make([]Theme, len(found))}
	for i := range found {
		out.Items[i] = a.theme(&found[i])
	}
	return out, nil
}

func (a *api) getTheme(ctx context.Context, _ *call, in *Slug) (*Theme, error) {
	found, err := a.Datasets.Theme(ctx, visitor, in.Slug)
	if err != nil {
		return nil, err
	}
	out := a.theme(found)
	return &out, nil
}

func (a *api) theme(c *datasets.Counted[datasets.Theme]) Theme {
	return Theme{Slug: c.Item.Slug, Name: c.Item.Name, NameEN: c.Item.NameEN, Promises: promises(c),
		URL: a.address("/themes/" + c.Item.Slug), Page: a.Config.BaseURL + "/themes/" + c.Item.Slug}
}
