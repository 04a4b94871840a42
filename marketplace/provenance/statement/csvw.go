package statement

import "encoding/json"

// CSVW describes a CSV file (W3C, Metadata Vocabulary for Tabular Data, 17 December
// 2015): its columns, and in the words of Dublin Core and schema.org where it is from. Url is the file beside
// it, envelope that of the signature.
func (s *Statement) CSVW(n Notice, url, envelope string) ([]byte, error) {
	p := s.Predicate.Product
	var columns []object
	for _, c := range s.Predicate.Contents[n.Subject].Columns {
		column := object{"titles": c.Name, "null": []string{""}}
		if t, ok := datatypes[c.Type]; ok {
			column["datatype"] = t
		}
		if c.Label != "" {
			column["dc:description"] = object{"@value": c.Label, "@language": "zh"}
		}
		columns = append(columns, column)
	}
	var sources []object
	for _, one := range s.Predicate.Sources {
		sources = append(sources, object{
			"dc:title": one.Title, "dc:publisher": one.Provider.Department, "schema:version": one.Version, "schema:dateModified": one.PublishedAt,
			"schema:sdDatePublished": one.Acquired.Date, "dc:identifier": one.Dataset, "dc:provenance": one.Acquired.Record,
		})
	}
	return json.MarshalIndent(object{
		"@context": []any{"http://www.w3.org/ns/csvw", object{"@language": "zh"}},
		"url":      url, "dc:title": p.Title, "dc:identifier": p.ID + "@" + p.Version, "dc:creator": p.Developer.Name,
		"dc:source": sources, "dc:provenance": n.Text, "schema:url": n.Verify,
		"dialect":     object{"encoding": "utf-8", "delimiter": ",", "header": true, "doubleQuote": true, "lineTerminators": []string{"\n"}},
		"tableSchema": object{"columns": columns},
		"notes":       []object{{"statement": "sha256:" + n.Statement.SHA256, "envelope": envelope}},
	}, "", "  ")
}

// datatypes are the types of the data dictionary that CSVW has. Cells that are no
// value of their type are rare, but there are: no column is stricter than a text
// where that would make a reader refuse the file.
var datatypes = map[string]string{"integer": "integer", "decimal": "number", "boolean": "boolean", "date": "date", "text": "string", "array": "json", "object": "json"}
