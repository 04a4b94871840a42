package interop

import (
	"encoding/json"
	"time"

	"shuyuan/datasets"
)

// Collection describes a page that lists parts of the catalogue in schema.org
// terms.
func Collection(url, name, description, base string) ([]byte, error) {
	return json.Marshal(map[string]any{
		"@context": "https://schema.org", "@type": "CollectionPage", "@id": url, "url": url, "name": name, "description": description,
		"isPartOf": map[string]any{"@type": "DataCatalog", "@id": base + "/", "name": "数源 Shuyuan", "url": base + "/"},
	})
}

// Organisation describes a department in schema.org terms.
func Organisation(d datasets.Department, region datasets.Region, base string) ([]byte, error) {
	out := organisation(d, base)
	out["@context"], out["@id"] = "https://schema.org", out["url"]
	put := func(key string, value any, present bool) {
		if present {
			out[key] = value
		}
	}
	put("alternateName", d.Aliases, len(d.Aliases) > 0)
	put("description", d.Description, d.Description != "")
	put("email", d.Email, d.Email != "")
	put("telephone", d.Phone, d.Phone != "")
	put("identifier", map[string]any{"@type": "PropertyValue", "propertyID": "统一社会信用代码", "value": d.CreditCode}, d.CreditCode != "")
	put("areaServed", map[string]any{"@type": "AdministrativeArea", "name": region.Name}, region.Name != "")
	return json.Marshal(out)
}

// Law is a text of law as search engines are told of it.
type Law struct {
	URL, Name, Kind, Number string
	InForce                 bool
	Adopted, From, Last     time.Time // zero where the text does not say
}

// Legislation describes a text in schema.org terms.
func Legislation(l Law) ([]byte, error) {
	force := "NotInForce"
	if l.InForce {
		force = "InForce"
	}
	out := map[string]any{
		"@context": "https://schema.org", "@type": "Legislation", "@id": l.URL, "url": l.URL, "name": l.Name, "inLanguage": "zh-CN",
		"legislationType": l.Kind, "legislationLegalForce": "https://schema.org/" + force, "legislationDateOfApplicability": l.From.Format(time.DateOnly),
	}
	if l.Number != "" {
		out["legislationIdentifier"] = l.Number
	}
	if !l.Adopted.IsZero() {
		out["legislationDate"] = l.Adopted.Format(time.DateOnly)
	}
	if !l.Last.IsZero() {
		out["temporalCoverage"] = l.From.Format(time.DateOnly) + "/" + l.Last.Format(time.DateOnly)
	}
	return json.Marshal(out)
}
