package statement_test

import (
	"encoding/json"
	"testing"

	"shuyuan/marketplace/provenance/statement"
)

// The export in PROV-O says of each source whose it is and when it was used.
func TestPROV(t *testing.T) {
	s := valid()
	s.Predicate.Sources[0].Digest = statement.Of([]byte("source"))
	s.Predicate.Sources[0].Provider.Code = "jtt"
	b, err := s.PROV()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Context map[string]string `json:"@context"`
		Graph   []struct {
			ID   string `json:"@id"`
			Type any    `json:"@type"`
			From []struct {
				ID string `json:"@id"`
			} `json:"prov:wasDerivedFrom"`
			By struct {
				ID string `json:"@id"`
			} `json:"prov:wasGeneratedBy"`
			Whose struct {
				ID string `json:"@id"`
			} `json:"prov:wasAttributedTo"`
			Usage []struct {
				Entity struct {
					ID string `json:"@id"`
				} `json:"prov:entity"`
				At struct {
					Value string `json:"@value"`
				} `json:"prov:atTime"`
			} `json:"prov:qualifiedUsage"`
		} `json:"@graph"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Context["prov"] != "http://www.w3.org/ns/prov#" {
		t.Errorf("%v", doc.Context)
	}
	source, product, build := "urn:sha256:"+statement.Of([]byte("source")).SHA256, "urn:sha256:"+s.Subject[0].Digest.SHA256, ""
	seen := map[string]bool{}
	for _, n := range doc.Graph {
		seen[n.ID] = true
		switch n.ID {
		case product:
			if len(n.From) != 1 || n.From[0].ID != source {
				t.Errorf("derived from %v", n.From)
			}
			build = n.By.ID
		case source:
			if n.Whose.ID != "https://data.example.org/departments/jtt" || n.Type != "prov:Entity" {
				t.Errorf("the source is of %s", n.Whose.ID)
			}
		}
	}
	for _, n := range doc.Graph {
		if n.ID == build && (len(n.Usage) != 1 || n.Usage[0].Entity.ID != source || n.Usage[0].At.Value != "2026-11-02T16:30:00Z") {
			t.Errorf("used %+v", n.Usage)
		}
		if n.Whose.ID != "" && !seen[n.Whose.ID] {
			t.Errorf("%s is of nobody in the graph", n.ID)
		}
	}
	if !seen[build] || !seen[source] || !seen[product] {
		t.Errorf("%v", seen)
	}
}
