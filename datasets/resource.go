package datasets

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// AddResource adds an empty file, or an address, to a dataset and returns its id. An id may be
// given (an import that must come out the same twice); otherwise it is made at
// random.
func (s *Service) AddResource(ctx context.Context, who account.Actor, d *Dataset, r Resource) (string, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (string, error) { return s.AddResourceIn(ctx, tx, who, d, r) })
}

// AddResourceIn is AddResource as a part of tx.
func (s *Service) AddResourceIn(ctx context.Context, tx pgx.Tx, who account.Actor, d *Dataset, r Resource) (string, error) {
	if r.ID == "" {
		r.ID = strings.ToLower(rand.Text()[:16])
	}
	if err := r.normalise(); err != nil {
		return "", err
	}
	if r.Link != nil {
		link := *r.Link
		if err := link.normalise(s.outbound); err != nil {
			return "", err
		}
		r.Link = &link
	}
	if err := lockForEdit(ctx, tx, who, d.ID); err != nil {
		return "", err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO resources (id, dataset_id, position, name, name_en, description, description_en)
		SELECT @id, @dataset, coalesce(max(position) + 1, 0), @name, @name_en, @description, @description_en FROM resources WHERE dataset_id = @dataset`,
		pgx.NamedArgs{"id": r.ID, "dataset": d.ID, "name": r.Name, "name_en": r.NameEN, "description": r.Description, "description_en": r.DescriptionEN}); err != nil {
		return "", refused(fmt.Errorf("add resource %s: %w", r.ID, err))
	}
	if r.Link != nil {
		if err := insertLink(ctx, tx, r.ID, *r.Link); err != nil {
			return "", err
		}
	}
	if err := audit.Append(ctx, tx, who, "resource", r.ID, "create", map[string]string{"dataset": d.Slug}); err != nil {
		return "", err
	}
	return r.ID, announce(ctx, tx, s, d.ID)
}

func (r *Resource) normalise() error {
	if !resourceForm.MatchString(r.ID) {
		return fault.At("id", "文件编号须为 8 到 32 位小写字母或数字。")
	}
	for _, t := range []struct {
		field string
		text  *string
		most  int
	}{{"name", &r.Name, maxLine}, {"name_en", &r.NameEN, maxLine}, {"description", &r.Description, maxText}, {"description_en", &r.DescriptionEN, maxText}} {
		clean, err := cleanText(t.field, *t.text, t.most)
		if err != nil {
			return err
		}
		*t.text = clean
	}
	if r.Name == "" {
		return fault.At("name", "请填写名称。")
	}
	return nil
}

// NameResource writes anew what a file or an address of an entry is called and
// what is in it. Its data and its address in the web stay as they are.
func (s *Service) NameResource(ctx context.Context, who account.Actor, d *Dataset, r Resource) error {
	if err := r.normalise(); err != nil {
		return err
	}
	return s.arrange(ctx, who, d, r.ID, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE resources SET name = @name, name_en = @name_en, description = @description, description_en = @description_en WHERE id = @id`,
			pgx.NamedArgs{"id": r.ID, "name": r.Name, "name_en": r.NameEN, "description": r.Description, "description_en": r.DescriptionEN}); err != nil {
			return err
		}
		return audit.Append(ctx, tx, who, "resource", r.ID, "rename", map[string]string{"dataset": d.Slug})
	})
}

// RemoveResource takes a file or an address off a draft. What has a history (a
// version, an upload, a review) stays: it returns fault.Conflict.
func (s *Service) RemoveResource(ctx context.Context, who account.Actor, d *Dataset, id string) error {
	return s.arrange(ctx, who, d, id, func(tx pgx.Tx) error {
		for _, table := range []string{"link_days", "link_states", "links"} {
			if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE resource_id = @id`, pgx.NamedArgs{"id": id}); err != nil {
				return err
			}
		}
		tag, err := tx.Exec(ctx, `
			DELETE FROM resources r USING datasets d
			WHERE r.id = @id AND d.id = r.dataset_id AND d.status = 'draft' AND d.published_at IS NULL
			AND NOT EXISTS (SELECT FROM versions WHERE resource_id = r.id) AND NOT EXISTS (SELECT FROM uploads WHERE resource_id = r.id)
			AND NOT EXISTS (SELECT FROM opening_reviews WHERE resource_id = r.id)`, pgx.NamedArgs{"id": id})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.Conflict, "有过上传、版本或审查的文件要留着，公开过的条目也不能减少文件。")
		}
		return audit.Append(ctx, tx, who, "resource", id, "remove", map[string]string{"dataset": d.Slug})
	})
}

// arrange changes one file of an entry of who's department. What it changes, it
// records itself.
func (s *Service) arrange(ctx context.Context, who account.Actor, d *Dataset, id string, change func(pgx.Tx) error) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if err := lockForEdit(ctx, tx, who, d.ID); err != nil {
			return none, err
		}
		var there string
		err := tx.QueryRow(ctx, `SELECT id FROM resources WHERE id = @id AND dataset_id = @dataset`, pgx.NamedArgs{"id": id, "dataset": d.ID}).Scan(&there)
		if errors.Is(err, pgx.ErrNoRows) {
			return none, errNoResource()
		}
		if err != nil {
			return none, err
		}
		if err := change(tx); err != nil {
			return none, err
		}
		return none, announce(ctx, tx, s, d.ID)
	})
	return err
}
