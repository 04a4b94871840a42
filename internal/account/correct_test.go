package account_test

import (
	"context"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

func TestAPersonCorrectsTheirNameAndNobodyTakesAnOffices(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	w.department()
	a := w.signUp("zhao@tests.example")
	if err := w.Rename(ctx, a, " 赵更正 "); err != nil {
		t.Fatal(err)
	}
	if u, err := w.Own(ctx, a); err != nil || u.Name != "赵更正" {
		t.Errorf("%+v, %v", u, err)
	}
	for _, name := range []string{"", "甲\n乙", "测试局", "测 试 局", "测试局小赵", "系统管理员", "ｓｙｓｔｅｍ ａｄｍｉｎｉｓｔｒａｔｏｒ", "TESTS"} {
		err := w.Rename(ctx, a, name)
		if fault.Of(err).Field != "name" {
			t.Errorf("%q: %v", name, err)
		}
	}
	w.officer("wang@tests.example")
	_, officer := w.enter("wang@tests.example")
	wantKind(t, w.Rename(ctx, officer, "别的名字"), fault.Forbidden)
	wantKind(t, w.ChangeAddress(ctx, officer, "new@tests.example"), fault.Forbidden)
	if err := w.SignUp(ctx, "qian@tests.example", home); err != nil {
		t.Fatal(err)
	}
	_, secret := w.letter()
	_, err := w.CompleteSignUp(ctx, secret, account.NewPerson{Name: "系统管理员", Password: right, Agreed: true}, home, agent)
	if fault.Of(err).Field != "name" {
		t.Errorf("signed up in the name of an office: %v", err)
	}
}

func TestAnAddressIsChangedByWhoeverHasBoth(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	a, b := w.signUp("zhao@tests.example"), w.signUp("qian@tests.example")
	if err := w.Recover(ctx, "zhao@tests.example", home); err != nil {
		t.Fatal(err)
	}
	_, old := w.letter() // a link on its way to the address before
	wantKind(t, w.ChangeAddress(ctx, a, "13800138000"), fault.Invalid)
	if err := w.ChangeAddress(ctx, a, "New@tests.example"); err != nil {
		t.Fatal(err)
	}
	l, secret := w.letter()
	if l.What != account.LetterAddress || l.To != "new@tests.example" || secret == "" {
		t.Fatalf("%+v", l)
	}
	_, err := w.NewAddress(ctx, b, secret) // the link of another
	wantKind(t, err, fault.Gone)
	wantKind(t, w.CompleteAddress(ctx, b, secret), fault.Gone)
	w.notices()
	if address, err := w.NewAddress(ctx, a, secret); err != nil || address != "new@tests.example" {
		t.Errorf("%q, %v", address, err)
	}
	if err := w.CompleteAddress(ctx, a, secret); err != nil {
		t.Fatal(err)
	}
	if told := w.notices(); len(told) != 1 || told[0].To != "zhao@tests.example" || told[0].What != account.AddressChanged {
		t.Errorf("told: %+v", told)
	}
	w.enter("new@tests.example")
	_, err = w.SignIn(ctx, "zhao@tests.example", right, home, agent)
	wantKind(t, err, fault.Unauthenticated)
	wantKind(t, w.CompleteAddress(ctx, a, secret), fault.Gone) // once
	wantKind(t, w.CompleteRecovery(ctx, old, "another good phrase"), fault.Gone)

	// to an address that has an account: the letter says so, and nothing is changed
	if err := w.ChangeAddress(ctx, a, "qian@tests.example"); err != nil {
		t.Fatal(err)
	}
	l, secret = w.letter()
	if l.What != account.LetterAddressTaken || secret != "" {
		t.Errorf("%+v has a link: %t", l, secret != "")
	}
	// which got its account only after the letter
	if err := w.ChangeAddress(ctx, a, "sun@tests.example"); err != nil {
		t.Fatal(err)
	}
	_, secret = w.letter()
	w.signUp("sun@tests.example")
	wantKind(t, w.CompleteAddress(ctx, a, secret), fault.Conflict)
	if u, err := w.Own(ctx, a); err != nil || u.Identifier != "new@tests.example" {
		t.Errorf("%+v, %v", u, err)
	}
}
