package notify

import (
	"context"
	netmail "net/mail"
	"strconv"
	"strings"
	"time"

	"shuyuan/datasets/following"
	"shuyuan/internal/fault"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// Follower is what letters about notices are read from; following.Service is it.
type Follower interface {
	// Letter is what a mailing says now; nil where there is nothing to say.
	Letter(ctx context.Context, m following.Mailing) (*following.Letter, error)
	// Sent keeps that a mailing is done with.
	Sent(ctx context.Context, m following.Mailing) error
}

// HandleFollowing lets workers send the letters about notices, of the portal at
// base. What a letter says is read when it is sent. One that is sent again after
// its acceptance was lost has the same Message-ID.
func HandleFollowing(workers *jobs.Workers, sender mail.Sender, base string, from Follower) error {
	return jobs.Handle(workers, func(ctx context.Context, m following.Mailing) error {
		l, err := from.Letter(ctx, m)
		if err != nil || l == nil {
			return err
		}
		err = sender.Send(ctx, Notices(l, base))
		if fault.KindOf(err) == fault.Invalid { // refused for good
			if err := from.Sent(ctx, m); err != nil {
				return err
			}
			return jobs.GiveUp(err)
		}
		if err != nil {
			return err
		}
		return from.Sent(ctx, m)
	})
}

// Notices is a letter about one notice or a day's, in the reader's language. Its
// subject says what happened or what to do, and by its number is its own.
func Notices(l *following.Letter, base string) mail.Letter {
	lang := langOf(l.Lang)
	return mail.Letter{
		To: netmail.Address{Name: l.Name, Address: l.To}, Subject: text.In(lang, "数源") + text.In(lang, "：") + noticeSubject(lang, l),
		Text: noticeText(lang, l, base), ID: l.ID, Written: l.At,
		Unsubscribe: base + "/unsubscribe/" + l.End,
	}
}

func langOf(l following.Lang) text.Lang {
	if l == following.English {
		return text.English
	}
	return text.Chinese
}

// Wishes knows how people want letters that neighbouring domains write;
// following.Service is it.
type Wishes interface {
	Wish(ctx context.Context, address string, t following.Topic) (following.Wish, error)
	// Tell puts what a letter says on the site, too.
	Tell(ctx context.Context, address string, o following.Own) error
}

// onSite puts what a letter to address says about a case of its reader on the
// site, whatever they want of letters. name says it in a language. An account
// without an address for mail is told there alone.
func onSite(ctx context.Context, wishes Wishes, address string, o following.Own, name func(text.Lang) string) (mailed bool, err error) {
	if wishes != nil {
		o.Zh, o.En = name(text.Chinese), name(text.English)
		err = wishes.Tell(ctx, address, o)
	}
	return strings.Contains(address, "@"), err
}

// wished sends a letter as its reader wants it: in the language that was chosen,
// with a link that ends such letters, or not at all. What the daily letter tells
// (later) is not told twice. Where nobody knows the reader, it speaks both
// languages.
func wished(ctx context.Context, sender mail.Sender, wishes Wishes, base string, t following.Topic, write func(...text.Lang) mail.Letter, later bool) error {
	langs := []text.Lang{text.Chinese, text.English}
	l := write(langs...)
	if !strings.Contains(l.To.Address, "@") {
		return nil // an account without an address for mail
	}
	if wishes != nil {
		w, err := wishes.Wish(ctx, l.To.Address, t)
		if err != nil {
			return err
		}
		if w.Mode == following.Off || w.Mode == following.Daily && later {
			return nil
		}
		if w.Lang != "" {
			l = write(langOf(w.Lang))
		}
		if w.Ends != "" {
			l.Unsubscribe = base + "/unsubscribe/" + w.Ends
		}
	}
	err := sender.Send(ctx, l)
	if fault.KindOf(err) == fault.Invalid { // refused for good
		return jobs.GiveUp(err)
	}
	return err
}

// whatever sends a letter that nobody can turn off, in the language that its
// reader chose.
func whatever(ctx context.Context, sender mail.Sender, wishes Wishes, write func(...text.Lang) mail.Letter) error {
	l := write(text.Chinese, text.English)
	if w, err := wishes.Wish(ctx, l.To.Address, following.OnOwn); err != nil {
		return err
	} else if w.Lang != "" {
		l = write(langOf(w.Lang))
	}
	err := sender.Send(ctx, l)
	if fault.KindOf(err) == fault.Invalid { // refused for good
		return jobs.GiveUp(err)
	}
	return err
}

// spoken is what a letter says in each of the languages, one after the other.
func spoken(langs []text.Lang, between string, say func(text.Lang) string) string {
	var parts []string
	for _, l := range langs {
		parts = append(parts, say(l))
	}
	return strings.Join(parts, between)
}

// rule parts the languages of a letter.
const rule = "\n────────\n\n"

// longestSubject is how many characters of what happened a subject tells.
const longestSubject = 80

func noticeSubject(lang text.Lang, l *following.Letter) string {
	first := shortened(templates.NoticeSentence(lang, &l.Items[0]), longestSubject)
	if !l.Digest {
		return first + " TZ-" + strconv.FormatInt(l.Items[0].ID, 10)
	}
	return text.In(lang, "%s 的 %d 件事：%s", l.Day.Format(time.DateOnly), len(l.Items), first)
}

// shortened is s in at most n characters and on one line.
func shortened(s string, n int) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) <= n {
		return string(r)
	}
	return string(r[:n-1]) + "…"
}

func noticeText(lang text.Lang, l *following.Letter, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	lines := []string{say("%s：您好。", l.Name), ""}
	for _, t := range following.Topics {
		first := true
		for i := range l.Items {
			n := &l.Items[i]
			if n.Topic != t {
				continue
			}
			if first && l.Digest {
				lines = append(lines, "【"+templates.TopicName(lang, t)+"】", "")
			}
			first = false
			lines = append(lines, noticeLines(lang, n, base)...)
		}
	}
	for _, t := range following.Topics {
		if token := l.Ends[t]; token != "" {
			lines = append(lines, say("不想再收“%s”的信，点这里退订，不用登录：", templates.TopicName(lang, t)), base+"/unsubscribe/"+token)
		}
	}
	return strings.Join(append(lines, "", say("改成每日一封、随时或者换语言：%s", base+"/account/notifications/settings"),
		say("这封信由系统自动发出，请不要回复。")), "\n") + "\n"
}

func noticeLines(lang text.Lang, n *following.Notice, base string) []string {
	return []string{"- " + templates.NoticeSentence(lang, n), "  " + templates.Moment(n.At) + text.In(lang, "（北京时间）"), "  " + base + templates.NoticePath(n), ""}
}
