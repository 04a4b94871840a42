package api

import (
	"github.com/danielgtaylor/huma/v2"

	"shuyuan/datasets/rows"
)

// register describes every operation and says what answers it.
func (a *api) register(h huma.API) {
	register(h, op("listDatasets", "/datasets", "catalogue").
		summary("Search and list datasets", "搜索、列出数据集").
		describe("Values of one filter are alternatives, filters combine. A filter may be repeated, or hold several values between commas. "+
			"Without q the list can be walked to its end by cursor while the catalogue changes: nothing that stays is missed or comes twice. With q it goes 10,000 deep.",
			"同一筛选的多个值是“或”，不同筛选是“且”。筛选可以重复写，也可以用逗号隔开。没有搜索词时，用游标可以一直走到底，目录在变也不漏不重；有搜索词时最多到第 10,000 项。").
		example("/datasets?open=unconditional&facets=theme,format&limit=2"), a.listDatasets)
	register(h, op("getDataset", "/datasets/{slug}", "catalogue").
		summary("One dataset with all its fields and files", "一个数据集的全部字段和文件").
		describe("Every field of the catalogue, with the legal basis of its open type, and the files with their newest versions.",
			"目录的每个字段、开放类型的法规依据，以及每个文件的最新版本。").
		example("/datasets/{slug}"), a.getDataset)
	register(h, op("listNotes", "/datasets/{slug}/notes", "catalogue").
		summary("The explanatory notes on a dataset", "一个数据集的解读").
		describe("Written by the department and approved by its head; of each the newest version.", "由部门撰写、部门负责人批准；每篇给最新的一版。").
		example("/datasets/{slug}/notes"), a.listNotes)
	register(h, op("listQuestions", "/datasets/{slug}/questions", "catalogue").
		summary("The answered questions about a dataset", "一个数据集的问答").
		describe("Each with the official answer of the department.", "每个都附部门的官方答复。").
		example("/datasets/{slug}/questions"), a.listQuestions)
	a.registerObjections(h)
	a.registerNeeds(h)
	register(h, op("getResource", "/resources/{id}", "files").
		summary("One file with its newest version", "一个文件和它的最新版本").
		describe("latest always leads to the newest bytes; newest.original is this version's and never changes.",
			"latest 总是转到最新的字节；newest.original 是这一版的，永不变。").
		example("/resources/{id}"), a.getResource)
	register(h, op("listVersions", "/resources/{id}/versions", "files").
		summary("The versions of a file", "一个文件的各个版本").
		describe("Newest first. A version never changes and is never taken away while its dataset is public.",
			"新的在前。版本不会改变；数据集公开期间也不会消失。").
		example("/resources/{id}/versions?limit=5"), a.listVersions)
	register(h, op("getVersion", "/resources/{id}/versions/{n}", "files").
		summary("One version of a file", "一个文件的某一版").
		describe("With its digest, its tables and the addresses of its bytes.", "校验值、其中的表、字节的地址。").
		example("/resources/{id}/versions/{n}"), a.getVersion)
	register(h, op("getSchema", "/resources/{id}/schema", "files").
		summary("The data dictionary of a file", "一个文件的数据字典").
		describe("The columns of each table: name, label, type, unit, meaning, code list.", "每张表的列：列名、中文名、类型、单位、含义、代码表。").
		example("/resources/{id}/schema"), a.getSchema)
	registerLive[DictionaryWanted, struct{}](h, op("getDictionary", "/resources/{id}/dictionary.{format}", "files").
		summary("The data dictionary as a file", "数据字典，文件").
		describe("As CSV that Excel opens, or as a Frictionless Table Schema. Officers of the department bring it back corrected: "+
			"PUT /api/v1/resources/{id}/dictionary?reason=…, with a key that may publish and the file as the body (at most 1 MB; dry_run=1 only says what would change).",
			"Excel 能开的 CSV，或 Frictionless Table Schema。本部门的数据专员改好可以传回：PUT /api/v1/resources/{id}/dictionary?reason=…，用有发布用途的密钥，正文就是文件（最大 1 MB；dry_run=1 只说会改什么）。").
		sends([]rows.Format{rows.CSV, rows.JSON}).
		example("/resources/{id}/dictionary.csv"), a.sendDictionary)
	register(h, op("getChanges", "/resources/{id}/changes", "files").
		summary("How a version differs from an older one", "一版和更早的一版有什么不同").
		describe("Of each table: columns added, removed, renamed, moved or of another type; rows added, removed and changed, by the key that the data dictionary names, else as whole rows; what the dictionary says otherwise. Counts are exact.",
			"每张表：新增、删去、改名、移位、换类型的列；新增、删去、改动的行（按数据字典写明的主键，没有主键按整行）；数据字典变了的说法。计数都是准确的。").
		example("/resources/{id}/changes?to={n}"), a.getChanges)
	register(h, op("getProfile", "/resources/{id}/profile", "files").
		summary("What the values of a file are like", "一个文件的值是什么样").
		describe("Of each column of a table: how many rows have no value, how many different values there are, the least, the greatest, the mean, the most frequent values, how they lie, some examples. "+
			"Worked out after a version is published; until then columns is empty and ready is false. Data that must be applied for has none.",
			"一张表的每一列：多少行没有值、多少个不同的值、最小、最大、平均、最常见的值、分布、例子。发布后由后台算出；算好之前 columns 为空、ready 为 false。须申请的数据没有。").
		example("/resources/{id}/profile"), a.getProfile)
	registerLive[RowsWanted, body[Rows]](h, op("getRows", "/resources/{id}/rows", "rows").
		summary("Rows of a table: choose, filter, group, sort", "表里的行：选列、筛选、分组、排序").
		describe("Every parameter is an expression of one small language, described at /developers#language; what an error complains of it names with its place. "+
			"Pages are walked by cursor: nothing comes twice or is missed, also while a new version appears. At most 10,000 rows a page; an export has no such limit. "+
			"A question may take ten seconds. Data that must be applied for is answered with 403 without a grant.",
			"每个参数都是同一种小语言的表达式，写法见 /developers#language；错了会指出是哪个参数、第几个字。用游标翻页，不漏不重，翻到一半出了新版本也一样。"+
				"一页最多 10,000 行，导出没有这个上限。一次查询最多算 10 秒。有条件开放的数据没有授权时回 403。").
		example("/resources/{id}/rows?limit=2"), a.getRows)
	registerLive[ExportWanted, struct{}](h, op("exportRows", "/resources/{id}/export.{format}", "rows").
		summary("The same slice as a file, of any number of rows", "同样的一部分行，导出成文件，多少行都行").
		describe("Sent while it is made. XLSX holds 1,048,575 rows below the head; where there are more, say so and take another format. An export that fails on its way ends the connection: what was received is then not whole.",
			"边生成边发送。XLSX 每张表最多 1,048,575 行（不含表头），更多的请换格式。导出中途失败时连接会断开，那时收到的不完整。").
		sends(rows.Formats()).
		example("/resources/{id}/export.csv?limit=2"), a.export)
	registerLive[FacetWanted, body[Facet]](h, op("getFacet", "/resources/{id}/facets/{column}", "rows").
		summary("The values of a column with how many rows have each", "一列的值，各有多少行").
		describe("Most first. Counts only the rows that where holds for.", "多的在前。只数合 where 的行。").
		example("/resources/{id}/facets/1?limit=3"), a.getFacet)
	registerLive[ColumnWanted, body[Distribution]](h, op("getDistribution", "/resources/{id}/distributions/{column}", "rows").
		summary("How the values of a column lie", "一列的值怎样分布").
		describe("Numbers and dates in bins of equal width, everything else by value.", "数和日期分成等宽的格，其他类型按值。").
		example("/resources/{id}/distributions/1"), a.getDistribution)
	a.registerRequests(h)
	a.registerScenarios(h)
	a.registerOperation(h)
	a.registerTenders(h)
	a.registerProducts(h)
	a.registerProductRows(h)
	a.registerRegistrations(h)
	a.registerLog(h)
	register(h, op("listDepartments", "/departments", "vocabulary").
		summary("All departments", "全部部门").
		describe("With how many datasets each has published, and how it keeps its promises.", "各发布了多少数据集，承诺兑现得怎样。").
		example("/departments"), a.listDepartments)
	register(h, op("getDepartment", "/departments/{slug}", "vocabulary").
		summary("One department", "一个部门").
		describe("Its datasets are listed by /datasets?org=.", "它的数据集用 /datasets?org= 列出。").
		example("/departments/{department}"), a.getDepartment)
	register(h, op("listThemes", "/themes", "vocabulary").
		summary("All themes", "全部主题").
		describe("With how many datasets each holds.", "各有多少数据集。").
		example("/themes"), a.listThemes)
	register(h, op("getTheme", "/themes/{slug}", "vocabulary").
		summary("One theme", "一个主题").
		describe("Its datasets are listed by /datasets?theme=.", "它的数据集用 /datasets?theme= 列出。").
		example("/themes/{theme}"), a.getTheme)
	register(h, op("getStats", "/stats", "vocabulary").
		summary("The figures of the catalogue", "目录的统计数字").
		describe("Counted anew at each request, from what is public.", "每次现数，只数公开的。").
		example("/stats"), a.getStats)
}
