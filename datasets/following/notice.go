package following

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/inbox"
)

// Match is what a notice is about where it is no event of an entry: a followed
// search finds one.
const Match = "match"

// Due is what a notice is about where work at a desk is due, and Arrived where it
// came.
const (
	Due     = "due"
	Arrived = "arrived"
)

// Notice is one thing that somebody is told.
type Notice struct {
	ID    int64
	Topic Topic
	Kind  string // of the event, or Match, Due, Arrived
	Event *datasets.Event

	Title   string // of the entry
	TitleEN string
	Path    string // the page that it leads to
	At      time.Time
	Read    bool
	Follow  *Follow // through which one is told; nil where it is no follow

	Desk *inbox.Item // of the desk: what waits there
	Own  *Own        // of one's own case

	user int64
	desk deskKey
}

// shownAtOnce is how many notices a page of the list shows.
const shownAtOnce = 50

// Notices are who's notices, the newest first: those with a number below before,
// or all where it is 0. They hold nothing that who may not see now.
func (s *Service) Notices(ctx context.Context, who account.Actor, before int64, unread bool) (list []Notice, more bool, err error) {
	if err := person(who); err != nil {
		return nil, false, err
	}
	list, err = s.selectNotices(ctx, s.pool, `n.user_id = @user AND n.shown AND (@before = 0 OR n.id < @before) AND (NOT @unread OR n.read_at IS NULL)`,
		pgx.NamedArgs{"user": who.ID, "before": before, "unread": unread, "limit": shownAtOnce + 1})
	if len(list) > shownAtOnce {
		list, more = list[:shownAtOnce], true
	}
	return list, more, err
}

// Unread counts who's notices that were not read; it counts no further than a
// bell shows.
func (s *Service) Unread(ctx context.Context, who account.Actor) (int, error) {
	if person(who) != nil {
		return 0, nil
	}
	return countUnread(ctx, s.pool, who.ID)
}

// MostUnread is as far as Unread counts.
const MostUnread = 100

// Read marks one of who's notices as read and returns it, to go on to its page.
func (s *Service) Read(ctx context.Context, who account.Actor, id int64) (*Notice, error) {
	if err := person(who); err != nil {
		return nil, err
	}
	found, err := s.selectNotices(ctx, s.pool, `n.user_id = @user AND n.shown AND n.id = @id`, pgx.NamedArgs{"user": who.ID, "id": id, "limit": 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "没有这条通知，或者它讲的东西已经看不到了。")
	}
	return &found[0], markRead(ctx, s.pool, who.ID, id, s.now())
}

// ReadAll marks all of who's notices up to a number as read: those that the page
// showed, and none that came since.
func (s *Service) ReadAll(ctx context.Context, who account.Actor, upTo int64) error {
	if err := person(who); err != nil {
		return err
	}
	return markAllRead(ctx, s.pool, who.ID, upTo, s.now())
}

// Current is a notice as its reader may be told of it now; nil where not.
func (s *Service) Current(ctx context.Context, id int64) (*Notice, error) {
	found, err := s.selectNotices(ctx, s.pool, `n.id = @id`, pgx.NamedArgs{"id": id, "limit": 1})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if found, err = s.atDesk(ctx, found[0].user, found); err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// Sweep removes notices that were read long ago and are told in no letter any
// more.
func (s *Service) Sweep(ctx context.Context) error {
	return sweepNotices(ctx, s.pool, s.now().Add(-s.rules.Kept))
}
