package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"net/url"
	"time"

	"shuyuan/internal/fault"
)

// SMTP hands each letter to a mail server.
type SMTP struct {
	From
	host, addr string
	tls        bool // from the first byte; otherwise STARTTLS where it is offered
	user, pass string
	timeout    time.Duration
}

// NewSMTP returns a sender through the server at address:
// smtp://[user:password@]host[:587], or smtps:// for TLS from the first byte
// (465). A letter that takes longer than timeout is given up (0: 30 s).
func NewSMTP(address string, from From, timeout time.Duration) (*SMTP, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "smtp" && u.Scheme != "smtps") || u.Hostname() == "" {
		return nil, errors.New("smtp address must read smtp(s)://[user:password@]host[:port]") // never the cause: it tells the password
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"smtp": "587", "smtps": "465"}[u.Scheme]
	}
	s := &SMTP{From: from, host: u.Hostname(), addr: net.JoinHostPort(u.Hostname(), port), tls: u.Scheme == "smtps", timeout: timeout}
	if s.timeout == 0 {
		s.timeout = 30 * time.Second
	}
	s.user = u.User.Username()
	s.pass, _ = u.User.Password()
	return s, nil
}

// Send implements Sender.
func (s *SMTP) Send(ctx context.Context, l Letter) error {
	body, _, err := s.encode(l)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return s.failed(ctx, err)
	}
	// closing the connection is what ends a call that hangs
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	if err := s.deliver(conn, l.To.Address, body); err != nil {
		return s.failed(ctx, err)
	}
	return nil
}

func (s *SMTP) deliver(conn net.Conn, to string, body []byte) error {
	secure := &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
	if s.tls {
		conn = tls.Client(conn, secure)
	}
	c, err := smtp.NewClient(conn, s.host)
	if err != nil {
		return err
	}
	if offered, _ := c.Extension("STARTTLS"); offered && !s.tls {
		if err := c.StartTLS(secure); err != nil {
			return err
		}
	}
	if s.user != "" {
		// PlainAuth refuses to tell the password without TLS, except to this machine
		if err := c.Auth(smtp.PlainAuth("", s.user, s.pass, s.host)); err != nil {
			return err
		}
	}
	if err := c.Mail(s.Address.Address); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(body); err != nil {
		return err
	}
	if err := w.Close(); err != nil { // from here on the server has it
		return err
	}
	c.Quit() //nolint:errcheck // the letter is on its way whatever the farewell
	return nil
}

// failed tells a refusal for good (5xx) from one that may pass.
func (s *SMTP) failed(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, context.Canceled) {
		return cause
	}
	var said *textproto.Error
	if errors.As(err, &said) && said.Code >= 550 && said.Code <= 553 {
		return fault.New(fault.Invalid, "邮件服务器拒收这封邮件。").Because(fmt.Errorf("%d", said.Code))
	}
	return unsent(fmt.Errorf("%s: %w", s.addr, err))
}
