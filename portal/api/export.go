package api

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/portal"
)

// ExportWanted is which rows are exported, and how.
type ExportWanted struct {
	Choice
	Format string `path:"format" enum:"csv,xlsx,json,ndjson,parquet,geojson,xml,zip" doc:"Format of the file; zip is a Frictionless data package: the rows as CSV with dictionary, licence and source" zh:"文件格式；zip 是 Frictionless 数据包：CSV 加数据字典、许可和来源说明"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000000000" doc:"At most so many rows; all of them if left out" zh:"最多几行；不写就是全部" example:"1000"`
	BOM    string `query:"bom" enum:"1" doc:"1: CSV with a byte order mark, which Excel needs" zh:"1：带 BOM 的 CSV，Excel 直接打开不乱码" example:"1"`
	Safe   string `query:"safe" enum:"1" doc:"1: CSV in which a text that begins like a formula gets an apostrophe in front, so that no spreadsheet runs it" zh:"1：CSV 里像公式的文字前加一个撇号，表格软件不会运行它" example:"1"`
	Labels string `query:"labels" enum:"zh,en" doc:"Heads are labels in this language, where there are any, in place of names" zh:"表头用这种语言的名称（有的话）代替列名" example:"zh"`
}

// exportName tells a part of a table by its name from the whole.
func exportName(base, slice string) string {
	if slice == "" {
		return base
	}
	return base + "-" + slice
}

// export sends a slice as a file, of any number of rows, while it is made.
func (a *api) export(c *fiber.Ctx, in *ExportWanted) error {
	ctx, who := c.UserContext(), a.reader(c)
	v, position, err := a.tableOf(ctx, who, &in.Choice)
	if err != nil {
		return err
	}
	format := rows.Format(in.Format)
	if format != rows.CSV {
		for name, value := range map[string]string{"bom": in.BOM, "safe": in.Safe} {
			if value != "" {
				return malformed("query."+name, "%s 只用于 CSV。", name)
			}
		}
	}
	q := in.query()
	q.Limit = in.Limit
	o := rows.ExportOptions{Format: format, BOM: in.BOM != "", Safe: in.Safe != "", Labels: in.Labels != "", English: in.Labels == "en"}
	state := "export 1 "
	if format == rows.Package {
		d, _, err := a.Datasets.Resource(ctx, who, v.ResourceID)
		if err != nil {
			return err
		}
		state += strconv.FormatInt(d.Revision, 10) + " "
		o.Package = datasets.PackageOf(d, v, position, a.Config.BaseURL+"/datasets/"+d.Slug)
	}
	e, err := a.Datasets.Export(ctx, who, v, position, q, o)
	if err != nil {
		return inQuery(err)
	}
	if a.unchanged(c, who, state+e.Tag()) {
		return nil
	}
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	c.Set(fiber.HeaderContentType, format.MediaType())
	c.Set(fiber.HeaderContentDisposition, portal.Disposition(exportName(v.BaseName(position), e.Slice())+"."+in.Format))
	if c.Method() == fiber.MethodHead { // how long it will be nobody knows yet
		c.Context().SetBodyStream(strings.NewReader(""), -1)
		return nil
	}
	leave, err := a.Enter(c)
	if err != nil {
		return err
	}
	part := in.asked()
	if in.Limit > 0 {
		part.Set("limit", strconv.Itoa(in.Limit))
	}
	h, err := a.Deliver(c, who, v, datasets.ByExport, in.Format, part.Encode())
	if err != nil {
		leave()
		return err
	}
	return inQuery(a.Stream(c, a.Counted(v.DatasetID, h.Write(func(ctx context.Context, w io.Writer) error {
		defer leave()
		return e.Write(ctx, w)
	}))))
}
