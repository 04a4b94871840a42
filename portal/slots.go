package portal

import (
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
)

// ExportsAtOnce is how many exports, conversions and whole datasets one network
// or one key may have under way at the same time: a rule of the platform, shown
// at /developers. It holds for each server by itself.
const ExportsAtOnce = 6

// exportWait is when to come back where all of them are under way.
const exportWait = 10 * time.Second

// slots counts what is under way for each who asks.
type slots struct {
	mu    sync.Mutex
	taken map[string]int
}

// Enter begins an export for whoever asks, until leave is called. It returns
// fault.TooMany where too many are under way already, so that one reader
// leaves the engine to the others too.
func (s *Server) Enter(c *fiber.Ctx) (leave func(), err error) {
	who := s.Network(c)
	if a := actor(c); a.Key != "" {
		who = "key " + a.Key
	}
	return s.exports.enter(who)
}

func (s *slots) enter(who string) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[who] >= ExportsAtOnce {
		f := fault.New(fault.TooMany, "同时最多 %d 个导出，请等一个完成，或过 %d 秒再试。", ExportsAtOnce, int(exportWait/time.Second))
		f.Retry = exportWait
		return nil, f
	}
	if s.taken == nil {
		s.taken = map[string]int{}
	}
	s.taken[who]++
	return sync.OnceFunc(func() { s.leave(who) }), nil
}

func (s *slots) leave(who string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[who]--; s.taken[who] <= 0 {
		delete(s.taken, who)
	}
}
