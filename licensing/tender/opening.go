package tender

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/sealed"
)

// keyPurpose is what the key of a round is locked for.
const keyPurpose = "tender bids"

func (t *Tender) keyContext() string { return fmt.Sprintf("%s round %d", t.Number, t.Round) }

// newKey makes the key pair of a round. The half that opens is locked with the secret
// that lies outside of the database.
func (s *Service) newKey(t *Tender) error {
	public, secret, err := sealed.NewKey()
	if err != nil {
		return err
	}
	t.keyPublic, t.keyLocked = public, s.keeper.Lock(keyPurpose, t.keyContext(), []byte(secret))
	return nil
}

// due reports whether time has moved a tender on at this moment.
func (t *Tender) due(at instant) bool {
	switch t.State {
	case Announced:
		return !at.Before(t.Opens)
	case Open:
		return !at.Before(t.Closes)
	case Closed:
		return !at.Before(t.OpeningAt)
	case Opened:
		return !at.Before(t.RevealUntil) && t.hasSealed()
	case Draft, Evaluated, AwardNotice, Challenged, Awarded, Contracted, Failed, Cancelled:
	}
	return false
}

func (t *Tender) hasSealed() bool {
	for i := range t.bids {
		if t.bids[i].State == Sealed {
			return true
		}
	}
	return false
}

// Advance moves what time has moved of one tender.
func (s *Service) Advance(ctx context.Context, number string) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		_, err := s.hold(ctx, tx, number)
		return struct{}{}, err
	})
	return err
}

// advance moves what time has moved of a tender that is held: bids are taken, are
// closed, are opened, and what nobody revealed lapses, each at its moment and once.
func (s *Service) advance(ctx context.Context, tx pgx.Tx, t *Tender) error {
	for t.due(s.instant()) {
		var err error
		switch t.State {
		case Announced:
			err = s.move(ctx, tx, platform(), t, OfPlatform, Begin, nil)
		case Open:
			err = s.move(ctx, tx, platform(), t, OfPlatform, Close, nil)
		case Closed:
			err = s.open(ctx, tx, t)
		case Opened:
			err = s.lapse(ctx, tx, t)
		case Draft, Evaluated, AwardNotice, Challenged, Awarded, Contracted, Failed, Cancelled:
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// open opens the bids, or lets the tender fail where there are too few: then nobody
// ever reads them.
func (s *Service) open(ctx context.Context, tx pgx.Tx, t *Tender) error {
	if enough(t) != nil {
		t.words = fmt.Sprintf("截止时投标 %d 家，少于 %d 家。", len(t.bids), t.LeastBidders)
		return s.fail(ctx, tx, t)
	}
	secret, err := s.keeper.Open(keyPurpose, t.keyContext(), t.keyLocked)
	if err != nil {
		return fmt.Errorf("open the key of %s: %w", t.Number, err)
	}
	at := s.instant()
	for i := range t.bids {
		if t.bids[i].Way != Kept {
			continue
		}
		if err := s.openBid(ctx, tx, t, &t.bids[i], string(secret), at); err != nil {
			return err
		}
	}
	t.words = ""
	err = s.move(ctx, tx, platform(), t, OfPlatform, OpenBids, func() error {
		t.keyPublic, t.keyLocked, t.OpenedAt = "", nil, &at
		return s.begin(t, scoring, at)
	})
	if err != nil {
		return err
	}
	if err := s.strikeInterested(ctx, tx, t); err != nil {
		return err
	}
	return errors.Join(s.tellOpened(ctx, tx, t))
}

// openBid reads a bid that the server kept. One that cannot be read, or that is
// written for another tender or by another bidder, is invalid.
func (s *Service) openBid(ctx context.Context, tx pgx.Tx, t *Tender, b *Bid, secret string, at instant) error {
	var k kept
	plain, err := sealed.Open(secret, b.locked)
	if err == nil {
		err = json.Unmarshal(plain, &k)
	}
	if err == nil && (Commitment(k.Nonce, k.Canonical) != b.Commitment || k.Canonical != Canonical(t.Number, b.Code, Offer{amountOf(k.Canonical), proposalOf(k.Canonical)})) {
		err = fault.New(fault.Invalid, "标书和封条对不上。")
	}
	if err != nil {
		return s.moveBid(ctx, tx, platform(), t, b, Lapse, "标书打不开，或者和封条对不上。")
	}
	b.Nonce, b.Canonical, b.Amount, b.RevealedAt, b.locked = k.Nonce, k.Canonical, amountOf(k.Canonical), &at, nil
	if err := s.moveBid(ctx, tx, platform(), t, b, Reveal, ""); err != nil {
		return err
	}
	return s.beyond(ctx, tx, t, b)
}

// strikeInterested takes off the panel whoever is of an organisation that bids.
func (s *Service) strikeInterested(ctx context.Context, tx pgx.Tx, t *Tender) error {
	of, err := membersOf(ctx, tx, t)
	if err != nil {
		return err
	}
	for i := range t.Panel {
		m := &t.Panel[i]
		if m.Active() && of[m.User] {
			if err := s.strike(ctx, tx, platform(), t, m, "是投标机构的成员。"); err != nil {
				return err
			}
		}
	}
	return nil
}

// lapse ends the time in which bidders reveal what they kept.
func (s *Service) lapse(ctx context.Context, tx pgx.Tx, t *Tender) error {
	for i := range t.bids {
		if t.bids[i].State != Sealed {
			continue
		}
		if err := s.moveBid(ctx, tx, platform(), t, &t.bids[i], Lapse, "没有按时来拆。"); err != nil {
			return err
		}
	}
	return nil
}

// fail ends a round without a result; what was sealed in it nobody reads.
func (s *Service) fail(ctx context.Context, tx pgx.Tx, t *Tender) error {
	if err := s.drop(ctx, tx, t, "流标。"); err != nil {
		return err
	}
	err := s.move(ctx, tx, platform(), t, OfPlatform, Fail, func() error {
		t.keyPublic, t.keyLocked = "", nil
		t.stop()
		return nil
	})
	if err != nil {
		return err
	}
	return s.tellAll(ctx, tx, t, noticeFailed, t.words)
}

// drop withdraws what is still sealed.
func (s *Service) drop(ctx context.Context, tx pgx.Tx, t *Tender, why string) error {
	for i := range t.bids {
		if t.bids[i].State != Sealed {
			continue
		}
		t.bids[i].locked = nil
		if err := s.moveBid(ctx, tx, platform(), t, &t.bids[i], Drop, why); err != nil {
			return err
		}
	}
	return nil
}

// Tick moves what time has moved of every tender. It may run as often as one likes;
// each is moved in a transaction of its own.
func (s *Service) Tick(ctx context.Context) error {
	numbers, err := selectDue(ctx, s.pool, s.instant())
	for _, number := range numbers {
		err = errors.Join(err, s.Advance(ctx, number))
	}
	return err
}
