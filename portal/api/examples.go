package api

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"shuyuan/datasets"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// walks go through the whole catalogue page by page, in each language. They
// run as they are and need nothing beyond the language itself, except R, which
// wants jsonlite.
func walks(base string) []templates.Snippet {
	fill := func(code string) string {
		return strings.NewReplacer("BASE", base).Replace(code)
	}
	return []templates.Snippet{
		{Name: "curl", Code: fill(`curl -sSfG BASE/api/v1/datasets -d open=unconditional -d limit=100`)},
		{Name: "Python", Code: fill(`import json, urllib.parse, urllib.request

def datasets(**wanted):
    while True:
        url = "BASE/api/v1/datasets?" + urllib.parse.urlencode(wanted, doseq=True)
        with urllib.request.urlopen(url) as answer:
            page = json.load(answer)
        yield from page["items"]
        if "next" not in page:
            return
        wanted["cursor"] = page["next"]

for d in datasets(open="unconditional", limit=100):
    print(d["updated"], d["title"])`)},
		{Name: "R", Code: fill(`library(jsonlite)

cursor <- ""
repeat {
  page <- fromJSON(paste0("BASE/api/v1/datasets?open=unconditional&limit=100&cursor=", cursor))
  print(page$items[, c("updated", "title")])
  if (is.null(page[["next"]])) break
  cursor <- page[["next"]]
}`)},
		{Name: "JavaScript", Code: fill(`async function* datasets(wanted) {
  const url = new URL("BASE/api/v1/datasets");
  for (;;) {
    url.search = new URLSearchParams(wanted);
    const page = await (await fetch(url)).json();
    yield* page.items;
    if (!page.next) return;
    wanted = { ...wanted, cursor: page.next };
  }
}

for await (const d of datasets({ open: "unconditional", limit: 100 })) {
  console.log(d.updated, d.title);
}`)},
		{Name: "Excel", Code: fill(`let
    Page = (cursor as text) => Json.Document(Web.Contents("BASE", [
        RelativePath = "api/v1/datasets",
        Query = [open = "unconditional", limit = "100", cursor = cursor]])),
    Pages = List.Generate(
        () => Page(""),
        each _ <> null,
        each if Record.HasFields(_, "next") then Page([next]) else null,
        each [items]),
    Rows = Table.SelectColumns(Table.FromRecords(List.Combine(Pages)), {"slug", "title", "open", "updated", "url"})
in
    Rows`)},
	}
}

// steady are commands on the addresses of one file that stay as they are.
func (a *api) steady(ctx context.Context, v *datasets.Version) string {
	name, newest := shellQuote(v.FileName), shellQuote(a.Config.BaseURL+"/r/"+v.ResourceID)
	this := shellQuote(a.filesURL() + "/d/" + v.ResourceID + "/" + strconv.Itoa(v.Number) + "/" + pathEscape(v.FileName))
	return strings.Join([]string{
		"# " + text.T(ctx, "最新的"),
		"curl -sSfL -o " + name + " " + newest,
		"# " + text.T(ctx, "第 %d 版，字节永不变", v.Number),
		"curl -sSf -o " + name + " " + this,
		"# " + text.T(ctx, "对一下校验值"),
		"echo " + shellQuote(v.SHA256+"  "+v.FileName) + " | sha256sum -c",
		"# " + text.T(ctx, "只要前 100 个字节；断了的用 -C - 接着下"),
		"curl -sSf -r 0-99 " + this,
	}, "\n")
}

// again are commands that ask for what has changed since the last time.
func (a *api) again(ctx context.Context, d *datasets.Dataset, v *datasets.Version) string {
	name := shellQuote(v.FileName)
	return strings.Join([]string{
		"# " + text.T(ctx, "文件：变了才下，没变就是 304"),
		"curl -sSfL --etag-save etag.txt --etag-compare etag.txt -o " + name + " " + shellQuote(a.Config.BaseURL+"/r/"+v.ResourceID),
		"# " + text.T(ctx, "目录条目"),
		"tag=$(curl -sSfI " + a.address("/datasets/"+d.Slug) + " | tr -d '\\r' | sed -n 's/^[Ee][Tt]ag: //p')",
		`curl -sSf -o entry.json -w '%{http_code}\n' -H "If-None-Match: $tag" ` + a.address("/datasets/"+d.Slug),
	}, "\n")
}

// shellQuote is a word that no shell takes apart.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func pathEscape(s string) string { return url.PathEscape(s) }

// preparing writes an application by curl and hands it over for signing, as it
// stands but for its first lines.
func preparing(base string) string {
	return strings.ReplaceAll(`KEY=sy_…            # a key that may ask for data, made at /account
DATASET=…           # the name of the dataset, as in the address of its page

# what is needed, how long it takes, and by which rule
curl -sSf BASE/api/v1/datasets/$DATASET/apply -o needs.json

# begin, or find the one that is under way
curl -sSf -X POST BASE/api/v1/datasets/$DATASET/applications -H "Authorization: Bearer $KEY" \
  -H "Content-Type: application/json" -d '{}' -o application.json
at=$(sed 's/.*"url":"\([^"]*\)".*/\1/' application.json)
revision=$(sed 's/.*"revision":\([0-9]*\).*/\1/' application.json)

# write it: draft.json holds the fields, with "revision": REVISION in it
sed "s/REVISION/$revision/" draft.json | curl -sSf -X PUT "$at" -H "Authorization: Bearer $KEY" \
  -H "Content-Type: application/json" --data-binary @- -o application.json
revision=$(sed 's/.*"revision":\([0-9]*\).*/\1/' application.json)

# hand in files: slot is a material in the words of needs.json; empty: something else
curl -sSf "$at/papers" -H "Authorization: Bearer $KEY" -F slot= -F file=@licence.pdf -o papers.json

# hand it over: 422 says what is missing, 403 names the page on which a person signs
curl -sS -X POST "$at/submission" -H "Authorization: Bearer $KEY" \
  -H "Content-Type: application/json" -d "{\"revision\": $revision}"`, "BASE", base)
}

// owed does by curl what follows a grant, as it stands but for its first lines.
func owed(base string) string {
	return strings.ReplaceAll(`KEY=sy_…            # a key that may read and ask for data, made at /account
GRANT=…             # the number of the grant

# what is owed under every grant, the soonest first, each day with its rule
curl -sSf BASE/api/v1/obligations -H "Authorization: Bearer $KEY"

# hand in the first report of use: report.json holds the fields, with "revision": REVISION in it
at=BASE/api/v1/grants/$GRANT
revision=$(curl -sSf "$at/reports/1" -H "Authorization: Bearer $KEY" | sed 's/.*"revision":\([0-9]*\).*/\1/')
sed "s/REVISION/$revision/" report.json | curl -sSf -X POST "$at/reports/1" -H "Authorization: Bearer $KEY" \
  -H "Content-Type: application/json" --data-binary @- -o report-filed.json

# begin a change of the grant (or its renewal, in its last days): a draft as it stands,
# which is written and handed over as above
curl -sSf -X POST "$at/applications" -H "Authorization: Bearer $KEY" \
  -H "Content-Type: application/json" -d '{"kind": "change"}'`, "BASE", base)
}

// computing runs a program in a secure workspace by curl, as it stands but for its first
// lines.
func computing(base string) string {
	return strings.ReplaceAll(`KEY=sy_…            # a key for secure workspaces, made at /account
SPACE=…             # the number of the workspace

at=BASE/api/v1/workspaces/$SPACE

# run a program: program.json says what; its result is held, and only its shape told
curl -sSf -X POST "$at/jobs" -H "Authorization: Bearer $KEY" \
  -H "Content-Type: application/json" --data-binary @program.json -o job.json
job=$(sed 's/.*"url":"\([^"]*\)".*/\1/' job.json)

# wait until it is over, and see what came of it, or how to write it instead
until curl -sSf "$job" -H "Authorization: Bearer $KEY" -o job.json &&
  ! grep -Eq '"state":"(queued|vetting|running)"' job.json; do sleep 1; done
cat job.json

# fetch what a person asked to have released, and two people let out
curl -sSf "$at/releases" -H "Authorization: Bearer $KEY" -o releases.json
csv=$(sed 's/.*"csv":"\([^"]*\)".*/\1/' releases.json)
curl -sSf "$csv" -H "Authorization: Bearer $KEY" -o result.csv
cat result.csv`, "BASE", base)
}

// uploading publishes a file by curl, as it stands but for its first lines.
func uploading(base string) string {
	return strings.ReplaceAll(`KEY=sy_…            # a key that may publish, made at /account
RESOURCE=…          # the id of the file, as in the address of its page
FILE=data.csv

b64() { printf %s "$1" | base64 | tr -d '\n'; }
at=$(curl -sSf -D - -o upload.txt -X POST BASE/api/v1/uploads \
  -H "Authorization: Bearer $KEY" -H "Tus-Resumable: 1.0.0" \
  -H "Upload-Length: $(($(wc -c < "$FILE")))" \
  -H "Upload-Metadata: filename $(b64 "$FILE"),resource $(b64 "$RESOURCE")" |
  tr -d '\r' | sed -n 's/^[Ll]ocation: //p')

# send it; after a break ask by HEAD for Upload-Offset and send the rest
curl -sSf -X PATCH "$at" -H "Authorization: Bearer $KEY" -H "Tus-Resumable: 1.0.0" \
  -H "Upload-Offset: 0" -H "Content-Type: application/offset+octet-stream" \
  --data-binary @"$FILE"

# wait until it is read, and see as what
until curl -sSf "$at" -H "Authorization: Bearer $KEY" -o upload.txt &&
  grep -Eq '"state":"(review|rejected|failed)"' upload.txt; do sleep 1; done
cat upload.txt

curl -sSf "$at/publish" -H "Authorization: Bearer $KEY" \
  -H "Content-Type: application/json" -d '{"reason": "monthly figures"}'`, "BASE", base)
}
