package following

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// lockUser holds the account of somebody until tx ends, and reports whether it
// is there.
func lockUser(ctx context.Context, tx pgx.Tx, user int64) (bool, error) {
	err := tx.QueryRow(ctx, `SELECT id FROM users WHERE id = @id AND disabled_at IS NULL FOR NO KEY UPDATE`, pgx.NamedArgs{"id": user}).Scan(&user)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// lockReader is lockUser, and keeps the language that one is first met in.
func lockReader(ctx context.Context, tx pgx.Tx, user int64, lang Lang) error {
	there, err := lockUser(ctx, tx, user)
	if err != nil {
		return err
	}
	if !there {
		return fault.New(fault.Unauthenticated, "请先登录。")
	}
	_, err = tx.Exec(ctx, `INSERT INTO readers (user_id, lang) VALUES (@user, @lang) ON CONFLICT DO NOTHING`, pgx.NamedArgs{"user": user, "lang": lang})
	return err
}

// insertFollow returns the number of the new follow, 0 where there was one.
func insertFollow(ctx context.Context, tx pgx.Tx, user int64, t Target, id int64, most int, now time.Time) (follow int64, err error) {
	args := pgx.NamedArgs{"user": user, "kind": t.Kind, "id": id, "search": "", "most": most, "now": now}
	if t.Kind == Search {
		args["search"] = t.Of
	}
	err = tx.QueryRow(ctx, `
		INSERT INTO follows (user_id, kind, dataset_id, department_id, theme_id, search, created_at)
		SELECT @user, @kind::text, CASE @kind WHEN 'dataset' THEN @id::bigint END, CASE @kind WHEN 'department' THEN @id::bigint END,
		       CASE @kind WHEN 'theme' THEN @id::bigint END, @search, @now
		ON CONFLICT DO NOTHING RETURNING id`, args).Scan(&follow)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var n int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM follows WHERE user_id = @user`, args).Scan(&n); err != nil {
		return 0, err
	}
	if n > most {
		return 0, fault.New(fault.Conflict, "最多关注 %d 个，请先取消不再看的。", most)
	}
	return follow, nil
}

// keepMatches keeps that a followed search has found these entries already.
func keepMatches(ctx context.Context, tx pgx.Tx, follow int64, slugs []string) error {
	_, err := tx.Exec(ctx, `INSERT INTO search_matches (follow_id, dataset_id) SELECT @follow, id FROM datasets WHERE slug = ANY(@slugs) ON CONFLICT DO NOTHING`,
		pgx.NamedArgs{"follow": follow, "slugs": slugs})
	return err
}

func deleteFollow(ctx context.Context, tx pgx.Tx, user, id int64) (bool, error) {
	tag, err := tx.Exec(ctx, `DELETE FROM follows WHERE id = @id AND user_id = @user`, pgx.NamedArgs{"id": id, "user": user})
	return tag.RowsAffected() > 0, err
}

const followColumns = `f.id, f.kind, coalesce(d.slug, p.slug, t.slug, f.search), coalesce(d.title, p.name, t.name, ''), coalesce(d.title_en, p.name_en, t.name_en, ''),
	f.kind = 'dataset' AND NOT (d.status = 'published' AND d.open_type <> 'withheld'), f.created_at`

const followTables = ` FROM follows f LEFT JOIN datasets d ON d.id = f.dataset_id LEFT JOIN departments p ON p.id = f.department_id LEFT JOIN themes t ON t.id = f.theme_id `

// selectFollows leaves the name of an entry out that nobody may see any more.
func selectFollows(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Follow, error) {
	rows, err := q.Query(ctx, `SELECT `+followColumns+followTables+`WHERE `+where+` ORDER BY f.id DESC`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (f Follow, err error) {
		if err = row.Scan(&f.ID, &f.Kind, &f.Of, &f.Name, &f.NameE, &f.Gone, &f.Since); f.Gone {
			f.Of, f.Name, f.NameE = "", "", ""
		}
		return f, err
	})
}

func selectFollowing(ctx context.Context, q database.Querier, user int64, t Target) (id int64, err error) {
	where := map[Kind]string{Dataset: `d.slug`, Department: `p.slug`, Theme: `t.slug`, Search: `f.search`}[t.Kind]
	if where == "" {
		return 0, nil
	}
	err = q.QueryRow(ctx, `SELECT f.id`+followTables+`WHERE f.user_id = @user AND f.kind = @kind AND `+where+` = @of`,
		pgx.NamedArgs{"user": user, "kind": t.Kind, "of": t.Of}).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

func putReader(ctx context.Context, tx pgx.Tx, user int64, lang Lang) error {
	_, err := tx.Exec(ctx, `INSERT INTO readers (user_id, lang) VALUES (@user, @lang) ON CONFLICT (user_id) DO UPDATE SET lang = excluded.lang`, pgx.NamedArgs{"user": user, "lang": lang})
	return err
}

func putMode(ctx context.Context, tx pgx.Tx, user int64, t Topic, c Channel, m Mode) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO notice_settings (user_id, topic, channel, mode) VALUES (@user, @topic, @channel, @mode)
		ON CONFLICT (user_id, topic, channel) DO UPDATE SET mode = excluded.mode`,
		pgx.NamedArgs{"user": user, "topic": t, "channel": c, "mode": m})
	return err
}

func selectSettings(ctx context.Context, q database.Querier, user int64) (Settings, error) {
	out := Settings{Lang: Chinese, Modes: map[Topic]map[Channel]Mode{}}
	for _, t := range Topics {
		out.Modes[t] = map[Channel]Mode{}
		for _, c := range t.Channels() {
			out.Modes[t][c] = usual[t][c]
		}
	}
	err := q.QueryRow(ctx, `SELECT lang FROM readers WHERE user_id = @user`, pgx.NamedArgs{"user": user}).Scan(&out.Lang)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return out, err
	}
	rows, err := q.Query(ctx, `SELECT topic, channel, mode FROM notice_settings WHERE user_id = @user`, pgx.NamedArgs{"user": user})
	if err != nil {
		return out, err
	}
	var t Topic
	var c Channel
	var m Mode
	_, err = pgx.ForEachRow(rows, []any{&t, &c, &m}, func() error {
		if slices.Contains(t.Modes(c), m) { // what can be chosen no more is as if it never was
			out.Modes[t][c] = m
		}
		return nil
	})
	return out, err
}

func selectWish(ctx context.Context, q database.Querier, address string, t Topic) (w Wish, user int64, err error) {
	err = q.QueryRow(ctx, `
		SELECT u.id, `+mode(t, Mail)+`, coalesce((SELECT lang FROM readers r WHERE r.user_id = u.id), '')
		FROM users u WHERE u.identifier = lower(@address) AND u.disabled_at IS NULL`,
		pgx.NamedArgs{"address": address}).Scan(&user, &w.Mode, &w.Lang)
	if errors.Is(err, pgx.ErrNoRows) {
		return Wish{Mode: AtOnce}, 0, nil
	}
	return w, user, err
}

// mode is, in SQL, what the user u chose for a topic and channel.
func mode(t Topic, c Channel) string {
	chosen := `coalesce((SELECT mode FROM notice_settings s WHERE s.user_id = u.id AND s.topic = '` + string(t) + `' AND s.channel = '` + string(c) + `'), '` + string(usual[t][c]) + `')`
	if c == Mail {
		return `CASE WHEN position('@' IN u.identifier) > 0 THEN ` + chosen + ` ELSE 'off' END`
	}
	return chosen
}

// modesOf are the columns shown and mail of a notice on a topic to the user u.
func modesOf(t Topic) string {
	return mode(t, App) + ` <> 'off', ` + mode(t, Mail)
}

// returning is what is to be sent out of new notices.
const returning = ` ON CONFLICT (user_id, key) DO NOTHING RETURNING id, user_id, mail, kind`

func collectTold(rows pgx.Rows, err error) ([]Told, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Told, err error) {
		return t, row.Scan(&t.ID, &t.User, &t.Mail, &t.Kind)
	})
}

// tellFollowers writes the notice of an event for each of its followers: of a
// new entry those of its department and theme, of all else those of the entry.
// Whoever followed it only after it happened is not told.
func tellFollowers(ctx context.Context, tx pgx.Tx, e *datasets.Event, now time.Time) ([]Told, error) {
	whose := `f.dataset_id = @dataset`
	if e.Kind == datasets.EventPublished {
		whose = `(f.department_id = @department OR f.theme_id = @theme)`
	}
	return collectTold(tx.Query(ctx, `
		INSERT INTO notices (user_id, topic, key, dataset_id, event_id, follow_id, kind, at, shown, mail)
		SELECT DISTINCT ON (u.id) u.id, 'follow', @key, @dataset, @event, f.id, @kind, @now, `+modesOf(OnFollows)+`
		FROM follows f JOIN users u ON u.id = f.user_id AND u.disabled_at IS NULL
		WHERE `+whose+` AND f.created_at <= @happened ORDER BY u.id, f.id`+returning,
		pgx.NamedArgs{"key": eventKey(e), "dataset": e.Dataset.ID, "department": e.Dataset.Department.ID, "theme": e.Dataset.Theme.ID, "event": e.ID, "kind": e.Kind, "happened": e.At, "now": now}))
}

// tellAsker writes the notice of an answer for whoever asked. The letter about it
// is that of the question, unless the reader wants one a day.
func tellAsker(ctx context.Context, tx pgx.Tx, e *datasets.Event, now time.Time) ([]Told, error) {
	return collectTold(tx.Query(ctx, `
		INSERT INTO notices (user_id, topic, key, dataset_id, event_id, kind, at, shown, mail)
		SELECT u.id, 'own', @key, @dataset, @event, @kind, @now, `+mode(OnOwn, App)+` <> 'off', CASE `+mode(OnOwn, Mail)+` WHEN 'daily' THEN 'daily' ELSE 'off' END
		FROM questions q JOIN users u ON u.id = q.user_id AND u.disabled_at IS NULL
		WHERE q.id = @number`+returning,
		pgx.NamedArgs{"key": eventKey(e), "dataset": e.Dataset.ID, "event": e.ID, "number": e.Number, "kind": e.Kind, "now": now}))
}

// insertOwn writes a notice about somebody's own case; its letter is that of the
// case.
func insertOwn(ctx context.Context, q database.Querier, args pgx.NamedArgs) error {
	_, err := q.Exec(ctx, `
		INSERT INTO notices (user_id, topic, key, kind, detail, at, shown, mail)
		SELECT u.id, 'own', @key, @kind, @detail, @now, true, 'off' FROM users u
		WHERE u.identifier = @address AND u.disabled_at IS NULL AND `+mode(OnOwn, App)+` <> 'off'
		ON CONFLICT (user_id, key) DO NOTHING`, args)
	return err
}

// tellSearchers writes the notice that a search finds entries for everybody who
// follows it, of each entry once.
func tellSearchers(ctx context.Context, tx pgx.Tx, query string, ids []int64, now time.Time) ([]Told, error) {
	return collectTold(tx.Query(ctx, `
		WITH found AS (
			INSERT INTO search_matches (follow_id, dataset_id)
			SELECT f.id, d FROM follows f, unnest(@ids::bigint[]) d WHERE f.kind = 'search' AND f.search = @query
			ON CONFLICT DO NOTHING RETURNING follow_id, dataset_id)
		INSERT INTO notices (user_id, topic, key, dataset_id, follow_id, kind, at, shown, mail)
		SELECT u.id, 'follow', 'new/' || n.dataset_id, n.dataset_id, n.follow_id, 'match', @now, `+modesOf(OnFollows)+`
		FROM found n JOIN follows f ON f.id = n.follow_id JOIN users u ON u.id = f.user_id AND u.disabled_at IS NULL
		ORDER BY n.dataset_id, u.id`+returning,
		pgx.NamedArgs{"query": query, "ids": ids, "now": now}))
}

func lockCursor(ctx context.Context, tx pgx.Tx) (seq int64, err error) {
	err = tx.QueryRow(ctx, `SELECT seq FROM search_cursor FOR UPDATE`).Scan(&seq)
	return seq, err
}

func moveCursor(ctx context.Context, tx pgx.Tx, seq int64) error {
	_, err := tx.Exec(ctx, `UPDATE search_cursor SET seq = @seq`, pgx.NamedArgs{"seq": seq})
	return err
}

func followedSearches(ctx context.Context, tx pgx.Tx) ([]string, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT search FROM follows WHERE kind = 'search' ORDER BY search`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// insertMailing is the letter of one notice.
func insertMailing(ctx context.Context, tx pgx.Tx, n Told, now time.Time) (id int64, err error) {
	err = tx.QueryRow(ctx, `
		WITH m AS (INSERT INTO mailings (user_id, digest, at) VALUES (@user, false, @now) RETURNING id),
		     n AS (UPDATE notices SET mailing_id = (SELECT id FROM m) WHERE id = @notice)
		SELECT id FROM m`, pgx.NamedArgs{"user": n.User, "notice": n.ID, "now": now}).Scan(&id)
	return id, err
}

// insertDigests makes the letter of a day for everybody for whom something
// waits, and puts that into it.
func insertDigests(ctx context.Context, tx pgx.Tx, day string, now time.Time) ([]int64, error) {
	rows, err := tx.Query(ctx, `
		INSERT INTO mailings (user_id, digest, day, at)
		SELECT DISTINCT n.user_id, true, @day::date, @now::timestamptz FROM notices n WHERE n.mail = 'daily' AND n.mailing_id IS NULL
		ON CONFLICT (user_id, day) DO NOTHING RETURNING id`, pgx.NamedArgs{"day": day, "now": now})
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	_, err = tx.Exec(ctx, `
		UPDATE notices n SET mailing_id = m.id FROM mailings m
		WHERE m.id = ANY(@ids) AND n.user_id = m.user_id AND n.mail = 'daily' AND n.mailing_id IS NULL`, pgx.NamedArgs{"ids": ids})
	return ids, err
}

// selectMailing is a letter that is not sent yet, and to whom; nil where it is,
// or its reader can get none.
func selectMailing(ctx context.Context, q database.Querier, id int64) (*Letter, int64, error) {
	var l Letter
	var user int64
	var day *time.Time
	err := q.QueryRow(ctx, `
		SELECT u.id, u.identifier, u.name, m.digest, m.day, m.at FROM mailings m JOIN users u ON u.id = m.user_id
		WHERE m.id = @id AND m.done_at IS NULL AND u.disabled_at IS NULL AND position('@' IN u.identifier) > 0`,
		pgx.NamedArgs{"id": id}).Scan(&user, &l.To, &l.Name, &l.Digest, &day, &l.At)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, 0, nil
	}
	if day != nil {
		l.Day = *day
	}
	return &l, user, err
}

func closeMailing(ctx context.Context, q database.Querier, id int64, now time.Time) error {
	_, err := q.Exec(ctx, `UPDATE mailings SET done_at = @now WHERE id = @id AND done_at IS NULL`, pgx.NamedArgs{"id": id, "now": now})
	return err
}

// selectNotices are notices with the events that they are of, the newest first.
// What nobody may be told of now is left out.
func (s *Service) selectNotices(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Notice, error) {
	rows, err := q.Query(ctx, `
		SELECT n.id, n.user_id, n.topic, n.kind, coalesce(n.event_id, 0), coalesce(d.title, ''), coalesce(d.title_en, ''), coalesce('/datasets/' || d.slug, ''),
		       n.at, n.read_at IS NOT NULL, coalesce(n.follow_id, 0), coalesce(n.detail ->> 'kind', ''), coalesce(n.detail ->> 'id', ''),
		       coalesce(n.detail ->> 'zh', ''), coalesce(n.detail ->> 'en', ''), coalesce(n.detail ->> 'path', '')
		FROM notices n LEFT JOIN datasets d ON d.id = n.dataset_id LEFT JOIN events e ON e.id = n.event_id
		WHERE (d.id IS NULL OR `+datasets.Told+`) AND `+where+` ORDER BY n.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, err
	}
	var events, follows []int64
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n Notice, err error) {
		var event, follow int64
		var own Own
		err = row.Scan(&n.ID, &n.user, &n.Topic, &n.Kind, &event, &n.Title, &n.TitleEN, &n.Path, &n.At, &n.Read, &follow, &n.desk.Kind, &n.desk.ID, &own.Zh, &own.En, &own.Path)
		if own.Path != "" {
			own.Kind, n.Path, n.Own = n.Kind, own.Path, &own
		}
		events, follows = append(events, event), append(follows, follow)
		return n, err
	})
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return out, s.complete(ctx, q, out, events, follows)
}

// complete gives each notice its event and the follow it came by.
func (s *Service) complete(ctx context.Context, q database.Querier, list []Notice, events, follows []int64) error {
	found, err := s.catalogue.EventsByID(ctx, q, events)
	if err != nil {
		return err
	}
	byID := map[int64]*datasets.Event{}
	for i := range found {
		byID[found[i].ID] = &found[i]
	}
	followed, err := selectFollows(ctx, q, `f.id = ANY(@ids)`, pgx.NamedArgs{"ids": follows})
	if err != nil {
		return err
	}
	through := map[int64]*Follow{}
	for i := range followed {
		if f := &followed[i]; f.Kind == Search {
			f.Name = searchText(f.Of)
		}
		through[followed[i].ID] = &followed[i]
	}
	for i := range list {
		list[i].Event, list[i].Follow = byID[events[i]], through[follows[i]]
	}
	return nil
}

func countUnread(ctx context.Context, q database.Querier, user int64) (n int, err error) {
	err = q.QueryRow(ctx, `
		SELECT count(*) FROM (
			SELECT FROM notices n LEFT JOIN datasets d ON d.id = n.dataset_id LEFT JOIN events e ON e.id = n.event_id
			WHERE n.user_id = @user AND n.shown AND n.read_at IS NULL AND (d.id IS NULL OR `+datasets.Told+`) LIMIT @most) counted`,
		pgx.NamedArgs{"user": user, "most": MostUnread}).Scan(&n)
	return n, err
}

func markRead(ctx context.Context, q database.Querier, user, id int64, now time.Time) error {
	_, err := q.Exec(ctx, `UPDATE notices SET read_at = @now WHERE id = @id AND user_id = @user AND read_at IS NULL`, pgx.NamedArgs{"id": id, "user": user, "now": now})
	return err
}

func markAllRead(ctx context.Context, q database.Querier, user, upTo int64, now time.Time) error {
	_, err := q.Exec(ctx, `UPDATE notices SET read_at = @now WHERE user_id = @user AND id <= @to AND read_at IS NULL`, pgx.NamedArgs{"user": user, "to": upTo, "now": now})
	return err
}

// sweepNotices keeps the key of what was told of a new entry as long as the
// search_matches say so; a notice that goes out in no letter any more and was
// read before the day goes.
func sweepNotices(ctx context.Context, q database.Querier, before time.Time) error {
	_, err := q.Exec(ctx, `
		DELETE FROM notices n WHERE n.at < @before AND (n.read_at < @before OR NOT n.shown)
		  AND (n.mail = 'off' OR EXISTS (SELECT FROM mailings m WHERE m.id = n.mailing_id AND m.done_at IS NOT NULL))`, pgx.NamedArgs{"before": before})
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `DELETE FROM mailings m WHERE m.done_at < @before AND NOT EXISTS (SELECT FROM notices n WHERE n.mailing_id = m.id)`, pgx.NamedArgs{"before": before})
	return err
}
