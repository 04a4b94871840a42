package ingest_test

import (
	"strings"
	"testing"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/fault"
)

// read returns the rows of the file's tables, header first.
func read(name, content string) ([][]string, error) {
	return readWith(name, content, ingest.Options{})
}

func readWith(name, content string, opt ingest.Options) ([][]string, error) {
	f, err := ingest.Open(name, strings.NewReader(content), opt)
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for _, t := range f.Tables() {
		if err := t.Rows(func(row []string) error {
			rows = append(rows, append([]string{}, row...))
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// Old texts mark what their scan lost with U+FFFD. Such a file is whole.
func TestAReplacementCharacterInTheFileItselfIsData(t *testing.T) {
	for name, content := range map[string]string{
		"词.csv":     "词\n明月\uFFFD时有\n",
		"bom.csv":   "\uFEFF词\n明月\uFFFD时有\n",
		"词.json":    "[{\"词\":\"明月\uFFFD时有\"}]",
		"逃逸.json":   `[{"词":"明月\uFFFD时有"}]`,
		"词.ndjson":  "{\"词\":\"明月\uFFFD时有\"}\n",
		"词.tsv":     "词\n明月\uFFFD时有\n",
		"词.geojson": "{\"type\":\"FeatureCollection\",\"features\":[{\"properties\":{\"词\":\"明月\uFFFD时有\"},\"geometry\":null}]}",
	} {
		rows, err := read(name, content)
		if err != nil || len(rows) != 2 || rows[1][0] != "明月\uFFFD时有" {
			t.Errorf("%s: %q, %v", name, rows, err)
		}
	}
}

func TestACharacterThatCannotBeReadIsRefusedWithItsPlace(t *testing.T) {
	for name, content := range map[string]string{
		"gb18030.csv":   "词\n\xc3\xf7\xff\xd4\xc2\n",
		"bom.csv":       "\uFEFF词\n明月\xff\n",
		"latin.json":    "[{\"词\":\"caf\xe9\"}]",
		"half.json":     `[{"词":"\ud83d"}]`,
		"latin.geojson": "{\"type\":\"FeatureCollection\",\"features\":[{\"properties\":{\"词\":\"caf\xe9\"},\"geometry\":null}]}",
	} {
		rows, err := read(name, content)
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %q, %v", name, rows, err)
		}
	}
}
