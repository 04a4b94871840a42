package mail_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"shuyuan/internal/fault"
	"shuyuan/internal/mail"
	"shuyuan/internal/mail/mailtest"
)

var letter = mail.Letter{To: netmail.Address{Address: "a@example.org"}, Subject: "您好", Text: "x"}

func TestFilesIsASender(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mail")
	s, err := mail.NewFiles(dir, mailtest.From)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	var all [][]byte
	mailtest.Run(t, s, func() [][]byte {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".eml") || strings.HasPrefix(e.Name(), ".") {
				t.Errorf("left behind: %s", e.Name())
			}
			if !seen[e.Name()] {
				b, err := os.ReadFile(filepath.Join(dir, e.Name()))
				if err != nil {
					t.Fatal(err)
				}
				seen[e.Name()], all = true, append(all, b)
			}
		}
		return all
	})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), letter); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("without its folder: %v, want fault.Unavailable", err)
	}
}

// server speaks as much SMTP as a mail server must, over real connections.
type server struct {
	addr string
	say  map[string]string // command -> answer other than the usual; "" hangs

	mu       sync.Mutex
	letters  [][]byte
	auth     []string
	envelope []string
}

func serve(t *testing.T, say map[string]string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{addr: l.Addr().String(), say: say}
	end := make(chan struct{})
	t.Cleanup(func() { close(end); l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(c, end)
		}
	}()
	return s
}

func (s *server) talk(c net.Conn, end <-chan struct{}) {
	defer c.Close()
	r := bufio.NewReader(c)
	answer := func(command, usual string) bool {
		said, other := s.say[command]
		if other && said == "" {
			<-end
			return false
		}
		if other {
			usual = said
		}
		fmt.Fprintf(c, "%s\r\n", usual)
		return true
	}
	if !answer("hello", "220 test") {
		return
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch verb {
		case "EHLO":
			if !answer(verb, "250-test\r\n250 AUTH PLAIN") {
				return
			}
		case "AUTH":
			s.mu.Lock()
			s.auth = append(s.auth, line)
			s.mu.Unlock()
			if !answer(verb, "235 welcome") {
				return
			}
		case "DATA":
			if !answer(verb, "354 go on") {
				return
			}
			if strings.HasPrefix(s.say[verb], "5") {
				continue
			}
			var body strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				body.WriteString(strings.TrimPrefix(line, "."))
			}
			if said, other := s.say["accept"]; !other || strings.HasPrefix(said, "250") {
				s.mu.Lock()
				s.letters = append(s.letters, []byte(body.String()))
				s.mu.Unlock()
			}
			if !answer("accept", "250 taken") {
				return
			}
		case "QUIT":
			answer(verb, "221 bye")
			return
		default:
			s.mu.Lock()
			s.envelope = append(s.envelope, line)
			s.mu.Unlock()
			if !answer(verb, "250 fine") {
				return
			}
		}
	}
}

func (s *server) arrived() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([][]byte{}, s.letters...)
}

func TestSMTPIsASender(t *testing.T) {
	srv := serve(t, nil)
	s, err := mail.NewSMTP("smtp://shuyuan:p%40ss@"+srv.addr, mailtest.From, 0)
	if err != nil {
		t.Fatal(err)
	}
	mailtest.Run(t, s, srv.arrived)
	if len(srv.auth) == 0 || srv.auth[0] != "AUTH PLAIN AHNodXl1YW4AcEBzcw==" {
		t.Errorf("signed in as %q", srv.auth)
	}
	if e := srv.envelope[0]; !strings.HasPrefix(e, "MAIL FROM:<noreply@data.example.gov.cn>") {
		t.Errorf("envelope %q", e)
	}
}

func TestAMailServerInTroubleIsToldApart(t *testing.T) {
	for name, c := range map[string]struct {
		say  map[string]string
		want fault.Kind
	}{
		"no such mailbox":        {map[string]string{"RCPT": "550 no such user"}, fault.Invalid},
		"refused for its words":  {map[string]string{"accept": "552 no"}, fault.Invalid},
		"greylisted":             {map[string]string{"RCPT": "451 later"}, fault.Unavailable},
		"too busy":               {map[string]string{"hello": "421 too busy"}, fault.Unavailable},
		"our password is wrong":  {map[string]string{"AUTH": "535 wrong"}, fault.Unavailable},
		"its disk is full":       {map[string]string{"accept": "452 full"}, fault.Unavailable},
		"hangs before hello":     {map[string]string{"hello": ""}, fault.Unavailable},
		"hangs after the letter": {map[string]string{"accept": ""}, fault.Unavailable},
		"does not speak SMTP":    {map[string]string{"hello": "HTTP/1.1 400 Bad Request"}, fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, c.say)
			s, err := mail.NewSMTP("smtp://u:hunter2@"+srv.addr, mailtest.From, 300*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			err = s.Send(t.Context(), letter)
			if fault.KindOf(err) != c.want {
				t.Errorf("got %v, want kind %d", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password is told: %v", err)
			}
		})
	}
	t.Run("nobody is there", func(t *testing.T) {
		s, err := mail.NewSMTP("smtp://127.0.0.1:1", mailtest.From, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Send(t.Context(), letter); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the farewell fails", func(t *testing.T) {
		srv := serve(t, map[string]string{"QUIT": "421 gone"})
		s, err := mail.NewSMTP("smtp://"+srv.addr, mailtest.From, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Send(context.Background(), letter); err != nil {
			t.Errorf("the letter was taken, and yet: %v", err)
		}
	})
}

func TestAnSMTPAddressThatIsNoneIsRefusedWithoutItsPassword(t *testing.T) {
	for _, a := range []string{"", "localhost:25", "http://u:hunter2@mail", "smtp://u:hunter2@", "smtp://u:hunter2@mail:port"} {
		if _, err := mail.NewSMTP(a, mailtest.From, 0); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", a, err)
		}
	}
}
