package statement

import (
	"encoding/json"
	"strings"
	"time"
)

// object is a JSON-LD object.
type object = map[string]any

// PROV is the statement in the words of PROV-O (W3C Recommendation of 30 April 2013)
// as JSON-LD 1.1: subjects and sources are entities, acquisitions, jobs and the build
// activities, and organisations agents. What is stored and signed is the statement;
// this is made from it for catalogues.
func (s *Statement) PROV() ([]byte, error) {
	d := &s.Predicate
	base := strings.TrimSuffix(s.PredicateType, predicate)
	build := base + "/provenance/" + d.Product.ID + "/" + d.Product.Version + "#build"
	developer := object{"@id": "urn:uscc:" + d.Product.Developer.USCC, "@type": []string{"prov:Agent", "prov:Organization"}, "rdfs:label": d.Product.Developer.Name}
	graph := []object{developer}
	var used []object
	var from []object
	for _, one := range d.Sources {
		id := one.id()
		department := object{"@id": base + "/departments/" + one.Provider.Code, "@type": []string{"prov:Agent", "prov:Organization"}, "rdfs:label": labels(one.Provider.Department, one.Provider.DepartmentEN)}
		graph = append(graph, department, object{
			"@id": id, "@type": "prov:Entity", "rdfs:label": labels(one.Title, one.TitleEN), "dcterms:hasVersion": one.Version,
			"prov:specializationOf": object{"@id": one.Dataset}, "prov:wasAttributedTo": object{"@id": department["@id"]}, "spdx:checksum": sum(one.Digest),
		})
		used = append(used, object{"@type": "prov:Usage", "prov:entity": object{"@id": id}, "prov:atTime": instant(one.Acquired.Last),
			"dcterms:identifier": one.Acquired.Record, "dcterms:type": one.Acquired.Channel})
		from = append(from, object{"@id": id})
	}
	for _, one := range d.Products {
		id := base + "/provenance/" + one.ID + "/" + one.Version
		graph = append(graph, object{"@id": id, "@type": "prov:Entity", "rdfs:label": one.Full(), "spdx:checksum": sum(one.Statement)})
		used = append(used, object{"@type": "prov:Usage", "prov:entity": object{"@id": id}})
		from = append(from, object{"@id": id})
	}
	activity := object{"@id": build, "@type": "prov:Activity", "prov:endedAtTime": instant(d.BuiltAt), "prov:wasAssociatedWith": object{"@id": developer["@id"]}, "prov:qualifiedUsage": used}
	var jobs []object
	for _, t := range d.Transformations {
		id := base + "/provenance/jobs/" + t.Job
		graph = append(graph, object{"@id": id, "@type": "prov:Activity", "dcterms:identifier": t.Job, "rdfs:label": t.Engine})
		jobs = append(jobs, object{"@id": id})
	}
	if len(jobs) > 0 {
		activity["dcterms:hasPart"] = jobs
	}
	graph = append(graph, activity)
	for i, of := range s.Subject {
		graph = append(graph, object{
			"@id": "urn:sha256:" + of.Digest.SHA256, "@type": "prov:Entity", "rdfs:label": of.Name, "dcterms:type": d.Contents[i].Form, "spdx:checksum": sum(of.Digest),
			"prov:wasGeneratedBy": object{"@id": build}, "prov:wasDerivedFrom": from, "prov:wasAttributedTo": object{"@id": developer["@id"]},
		})
	}
	return json.MarshalIndent(object{
		"@context": object{
			"prov": "http://www.w3.org/ns/prov#", "rdfs": "http://www.w3.org/2000/01/rdf-schema#", "dcterms": "http://purl.org/dc/terms/",
			"spdx": "http://spdx.org/rdf/terms#", "xsd": "http://www.w3.org/2001/XMLSchema#",
		},
		"@graph": graph,
	}, "", "  ")
}

// id is the address of the version.
func (s Source) id() string { return "urn:sha256:" + s.Digest.SHA256 }

func labels(zh, en string) []object {
	all := []object{{"@value": zh, "@language": "zh-CN"}}
	if en != "" {
		all = append(all, object{"@value": en, "@language": "en"})
	}
	return all
}

func instant(t time.Time) object {
	return object{"@value": t.UTC().Format(time.RFC3339), "@type": "xsd:dateTime"}
}

func sum(d Digest) object {
	return object{"spdx:algorithm": object{"@id": "spdx:checksumAlgorithm_sha256"}, "spdx:checksumValue": d.SHA256}
}
