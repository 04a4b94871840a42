package workspace

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/workdays"
)

// Item is one thing that was destroyed.
type Item struct {
	Kind   string `json:"kind"` // mount, result or review
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // of a mount; of a result its mark, of a review what was sealed
	Bytes  int64  `json:"bytes"`
}

// Certificate says what of a workspace was destroyed, and that its key was erased.
type Certificate struct {
	Number string
	Items  []Item
	Body   string // as it is kept, hashed and printed
	SHA256 string
	At     time.Time
}

// destroy ends a workspace: the prepared mounts, what is held, the key. It may be
// done again where it was cut short.
func (s *Service) destroy(ctx context.Context, id int64) error {
	w, err := s.byID(ctx, s.pool, id)
	if err != nil || w.State != Closing {
		return err
	}
	if err := s.engine.Erase(w.Number); err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		none := struct{}{}
		if err := lockWorkspace(ctx, tx, w.Number); err != nil {
			return none, err
		}
		w, err := s.byID(ctx, tx, id)
		if err != nil || w.State != Closing {
			return none, err
		}
		items, err := erase(ctx, tx, w.ID)
		if err != nil {
			return none, err
		}
		at := s.instant()
		c := Certificate{Items: items, At: at}
		if c.Number, err = cases.Number(ctx, tx, "XHKJ", at); err != nil {
			return none, err
		}
		c.Body = certificate(w, &c)
		c.SHA256 = digest([]byte(c.Body))
		if err := insertCertificate(ctx, tx, w.ID, &c); err != nil {
			return none, err
		}
		w.wrapped, w.Erased, w.words = nil, &at, w.Reason
		if err := s.move(ctx, tx, platform(), w, Destroy); err != nil {
			return none, err
		}
		return none, audit.Append(ctx, tx, platform(), "workspace", w.Number, "certificate", map[string]string{"number": c.Number, "digest": c.SHA256, "items": fmt.Sprint(len(items))})
	})
	return err
}

var itemWords = map[string]string{"mount": "挂载", "result": "暂存的结果", "review": "待审核的结果"}

// itemDigests are what the digests of a certificate are: none tells of a result that
// never left, also when its key is gone.
var itemDigests = map[string]string{"mount": "SHA-256", "result": "HMAC-SHA-256", "review": "密文的 SHA-256"}

// certificate is the text of the certificate. It is what is kept, hashed and printed.
func certificate(w *Workspace, c *Certificate) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	at := c.At.In(workdays.Zone).Format(time.DateTime)
	line("安全开发空间销毁证明")
	line("编号：%s", c.Number)
	line("空间：%s；场景：%s《%s》；使用方：%s；运营机构：%s；授权协议：%s", w.Number, w.Scenario.Number, w.Scenario.Title, w.Organisation.Name, w.Operator.Name, w.Mandate)
	line("关闭的理由：%s", strings.Join(strings.Fields(w.Reason), " "))
	line("")
	line("一、空间的密钥已于 %s（北京时间）删除。挂载和暂存的结果都用它加密，没有它不能还原。", at)
	line("二、以下 %d 件已同时删除，逐件列明摘要：", len(c.Items))
	for i, one := range c.Items {
		line("%d. %s %s：%d 字节，%s %s", i+1, itemWords[one.Kind], one.Name, one.Bytes, itemDigests[one.Kind], one.SHA256)
	}
	line("三、已经审核放出的结果不在其内，仍按各自的来源和授权记录保存。")
	line("四、本证明由平台在删除的同一笔事务里写成；销毁以前做的备份里仍有加密的密钥，随备份到期一并失效。")
	return b.String()
}
