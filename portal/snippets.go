package portal

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"shuyuan/datasets"
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
	rows := base + "/d/" + v.ResourceID + "/" + strconv.Itoa(v.Number) + "/data."
	texts := textColumns(&v.Tables[0])
	return append(list,
		templates.Snippet{Name: "Python", Code: fmt.Sprintf("import pandas as pd\n\ndf = pd.read_csv(%s%s)\nprint(df.head())", quote(rows+"csv"), pandasTypes(texts))},
		templates.Snippet{Name: "R", Code: fmt.Sprintf("df <- read.csv(%s%s, check.names = FALSE)\nhead(df)", quote(rows+"csv"), rTypes(texts))},
		templates.Snippet{Name: "JavaScript", Code: fmt.Sprintf("const rows = await (await fetch(%s)).json();\nconsole.log(rows.length, rows[0]);", quote(rows+"json"))},
		templates.Snippet{Name: "Excel", Code: text.T(ctx, "数据 › 自网站，粘贴这个地址：") + "\n" + rows + "csv?" + url.Values{"bom": {"1"}}.Encode()},
	)
}

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
