package datasets

import (
	"context"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
)

// TagsInEnglish returns the English of those of the tags for which an entry
// that the viewer may know of has one.
func (s *Service) TagsInEnglish(ctx context.Context, viewer account.Actor, tags []string) (map[string]string, error) {
	visible := Visible(viewer)
	rows, err := s.pool.Query(ctx, `
		SELECT asked.tag, found.english
		FROM unnest(@tags::text[]) AS asked(tag)
		CROSS JOIN LATERAL (
			SELECT pair.english
			FROM datasets d, unnest(d.tags, d.tags_en) AS pair(tag, english)
			WHERE d.tags @> ARRAY[asked.tag] AND pair.tag = asked.tag AND pair.english <> '' AND `+visible.SQL+`
			LIMIT 1) AS found`, visible.with("tags", tags))
	if err != nil {
		return nil, err
	}
	english := map[string]string{}
	var tag, en string
	_, err = pgx.ForEachRow(rows, []any{&tag, &en}, func() error {
		english[tag] = en
		return nil
	})
	return english, err
}
