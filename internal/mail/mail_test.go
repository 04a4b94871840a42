package mail_test

import (
	"context"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
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
	again := letter
	again.ID, again.Written = "1", mailtest.Now.Add(-time.Hour)
	for range 2 {
		if err := s.Send(t.Context(), again); err != nil {
			t.Fatal(err)
		}
	}
	if files, err := filepath.Glob(filepath.Join(dir, "20250301T003000*.eml")); err != nil || len(files) != 1 {
		t.Errorf("a letter that is sent again is %d files (%v)", len(files), err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), letter); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("without its folder: %v, want fault.Unavailable", err)
	}
}

func TestSMTPIsASender(t *testing.T) {
	srv := mailtest.Serve(t, nil)
	s, err := mail.NewSMTP("smtp://shuyuan:p%40ss@"+srv.Addr, mailtest.From, 0)
	if err != nil {
		t.Fatal(err)
	}
	mailtest.Run(t, s, srv.Arrived)
	if len(srv.Auth) == 0 || srv.Auth[0] != "AUTH PLAIN AHNodXl1YW4AcEBzcw==" {
		t.Errorf("signed in as %q", srv.Auth)
	}
	if e := srv.Envelope[0]; !strings.HasPrefix(e, "MAIL FROM:<noreply@data.example.gov.cn>") {
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
			srv := mailtest.Serve(t, c.say)
			s, err := mail.NewSMTP("smtp://u:hunter2@"+srv.Addr, mailtest.From, 300*time.Millisecond)
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
		srv := mailtest.Serve(t, map[string]string{"QUIT": "421 gone"})
		s, err := mail.NewSMTP("smtp://"+srv.Addr, mailtest.From, 0)
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
