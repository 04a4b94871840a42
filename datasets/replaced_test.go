package datasets_test

import (
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/fault"
)

// Assurance F8: a replacement character stops a publication in every format
// until an officer has said that the source is like this. It is told where it
// stands, and stays as it is.
func TestReplacementCharactersStopAPublication(t *testing.T) {
	book := excelize.NewFile()
	defer book.Close()
	for i, cells := range [][]any{{"词", "数"}, {"好", 1}, {"坏\uFFFD字", 2}} {
		if err := book.SetSheetRow("Sheet1", []string{"A1", "A2", "A3"}[i], &cells); err != nil {
			t.Fatal(err)
		}
	}
	xlsx, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		Word string `parquet:"词"`
	}
	var columns strings.Builder
	if err := parquet.Write(&columns, []row{{"好"}, {"坏\uFFFD字"}}); err != nil {
		t.Fatal(err)
	}
	const once = "文件里有 1 个替换字符 U+FFFD：原来的字在别处转码时已经丢了，请从原文件重新导出；如果来源就是这样，请写明。最先的几处（列:行）：词:2 “坏\uFFFD字”"
	c := newUploads(t)
	d := c.Dataset(t)
	who := datasetstest.Officer(d.Department)
	for _, k := range []struct{ name, content, want string }{
		{"a.csv", "词\n好\n坏\uFFFD字\n", once},
		{"bom.csv", "\uFEFF词\n好\n坏\uFFFD字\n", once},
		{"a.tsv", "词\t数\n好\t1\n坏\uFFFD字\t2\n", once},
		{"a.json", "[{\"词\":\"好\"},{\"词\":\"坏\\ufffd字\"}]", once},
		{"a.ndjson", "{\"词\":\"好\"}\n{\"词\":\"坏\uFFFD字\"}\n", once},
		{"a.xml", "<r><x><词>好</词></x><x><词>坏&#xFFFD;字</词></x></r>", once},
		{"a.geojson", "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"properties\":{\"词\":\"好\"},\"geometry\":null},{\"type\":\"Feature\",\"properties\":{\"词\":\"坏\uFFFD字\"},\"geometry\":null}]}", once},
		{"a.xlsx", xlsx.String(), once},
		{"a.parquet", columns.String(), once},
		{"nested.json", `[{"词":["好"]},{"词":["坏\ufffd"]}]`, "文件里有 1 个替换字符 U+FFFD：原来的字在别处转码时已经丢了，请从原文件重新导出；如果来源就是这样，请写明。最先的几处（列:行）：词:2 “[\"坏\uFFFD\"]”"},
		{"two.zip", packedIn(t, map[string]string{"甲.csv": "词,数\n\uFFFD,1\n", "乙.csv": "词,数\n好\uFFFD\uFFFD,1\n"}), "文件里有 3 个替换字符 U+FFFD"},
		{"head.csv", "词\uFFFD,数\n好,1\n", "文件里有 1 个替换字符 U+FFFD：原来的字在别处转码时已经丢了，请从原文件重新导出；如果来源就是这样，请写明。最先的几处（列:行）：词\uFFFD:0 “词\uFFFD”"},
		{"good.csv", "词\n好\n不坏\n", ""},
	} {
		t.Run(k.name, func(t *testing.T) {
			id := c.Resource(t, d)
			if _, err := c.Service.AddVersion(t.Context(), who, d, id, datasets.NewVersion{FileName: k.name, Content: strings.NewReader(k.content)}); (err == nil) != (k.want == "") || err != nil && fault.KindOf(err) != fault.Invalid {
				t.Errorf("imported: %v", err)
			}
			if k.want == "" {
				return
			}
			u := sent(t, c, who, id, k.name, k.content)
			against, err := c.Service.Objections(t.Context(), who, u)
			if err != nil || len(against) != 1 || against[0].Kind != "replaced-characters" || against[0].Block || !strings.HasPrefix(against[0].Note.Text(), k.want) {
				t.Fatalf("%s %v: %+v, %v, want %s", u.State, u.Refusal, against, err, k.want)
			}
			if _, err := c.Service.PublishUpload(t.Context(), who, u.ID, datasets.Publication{}); fault.KindOf(err) != fault.Invalid || !strings.HasPrefix(fault.Of(err).Text(), k.want) {
				t.Errorf("published unseen: %v", err)
			}
			publishing(t, c, who, u, datasets.Publication{Reviewed: "来源就是这样"})
		})
	}
}
