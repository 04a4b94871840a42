package account_test

import (
	"context"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// Nobody takes another's second steps away alone.
func TestTwoAdministratorsTakeLostStepsAway(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	id := w.officer("wang@tests.example")
	_, a := w.enter("wang@tests.example")
	lose := func() {
		key, err := w.BeginTOTP(ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.ConfirmTOTP(ctx, a, w.code(key.Secret(), 0)); err != nil {
			t.Fatal(err)
		}
	}
	system := account.Actor{ID: w.administrator("root@tests.example"), Roles: []account.Role{account.Administrator}, Session: "s"}
	guard := account.Actor{ID: 9001, Roles: []account.Role{account.SecurityAdministrator}, Session: "s"}
	wantKind(t, w.AskToResetFactors(ctx, system, id), fault.Conflict) // there is none
	lose()
	wantKind(t, w.ResetFactors(ctx, guard, id), fault.Conflict)   // nobody asked
	wantKind(t, w.ResetFactors(ctx, system, id), fault.Forbidden) // not by the one who asks
	wantKind(t, w.AskToResetFactors(ctx, guard, id), fault.Forbidden)
	wantKind(t, w.AskToResetFactors(ctx, a, id), fault.Forbidden)
	if err := w.AskToResetFactors(ctx, system, id); err != nil {
		t.Fatal(err)
	}
	w.clock.pass(w.Rules().LostFactors)
	wantKind(t, w.ResetFactors(ctx, guard, id), fault.Conflict) // too long ago
	if err := w.AskToResetFactors(ctx, system, id); err != nil {
		t.Fatal(err)
	}
	own := guard
	own.ID = id
	wantKind(t, w.ResetFactors(ctx, own, id), fault.Forbidden)
	if err := w.ResetFactors(ctx, guard, id); err != nil {
		t.Fatal(err)
	}
	if w.count(`SELECT (SELECT count(*) FROM totp) + (SELECT count(*) FROM recovery_codes) + (SELECT count(*) FROM sessions)`) != 0 {
		t.Error("something of them stays")
	}
	wantKind(t, w.ResetFactors(ctx, guard, id), fault.Conflict) // the request is spent
	w.clock.pass(time.Hour)
	_, a = w.enter("wang@tests.example") // by the password alone
	lose()
	if err := w.ResetFactors(ctx, root, id); err != nil { // by command
		t.Error(err)
	}
}
