package following

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// Own is what somebody is told about a case of their own: an application, a grant,
// a demand, an objection, a request for sharing. The domain that a case belongs to
// writes the letter about it; here it stands on the site.
type Own struct {
	Kind string // of case
	Key  string // the same however often it is told
	Zh   string // what happened, in one sentence
	En   string
	Path string // the page of the case
}

// The kinds of case.
const (
	OwnApplication = "application"
	OwnGrant       = "grant"
	OwnDemand      = "demand"
	OwnObjection   = "objection"
	OwnShare       = "share"

	OwnOrganisation = "organisation"
)

type ownDetail struct {
	Zh   string `json:"zh"`
	En   string `json:"en"`
	Path string `json:"path"`
}

// Tell writes a notice about a case of whoever has an account under address, as
// they want such notices on the site; of nobody else and not twice.
func (s *Service) Tell(ctx context.Context, address string, o Own) error {
	if !strings.HasPrefix(o.Path, "/") || o.Key == "" || !utf8.ValidString(o.Zh+o.En) {
		return fmt.Errorf("following: a notice that leads nowhere: %q", o.Key)
	}
	detail, err := json.Marshal(ownDetail{o.Zh, o.En, o.Path})
	if err != nil {
		return err
	}
	return insertOwn(ctx, s.pool, pgx.NamedArgs{"address": address, "key": o.Kind + "/" + o.Key, "kind": o.Kind, "detail": detail, "now": s.now()})
}
