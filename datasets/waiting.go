package datasets

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/inbox"
	"shuyuan/internal/policy"
)

// The kinds of what waits for the officers of a department.
const (
	WaitsUpload  = "upload"
	WaitsFinding = "finding"
	WaitsLink    = "link"
	WaitsUpdate  = "update"
)

// updateAhead is how many days before the promised day an update waits in the
// list.
const updateAhead = 14

// Waiting is what waits for an officer: files that were read and those that
// could not be, findings to decide, addresses that died, and the updates that
// the catalogue promises. It is empty for everybody else.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if !officer(who) {
		return nil, nil
	}
	var all []inbox.Item
	for _, part := range []func(context.Context, account.Actor) ([]inbox.Item, error){s.waitingUploads, s.waitingFindings, s.waitingLinks, s.waitingUpdates} {
		items, err := part(ctx, who)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
	}
	return all, nil
}

// asked is what an officer is asked about an upload in this state.
var asked = map[UploadState]string{
	Reviewing: "看一看读成的表，再发布。",
	Rejected:  "没有读成，请改好文件再上传。",
	Failed:    "没有读成，请再试一次。",
}

func (s *Service) waitingUploads(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT u.id, u.state, u.file_name, d.title, d.title_en, u.changed_at
		FROM uploads u JOIN resources r ON r.id = u.resource_id JOIN datasets d ON d.id = r.dataset_id
		WHERE u.department_id = @department AND u.state = ANY (@states)
		-- what is or was under review waits for others, or in the list of the reviews
		AND NOT (u.state = 'review' AND EXISTS (SELECT FROM opening_reviews o WHERE o.upload_id = u.id AND o.state <> 'taken_back' AND o.revoked_at IS NULL))`,
		pgx.NamedArgs{"department": who.Department, "states": []UploadState{Reviewing, Rejected, Failed}})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (inbox.Item, error) {
		i := inbox.Item{Kind: WaitsUpload}
		var state UploadState
		err := row.Scan(&i.ID, &state, &i.Title.Zh, &i.Sub.Zh, &i.Sub.En, &i.Since)
		i.Ask, i.Path = asked[state], "/desk/uploads/"+i.ID
		return i, err
	})
}

func (s *Service) waitingFindings(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	found, err := s.Findings(ctx, who, FindingFilter{Open: true})
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for i := range found {
		f := &found[i]
		id := strconv.FormatInt(f.ID, 10)
		item := inbox.Item{Kind: WaitsFinding, ID: id, Title: policy.Text{Zh: f.Title, En: f.TitleEN}, Sub: policy.Text{Zh: f.Resource}, Path: "/desk/findings/" + id, Since: f.At,
			Ask: "请决定：这里的内容可以公开，还是确实有问题。"}
		if f.Alarms() {
			item.Ask = "已经公开的文件里有个人信息或隐患，请马上决定。"
		}
		out = append(out, item)
	}
	return out, nil
}

func (s *Service) waitingLinks(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	dead := LinkDead
	links, err := s.OwnLinks(ctx, who, &dead, "")
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for i := range links {
		l := &links[i]
		item := inbox.Item{Kind: WaitsLink, ID: l.Resource.ID, Title: policy.Text{Zh: l.Resource.Name, En: l.Resource.NameEN}, Sub: policy.Text{Zh: l.Dataset.Title, En: l.Dataset.TitleEN},
			Path: "/desk/links/" + l.Resource.ID, Ask: "登记的地址打不开了，请改正。"}
		if state := l.Resource.Link.State; state.DeadSince != nil {
			item.Since = *state.DeadSince
		}
		out = append(out, item)
	}
	return out, nil
}

// promisedDay names the day that a department promises in the catalogue, where no
// rule of a text or of the platform counts the days.
var promisedDay = policy.Rule{Label: policy.Text{Zh: "目录里承诺的更新日", En: "the update promised in the catalogue"}}

func (s *Service) waitingUpdates(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT d.slug, d.title, d.title_en, d.last_updated, d.next_due
		FROM datasets d
		WHERE d.department_id = @department AND d.status = 'published' AND `+promised+` AND d.next_due <= @until`,
		pgx.NamedArgs{"department": who.Department, "until": s.now().AddDate(0, 0, updateAhead)})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (inbox.Item, error) {
		i := inbox.Item{Kind: WaitsUpdate, Ask: "请上传新版本。", After: "到期没有更新，公开页面写明逾期。"}
		var due time.Time
		err := row.Scan(&i.ID, &i.Title.Zh, &i.Title.En, &i.Since, &due)
		i.Path = "/datasets/" + i.ID
		i.Clock = &deadline.Clock{Rule: promisedDay, Last: due}
		return i, err
	})
}
