package account

import (
	"context"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/fault"
)

func TestPasswordChecksWaitForASlotNoLongerThanTheRequest(t *testing.T) {
	h := newHasher(Argon2{MemoryKiB: 64, Passes: 1, Lanes: 1}, 1)
	h.slots <- struct{}{} // somebody else is being checked
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := h.check(ctx, "a password", ""); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("got %v", err)
	}
	<-h.slots
	if _, _, err := h.check(context.Background(), "a password", ""); err != nil {
		t.Error(err)
	}
}

func TestAHashCarriesItsCost(t *testing.T) {
	ctx := context.Background()
	old := newHasher(Argon2{MemoryKiB: 64, Passes: 1, Lanes: 1}, 1)
	now := newHasher(Argon2{MemoryKiB: 128, Passes: 2, Lanes: 1}, 1)
	hash, err := old.hash(ctx, "数据开放 2026")
	if err != nil {
		t.Fatal(err)
	}
	ok, renew, err := now.check(ctx, "数据开放 2026", hash)
	if !ok || !renew || err != nil {
		t.Errorf("an older hash: %v %v %v", ok, renew, err)
	}
	ok, _, _ = now.check(ctx, "数据开放 2027", hash)
	if ok {
		t.Error("another password matched")
	}
	for _, broken := range []string{"", "x", "$argon2id$v=19$m=64,t=1,p=1$AAAA$", "$argon2id$v=19$m=64,t=0,p=0$AAAA$" + hash[len(hash)-43:], "$argon2i$" + hash[10:]} {
		if ok, _, _ := now.check(ctx, "", broken); ok {
			t.Errorf("%q matched", broken)
		}
	}
}

func TestNewPasswords(t *testing.T) {
	for password, ok := range map[string]bool{
		"correct horse battery":          true,
		"数据开放条例第二十三条":                    true,
		"short":                          false,
		"1234567890":                     false,
		"Woaini1314520":                  false,
		"aaaaaaaaaaaaaa":                 false,
		"wangshu-2026-x":                 false, // the account itself
		"correct\x00horse bat":           false,
		"":                               false,
		strings.Repeat("\x00", 12):       false,
		strings.Repeat("correct", 1<<18): false, // nearly two megabytes
	} {
		if err := checkNewPassword(password, "wangshu@tests.example"); (err == nil) != ok {
			t.Errorf("%.40q: %v", password, err)
		}
	}
}
