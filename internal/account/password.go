package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"shuyuan/internal/account/passwords"
	"shuyuan/internal/fault"
)

// Argon2 is what one password check costs. The figures are kept in every hash,
// so that they can be raised later: an older hash is renewed at its owner's
// next sign-in.
type Argon2 struct {
	MemoryKiB uint32
	Passes    uint32
	Lanes     uint8
}

// The bounds of a password. The upper one keeps a huge body from buying
// hashing time; within it every byte counts.
const (
	passwordMin = 10   // characters
	passwordMax = 1024 // bytes
	saltBytes   = 16
	hashBytes   = 32
)

// checkPasswordInput refuses what no honest client sends. It depends on the
// input alone, so that it tells nothing about any account.
func checkPasswordInput(password string) error {
	switch {
	case password == "":
		return fault.At("password", "请填写密码。")
	case len(password) > passwordMax:
		return fault.At("password", "密码过长，最多 %d 个字节。", passwordMax)
	case strings.ContainsRune(password, 0) || !utf8.ValidString(password):
		return fault.At("password", "密码含有不能使用的字符。")
	}
	return nil
}

// checkNewPassword is what a password must meet to be set.
func checkNewPassword(password, identifier string) error {
	if err := checkPasswordInput(password); err != nil {
		return err
	}
	lower := strings.ToLower(norm.NFKC.String(password))
	local, _, _ := strings.Cut(strings.TrimPrefix(identifier, "+86"), "@")
	switch {
	case utf8.RuneCountInString(password) < passwordMin:
		return fault.At("password", "密码至少 %d 个字符；几个词连起来更好记。", passwordMin)
	case len(local) >= 4 && strings.Contains(lower, local):
		return fault.At("password", "密码不能包含账号本身。")
	case distinct(lower) < 5 || passwords.Leaked(lower):
		return fault.At("password", "这个密码太常见，容易被猜到，请换一个。")
	}
	return nil
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// hasher bounds how many passwords are hashed at once: each takes its memory
// and a core, and a crowd at the door must not take them all.
type hasher struct {
	cost  Argon2
	slots chan struct{}
}

func newHasher(cost Argon2, parallel int) *hasher {
	return &hasher{cost: cost, slots: make(chan struct{}, parallel)}
}

// key derives the key of password. It waits for a free slot until ctx ends and
// then returns fault.Unavailable.
func (h *hasher) key(ctx context.Context, password string, salt []byte, cost Argon2) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "现在登录的人太多，请稍后再试。").Because(ctx.Err())
	}
	defer func() { <-h.slots }()
	p := []byte(norm.NFC.String(password))
	return argon2.IDKey(p, salt, cost.Passes, cost.MemoryKiB, cost.Lanes, hashBytes), nil
}

// hash is the PHC string of password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	key, err := h.key(ctx, password, salt, h.cost)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.cost.MemoryKiB, h.cost.Passes, h.cost.Lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// check reports whether password belongs to hash, and whether hash should be
// renewed. An empty hash, as of an unknown account, takes the same work and
// never matches.
func (h *hasher) check(ctx context.Context, password, hash string) (ok, renew bool, err error) {
	cost, salt, want, known := parseHash(hash)
	if !known {
		cost, salt = h.cost, make([]byte, saltBytes)
	}
	key, err := h.key(ctx, password, salt, cost)
	if err != nil {
		return false, false, err
	}
	match := subtle.ConstantTimeCompare(key, want) == 1
	return known && match, cost != h.cost, nil
}

func parseHash(s string) (cost Argon2, salt, key []byte, ok bool) {
	var version int
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return cost, nil, nil, false
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d",
		&version, &cost.MemoryKiB, &cost.Passes, &cost.Lanes); err != nil || version != argon2.Version {
		return cost, nil, nil, false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return cost, nil, nil, false
	}
	key, err = base64.RawStdEncoding.DecodeString(parts[5])
	return cost, salt, key, err == nil && len(key) == hashBytes && cost.Passes > 0 && cost.Lanes > 0
}
