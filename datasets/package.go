package datasets

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"shuyuan/datasets/rows"
)

// PackageOf is what a Frictionless data package of one table says beside its
// rows: what datapackage.json has of the dataset, and its dictionary, licence
// and source as files. page is the address of the dataset's page.
func PackageOf(d *Dataset, v *Version, position int, page string) *rows.DataPackage {
	about := aboutPackage(d, page)
	about["name"] = strings.ToLower(v.ResourceID)
	about["version"] = fmt.Sprint(v.Number)
	about["created"] = v.PublishedAt.UTC().Format(time.RFC3339)
	columns := map[string]map[string]any{}
	for _, f := range v.Tables[position].Fields {
		if said := f.said(); len(said) > 0 {
			columns[f.Name] = said
		}
	}
	shapes := "" // the last column of formats that are about shapes
	if fields := v.Tables[position].Fields; len(fields) > 0 && (v.Format == "geojson" || v.Format == "shp") {
		shapes = fields[len(fields)-1].Name
	}
	return &rows.DataPackage{About: about, Columns: columns, GeoJSON: shapes, At: v.PublishedAt.UTC(), Files: append(d.notes(page, v),
		rows.PackageFile{Name: "dictionary.csv", Body: dictionaryCSV(described{strconv.Itoa(position + 1), v, position})})}
}

// aboutPackage is what datapackage.json says of a dataset (Frictionless Data
// Package 1.0).
func aboutPackage(d *Dataset, page string) map[string]any {
	about := map[string]any{"name": d.Slug, "title": d.Title, "homepage": page}
	set := func(key string, value any, ok bool) {
		if ok {
			about[key] = value
		}
	}
	set("description", d.Summary, d.Summary != "")
	set("keywords", d.Tags, len(d.Tags) > 0)
	set("contributors", []map[string]any{{"title": d.Department.Name, "role": "publisher"}}, d.Department.Name != "")
	set("licenses", []map[string]any{without(map[string]any{"name": d.Licence.ID, "title": d.Licence.Name, "path": d.Licence.URL})}, d.Licence.ID != "")
	set("sources", []map[string]any{without(map[string]any{"title": d.Source, "path": d.SourceURL})}, d.Source != "")
	return about
}

// without is m less its empty texts.
func without(m map[string]any) map[string]any {
	for key, value := range m {
		if value == "" {
			delete(m, key)
		}
	}
	return m
}

// said is what Table Schema says of a column beside its name and type, and
// what it has no property for under names of ours.
func (f *Field) said() map[string]any {
	said := without(map[string]any{"title": f.Label, "title_en": f.LabelEN, "description": f.Description, "description_en": f.DescriptionEN, "unit": f.Unit, "unit_en": f.UnitEN})
	if len(f.Codes) > 0 {
		said["codes"] = f.Codes
	}
	return said
}

// notes are the licence and the source as files that people read, in both
// languages.
func (d *Dataset) notes(page string, v *Version) []rows.PackageFile {
	licence := lines(d.Licence.Name+" "+d.Licence.NameEN, d.Licence.ID, d.Licence.URL, "", d.Licence.Terms, d.Licence.TermsEN)
	said := []string{
		line("数据集 Dataset", d.Title, d.TitleEN), line("发布单位 Publisher", d.Department.Name, d.Department.NameEN), line("原始来源 Source", d.Source, d.SourceEN, d.SourceURL),
		line("整理 Processing", d.Processing, d.ProcessingEN), line("许可 Licence", d.Licence.Name, d.Licence.URL), line("数据更新 Data of", d.LastUpdated.Format(time.DateOnly)), line("网页 Page", page),
	}
	if v != nil {
		said = append(said, line("文件 File", v.FileName), line("版本 Version", fmt.Sprint(v.Number), v.PublishedAt.In(china).Format(time.DateOnly)), line("SHA-256", v.SHA256))
	}
	if d.Sample || d.Department.Sample {
		said = append(said, "发布单位为示例，来源属实。The publisher is a sample; the source is the true one.")
	}
	return []rows.PackageFile{{Name: "licence.txt", Body: licence}, {Name: "source.txt", Body: lines(said...)}}
}

func line(name string, values ...string) string {
	var said []string
	for _, v := range values {
		if v != "" {
			said = append(said, strings.ReplaceAll(v, "\n", " "))
		}
	}
	if len(said) == 0 {
		return ""
	}
	return name + ": " + strings.Join(said, " · ")
}

// lines is text of these lines less the empty ones, as Windows and everybody
// else reads it.
func lines(list ...string) []byte {
	var out bytes.Buffer
	for _, l := range list {
		if strings.TrimSpace(l) != "" {
			out.WriteString(strings.TrimSpace(l) + "\r\n")
		}
	}
	return out.Bytes()
}
