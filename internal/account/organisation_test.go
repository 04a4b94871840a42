package account_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// Codes of the examples in public notices and of our own making, checked by hand
// with the weights of GB 32100-2015.
func TestCreditCodes(t *testing.T) {
	for code, want := range map[string]string{
		"91350100M000100Y43":    "91350100M000100Y43", // annex of the standard's explanations
		" 91350100m000100y43 ":  "91350100M000100Y43",
		"９１３５０１００M000100Y43":    "91350100M000100Y43",
		"91350100M000100Y44":    "", // another check character
		"91350100M000010Y43":    "", // two figures changed places
		"91350100M000100Y4":     "",
		"350100100010001":       "", // a number of a business licence as it was until 2015
		"91350100M000100Y433":   "",
		"91350100I000100Y43":    "", // no such letter
		"91350100M000100Y4\x00": "",
		"":                      "",
	} {
		if got, err := account.CreditCode(code); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", code, got, err)
		}
	}
}

const code, another = "91350100M000100Y43", "91350200M000100Y4X"

func TestAnOrganisationIsVerifiedByTheAuthority(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	a, other := w.signUp("zhao@tests.example"), w.signUp("qian@tests.example")
	asked := account.NewOrganisation{Kind: account.Legal, Name: "甲公司", Code: code, Head: "赵一", Registrar: "福州市市场监督管理局", Address: "福州市示例路 1 号"}
	for field, n := range map[string]account.NewOrganisation{
		"kind": {Kind: "person", Name: "甲公司", Code: code}, "name": {Kind: account.Legal, Name: "  ", Code: code}, "code": {Kind: account.Legal, Name: "甲公司", Code: "1"},
	} {
		if _, err := w.SaveOrganisation(ctx, a, 0, n); fault.Of(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	id, err := w.SaveOrganisation(ctx, a, 0, asked)
	if err != nil {
		t.Fatal(err)
	}
	authority := account.Actor{ID: 99, Roles: []account.Role{account.Authority}, Session: "s"}
	wantKind(t, w.DecideOrganisation(ctx, authority, id, true, ""), fault.NotFound) // not submitted
	wantKind(t, w.SubmitOrganisation(ctx, other, id), fault.NotFound)
	w.addPaper(a, id)
	if err := w.SubmitOrganisation(ctx, a, id); err != nil {
		t.Fatal(err)
	}
	_, err = w.SaveOrganisation(ctx, a, id, asked)
	wantKind(t, err, fault.NotFound) // it is being looked at
	wantKind(t, w.DecideOrganisation(ctx, root, id, true, ""), fault.Forbidden)
	if err := w.DecideOrganisation(ctx, authority, id, false, " "); fault.Of(err).Field != "reason" {
		t.Errorf("returned without a reason: %v", err)
	}
	if err := w.DecideOrganisation(ctx, authority, id, false, "名称与证照不符"); err != nil {
		t.Fatal(err)
	}
	if o, err := w.Organisation(ctx, a, id); err != nil || o.Status != account.OrgReturned || o.Reason != "名称与证照不符" || o.Role != account.Owner {
		t.Errorf("%+v, %v", o, err)
	}
	_, err = w.Organisation(ctx, other, id)
	wantKind(t, err, fault.NotFound) // A31
	if err := w.SubmitOrganisation(ctx, a, id); err != nil {
		t.Fatal(err)
	}
	var in atomic.Int32 // two at once
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if w.replica().DecideOrganisation(ctx, authority, id, true, "") == nil {
				in.Add(1)
			}
		})
	}
	both.Wait()
	if in.Load() != 1 {
		t.Errorf("%d verified it", in.Load())
	}
	alike := asked // M17: a Cyrillic letter in place of the Latin one
	alike.Name, alike.Code = "甲公司（СHINA）", "91350300M00020001W"
	if _, err := w.pool.Exec(ctx, `UPDATE organisations SET name = '甲公司（CHINA）' WHERE id = $1`, id); err != nil {
		t.Fatal(err)
	}
	mimic, err := w.SaveOrganisation(ctx, other, 0, alike)
	if err != nil {
		t.Fatal(err)
	}
	w.addPaper(other, mimic)
	if err := w.SubmitOrganisation(ctx, other, mimic); fault.Of(err).Field != "name" {
		t.Errorf("a name that looks like another's: %v", err)
	}
	twin, err := w.SaveOrganisation(ctx, other, 0, asked) // a draft holds nothing back, and is none of the other's
	if err != nil {
		t.Fatal(err)
	}
	w.addPaper(other, twin)
	if err := w.SubmitOrganisation(ctx, other, twin); fault.Of(err).Field != "code" {
		t.Errorf("two organisations with one code: %v", err)
	}
}

// Who manages and who operates never share a person or an organisation: the
// database refuses it (FJ-III.3).
func TestTheDatabaseKeepsSidesOfOrganisationsApart(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	a := w.signUp("zhao@tests.example")
	w.department()
	if _, err := w.pool.Exec(ctx, `UPDATE departments SET credit_code = $1`, code); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SaveOrganisation(ctx, a, 0, account.NewOrganisation{Kind: account.Legal, Name: "甲公司", Code: code}); fault.Of(err).Field != "code" {
		t.Errorf("a department's code: %v", err)
	}
	_, officer := w.enterAs("wang@tests.example")
	_, err := w.SaveOrganisation(ctx, officer, 0, account.NewOrganisation{Kind: account.Legal, Name: "乙公司", Code: code})
	wantKind(t, err, fault.Forbidden)
	if err := w.SignUpByPhone(ctx, "13800138000", person, home); err != nil {
		t.Fatal(err)
	}
	_, phone := w.enter("13800138000")
	_, err = w.SaveOrganisation(ctx, phone, 0, account.NewOrganisation{Kind: account.Legal, Name: "乙公司", Code: code})
	wantKind(t, err, fault.Forbidden)
	put := func(code, status string) error {
		_, err := w.pool.Exec(ctx, `
			INSERT INTO organisations (kind, name, credit_code, side, status, submitted_at, decided_at, created_at)
			VALUES ('legal', '丙公司', $1, 'operate', $2, now(), now(), now())`, code, status)
		return err
	}
	if err := put(another, "verified"); err != nil {
		t.Fatal(err)
	}
	if err := put(code, "verified"); !strings.Contains(fmt.Sprint(err), "organisations_credit_code_credit_holder_fkey") {
		t.Errorf("an operator has a department's code: %v", err)
	}
	if _, err := w.pool.Exec(ctx, `UPDATE departments SET credit_code = $1`, another); !strings.Contains(fmt.Sprint(err), "organisations_credit_code_credit_holder_fkey") {
		t.Errorf("a department has an operator's code: %v", err)
	}
}

// What somebody merely wrote keeps no department out.
func TestADraftHoldsNoDepartmentsCode(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	a := w.signUp("zhao@tests.example")
	id, err := w.SaveOrganisation(ctx, a, 0, account.NewOrganisation{Kind: account.Legal, Name: "甲公司", Code: code})
	if err != nil {
		t.Fatal(err)
	}
	w.department()
	if _, err := w.pool.Exec(ctx, `UPDATE departments SET credit_code = $1`, code); err != nil {
		t.Fatalf("a department comes with its own code: %v", err)
	}
	if _, err := w.SaveOrganisation(ctx, a, id, account.NewOrganisation{Kind: account.Legal, Name: "甲公司", Code: code}); fault.Of(err).Field != "code" {
		t.Errorf("the draft is saved again: %v", err)
	}
	if _, err := w.pool.Exec(ctx, `UPDATE organisations SET status = 'verified', submitted_at = now(), decided_at = now()`); err == nil {
		t.Error("it is verified with a department's code")
	}
}

// An invitation ends by time and by being taken back; who is taken out of an
// organisation does not get in by the next request.
func TestInvitationsEndAndMembersTakenOutAreOut(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	a, b := w.signUp("zhao@tests.example"), w.signUp("qian@tests.example")
	id := w.draft(a, account.Unincorporated)
	invite := func() string {
		t.Helper()
		if err := w.Invite(ctx, a, id, "qian@tests.example", account.Member); err != nil {
			t.Fatal(err)
		}
		_, secret := w.letter()
		return secret
	}
	old := invite()
	w.clock.pass(w.Rules().Invitation)
	_, err := w.Join(ctx, b, old)
	wantKind(t, err, fault.Gone)
	w.clock.pass(time.Second)
	taken := invite()
	if err := w.Sweep(ctx); err != nil || w.count(`SELECT count(*) FROM invitations`) != 1 {
		t.Errorf("the address of an invitation that is over stays, or one that is not goes (%v)", err)
	}
	wantKind(t, w.Withdraw(ctx, b, id, "qian@tests.example"), fault.NotFound) // not by another
	wantKind(t, w.Withdraw(ctx, a, id, "sun@tests.example"), fault.NotFound)
	if err := w.Withdraw(ctx, a, id, "QIAN@tests.example"); err != nil {
		t.Fatal(err)
	}
	wantKind(t, w.Withdraw(ctx, a, id, "qian@tests.example"), fault.NotFound)
	_, err = w.Invited(ctx, b, taken)
	wantKind(t, err, fault.Gone)
	_, err = w.Join(ctx, b, taken)
	wantKind(t, err, fault.Gone)
	if _, err := w.Join(ctx, b, invite()); err != nil {
		t.Fatal(err)
	}
	wantKind(t, w.Withdraw(ctx, a, id, "qian@tests.example"), fault.NotFound) // one that was taken stays
	if _, err := w.Organisation(ctx, b, id); err != nil {
		t.Fatal(err)
	}
	if err := w.SetMember(ctx, a, id, b.ID, ""); err != nil {
		t.Fatal(err)
	}
	_, err = w.replica().Organisation(ctx, b, id) // the same actor, at another replica
	wantKind(t, err, fault.NotFound)
	_, _, err = w.Members(ctx, b, id)
	wantKind(t, err, fault.NotFound)
	_, err = w.PapersOf(ctx, b, id)
	wantKind(t, err, fault.NotFound)
	if own, err := w.Organisations(ctx, b); err != nil || len(own) != 0 {
		t.Errorf("%v, %v", own, err)
	}
}

func TestMembersJoinByInvitationAndTheLastOwnerStays(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	a, b, c := w.signUp("zhao@tests.example"), w.signUp("qian@tests.example"), w.signUp("sun@tests.example")
	id, err := w.SaveOrganisation(ctx, a, 0, account.NewOrganisation{Kind: account.Unincorporated, Name: "某合伙企业", Code: code})
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, w.Invite(ctx, b, id, "sun@tests.example", account.Member), fault.NotFound)
	wantKind(t, w.Invite(ctx, a, id, "13800138000", account.Member), fault.Invalid)
	if err := w.Invite(ctx, a, id, "Qian@tests.example", account.Owner); err != nil {
		t.Fatal(err)
	}
	l, secret := w.letter()
	if l.What != account.LetterInvite || l.From != "某合伙企业" || l.To != "qian@tests.example" {
		t.Errorf("the letter: %+v", l)
	}
	_, err = w.Join(ctx, c, secret) // it was sent to another
	wantKind(t, err, fault.Gone)
	if o, err := w.Invited(ctx, b, secret); err != nil || o.ID != id || o.Role != account.Owner {
		t.Errorf("%+v, %v", o, err)
	}
	if all, err := w.Invitations(ctx, b); err != nil || len(all) != 1 || all[0].ID != id || all[0].Role != account.Owner {
		t.Errorf("invitations: %+v, %v", all, err)
	}
	if all, err := w.Invitations(ctx, c); err != nil || len(all) != 0 {
		t.Errorf("another is told of an invitation: %+v, %v", all, err)
	}
	_, err = w.Accept(ctx, c, id)
	wantKind(t, err, fault.Gone)
	if _, err := w.Join(ctx, b, secret); err != nil {
		t.Fatal(err)
	}
	if all, err := w.Invitations(ctx, b); err != nil || len(all) != 0 {
		t.Errorf("still invited: %+v, %v", all, err)
	}
	_, err = w.Accept(ctx, b, id)
	wantKind(t, err, fault.Gone)
	if err := w.Invite(ctx, a, id, "sun@tests.example", account.Member); err != nil {
		t.Fatal(err)
	}
	if got, err := w.Accept(ctx, c, id); err != nil || got != id {
		t.Errorf("by the list: %d, %v", got, err)
	}
	_, err = w.Join(ctx, b, secret)
	wantKind(t, err, fault.Gone)
	var left atomic.Int32 // both owners leave at once
	var both sync.WaitGroup
	for _, who := range []account.Actor{a, b} {
		both.Go(func() {
			if w.replica().SetMember(ctx, who, id, who.ID, "") == nil {
				left.Add(1)
			}
		})
	}
	both.Wait()
	if left.Load() != 1 || w.count(`SELECT count(*) FROM organisation_members WHERE role = 'owner'`) != 1 {
		t.Errorf("%d left", left.Load())
	}
	if _, err := w.pool.Exec(ctx, `DELETE FROM organisation_members`); err == nil {
		t.Error("the database lets the last owner go")
	}
}

func TestInvitationsAreNoWayToMailStrangersAtWill(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	a, b := w.signUp("zhao@tests.example"), w.signUp("qian@tests.example")
	var orgs []int64
	for _, code := range []string{code, "91350200M000100Y48"} {
		id, err := w.SaveOrganisation(ctx, a, 0, account.NewOrganisation{Kind: account.Unincorporated, Name: "某合伙企业", Code: code})
		if err != nil {
			t.Fatal(err)
		}
		orgs = append(orgs, id)
	}
	for range w.Rate("invite").Limit + 1 { // whoever does not own it uses up nothing of it
		wantKind(t, w.Invite(ctx, b, orgs[0], "sun@tests.example", account.Member), fault.NotFound)
	}
	for i := range w.Rate("invite-address").Limit { // one address, whichever organisation asks
		if err := w.Invite(ctx, a, orgs[i%2], "sun@tests.example", account.Member); err != nil {
			t.Fatalf("invitation %d: %v", i+1, err)
		}
	}
	wantKind(t, w.Invite(ctx, a, orgs[0], "sun@tests.example", account.Member), fault.TooMany)
	sent := 0
	for i := range 2 * w.Rate("invite-account").Limit { // one account, of however many organisations
		if w.Invite(ctx, a, orgs[i%2], fmt.Sprintf("n%d@tests.example", i), account.Member) == nil {
			sent++
		}
	}
	if most := w.Rate("invite-account").Limit - w.Rate("invite-address").Limit; sent == 0 || sent > most {
		t.Errorf("%d letters, want at most %d", sent, most)
	}
	if l, _ := w.letter(); l.Verified {
		t.Error("a draft counts as verified")
	}
}
