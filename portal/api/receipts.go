package api

import (
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
	"shuyuan/marketplace/receipts"
	"shuyuan/portal"
)

// ReceiptWanted is what a certificate of download is asked for.
type ReceiptWanted struct {
	Resource string `json:"resource" doc:"Id of the file" zh:"文件的编号" example:"holidays-csv"`
	Version  int    `json:"version" minimum:"1" doc:"Number of the version" zh:"第几版" example:"3"`
	Form     string `json:"form,omitempty" enum:"original,csv-bom,csv,json,xlsx,parquet" doc:"In which form the file was downloaded; left out: the original. The others are of files with one table" zh:"下载的是哪种格式；不写：原件。其他格式只有一张表的文件才有" example:"csv"`
}

// Receipt is a certificate of download: it speaks for bytes, and for nobody.
type Receipt struct {
	Number       string    `json:"number" doc:"Its number" zh:"编号" example:"XZZ-2026-000001"`
	Dataset      string    `json:"dataset" format:"uri" doc:"Page of the dataset" zh:"数据集的页面" example:"https://data.example/datasets/holidays"`
	Title        string    `json:"title" doc:"Name of the dataset" zh:"数据集的名称" example:"节假日"`
	TitleEN      string    `json:"title_en" doc:"Its name in English" zh:"数据集的英文名称" example:"Holidays"`
	Department   string    `json:"department" doc:"Source: the department" zh:"来源部门" example:"省大数据管理局"`
	DepartmentEN string    `json:"department_en" doc:"The department in English" zh:"部门的英文名称" example:"Provincial Data Bureau"`
	File         string    `json:"file" doc:"Name of the file" zh:"文件名" example:"holidays.csv"`
	Address      string    `json:"address" format:"uri" doc:"Where these bytes are supplied" zh:"提供这些字节的地址" example:"https://data.example/d/holidays-csv/3/holidays.csv"`
	Version      int       `json:"version" doc:"Number of the version" zh:"第几版" example:"3"`
	Form         string    `json:"form" doc:"Form of the file" zh:"格式" example:"original"`
	SHA256       string    `json:"sha256" doc:"Digest of its bytes" zh:"文件的摘要" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Bytes        int64     `json:"bytes" doc:"Its size" zh:"字节数" example:"1024"`
	Licence      string    `json:"licence" doc:"Id of the licence" zh:"许可的编号" example:"CC-BY-4.0"`
	Published    time.Time `json:"published" doc:"When the version was published" zh:"这一版发布的时间"`
	Issued       time.Time `json:"issued" doc:"When the certificate was issued" zh:"签发的时间"`
	Statement    string    `json:"statement" doc:"SHA-256 of the signed statement" zh:"声明的摘要" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Key          string    `json:"key" doc:"Name of the key that signed it" zh:"签名密钥" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Page         string    `json:"page" format:"uri" doc:"Its page" zh:"页面" example:"https://data.example/receipts/XZZ-2026-000001"`
	Envelope     string    `json:"envelope" format:"uri" doc:"What was signed: in-toto Statement v1 in DSSE" zh:"签名的声明（in-toto v1，DSSE）" example:"https://data.example/receipts/XZZ-2026-000001/dsse.json"`
	PDF          string    `json:"pdf" format:"uri" doc:"On paper" zh:"纸面（PDF）" example:"https://data.example/receipts/XZZ-2026-000001/pdf"`
}

func receiptOf(r *receipts.Receipt, base string) *Receipt {
	p, file, page := &r.Said.Predicate, r.Said.Subject[0], base+r.Path()
	return &Receipt{
		Number: p.Number, Dataset: p.Dataset, Title: p.Title, TitleEN: p.TitleEN, Department: p.Provider.Department, DepartmentEN: p.Provider.DepartmentEN, File: file.Name, Address: p.Address, Version: p.Version, Form: p.Form,
		SHA256: file.Digest.SHA256, Bytes: p.Bytes, Licence: p.Licence.ID, Published: p.PublishedAt.UTC(), Issued: p.IssuedAt.UTC(), Statement: r.Digest, Key: r.Key, Page: page, Envelope: page + "/dsse.json", PDF: page + "/pdf",
	}
}

// askReceipt is POST /receipts.
func askReceipt(s *portal.Server, c *fiber.Ctx) error {
	if _, err := portal.Query(c); err != nil {
		return inQuery(err)
	}
	var in ReceiptWanted
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if in.Form == "" {
		in.Form = receipts.Original
	}
	f, err := receipts.ParseForm(in.Form)
	if err != nil {
		return err
	}
	if in.Version < 1 {
		return fault.At("version", "请填一个正整数。")
	}
	made, err := s.Products.Receipts.Issue(c.UserContext(), s.Asker(c), in.Resource, in.Version, f)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return answerJSON(c, fiber.StatusCreated, receiptOf(made, s.Config.BaseURL))
}

// receiptsRoute asks for a certificate of download, with a key or without: whoever may
// have a file may have it.
func receiptsRoute() portal.Route {
	return portal.Route{Method: http.MethodPost, Path: Base + "/receipts", By: anybody, Handle: askReceipt}
}

// receiving describes asking for one.
func receiving(of func(reflect.Type) *huma.Schema) writing {
	o := op("issueReceipt", "/receipts", "catalogue").
		summary("A certificate of download of an open file", "为一个开放的文件取下载凭证").
		describe("With a key or without. The platform signs which bytes it supplies as this form of this version, and when. Who asks is not kept; how often is counted by account, or by network. Checked by number or by the digest of the file at /verify. There is none for packages, for selected rows, or for data that is open under conditions.",
			"有没有密钥都可以。平台签名写明：这一版的这种格式是哪些字节、什么时候签发。不记录是谁取的；次数按账号计，没有账号的按网络计。凭编号或者文件的摘要在 /verify 核验。数据包、筛选的行和有条件开放的数据没有。")
	o.Method = http.MethodPost
	return writing{operation: o, takes: map[string]*huma.MediaType{fiber.MIMEApplicationJSON: {Schema: of(reflect.TypeFor[ReceiptWanted]())}}, must: true,
		status: "201", answer: of(reflect.TypeFor[Receipt]()), codes: "403 404 410 413 422"}
}
