package interop

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"shuyuan/datasets"
)

// The length of a description that Google Dataset Search accepts.
const descriptionMin, descriptionMax = 50, 5000

// Dataset describes d in schema.org terms for search engines: one valid JSON
// object. Files of data that is not open are not listed, since nobody could
// fetch them. base is the portal's address without a slash at its end.
// encoding/json writes < as \u003c, so the bytes may stand inside a script
// element.
func Dataset(d *datasets.Dataset, base string) ([]byte, error) {
	page := base + "/datasets/" + d.Slug
	out := map[string]any{
		"@context":              "https://schema.org",
		"@type":                 "Dataset",
		"@id":                   page,
		"url":                   page,
		"name":                  d.Title,
		"description":           description(d),
		"inLanguage":            d.Language,
		"dateModified":          d.LastUpdated.Format("2006-01-02"),
		"isAccessibleForFree":   d.Open == datasets.Unconditional,
		"creator":               organisation(d.Department, base),
		"publisher":             organisation(d.Department, base),
		"includedInDataCatalog": map[string]any{"@type": "DataCatalog", "name": "数源 Shuyuan", "url": base + "/datasets"},
		"identifier":            identifiers(d),
		"isBasedOn":             d.Source,
	}
	put := func(key string, value any, present bool) {
		if present {
			out[key] = value
		}
	}
	put("alternateName", d.TitleEN, d.TitleEN != "")
	put("keywords", d.Tags, len(d.Tags) > 0)
	put("license", d.Licence.URL, d.Licence.URL != "")
	put("spatialCoverage", map[string]any{"@type": "Place", "name": d.Region.Name}, d.Region.Name != "")
	put("temporalCoverage", d.TemporalStart+"/"+orOpen(d.TemporalEnd), d.TemporalStart != "")
	if d.PublishedAt != nil {
		out["datePublished"] = d.PublishedAt.Format("2006-01-02")
	}
	if variables := measured(d); len(variables) > 0 {
		out["variableMeasured"] = variables
	}
	if d.Open == datasets.Unconditional {
		if files := distribution(d, base); len(files) > 0 {
			out["distribution"] = files
		}
		if actions := services(d, base); len(actions) > 0 {
			out["potentialAction"] = actions
		}
	}
	return json.Marshal(out)
}

// Catalog describes the portal itself, for the home page.
func Catalog(base string, datasetCount int) ([]byte, error) {
	return json.Marshal(map[string]any{
		"@context": "https://schema.org", "@type": "DataCatalog", "@id": base + "/",
		"name": "数源 Shuyuan", "url": base + "/",
		"description": fmt.Sprintf("公共数据开放目录，现有 %d 个数据集。", datasetCount),
		"potentialAction": map[string]any{
			"@type":       "SearchAction",
			"target":      map[string]any{"@type": "EntryPoint", "urlTemplate": base + "/datasets?q={search_term_string}"},
			"query-input": "required name=search_term_string",
		},
	})
}

// description is the summary, lengthened by what else is known where it is too
// short to be accepted.
func description(d *datasets.Dataset) string {
	s := d.Summary
	for _, more := range []string{
		"提供单位：" + d.Department.Name, "主题：" + d.Theme.Name, "地区：" + d.Region.Name, "原始来源：" + d.Source, d.SummaryEN,
	} {
		if utf8.RuneCountInString(s) >= descriptionMin {
			break
		}
		s = strings.TrimRight(s, "。 ") + "。" + more
	}
	if runes := []rune(s); len(runes) > descriptionMax {
		s = string(runes[:descriptionMax])
	}
	return s
}

func organisation(p datasets.Department, base string) map[string]any {
	name := p.Name
	if p.Sample {
		name += "（示例）"
	}
	return map[string]any{"@type": "GovernmentOrganization", "name": name, "url": base + "/departments/" + p.Slug}
}

func identifiers(d *datasets.Dataset) []string {
	ids := []string{d.Slug}
	if d.ResourceCode != "" {
		ids = append(ids, d.ResourceCode)
	}
	return ids
}

func orOpen(end string) string {
	if end == "" {
		return ".."
	}
	return end
}

func measured(d *datasets.Dataset) []map[string]any {
	var out []map[string]any
	seen := map[string]bool{}
	for _, r := range d.Resources {
		if r.Newest == nil {
			continue
		}
		for _, t := range r.Newest.Tables {
			for _, f := range t.Fields {
				if seen[f.Name] {
					continue
				}
				seen[f.Name] = true
				v := map[string]any{"@type": "PropertyValue", "name": f.Name}
				if f.Label != "" && f.Label != f.Name {
					v["description"] = f.Label
				}
				if f.Unit != "" {
					v["unitText"] = f.Unit
				}
				out = append(out, v)
			}
		}
	}
	return out
}

// services are the services that programs may ask, in the terms of schema.org
// for what can be done with a thing.
func services(d *datasets.Dataset, base string) []map[string]any {
	var out []map[string]any
	for _, r := range d.Resources {
		if l := r.Link; l != nil && l.Kind == datasets.LinkAPI {
			out = append(out, map[string]any{"@type": "ConsumeAction", "name": r.Name,
				"target": map[string]any{"@type": "EntryPoint", "urlTemplate": absolute(base, l.Checked()), "httpMethod": "GET"}})
		}
	}
	return out
}

// absolute is an address as others may use it; one of the portal is a path.
func absolute(base, address string) string {
	if strings.HasPrefix(address, "/") {
		return base + address
	}
	return address
}

func distribution(d *datasets.Dataset, base string) []map[string]any {
	var out []map[string]any
	for _, r := range d.Resources {
		if l := r.Link; l != nil && l.Kind == datasets.LinkFile {
			out = append(out, map[string]any{"@type": "DataDownload", "name": r.Name, "contentUrl": absolute(base, l.URL), "encodingFormat": l.Format})
		}
		if r.Newest == nil {
			continue
		}
		out = append(out, map[string]any{
			"@type": "DataDownload", "name": r.Name, "contentUrl": base + "/r/" + r.ID,
			"encodingFormat": r.Newest.MediaType, "contentSize": fmt.Sprintf("%d B", r.Newest.Bytes),
			"sha256": r.Newest.SHA256, "version": fmt.Sprint(r.Newest.Number),
		})
	}
	return out
}
