package api

import (
	"context"

	"shuyuan/datasets"
	"shuyuan/templates"
)

// Stats are the figures of the catalogue.
type Stats struct {
	Datasets      int   `json:"datasets" doc:"Public datasets" zh:"公开的数据集" example:"36"`
	Unconditional int   `json:"unconditional" doc:"Of these, open without condition" zh:"其中无条件开放" example:"33"`
	Conditional   int   `json:"conditional" doc:"Of these, open on conditions" zh:"其中有条件开放" example:"3"`
	Files         int   `json:"files" doc:"Files" zh:"文件" example:"45"`
	Versions      int   `json:"versions" doc:"Versions of these, old ones included" zh:"版本，含旧的" example:"51"`
	Rows          int64 `json:"rows" doc:"Rows of the newest versions that are open without condition" zh:"无条件开放的最新版本的行数" example:"1204511"`
	Bytes         int64 `json:"bytes" doc:"Bytes of the newest versions" zh:"最新版本的字节数" example:"61203344"`
	Departments   int   `json:"departments" doc:"Departments with at least one dataset" zh:"有数据集的部门" example:"12"`
	Themes        int   `json:"themes" doc:"Themes with at least one dataset" zh:"有数据集的主题" example:"8"`
	Promised      int   `json:"promised" doc:"Datasets with a promised day of update" zh:"承诺了更新日的数据集" example:"20"`
	Overdue       int   `json:"overdue" doc:"Of these, past it" zh:"其中逾期的" example:"2"`
	Views         int64 `json:"views" doc:"How often pages of datasets were shown" zh:"数据集页的浏览次数" example:"4021"`
	Downloads     int64 `json:"downloads" doc:"How often files were fetched" zh:"文件的下载次数" example:"811"`
	ByFormat      []Bar `json:"by_format" nullable:"false" doc:"Datasets by format, most first" zh:"按格式的数据集数，多的在前"`
	ByFrequency   []Bar `json:"by_frequency" nullable:"false" doc:"Datasets by promised frequency, most first" zh:"按更新频率的数据集数，多的在前"`
	ByDay         []Day `json:"by_day" nullable:"false" doc:"Use in the last 30 days in China, oldest first" zh:"最近 30 天的使用，旧的在前"`
}

// Bar is one value with its number.
type Bar struct {
	Value string `json:"value" doc:"Value" zh:"值" example:"csv"`
	Count int    `json:"count" doc:"Datasets that carry it" zh:"有它的数据集数" example:"20"`
}

// Day is the use on one day.
type Day struct {
	Day       string `json:"day" format:"date" doc:"Day in China" zh:"日期（中国时间）" example:"2026-11-22"`
	Views     int64  `json:"views" doc:"Pages of datasets shown" zh:"浏览次数" example:"130"`
	Downloads int64  `json:"downloads" doc:"Files fetched" zh:"下载次数" example:"21"`
}

func (a *api) getStats(ctx context.Context, _ *call, _ *Nothing) (*Stats, error) {
	s, err := a.Datasets.Stats(ctx, visitor)
	if err != nil {
		return nil, err
	}
	out := &Stats{
		Datasets: s.Datasets, Unconditional: s.Unconditional, Conditional: s.Conditional, Files: s.Files, Versions: s.Versions, Rows: s.Rows, Bytes: s.Bytes,
		Departments: s.Departments, Themes: s.Themes, Promised: s.Promised, Overdue: s.Overdue, Views: s.Views, Downloads: s.Downloads,
		ByFormat: bars(s.ByFormat), ByFrequency: bars(s.ByFrequency), ByDay: make([]Day, len(s.ByDay)),
	}
	for i, d := range s.ByDay {
		out.ByDay[i] = Day{templates.Day(d.Day), d.Views, d.Downloads}
	}
	return out, nil
}

func bars(list []datasets.Bar) []Bar {
	out := make([]Bar, len(list))
	for i, b := range list {
		out[i] = Bar(b)
	}
	return out
}
