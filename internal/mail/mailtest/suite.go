// Package mailtest is what every mail.Sender must do.
package mailtest

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"shuyuan/internal/fault"
	"shuyuan/internal/mail"
)

// Now is when letters of the suite are sent.
var Now = time.Date(2025, 3, 1, 9, 30, 0, 0, time.FixedZone("", 8*3600))

// From is who sends them.
var From = mail.From{Address: netmail.Address{Name: "数源 Shuyuan", Address: "noreply@data.example.gov.cn"}, Now: func() time.Time { return Now }}

// Run tries a sender. arrived returns the raw letters that came out so far.
func Run(t *testing.T, s mail.Sender, arrived func() [][]byte) {
	t.Helper()
	to := netmail.Address{Name: "林 小·明", Address: "lin@example.org"}
	long := strings.Repeat("关于开放公共数据的答复", 12)
	for name, l := range map[string]mail.Letter{
		"plain":            {To: netmail.Address{Address: "a@example.org"}, Subject: "Hello", Text: "One line\n"},
		"Chinese":          {To: to, Subject: "您的申请已受理", Text: "您好：\n\n您的申请（编号 2025-0001）已受理。\n"},
		"a long subject":   {To: to, Subject: long, Text: "见标题。"},
		"a rare character": {To: netmail.Address{Name: "𠮷野", Address: "a@example.org"}, Subject: "𠮷", Text: "𠮷"},
		"a lone dot":       {To: to, Subject: "点", Text: "前\n.\n..\n后\n"},
		"a long line":      {To: to, Subject: "长", Text: strings.Repeat("x", 5000)},
		"a line of From":   {To: to, Subject: "F", Text: "From here on\n"},
		"quotes in a name": {To: netmail.Address{Name: `"O'Neil", <x>`, Address: "a@example.org"}, Subject: "=?utf-8?q?x?=", Text: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(arrived())
			if err := s.Send(t.Context(), l); err != nil {
				t.Fatal(err)
			}
			all := arrived()
			if len(all) != before+1 {
				t.Fatalf("%d letters arrived, want 1", len(all)-before)
			}
			compare(t, all[len(all)-1], l)
		})
	}
	for name, l := range map[string]mail.Letter{
		"a subject with a second header": {To: to, Subject: "x\r\nBcc: victim@example.org", Text: "x"},
		"a subject with a line feed":     {To: to, Subject: "x\ny", Text: "x"},
		"a name with a second header":    {To: netmail.Address{Name: "x\r\nBcc: v@example.org", Address: "a@example.org"}, Subject: "x", Text: "x"},
		"an address with a line feed":    {To: netmail.Address{Address: "a@example.org\r\nRCPT TO:<v@example.org>"}, Subject: "x", Text: "x"},
		"two addresses":                  {To: netmail.Address{Address: "a@example.org>, <b@example.org"}, Subject: "x", Text: "x"},
		"no address":                     {Subject: "x", Text: "x"},
		"no subject":                     {To: to, Text: "x"},
		"a subject beyond measure":       {To: to, Subject: strings.Repeat("长", 1000), Text: "x"},
		"text that is none":              {To: to, Subject: "x", Text: "\xff\xfe"},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(arrived())
			if err := s.Send(t.Context(), l); fault.KindOf(err) != fault.Invalid {
				t.Errorf("got %v, want fault.Invalid", err)
			}
			if n := len(arrived()) - before; n != 0 {
				t.Errorf("%d letters arrived", n)
			}
		})
	}
	t.Run("sent again", func(t *testing.T) {
		l := mail.Letter{To: to, Subject: "再", Text: "x", ID: "Ünique/../1", Written: Now.Add(-2 * time.Hour)}
		var ids []string
		for range 2 {
			if err := s.Send(t.Context(), l); err != nil {
				t.Fatal(err)
			}
			all := arrived()
			m, err := netmail.ReadMessage(strings.NewReader(string(all[len(all)-1])))
			if err != nil {
				t.Fatal(err)
			}
			if at, err := m.Header.Date(); err != nil || !at.Equal(l.Written) {
				t.Errorf("dated %v (%v)", at, err)
			}
			ids = append(ids, m.Header.Get("Message-ID"))
		}
		if ids[0] != ids[1] || ids[0] == "" {
			t.Errorf("one letter is two: %q", ids)
		}
	})
	t.Run("many at once", func(t *testing.T) {
		before := len(arrived())
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if err := s.Send(t.Context(), mail.Letter{To: to, Subject: "同时", Text: "x"}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := len(arrived()) - before; n != 10 {
			t.Errorf("%d letters arrived, want 10", n)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		before := len(arrived())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Send(ctx, mail.Letter{To: to, Subject: "x", Text: "x"}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		if n := len(arrived()) - before; n != 0 {
			t.Errorf("%d letters arrived", n)
		}
	})
}

// compare reads raw as a mail program does.
func compare(t *testing.T, raw []byte, want mail.Letter) {
	t.Helper()
	for line := range strings.SplitSeq(string(raw), "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("a line that mail servers may cut: %.80q", line)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
			t.Errorf("not ASCII: %q", line)
		}
	}
	m, err := netmail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatalf("no mail program reads this: %v\n%s", err, raw)
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 || *to[0] != want.To {
		t.Errorf("to %v, want %v (%v)", to, want.To, err)
	}
	from, err := m.Header.AddressList("From")
	if err != nil || len(from) != 1 || *from[0] != From.Address {
		t.Errorf("from %v (%v)", from, err)
	}
	if got, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || (got != want.Subject && m.Header.Get("Subject") != want.Subject) {
		t.Errorf("subject %q, want %q (%v)", got, want.Subject, err)
	}
	if at, err := m.Header.Date(); err != nil || !at.Equal(Now) {
		t.Errorf("date %v (%v)", at, err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.TrimRight(strings.ReplaceAll(string(body), "\r\n", "\n"), "\n")
	if got != strings.TrimRight(want.Text, "\n") {
		t.Errorf("text %.200q, want %.200q", got, want.Text)
	}
}
