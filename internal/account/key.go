package account

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/crc32"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
)

// The scopes of API keys.
const (
	ScopeRead    = "read"    // read whatever its owner may read
	ScopePublish = "publish" // add versions to the datasets of its owner's department
	ScopeApply   = "apply"   // ask for data in its owner's name
	ScopeShare   = "share"   // see and ask for what public bodies share with each other
	ScopeDevelop = "develop" // run programs in its owner's workspaces, and fetch what was released
)

// Scope is one purpose of a key.
type Scope struct{ ID, Zh, En string }

// Scopes are the scopes that are offered, in this order, with their meaning:
// those that some address asks for.
var Scopes = []Scope{
	{ScopeRead, "读取本人可以读取的数据", "Read whatever its owner may read"},
	{ScopePublish, "上传文件，为本部门的数据发布新版本", "Upload files and publish new versions of the department's data"},
	{ScopeApply, "以本人名义要数据：提需求、附议、申请；交使用报告、答复抽查", "Ask for data in its owner's name: propose and second demands, apply; hand in reports of use, answer audits"},
	{ScopeShare, "以部门名义看共享目录、申请共享", "See the directory of sharing and ask for data, for the department"},
	{ScopeDevelop, "在本人的安全开发空间里运行程序，下载已经放出的结果", "Run programs in its owner's secure workspaces and download what was released"},
}

// Key is an API key without its secret.
type Key struct {
	Prefix   string
	Name     string
	Scopes   []string
	Created  time.Time
	Expires  time.Time
	LastUsed *time.Time // the day
	Calls    int64      // in the last 30 days
	Revoked  *time.Time
}

// A key is sy_ + 8 letters that name it + 32 that are secret + 6 that check
// it: a scanner of source code recognises one without asking us, and a typing
// mistake costs no query.
const (
	keyName   = 8
	keySecret = 32
	keyCheck  = 6
	keyLength = len("sy_") + keyName + keySecret + keyCheck
	keysMax   = 20 // live ones of one account
	alphabet  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// CreateKey makes an API key for a, valid from now for so long. The secret is
// returned this once. It returns fault.Invalid for a name, scope or length of
// life that a key cannot have and for the name of a live one, fault.Forbidden
// for a scope beyond a's roles, and fault.Conflict when a has too many.
func (s *Service) CreateKey(ctx context.Context, a Actor, name string, scopes []string, valid time.Duration) (string, *Key, error) {
	return s.createKey(ctx, a, name, scopes, valid, bound{})
}

// CreateGrantKey is CreateKey for a key that reads under one grant, besides what
// is open. Whether a may have one, whoever gives the grant decides.
func (s *Service) CreateGrantKey(ctx context.Context, a Actor, name string, valid time.Duration, grant int64) (string, *Key, error) {
	return s.createKey(ctx, a, name, []string{ScopeRead}, valid, bound{grant: grant})
}

// CreateDeliveryKey is CreateKey for a key that reads what one order delivers, besides
// what is open. Whether a may have one, whoever delivers decides; it is valid for valid
// or the longest that a key may be, whichever is less.
func (s *Service) CreateDeliveryKey(ctx context.Context, a Actor, name string, valid time.Duration, delivery int64) (string, *Key, error) {
	return s.createKey(ctx, a, name, []string{ScopeRead}, min(valid, s.cfg.KeyMax), bound{delivery: delivery})
}

// bound is what alone a key reads besides what is open.
type bound struct{ grant, delivery int64 }

// ScopesOf are the scopes that a key of a's can have: everybody may read and ask
// for data, officers publish, and departments ask each other, of which nobody else
// learns.
func ScopesOf(a Actor) []Scope {
	return slices.DeleteFunc(slices.Clone(Scopes), func(s Scope) bool {
		switch s.ID {
		case ScopePublish:
			return !a.Is(Officer)
		case ScopeShare:
			return a.Department == 0 || !a.Any(Officer, Head, Authority)
		case ScopeDevelop:
			return !a.Is(Developer)
		}
		return false
	})
}

func (s *Service) createKey(ctx context.Context, a Actor, name string, scopes []string, valid time.Duration, to bound) (string, *Key, error) {
	if err := s.RequireFresh(a); err != nil {
		return "", nil, err
	}
	name, err := label("name", name)
	if err != nil {
		return "", nil, err
	}
	if err := s.checkKey(a, scopes, valid); err != nil {
		return "", nil, err
	}
	slices.Sort(scopes)
	secret := newKey()
	now := s.now()
	k := &Key{Prefix: prefixOf(secret), Name: name, Scopes: slices.Compact(scopes), Created: now, Expires: now.Add(valid)}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		if err := lockUser(ctx, tx, a.ID); err != nil {
			return struct{}{}, err
		}
		var live, alike int
		err := tx.QueryRow(ctx, `
			SELECT count(*), count(*) FILTER (WHERE name = $3)
			FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2`, a.ID, now, k.Name).Scan(&live, &alike)
		if err != nil {
			return struct{}{}, fmt.Errorf("count keys: %w", err)
		}
		if alike > 0 { // a form that arrives twice makes one key
			return struct{}{}, fault.At("name", "已有一个同名的有效密钥，请换个名称。")
		}
		if live >= keysMax {
			return struct{}{}, fault.New(fault.Conflict, "一个账号最多有 %d 个有效的密钥，请先停用不再使用的。", keysMax)
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO api_keys (prefix, hash, user_id, name, scopes, created_at, expires_at, grant_id, delivery_id)
			VALUES (@prefix, @hash, @user, @name, @scopes, @now, @expires, nullif(@grant::bigint, 0), nullif(@delivery::bigint, 0))`,
			pgx.NamedArgs{
				"prefix": k.Prefix, "hash": sum(secret), "user": a.ID, "name": k.Name,
				"scopes": k.Scopes, "now": now, "expires": k.Expires, "grant": to.grant, "delivery": to.delivery,
			})
		if err != nil {
			return struct{}{}, fmt.Errorf("create key: %w", err)
		}
		if err := s.tell(ctx, tx, a.ID, a.Session, Notice{What: KeyMade, Key: k.Prefix}); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, record(ctx, tx, a, a.ID, "key.created", map[string]string{"key": k.Prefix, "scopes": strings.Join(k.Scopes, " ")})
	})
	if err != nil {
		return "", nil, err
	}
	return secret, k, nil
}

func (s *Service) checkKey(a Actor, scopes []string, valid time.Duration) error {
	if len(scopes) == 0 {
		return fault.At("scopes", "请至少选择一项用途。")
	}
	for _, scope := range scopes {
		switch offered := slices.ContainsFunc(ScopesOf(a), func(s Scope) bool { return s.ID == scope }); {
		case offered:
		case scope == ScopePublish:
			return fault.New(fault.Forbidden, "只有部门数据专员可以建立用于发布的密钥。")
		default:
			return fault.At("scopes", "没有这项用途。")
		}
	}
	if valid < time.Hour || valid > s.cfg.KeyMax {
		return fault.At("expires", "有效期最短 1 小时，最长 %d 天。", int(s.cfg.KeyMax/(24*time.Hour)))
	}
	return nil
}

// ActorByKey is the owner of an API key, as far as the key reaches. It returns
// fault.Unauthenticated, in the same words, for a key that is misspelt,
// unknown, revoked, expired, or of a disabled account.
func (s *Service) ActorByKey(ctx context.Context, key string) (Actor, error) {
	if !wellFormed(key) {
		return Actor{}, errBadKey()
	}
	now := s.now()
	var a Actor
	var used *time.Time
	err := s.pool.QueryRow(ctx, `
		SELECT k.prefix, k.scopes, coalesce(k.grant_id, 0), coalesce(k.delivery_id, 0), k.last_used_on, u.id, u.name, u.side, coalesce(u.department_id, 0),
			`+played+`
		FROM api_keys k
		JOIN users u ON u.id = k.user_id
		WHERE k.hash = @hash AND k.revoked_at IS NULL AND k.expires_at > @now AND u.disabled_at IS NULL`,
		pgx.NamedArgs{"hash": sum(key), "now": now},
	).Scan(&a.Key, &a.Scopes, &a.Grant, &a.Delivery, &used, &a.ID, &a.Name, &a.Side, &a.Department, &a.Roles)
	if errors.Is(err, pgx.ErrNoRows) {
		return Actor{}, errBadKey()
	}
	if err != nil {
		return Actor{}, fmt.Errorf("api key: %w", err)
	}
	s.used.add(keyDay{a.Key, now.In(workdays.Zone).Format(time.DateOnly)}, 1)
	if today := now.Format(time.DateOnly); used == nil || used.Format(time.DateOnly) < today {
		if _, err := s.pool.Exec(ctx, `UPDATE api_keys SET last_used_on = @day WHERE prefix = @prefix`,
			pgx.NamedArgs{"day": today, "prefix": a.Key}); err != nil {
			return Actor{}, fmt.Errorf("api key: %w", err)
		}
	}
	return a, nil
}

// Keys are all keys of a, newest first, revoked and expired ones included.
func (s *Service) Keys(ctx context.Context, a Actor) ([]Key, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT prefix, name, scopes, created_at AS created, expires_at AS expires, last_used_on AS last_used, revoked_at AS revoked,
			(SELECT coalesce(sum(calls), 0)::bigint FROM api_key_days d WHERE d.prefix = k.prefix AND d.day > $2) AS calls
		FROM api_keys k
		WHERE user_id = $1
		ORDER BY created_at DESC, prefix`, a.ID, s.now().AddDate(0, 0, -keyDays))
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Key])
}

// RevokeKey ends a key of a's own at once. It returns fault.NotFound for one
// that is not a's or is revoked already.
func (s *Service) RevokeKey(ctx context.Context, a Actor, prefix string) error {
	if a.Session == "" {
		return errSignIn()
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		tag, err := tx.Exec(ctx, `
			UPDATE api_keys SET revoked_at = @now
			WHERE prefix = @prefix AND user_id = @user AND revoked_at IS NULL`,
			pgx.NamedArgs{"now": s.now(), "prefix": prefix, "user": a.ID})
		if err != nil {
			return struct{}{}, fmt.Errorf("revoke key: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return struct{}{}, fault.New(fault.NotFound, "没有这个密钥，可能已经停用。")
		}
		return struct{}{}, record(ctx, tx, a, a.ID, "key.revoked", map[string]string{"key": prefix})
	})
	return err
}

func errBadKey() error {
	return fault.New(fault.Unauthenticated, "密钥无效、已停用或已过期。")
}

func newKey() string {
	body := "sy_" + letters(keyName+keySecret)
	return body + checksum(body)
}

func prefixOf(key string) string { return key[:len("sy_")+keyName] }

func wellFormed(key string) bool {
	if len(key) != keyLength || !strings.HasPrefix(key, "sy_") {
		return false
	}
	body := key[:keyLength-keyCheck]
	return key[keyLength-keyCheck:] == checksum(body)
}

// checksum is the CRC-32 of body in base 62.
func checksum(body string) string {
	n := crc32.ChecksumIEEE([]byte(body))
	out := make([]byte, keyCheck)
	for i := keyCheck - 1; i >= 0; i-- {
		out[i] = alphabet[n%62]
		n /= 62
	}
	return string(out)
}

func letters(n int) string {
	out := make([]byte, n)
	for i := range out {
		d, _ := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet)))) // crypto/rand does not fail
		out[i] = alphabet[d.Int64()]
	}
	return string(out)
}

// RevokeKeyOf ends a key on sight, whoever's it is: for one that was found
// where it must never be, in an address or in published source code. It is no
// error if there is no such key.
func (s *Service) RevokeKeyOf(ctx context.Context, key, reason string) error {
	if !wellFormed(key) {
		return nil
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var user int64
		err := tx.QueryRow(ctx, `
			UPDATE api_keys SET revoked_at = @now WHERE hash = @hash AND revoked_at IS NULL RETURNING user_id`,
			pgx.NamedArgs{"now": s.now(), "hash": sum(key)}).Scan(&user)
		if errors.Is(err, pgx.ErrNoRows) {
			return struct{}{}, nil
		}
		if err != nil {
			return struct{}{}, fmt.Errorf("revoke key: %w", err)
		}
		return struct{}{}, record(ctx, tx, System("key guard"), user, "key.revoked",
			map[string]string{"key": prefixOf(key), "reason": reason, "length": strconv.Itoa(len(key))})
	})
	return err
}
