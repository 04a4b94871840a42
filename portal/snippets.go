package portal

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// snippets are examples that run as they are: they name this very file of this
// very portal. What is a table is read as one; other files are fetched.
func snippets(ctx context.Context, base string, v *datasets.Version) []templates.Snippet {
	if v == nil {
		return nil
	}
	newest := base + "/r/" + v.ResourceID
	name := shellQuote(v.FileName)
	list := []templates.Snippet{{Name: "curl", Code: fmt.Sprintf("curl -L --fail -o %s %s", name, shellQuote(newest))}}
	if len(v.Tables) == 0 {
		return append(list, templates.Snippet{Name: "Python", Code: fmt.Sprintf("import urllib.request\n\nurllib.request.urlretrieve(%s, %s)", quote(newest), quote(v.FileName))})
	}
	address := base + "/d/" + v.ResourceID + "/" + strconv.Itoa(v.Number) + "/data."
	texts := textColumns(&v.Tables[0])
	return append(list,
		templates.Snippet{Name: text.T(ctx, "查询行"), Code: fmt.Sprintf(queryRows, shellQuote(base+"/api/v1/resources/"+v.ResourceID+"/rows"), shellQuote("select="+someColumns(&v.Tables[0])))},
		templates.Snippet{Name: "Python", Code: fmt.Sprintf(pythonCode, quote(address+"csv"))},
		templates.Snippet{Name: "pandas", Code: fmt.Sprintf("import pandas as pd\n\ndf = pd.read_csv(%s%s)\nprint(df.head())", quote(address+"csv"), pandasTypes(texts))},
		templates.Snippet{Name: "R", Code: fmt.Sprintf("df <- read.csv(%s%s, check.names = FALSE)\nhead(df)", quote(address+"csv"), rTypes(texts))},
		templates.Snippet{Name: "JavaScript", Code: fmt.Sprintf("const rows = await (await fetch(%s)).json();\nconsole.log(rows.length, rows[0]);", quote(address+"json"))},
		templates.Snippet{Name: "Excel", Code: "// " + text.T(ctx, "最省事：数据 › 自网站，粘贴 %s", address+"csv?"+url.Values{"bom": {"1"}}.Encode()) +
			"\n// " + text.T(ctx, "要保住代码列的前导零：启动 Power Query 编辑器 › 高级编辑器，粘贴这一段") + fmt.Sprintf(queryCode, address+"csv")},
	)
}

// queryRows asks the row interface for a few columns of a few rows.
const queryRows = `curl -G %s \
  --data-urlencode %s \
  --data-urlencode 'limit=10'`

// someColumns are the first columns, as a question names them.
func someColumns(t *datasets.Table) string {
	var out []string
	for _, f := range t.Fields[:min(3, len(t.Fields))] {
		out = append(out, rows.Quoted(f.Name))
	}
	return strings.Join(out, ", ")
}

// pythonCode needs nothing but Python. Every value stays text.
const pythonCode = `import csv, io, urllib.request

with urllib.request.urlopen(%s) as answer:
    rows = list(csv.DictReader(io.TextIOWrapper(answer, "utf-8", newline="")))
print(len(rows), rows[0] if rows else "")`

// queryCode is in the language of Power Query, which Excel and Power BI have.
const queryCode = `
let
    Source = Csv.Document(Web.Contents("%s"), [Delimiter = ",", Encoding = 65001, QuoteStyle = QuoteStyle.Csv]),
    Rows = Table.PromoteHeaders(Source, [PromoteAllScalars = true])
in
    Rows`

// textColumns are the columns that must stay text though every value may look
// like a number: codes lose their leading zeros otherwise.
func textColumns(t *datasets.Table) []string {
	var out []string
	for _, f := range t.Fields {
		if f.Type == "text" {
			out = append(out, f.Name)
		}
	}
	return out
}

func pandasTypes(columns []string) string {
	if len(columns) == 0 {
		return ""
	}
	pairs := make([]string, len(columns))
	for i, c := range columns {
		pairs[i] = quote(c) + ": str"
	}
	return ", dtype={" + strings.Join(pairs, ", ") + "}"
}

func rTypes(columns []string) string {
	if len(columns) == 0 {
		return ""
	}
	pairs := make([]string, len(columns))
	for i, c := range columns {
		pairs[i] = "`" + strings.ReplaceAll(c, "`", "\\`") + "` = \"character\""
	}
	return ", colClasses = c(" + strings.Join(pairs, ", ") + ")"
}

// quote is a string literal that Python, R and JavaScript read alike.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`).Replace(s) + `"`
}

// shellQuote is a word that no shell takes apart.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
