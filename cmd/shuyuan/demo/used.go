package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
	"shuyuan/licensing/use"
)

// oldGrant is how many days ago the sample grant was made whose report is overdue:
// six months and some weeks, so that its warning came and then its suspension.
const oldGrant = 216

// sampleContent is what sample reports say.
var sampleContent = use.Content{Used: "示例：写一篇机场鸟击的科普文章", Results: "示例：一篇文章，已免费公布", Access: "示例：本人", Security: "示例：自己的电脑，磁盘加密", Personal: "no", Onward: "no",
	Shown: "示例：按这份数据写的机场鸟击科普文章，已免费公布。"}

// useAgo is what follows grants, with the grants, as they were so many days ago.
func (s *stage) useAgo(days int) (*use.Service, *licensing.Service, error) {
	l, err := s.licensingAgo(days)
	if err != nil {
		return nil, nil, err
	}
	then := s.Now().AddDate(0, 0, -days)
	u, err := s.Use(l, func() time.Time { return then })
	return u, l, err
}

// useData shows what follows a grant: a report to be read and one that was accepted,
// one overdue with its grant suspended, data to be destroyed, and an audit.
func (s *stage) useData(ctx context.Context) error {
	now, l, err := s.useAgo(0)
	if err != nil {
		return err
	}
	authority := s.as(theAuthority)
	there, err := now.Draws(ctx, authority, 0, 1)
	if err != nil || len(there) > 0 {
		return err // an earlier play did it
	}
	for _, days := range []int{25, 0} { // warned, and then suspended
		u, _, err := s.useAgo(days)
		if err != nil {
			return err
		}
		if err := u.Tick(ctx); err != nil {
			return err
		}
	}
	if _, err := now.Draw(ctx, authority, use.LiveGrants, "示例：数据现在放在哪里，谁能读到，有没有提供给别人？", ""); fault.KindOf(err) == fault.Conflict {
		return nil // there was no room for what is granted
	} else if err != nil {
		return err
	}
	return s.giveBackOne(ctx, now, l)
}

// giveBackOne takes a file under a grant of the citizen's and gives the grant back:
// the data is to be destroyed, and the last report is handed in.
func (s *stage) giveBackOne(ctx context.Context, u *use.Service, l *licensing.Service) error {
	citizen := s.as(theCitizen)
	held, err := l.GrantsOf(ctx, citizen, 0, 100)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(held, func(g licensing.Held) bool { return g.Organisation == 0 && g.Stands(s.Now()) })
	if i < 0 {
		return nil
	}
	g := &held[i]
	d, err := s.Datasets.Dataset(ctx, citizen, g.Dataset.Slug)
	if err != nil {
		return err
	}
	for k := range d.Resources {
		v := d.Resources[k].Newest
		if v == nil {
			continue
		}
		h, err := s.Datasets.Deliver(ctx, citizen, v, datasets.Delivery{Channel: datasets.ByFile, Form: "csv", Request: "demo"})
		if err != nil {
			return fmt.Errorf("%s: %w", g.Number, err)
		}
		h.Sent(1 << 10)
		break
	}
	if _, err = l.MoveGrant(ctx, citizen, g.Number, licensing.Surrender, "", g.Revision); err != nil {
		return err
	}
	r, err := u.Report(ctx, citizen, g.Number, 1)
	if err != nil || !slices.Contains(r.Offers, use.FileReport) { // nothing was there to take
		return err
	}
	_, err = u.File(ctx, citizen, g.Number, 1, sampleContent, r.Revision)
	return err
}
