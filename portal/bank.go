package portal

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets/workbook"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/payment"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// bankReaders see the accounts of operators; those of an operator alone move its money.
var (
	bankReaders = []account.Role{account.Operator, account.ExchangeStaff, account.Regulator}
	bankMovers  = []account.Role{account.Operator}
)

// mostStatement is how many bytes a statement may have.
const mostStatement = 1 << 20

// showBank is GET /desk/bank: the accounts, and what waits for people.
func (s *Server) showBank(c *fiber.Ctx) error {
	q, err := query(c, "before", "done")
	if err != nil {
		return err
	}
	before, err := beforeOf(q.Get("before"))
	if err != nil {
		return err
	}
	return s.bankPage(c, templates.BankPage{Before: before, Done: q.Get("done") != ""})
}

func (s *Server) bankPage(c *fiber.Ctx, p templates.BankPage) (err error) {
	ctx, who := c.UserContext(), actor(c)
	p.Frame, p.Moves = s.quietFrame(c, text.T(ctx, "收款账户和流水")), payment.Moves(who)
	p.Wide = true
	if p.Accounts, err = s.Bank.Accounts(ctx, who); err != nil {
		return err
	}
	if p.Operators, err = s.Bank.Operators(ctx, who); err != nil {
		return err
	}
	if p.Queue, err = s.Bank.Lines(ctx, who, payment.LineFilter{Queue: true, Before: p.Before, Limit: listed + 1}); err != nil {
		return err
	}
	if p.Online, err = s.Bank.Surpluses(ctx, who); err != nil {
		return err
	}
	p.Queue, p.Next = pageOf(p.Queue, func(e payment.Entry) int64 { return e.ID }, "/desk/bank?before=")
	return s.page(c, templates.Bank(p))
}

// openBankAccount is POST /desk/bank.
func (s *Server) openBankAccount(c *fiber.Ctx) error {
	f, err := form(c, "operator", "bank", "account", "holder", "currency", "sent")
	if err != nil {
		return err
	}
	typed := payment.AccountForm{Bank: f.Get("bank"), Account: f.Get("account"), Holder: f.Get("holder"), Currency: f.Get("currency"), Sent: sent(c, f)}
	typed.Operator, _ = strconv.ParseInt(f.Get("operator"), 10, 64) // 0 is the only one that somebody is of
	a, err := s.Bank.OpenAccount(c.UserContext(), actor(c), typed)
	if wrong, ok := s.mistake(c, err); ok {
		return s.bankPage(c, templates.BankPage{Form: typed, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, a.Path())
}

// showBankAccount is GET /desk/bank/accounts/{number}.
func (s *Server) showBankAccount(c *fiber.Ctx) error {
	q, err := query(c, "before", "done")
	if err != nil {
		return err
	}
	before, err := beforeOf(q.Get("before"))
	if err != nil {
		return err
	}
	return s.bankAccountPage(c, templates.BankAccountPage{Before: before, Done: q.Get("done")})
}

func (s *Server) bankAccountPage(c *fiber.Ctx, p templates.BankAccountPage) (err error) {
	ctx, who := c.UserContext(), actor(c)
	if p.Account, err = s.Bank.Account(ctx, who, c.Params("number")); err != nil {
		return err
	}
	p.Frame, p.Moves, p.Maker = s.quietFrame(c, p.Account.Number), payment.Moves(who), p.Account.Maker(who)
	p.Wide = true
	if p.Statements, err = s.Bank.Statements(ctx, who, p.Account.Number, p.Before, listed+1); err != nil {
		return err
	}
	p.Statements, p.Next = pageOf(p.Statements, func(x payment.Statement) int64 { return x.ID }, p.Account.Path()+"?before=")
	return s.page(c, templates.BankAccount(p))
}

// moveBankAccount is POST /desk/bank/accounts/{number}.
func (s *Server) moveBankAccount(c *fiber.Ctx) error {
	f, err := form(c, "action", "reason")
	if err != nil {
		return err
	}
	err = s.Bank.MoveAccount(c.UserContext(), actor(c), c.Params("number"), f.Get("action"), f.Get("reason"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.bankAccountPage(c, templates.BankAccountPage{Words: f.Get("reason"), Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path()+"?done=1")
}

// importStatement is POST /desk/bank/accounts/{number}/statements: a form with the fields
// csrf, sent and file, in this order.
func (s *Server) importStatement(c *fiber.Ctx) error {
	body := s.arriving(c)
	defer body.done()
	name, raw, mark, err := s.statementForm(c, body)
	if err == nil {
		var st payment.Statement
		if st, err = s.takeStatement(c, name, raw, mark); err == nil {
			return seeOther(c, st.Path()+"?done=1")
		}
	}
	c.Response().Header.SetConnectionClose() // the rest of the body is not read
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.New(fault.Malformed, "表单没有送完，什么也没有保存，请重新上传。").Because(err)
	}
	if kind := fault.KindOf(err); kind != fault.Invalid && kind != fault.Conflict {
		return err
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.bankAccountPage(c, templates.BankAccountPage{Mistake: wrong})
	}
	return err
}

func (s *Server) statementForm(c *fiber.Ctx, body io.Reader) (name string, raw []byte, mark string, err error) {
	media, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || media != fiber.MIMEMultipartForm || params["boundary"] == "" {
		return "", nil, "", malformed("", "请求的格式不对。")
	}
	form := multipart.NewReader(body, params["boundary"])
	secret, err := formField(form, "csrf")
	if err != nil {
		return "", nil, "", err
	}
	if err := s.Accounts.CheckCSRF(token(c), secret); err != nil {
		return "", nil, "", err
	}
	chance, err := formField(form, "sent")
	if err != nil {
		return "", nil, "", err
	}
	part, err := form.NextRawPart()
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "", nil, "", err
	case err != nil || part.FormName() != "file":
		return "", nil, "", malformed("file", "请求的格式不对。")
	case part.FileName() == "":
		return "", nil, "", fault.At("file", "请选一个文件。")
	}
	raw, err = io.ReadAll(io.LimitReader(part, mostStatement+1))
	switch {
	case err != nil:
		return "", nil, "", err
	case len(raw) > mostStatement:
		return "", nil, "", fault.At("file", "文件太大，最多 %d KB；请分几次导入。", mostStatement>>10)
	case len(raw) == 0:
		return "", nil, "", fault.At("file", "文件是空的。")
	}
	return part.FileName(), raw, sent(c, url.Values{"sent": {chance}, "name": {part.FileName()}}), nil
}

// takeStatement reads the cells of a file in a limited child, and takes them in.
func (s *Server) takeStatement(c *fiber.Ctx, name string, raw []byte, mark string) (payment.Statement, error) {
	ctx, who := c.UserContext(), actor(c)
	if _, err := s.Bank.Account(ctx, who, c.Params("number")); err != nil {
		return payment.Statement{}, err
	}
	var records [][]string
	source := "csv"
	var err error
	if bytes.HasPrefix(raw, []byte("PK")) {
		source = "xlsx"
		sheets, failed := s.Datasets.Sheets(ctx, raw)
		if err = failed; err == nil && len(sheets) != 1 {
			err = fault.New(fault.Invalid, "工作簿里要正好有一张有内容的工作表。")
		}
		if err == nil {
			for _, row := range sheets[0].Rows {
				for len(records) < row.Line-1 && len(records) < payment.MostLines+100 {
					records = append(records, nil)
				}
				records = append(records, row.Cells)
			}
		}
	} else {
		records, err = s.Datasets.Records(ctx, raw)
	}
	if f := fault.Of(err); err != nil && f.Kind == fault.Invalid {
		return payment.Statement{}, fault.At("file", f.Sentence, f.Args...)
	}
	if err != nil {
		return payment.Statement{}, err
	}
	return s.Bank.Import(ctx, who, c.Params("number"), source, shortName(name), records, mark)
}

func shortName(name string) string {
	if r := []rune(strings.ToValidUTF8(name, "")); len(r) > 80 {
		return string(r[:80])
	}
	return strings.ToValidUTF8(name, "")
}

// typeBankLine is POST /desk/bank/accounts/{number}/lines.
func (s *Server) typeBankLine(c *fiber.Ctx) error {
	f, err := form(c, "serial", "day", "amount", "out", "party", "party_account", "remark", "sent")
	if err != nil {
		return err
	}
	typed := payment.LineForm{Serial: f.Get("serial"), Day: f.Get("day"), Amount: f.Get("amount"), Party: f.Get("party"), Account: f.Get("party_account"), Remark: f.Get("remark"), Out: f.Get("out") == "yes", Sent: sent(c, f)}
	st, err := s.Bank.Type(c.UserContext(), actor(c), c.Params("number"), typed)
	if wrong, ok := s.mistake(c, err); ok {
		return s.bankAccountPage(c, templates.BankAccountPage{Form: typed, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, st.Path()+"?done=1")
}

// showBankStatement is GET /desk/bank/statements/{number}.
func (s *Server) showBankStatement(c *fiber.Ctx) error {
	q, err := query(c, "before", "done")
	if err != nil {
		return err
	}
	before, err := beforeOf(q.Get("before"))
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	p := templates.BankStatementPage{Done: q.Get("done") != ""}
	if p.Statement, err = s.Bank.StatementOf(ctx, who, c.Params("number")); err != nil {
		return err
	}
	p.Frame = s.quietFrame(c, p.Statement.Number)
	p.Wide = true
	if p.Lines, err = s.Bank.Lines(ctx, who, payment.LineFilter{Statement: p.Statement.Number, Before: before, Limit: listed + 1}); err != nil {
		return err
	}
	p.Lines, p.Next = pageOf(p.Lines, func(e payment.Entry) int64 { return e.ID }, p.Statement.Path()+"?before=")
	return s.page(c, templates.BankStatement(p))
}

// showBankLine is GET /desk/bank/lines/{number}.
func (s *Server) showBankLine(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.bankLinePage(c, templates.BankLinePage{Done: q.Get("done") != ""})
}

func (s *Server) bankLinePage(c *fiber.Ctx, p templates.BankLinePage) (err error) {
	ctx, who := c.UserContext(), actor(c)
	if p.Line, err = s.Bank.LineOf(ctx, who, c.Params("number")); err != nil {
		return err
	}
	p.Frame, p.Moves, p.Typist, p.Proposer = s.quietFrame(c, p.Line.Number), payment.Moves(who), p.Line.Typist(who), p.Line.Proposer(who)
	if p.Advices, err = s.Bank.Advices(ctx, who, p.Line); err != nil {
		return err
	}
	return s.page(c, templates.BankLine(p))
}

var partInputs = []string{"kind*", "ref*", "amount*", "payee*", "payee_bank*", "payee_account*", "letter*"}

// moveBankLine is POST /desk/bank/lines/{number}.
func (s *Server) moveBankLine(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, append([]string{"action", "reason"}, partInputs...)...)
	if err != nil {
		return err
	}
	ctx, who, number := c.UserContext(), actor(c), c.Params("number")
	p := templates.BankLinePage{Words: f.Get("reason")}
	switch f.Get("action") {
	case "propose":
		if p.Parts, err = bankParts(f); err == nil {
			err = s.Bank.Propose(ctx, who, number, revision, p.Parts)
		}
	case "agree", "disagree":
		err = s.Bank.Decide(ctx, who, number, revision, f.Get("action") == "agree", f.Get("reason"))
	case "confirm", "refuse":
		err = s.Bank.ConfirmTyped(ctx, who, number, revision, f.Get("action") == "confirm", f.Get("reason"))
	default:
		return malformed("action", "请求的格式不对。")
	}
	if wrong, ok := s.mistake(c, err); ok {
		p.Mistake = wrong
		return s.bankLinePage(c, p)
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path()+"?done=1")
}

// bankParts are the parts of a line as they were typed: as many of each input.
func bankParts(f url.Values) ([]payment.Part, error) {
	kinds := f["kind"]
	if len(kinds) > mostShares {
		return nil, fault.At("kind", "一笔最多分成 %d 份。", mostShares)
	}
	out := make([]payment.Part, len(kinds))
	for i := range kinds {
		at := func(name string) string {
			if i < len(f[name]) {
				return f[name][i]
			}
			return ""
		}
		out[i] = payment.Part{Kind: payment.AllocationKind(kinds[i]), Ref: at("ref"), Amount: at("amount"), Payee: at("payee"), PayeeBank: at("payee_bank"), PayeeAccount: at("payee_account"), Letter: at("letter")}
	}
	return out, nil
}

const mostShares = 20

// showInstructions is GET /desk/bank/instructions.
func (s *Server) showInstructions(c *fiber.Ctx) error {
	q, err := query(c, "all", "before")
	if err != nil {
		return err
	}
	before, err := beforeOf(q.Get("before"))
	if err != nil {
		return err
	}
	p := templates.InstructionsPage{Frame: s.quietFrame(c, text.T(c.UserContext(), "付款指令")), All: q.Get("all") != ""}
	p.Wide = true
	if p.Items, err = s.Bank.Instructions(c.UserContext(), actor(c), payment.InstructionFilter{Open: !p.All, Before: before, Limit: listed + 1}); err != nil {
		return err
	}
	next := "/desk/bank/instructions?before="
	if p.All {
		next = "/desk/bank/instructions?all=1&before="
	}
	p.Items, p.Next = pageOf(p.Items, func(i payment.Instruction) int64 { return i.ID }, next)
	return s.page(c, templates.Instructions(p))
}

// mostInstructed is how many instructions one file for the bank has.
const mostInstructed = 5000

// instructionFile is GET /desk/bank/files/{file}: what is to be transferred, for the bank.
func (s *Server) instructionFile(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	name := c.Params("file")
	if name != "instructions.csv" && name != "instructions.xlsx" {
		return fault.New(fault.NotFound, "没有这个文件。")
	}
	ctx := c.UserContext()
	list, err := s.Bank.Instructions(ctx, actor(c), payment.InstructionFilter{Open: true, Limit: mostInstructed})
	if err != nil {
		return err
	}
	rows := [][]string{{text.T(ctx, "指令号"), text.T(ctx, "付款账号"), text.T(ctx, "收款人"), text.T(ctx, "收款账号"), text.T(ctx, "开户银行"), text.T(ctx, "金额"), text.T(ctx, "货币"), text.T(ctx, "附言")}}
	for _, i := range list {
		rows = append(rows, []string{i.Number, i.From.Account, harmless(i.Payee), i.PayeeAccount, harmless(i.PayeeBank), templates.Decimal(i.Amount), i.Currency, string(i.Code)})
	}
	if name == "instructions.csv" {
		return attach(c, "text/csv; charset=utf-8", name, csvOf(rows))
	}
	var out bytes.Buffer
	if err := workbook.Write(&out, []workbook.Sheet{{Name: text.T(ctx, "付款指令"), Rows: rows}}); err != nil {
		return err
	}
	return attach(c, mediaXLSX, name, out.Bytes())
}

// showInstruction is GET /desk/bank/instructions/{number}.
func (s *Server) showInstruction(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.instructionPage(c, templates.InstructionPage{Done: q.Get("done") != ""})
}

func (s *Server) instructionPage(c *fiber.Ctx, p templates.InstructionPage) (err error) {
	who := actor(c)
	if p.Item, err = s.Bank.Instruction(c.UserContext(), who, c.Params("number")); err != nil {
		return err
	}
	p.Frame, p.Moves, p.Stopper = s.quietFrame(c, p.Item.Number), payment.Moves(who), p.Item.Stopper(who)
	return s.page(c, templates.Instruction(p))
}

// moveInstruction is POST /desk/bank/instructions/{number}.
func (s *Server) moveInstruction(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "action", "reason")
	if err != nil {
		return err
	}
	err = s.Bank.MoveInstruction(c.UserContext(), actor(c), c.Params("number"), revision, f.Get("action"), f.Get("reason"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.instructionPage(c, templates.InstructionPage{Words: f.Get("reason"), Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path()+"?done=1")
}

// dayIn reads a day of an address; none is the zero time.
func dayIn(raw string) (time.Time, error) {
	if raw == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, raw)
	if err != nil || day.Year() < 2000 || day.Year() > 2999 {
		return time.Time{}, malformed("on", "日期写成 2026-03-02 这样。")
	}
	return day, nil
}
