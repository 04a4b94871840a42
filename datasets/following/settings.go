package following

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Lang is the language in which somebody is written to.
type Lang string

// The languages.
const (
	Chinese Lang = "zh"
	English Lang = "en"
)

// Topic is what a notice is about.
type Topic string

// The topics.
const (
	OnFollows Topic = "follow" // what one follows
	OnDesk    Topic = "desk"   // what waits for one's role
	OnOwn     Topic = "own"    // one's own questions and webhooks
)

// OnDaily stands in a link for everything that goes into the daily letter.
const OnDaily Topic = "daily"

// Topics are all topics.
var Topics = []Topic{OnFollows, OnDesk, OnOwn}

// Channel is how somebody is told.
type Channel string

// The channels.
const (
	App  Channel = "app"
	Mail Channel = "mail"
	Hook Channel = "hook"
)

// Channels are all channels.
var Channels = []Channel{App, Mail, Hook}

// Mode is how soon.
type Mode string

// The modes.
const (
	AtOnce Mode = "now"
	Daily  Mode = "daily"
	Off    Mode = "off"
)

// modes are the modes that each channel has: only letters are put together.
var modes = map[Channel][]Mode{App: {AtOnce, Off}, Mail: {AtOnce, Daily, Off}, Hook: {AtOnce, Off}}

// Modes are the modes that a channel has.
func (c Channel) Modes() []Mode { return modes[c] }

// usual is what holds until somebody chooses otherwise.
var usual = map[Topic]map[Channel]Mode{
	OnFollows: {App: AtOnce, Mail: Daily, Hook: AtOnce},
	OnDesk:    {App: AtOnce, Mail: AtOnce, Hook: Off},
	OnOwn:     {App: AtOnce, Mail: AtOnce, Hook: AtOnce},
}

// Settings are what somebody chose.
type Settings struct {
	Lang  Lang
	Modes map[Topic]map[Channel]Mode // of every topic and channel
}

// Settings are who's own.
func (s *Service) Settings(ctx context.Context, who account.Actor) (Settings, error) {
	if err := person(who); err != nil {
		return Settings{}, err
	}
	return selectSettings(ctx, s.pool, who.ID)
}

// Set keeps what who chose. It returns fault.Invalid for a mode that a channel
// has not.
func (s *Service) Set(ctx context.Context, who account.Actor, chosen Settings) error {
	if err := person(who); err != nil {
		return err
	}
	if chosen.Lang != Chinese && chosen.Lang != English {
		return fault.At("lang", "请选一种语言。")
	}
	for _, t := range Topics {
		for _, c := range Channels {
			if !has(c, chosen.Modes[t][c]) {
				return fault.At(string(t)+"-"+string(c), "没有这种方式，请重新选。")
			}
		}
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if err := putReader(ctx, tx, who.ID, chosen.Lang); err != nil {
			return none, err
		}
		for _, t := range Topics {
			for _, c := range Channels {
				if err := putMode(ctx, tx, who.ID, t, c, chosen.Modes[t][c]); err != nil {
					return none, err
				}
			}
		}
		return none, audit.Append(ctx, tx, who, "notices", strconv.FormatInt(who.ID, 10), "choose", nil)
	})
	return err
}

func has(c Channel, m Mode) bool {
	for _, each := range modes[c] {
		if each == m {
			return true
		}
	}
	return false
}

// Wish is how somebody wants letters on a topic that a neighbouring domain writes.
type Wish struct {
	Mode Mode
	Lang Lang   // empty: nobody said
	Ends string // token that ends them; empty: an address of no account
}

// Wish is what the owner of an address wants. An address of no account, as that
// of a department, is written to at once.
func (s *Service) Wish(ctx context.Context, address string, t Topic) (Wish, error) {
	w, user, err := selectWish(ctx, s.pool, address, t)
	if err == nil && user != 0 {
		w.Ends = s.token(Unsubscription{User: user, Topic: t})
	}
	return w, err
}
