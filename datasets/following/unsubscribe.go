package following

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Unsubscription is what the link at the end of a letter ends: the letters of one
// topic to one account (RFC 8058). Whoever has the letter may end it, without
// signing in, and nothing else.
type Unsubscription struct {
	User  int64
	Topic Topic
}

// token is an unsubscription that only this installation makes. It does not
// expire: a letter may be read years later.
func (s *Service) token(u Unsubscription) string {
	plain := string(u.Topic) + "-" + strconv.FormatInt(u.User, 10)
	return plain + "-" + base64.RawURLEncoding.EncodeToString(s.keeper.Code("unsubscribe", []byte(plain)))
}

// Unsubscription is what a token ends. It returns fault.NotFound for one that was
// not made here.
func (s *Service) Unsubscription(token string) (Unsubscription, error) {
	none := fault.New(fault.NotFound, "这个退订链接不完整，或者不是本站发出的。请从信里重新点开，或者登录后在通知设置里关掉。")
	parts := strings.SplitN(token, "-", 3)
	if len(token) > 200 || len(parts) != 3 {
		return Unsubscription{}, none
	}
	code, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || !hmac.Equal(code, s.keeper.Code("unsubscribe", []byte(parts[0]+"-"+parts[1]))) {
		return Unsubscription{}, none
	}
	user, err := strconv.ParseInt(parts[1], 10, 64)
	if topic := Topic(parts[0]); err != nil || topic != OnDaily && !slices.Contains(Topics, topic) {
		return Unsubscription{}, none
	}
	return Unsubscription{User: user, Topic: Topic(parts[0])}, nil
}

// Unsubscribe ends the letters that a token names. Doing it twice is no error.
func (s *Service) Unsubscribe(ctx context.Context, token string) (Unsubscription, error) {
	u, err := s.Unsubscription(token)
	if err != nil {
		return u, err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		there, err := lockUser(ctx, tx, u.User)
		if err != nil || !there {
			return none, err
		}
		settings, err := selectSettings(ctx, tx, u.User)
		if err != nil {
			return none, err
		}
		for _, t := range Topics {
			if t != u.Topic && (u.Topic != OnDaily || settings.Modes[t][Mail] != Daily) {
				continue
			}
			if err := putMode(ctx, tx, u.User, t, Mail, Off); err != nil {
				return none, err
			}
		}
		return none, audit.Append(ctx, tx, account.System("unsubscribe"), "notices", strconv.FormatInt(u.User, 10), "unsubscribe", map[string]string{"topic": string(u.Topic)})
	})
	return u, err
}
