package mailtest

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
)

// Server speaks as much SMTP as a mail server must, over real connections.
type Server struct {
	Addr string

	mu       sync.Mutex
	say      map[string]string // command -> answer other than the usual; "" hangs
	letters  [][]byte
	Auth     []string // what AUTH was given; for when the conversations are over
	Envelope []string // the same of the other commands
}

// Serve starts a server that ends with the test. To the commands in say, to
// "hello" and to "accept" (the end of a letter) it answers what stands there,
// and hangs where that is empty.
func Serve(t testing.TB, say map[string]string) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Addr: l.Addr().String(), say: say}
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

func (s *Server) talk(c net.Conn, end <-chan struct{}) {
	defer c.Close()
	r := bufio.NewReader(c)
	answer := func(command, usual string) bool {
		said, other := s.other(command)
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
			s.Auth = append(s.Auth, line)
			s.mu.Unlock()
			if !answer(verb, "235 welcome") {
				return
			}
		case "DATA":
			if !answer(verb, "354 go on") {
				return
			}
			if said, _ := s.other(verb); strings.HasPrefix(said, "5") {
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
			if said, other := s.other("accept"); !other || strings.HasPrefix(said, "250") {
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
			s.Envelope = append(s.Envelope, line)
			s.mu.Unlock()
			if !answer(verb, "250 fine") {
				return
			}
		}
	}
}

// Say changes the answer to a command from now on.
func (s *Server) Say(command, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.say[command] = answer
}

func (s *Server) other(command string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	said, other := s.say[command]
	return said, other
}

// Arrived are the letters that came so far.
func (s *Server) Arrived() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([][]byte{}, s.letters...)
}
