package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/jobs"
)

// OrganisationNotice is the job of one letter to an owner of an organisation that
// was suspended, or is not any more.
type OrganisationNotice struct {
	ID           string    `json:"id"` // the same at every try
	To           string    `json:"to"`
	Organisation int64     `json:"organisation"`
	Name         string    `json:"name"`
	Suspended    bool      `json:"suspended"`
	Reason       string    `json:"reason"`
	At           time.Time `json:"at"`
}

// Kind names the job.
func (OrganisationNotice) Kind() string { return "organisation_notice" }

// OrganisationMoved is the job that is announced, in the transaction of the act, when
// an organisation was suspended or reinstated: whoever runs something of it, or under
// it, looks whether that still may, and those who work with it are told. At the gate
// it has ended already, with the act itself.
type OrganisationMoved struct {
	Organisation int64     `json:"organisation"`
	Suspended    bool      `json:"suspended"`
	At           time.Time `json:"at"`
}

// Kind names the job.
func (OrganisationMoved) Kind() string { return "organisation_moved" }

// Stands reports whether an organisation may apply, sign and be given data: it was
// verified and is not suspended.
func (o Organisation) Stands() bool { return o.Status == OrgVerified && o.Suspended == nil }

// SuspendOrganisation stops a verified organisation with a reason: from now on it
// neither applies nor signs, and none of its grants lets anything pass. Nothing of
// them is changed, so that lifting it restores what was. It is for whoever verifies
// organisations, who show now who they are. It returns fault.Invalid without a
// reason, and fault.Conflict where it is suspended already or was not verified.
func (s *Service) SuspendOrganisation(ctx context.Context, who Actor, id int64, reason string) error {
	return s.setSuspended(ctx, who, id, true, reason)
}

// ReinstateOrganisation lifts that, with a reason.
func (s *Service) ReinstateOrganisation(ctx context.Context, who Actor, id int64, reason string) error {
	return s.setSuspended(ctx, who, id, false, reason)
}

func (s *Service) setSuspended(ctx context.Context, who Actor, id int64, suspended bool, reason string) error {
	if !who.Is(Authority) || who.Key != "" {
		return fault.New(fault.Forbidden, "只有数据主管部门可以暂停和恢复机构。")
	}
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return fault.At("reason", "请写明理由，机构看得到。")
	}
	if err := checkReason(reason); err != nil {
		return err
	}
	if err := s.RequireFresh(who); err != nil {
		return err
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var status, name string
		var now bool
		err := tx.QueryRow(ctx, `SELECT status, name, suspended_at IS NOT NULL FROM organisations WHERE id = $1 AND status <> 'draft' FOR UPDATE`, id).Scan(&status, &name, &now)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return struct{}{}, errNoOrganisation()
		case err != nil:
			return struct{}{}, fmt.Errorf("suspend: %w", err)
		case status != OrgVerified:
			return struct{}{}, fault.New(fault.Conflict, "机构没有通过认证，不用暂停。")
		case suspended && now:
			return struct{}{}, fault.New(fault.Conflict, "机构已经暂停。")
		case !suspended && !now:
			return struct{}{}, fault.New(fault.Conflict, "机构没有暂停。")
		}
		act, why, at := "organisation.reinstated", "", (*time.Time)(nil)
		if suspended {
			t := s.now()
			act, why, at = "organisation.suspended", reason, &t
		}
		if _, err := tx.Exec(ctx, `UPDATE organisations SET suspended_at = $2, suspended_reason = $3 WHERE id = $1`, id, at, why); err != nil {
			return struct{}{}, fmt.Errorf("suspend: %w", err)
		}
		if err := s.tellOwners(ctx, tx, OrganisationNotice{Organisation: id, Name: name, Suspended: suspended, Reason: reason, At: s.now()}); err != nil {
			return struct{}{}, err
		}
		if err := jobs.Announce(ctx, tx, OrganisationMoved{Organisation: id, Suspended: suspended, At: s.now()}); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.recordOrg(ctx, tx, who, id, act, map[string]string{"reason": reason})
	})
	return err
}

// tellOwners announces a letter to each owner of an organisation.
func (s *Service) tellOwners(ctx context.Context, tx pgx.Tx, n OrganisationNotice) error {
	rows, err := tx.Query(ctx, `
		SELECT u.identifier FROM organisation_members m JOIN users u ON u.id = m.user_id
		WHERE m.organisation_id = $1 AND m.role = 'owner' AND u.disabled_at IS NULL AND u.leaving_at IS NULL ORDER BY u.id`, n.Organisation)
	if err != nil {
		return fmt.Errorf("owners: %w", err)
	}
	owners, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("owners: %w", err)
	}
	for _, n.To = range owners {
		n.ID = randomHex(16)
		if err := jobs.Announce(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}

// Verified are the verified organisations whose name holds a word or whose code it
// is (empty: all), for the data authority: those that are suspended first, then
// the newest, limit of them.
func (s *Service) Verified(ctx context.Context, who Actor, word string, limit int) ([]Organisation, error) {
	if !who.Is(Authority) {
		return nil, fault.New(fault.Forbidden, "只有数据主管部门可以认证机构。")
	}
	return s.organisations(ctx, `SELECT `+orgColumns+`, '' AS role FROM organisations o
		WHERE status = 'verified' AND (@word = '' OR strpos(lower(name), lower(@word)) > 0 OR credit_code = upper(@word))
		ORDER BY suspended_at DESC NULLS LAST, id DESC LIMIT @limit`, pgx.NamedArgs{"word": strings.TrimSpace(word), "limit": limit})
}

// checkReason returns fault.Invalid for a reason that is too long or holds what
// cannot be printed.
func checkReason(reason string) error {
	if !utf8.ValidString(reason) || utf8.RuneCountInString(reason) > 1000 || strings.ContainsFunc(reason, func(r rune) bool { return unprintable(r) && r != '\n' && r != '\r' }) {
		return fault.At("reason", "理由最多 1000 个字，不含控制字符。")
	}
	return nil
}
