package templates

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"shuyuan/datasets"
	"shuyuan/templates/text"
)

// The addresses of what a dataset page links to. Those under /d/ are immutable.

func resourceHref(d *datasets.Dataset, r *datasets.Resource) string {
	return "/datasets/" + d.Slug + "/resources/" + r.ID
}

func versionHref(v *datasets.Version) string {
	return "/d/" + v.ResourceID + "/" + strconv.Itoa(v.Number) + "/"
}

// original is the file as the department gave it.
func original(v *datasets.Version) string {
	return versionHref(v) + url.PathEscape(v.FileName)
}

// rendition is table number position of a version in another format.
func rendition(v *datasets.Version, ext string, position int, query url.Values) string {
	if position > 0 {
		query.Set("table", strconv.Itoa(position+1)) // counted from 1 in addresses
	}
	href := versionHref(v) + "data." + ext
	if len(query) > 0 {
		href += "?" + query.Encode()
	}
	return href
}

// published reports whether there is a file to download.
func published(d *datasets.Dataset) bool {
	return slices.ContainsFunc(d.Resources, func(r datasets.Resource) bool { return r.Newest != nil })
}

func csvBOM(v *datasets.Version, position int) string {
	return rendition(v, "csv", position, url.Values{"bom": {"1"}})
}

func csvPlain(v *datasets.Version, position int) string {
	return rendition(v, "csv", position, url.Values{})
}

func jsonRows(v *datasets.Version, position int) string {
	return rendition(v, "json", position, url.Values{})
}

// inFormat is the first table of v in another format.
func inFormat(v *datasets.Version, ext string) string {
	return rendition(v, ext, 0, url.Values{})
}

func tagHref(tag string) string {
	return "/datasets?" + url.Values{"tag": {tag}}.Encode()
}

func short(digest string) string {
	if len(digest) > 12 {
		return digest[:12] + "…"
	}
	return digest
}

// coverage is the area a dataset speaks of: its own words, or else its region.
func coverage(ctx context.Context, d *datasets.Dataset) string {
	if d.Spatial != "" {
		return text.Pick(ctx, d.Spatial, d.SpatialEN)
	}
	return text.Pick(ctx, d.Region.Name, d.Region.NameEN)
}

// dictionaryNote counts how many columns are explained.
func dictionaryNote(ctx context.Context, v *datasets.Version) string {
	all, told := 0, 0
	for i := range v.Tables {
		for _, f := range v.Tables[i].Fields {
			all++
			if f.Label != "" || f.Description != "" {
				told++
			}
		}
	}
	return text.T(ctx, "%d 列，%d 列有释义。", all, told)
}

// orgHref is the search for what a department publishes.
func orgHref(d *datasets.Department) string {
	return "/datasets?" + url.Values{"org": {d.Slug}}.Encode()
}

// themeHref is the search for what lies under a theme.
func themeHref(t *datasets.Theme) string {
	return "/datasets?" + url.Values{"theme": {t.Slug}}.Encode()
}
