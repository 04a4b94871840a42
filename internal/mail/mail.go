// Package mail sends letters. file.go writes them into a folder, smtp.go hands
// them to a mail server; both write the same bytes and pass mailtest.Run.
package mail

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"shuyuan/internal/fault"
)

// Sender sends letters. It is called from a job, never within a transaction.
type Sender interface {
	// Send returns fault.Invalid for a letter that can never be sent, and
	// fault.Unavailable where a later try may succeed.
	Send(ctx context.Context, l Letter) error
}

// Letter is one mail to one person.
type Letter struct {
	To      mail.Address
	Subject string
	Text    string

	// Unsubscribe is the https address at which one POST ends letters of this kind
	// (RFC 8058), or an http one of a portal on this machine; empty: none.
	Unsubscribe string

	// A letter that is sent again after its acceptance was lost is the same
	// letter if both are the same: one file in a folder, one Message-ID.
	ID      string    // empty: a new letter each time
	Written time.Time // zero: now
}

// From is who sends, and the clock that dates what is sent.
type From struct {
	Address mail.Address
	Now     func() time.Time
}

// encode writes l as RFC 5322. It refuses every control character in a header,
// so that no name and no title adds a header of its own.
func (f From) encode(l Letter) (body []byte, id string, err error) {
	for field, s := range map[string]string{"to": l.To.Name, "subject": l.Subject, "from": f.Address.Name} {
		if err := plain(field, s); err != nil {
			return nil, "", err
		}
	}
	for field, s := range map[string]string{"to": l.To.Address, "from": f.Address.Address} {
		if a, err := mail.ParseAddress("<" + s + ">"); err != nil || a.Address != s || plain(field, s) != nil {
			return nil, "", fault.At(field, "邮件地址不正确。").Because(err)
		}
	}
	if strings.TrimSpace(l.Subject) == "" {
		return nil, "", fault.At("subject", "邮件没有标题。")
	}
	if !utf8.ValidString(l.Text) || strings.ContainsRune(l.Text, 0) {
		return nil, "", fault.At("text", "邮件正文不是有效的文本。")
	}
	id = l.name()
	_, domain, _ := strings.Cut(f.Address.Address, "@")

	var b bytes.Buffer
	headers := [][2]string{
		{"Date", f.written(l).Format(time.RFC1123Z)},
		{"From", f.Address.String()},
		{"To", l.To.String()},
		{"Subject", folded(l.Subject)},
		{"Message-ID", "<" + id + "@" + domain + ">"},
		{"Auto-Submitted", "auto-generated"}, // so that no holiday notice answers
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
	}
	if l.Unsubscribe != "" {
		if u, err := url.Parse(l.Unsubscribe); err != nil || u.Host == "" || plain("unsubscribe", l.Unsubscribe) != nil || strings.ContainsAny(l.Unsubscribe, "<> ,") {
			return nil, "", fault.At("unsubscribe", "退订的地址不正确。").Because(err)
		}
		headers = append(headers, [2]string{"List-Unsubscribe", "<" + l.Unsubscribe + ">"}, [2]string{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"})
	}
	for _, h := range headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	b.WriteString("\r\n")
	q := quotedprintable.NewWriter(&b)
	text := strings.ReplaceAll(strings.ReplaceAll(l.Text, "\r\n", "\n"), "\r", "\n")
	if _, err := q.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n"))); err != nil {
		return nil, "", err
	}
	if err := q.Close(); err != nil {
		return nil, "", err
	}
	b.WriteString("\r\n")
	return b.Bytes(), id, nil
}

func (f From) written(l Letter) time.Time {
	if l.Written.IsZero() {
		return f.Now()
	}
	return l.Written
}

// name is the letter's ID as it may stand in a header and in a file's name.
func (l Letter) name() string {
	if l.ID == "" {
		random := make([]byte, 16)
		rand.Read(random)
		return hex.EncodeToString(random)
	}
	sum := sha256.Sum256([]byte(l.ID))
	return hex.EncodeToString(sum[:16])
}

// folded is s as a header: words that are encoded go on lines of their own,
// since a line may have 76 characters.
func folded(s string) string {
	return strings.ReplaceAll(mime.BEncoding.Encode("utf-8", s), "?= =?", "?=\r\n =?")
}

func plain(field, s string) error {
	if len(s) > 900 || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return fault.At(field, "邮件的标题和姓名不能含有换行等控制字符，也不能过长。")
	}
	return nil
}
