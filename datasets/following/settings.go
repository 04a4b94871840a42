package following

import (
	"context"
	"slices"
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
	OnDesk    Topic = "desk"   // what waits at one's desk
	OnOwn     Topic = "own"    // one's own questions
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
)

// Channels are all channels.
var Channels = []Channel{App, Mail}

// Mode is how soon.
type Mode string

// The modes.
const (
	AtOnce Mode = "now"
	Daily  Mode = "daily"
	Off    Mode = "off"
)

// modes are the modes that each channel has for a topic. What waits at the desk
// stands in the inbox, not in the list of notices.
var modes = map[Topic]map[Channel][]Mode{
	OnFollows: {App: {AtOnce, Off}, Mail: {AtOnce, Daily, Off}},
	OnDesk:    {Mail: {AtOnce, Daily, Off}},
	OnOwn:     {App: {AtOnce, Off}, Mail: {AtOnce, Daily, Off}},
}

// Modes are the modes that a channel has for the topic.
func (t Topic) Modes(c Channel) []Mode { return modes[t][c] }

// Channels are those by which one can be told of the topic.
func (t Topic) Channels() []Channel {
	var out []Channel
	for _, c := range Channels {
		if len(modes[t][c]) > 0 {
			out = append(out, c)
		}
	}
	return out
}

// usual is what holds until somebody chooses otherwise.
var usual = map[Topic]map[Channel]Mode{
	OnFollows: {App: AtOnce, Mail: Daily},
	OnDesk:    {Mail: AtOnce},
	OnOwn:     {App: AtOnce, Mail: AtOnce},
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

// Set keeps what who chose. It returns fault.Invalid, at its Field, for a mode
// that a channel has not.
func (s *Service) Set(ctx context.Context, who account.Actor, chosen Settings) error {
	if err := person(who); err != nil {
		return err
	}
	if chosen.Lang != Chinese && chosen.Lang != English {
		return fault.At("lang", "请选一种语言。")
	}
	for _, t := range Topics {
		for _, c := range t.Channels() {
			if m := chosen.Modes[t][c]; !slices.Contains(t.Modes(c), m) {
				if m == Daily {
					return fault.At(Field(t, c), "站内通知没有每日一封，请选随时或者不要。")
				}
				return fault.At(Field(t, c), "没有这种方式，请重新选。")
			}
		}
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if err := putReader(ctx, tx, who.ID, chosen.Lang); err != nil {
			return none, err
		}
		for _, t := range Topics {
			for _, c := range t.Channels() {
				if err := putMode(ctx, tx, who.ID, t, c, chosen.Modes[t][c]); err != nil {
					return none, err
				}
			}
		}
		return none, audit.Append(ctx, tx, who, "notices", strconv.FormatInt(who.ID, 10), "choose", nil)
	})
	return err
}

// Field names the choice of a topic and channel in forms.
func Field(t Topic, c Channel) string { return string(t) + "-" + string(c) }

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
