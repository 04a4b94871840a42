package portal

import (
	"context"
	"net/netip"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
)

// Visit is a kind of request that is counted.
type Visit string

// Uncounted is what costs next to nothing, or is counted otherwise.
const Uncounted Visit = "uncounted"

// The kinds. They are counted where the work is: a page that comes from the
// cache costs next to nothing, and is not counted.
const (
	PageVisit     Visit = "pages"
	SearchVisit   Visit = "searches"
	QuestionVisit Visit = "questions" // about the rows of a table
	DownloadVisit Visit = "downloads"
	CheckVisit    Visit = "checks" // of files that are sent
)

// byAccount ends the name of the bucket in which an account is counted, by
// whatever sessions and keys it asks.
const byAccount = "-account"

var visits = []Visit{PageVisit, SearchVisit, QuestionVisit, DownloadVisit, CheckVisit}

// VisitRates reads from the book of rules how much one network, and one account
// with its keys, may ask for, by bucket.
func VisitRates(book *policy.Book) (map[string]account.Rate, error) {
	out, numbers := map[string]account.Rate{}, book.Numbers()
	for _, v := range visits {
		path := "visits." + string(v)
		out[string(v)] = account.Rate{Limit: numbers.Of(path, ""), Window: time.Minute}
		out[string(v)+byAccount] = account.Rate{Limit: numbers.Of(path, "by_account"), Window: time.Minute}
	}
	return out, numbers.Missing()
}

// VisitRate is how many requests of a kind one network may make, and one account
// with its keys.
func (s *Server) VisitRate(kind Visit) (network, by account.Rate) {
	return s.visits.Rate(string(kind)), s.visits.Rate(string(kind) + byAccount)
}

// admitVisit counts a request of who asks: an account with its keys by itself,
// everybody else by the network. It returns fault.TooMany where there are too
// many of a kind, and says when to come back.
//
// What is asked from the machine itself is not counted: its operator asks, or a
// proxy of which nobody has said that it is one, which stands for everybody.
func (s *Server) admitVisit(c *fiber.Ctx, kind Visit) error {
	if kind == "" || kind == Uncounted {
		return nil
	}
	bucket, subject := s.visitor(c, kind)
	if subject == "" {
		return nil
	}
	limit, err := s.visits.Allow(c.UserContext(), bucket, subject)
	if err != nil || limit.Allowed {
		return err
	}
	f := fault.New(fault.TooMany, visitSentences[kind], limit.Limit, int(limit.Retry/time.Second)+1) // as Retry-After says
	f.Retry = limit.Retry
	return f
}

// visitor is in which bucket who asks is counted, and as whom; as nobody what is asked
// from the machine itself.
func (s *Server) visitor(c *fiber.Ctx, kind Visit) (bucket, subject string) {
	if who := actor(c); !who.IsVisitor() {
		return string(kind) + byAccount, strconv.FormatInt(who.ID, 10)
	}
	ip := s.clientIP(c)
	if addr, err := netip.ParseAddr(ip); err == nil && addr.Unmap().IsLoopback() {
		return string(kind), ""
	}
	return string(kind), account.Network(ip)
}

// chargeVisits counts n requests more of a kind for a visitor, as far as the limit goes: one
// turned out to be as costly as several.
func (s *Server) chargeVisits(ctx context.Context, bucket, subject string, n int) error {
	for ; subject != "" && n > 0; n-- {
		if limit, err := s.visits.Allow(ctx, bucket, subject); err != nil || !limit.Allowed {
			return err
		}
	}
	return nil
}

var visitSentences = map[Visit]string{
	PageVisit:     "网页打开得太多：每分钟最多 %d 个（平台规则），请在 %d 秒后再试。",
	SearchVisit:   "搜索太多：每分钟最多 %d 次（平台规则），请在 %d 秒后再试。",
	QuestionVisit: "表格查询太多：每分钟最多 %d 次（平台规则），请在 %d 秒后再试。程序请用接口，账户页可以建密钥。",
	CheckVisit:    "发来核验的文件太多：每分钟最多 %d 个，读得久的一个算几个（平台规则），请在 %d 秒后再试。填编号或指纹不受这个限制。",
	DownloadVisit: "下载太多：每分钟最多 %d 次（平台规则），请在 %d 秒后再试。",
}
