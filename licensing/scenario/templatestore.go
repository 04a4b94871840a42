package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
)

func (s *Service) templates(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Template, error) {
	rows, err := q.Query(ctx, `
		SELECT t.id, t.number, m.number, t.title, t.sector, t.use_class, t.purpose, t.description, t.method, t.outputs, t.made_name, t.made_at, t.ended_at, t.revision, m.id, m.body_id, m.operator_id,
			(SELECT count(*) FROM scenarios x WHERE x.template_id = t.id AND x.submitted_at IS NOT NULL)
		FROM scenario_templates t JOIN mandates m ON m.id = t.mandate_id WHERE `+where+` ORDER BY t.id DESC LIMIT 200`, args)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Template, err error) {
		return t, row.Scan(&t.ID, &t.Number, &t.Mandate, &t.Title, &t.Sector, &t.Class, &t.Purpose, &t.Description, &t.Method, &t.Outputs, &t.By, &t.At, &t.EndedAt, &t.Revision, &t.mandate, &t.body, &t.operator, &t.Used)
	})
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	ids := make([]int64, len(out))
	at := map[int64]*Template{}
	for i := range out {
		ids[i], at[out[i].ID] = out[i].ID, &out[i]
	}
	rows, err = q.Query(ctx, `
		SELECT i.template_id, i.id, i.resource_id, r.name, r.name_en, i.columns, i.uses, i.rows_where, coalesce(c.id, 0), c.columns, c.uses, coalesce(c.rows_where, ''), coalesce(c.by_id, 0), coalesce(c.by_name, ''), c.at, c.until_at, c.ended_at, `+entryColumns+`
		FROM scenario_template_items i JOIN resources r ON r.id = i.resource_id JOIN datasets d ON d.id = i.dataset_id JOIN departments p ON p.id = d.department_id
		LEFT JOIN LATERAL (SELECT * FROM scenario_consents c WHERE c.template_item_id = i.id ORDER BY c.id DESC LIMIT 1) c ON true
		WHERE i.template_id = ANY (@ids) ORDER BY i.id`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return nil, fmt.Errorf("items of templates: %w", err)
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var template int64
		var i TemplateItem
		var c Consent
		var given, until *time.Time
		err := row.Scan(append([]any{&template, &i.ID, &i.Resource, &i.Name, &i.NameEN, &i.Columns, &i.Uses, &i.Where, &c.ID, &c.Columns, &c.Uses, &c.Where, &c.byID, &c.By, &given, &until, &c.Ended}, entryFields(&i.Dataset)...)...)
		if err == nil && c.ID != 0 {
			c.At, c.Until = *given, *until
			i.Consent = &c
		}
		if err == nil {
			at[template].Items = append(at[template].Items, i)
		}
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("items of templates: %w", err)
	}
	return out, nil
}

func insertTemplate(ctx context.Context, tx pgx.Tx, t *Template, who account.Actor) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO scenario_templates (number, mandate_id, title, sector, use_class, purpose, description, method, outputs, made_by, made_name, made_at)
		VALUES (@number, @mandate, @title, @sector, @class, @purpose, @description, @method, @outputs, @by, @name, @at) RETURNING id, revision`,
		pgx.NamedArgs{"number": t.Number, "mandate": t.mandate, "title": t.Title, "sector": t.Sector, "class": t.Class, "purpose": t.Purpose, "description": t.Description, "method": t.Method, "outputs": orEmpty(t.Outputs), "by": who.ID, "name": who.Name, "at": t.At}).Scan(&t.ID, &t.Revision)
	if err != nil {
		return fmt.Errorf("template: %w", err)
	}
	for k := range t.Items {
		i := &t.Items[k]
		if err := tx.QueryRow(ctx, `INSERT INTO scenario_template_items (template_id, dataset_id, resource_id, columns, uses, rows_where) VALUES (@template, @dataset, @resource, @columns, @uses, @where) RETURNING id`,
			pgx.NamedArgs{"template": t.ID, "dataset": i.Dataset.ID, "resource": i.Resource, "columns": i.Columns, "uses": orNone(i.Uses), "where": i.Where}).Scan(&i.ID); err != nil {
			return fmt.Errorf("item of a template: %w", err)
		}
	}
	return nil
}

func endTemplate(ctx context.Context, tx pgx.Tx, id int64, at time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE scenario_templates SET ended_at = @at, revision = revision + 1 WHERE id = @id`, pgx.NamedArgs{"id": id, "at": at}); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	return nil
}

func insertConsent(ctx context.Context, tx pgx.Tx, i *TemplateItem, who account.Actor, at, until time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO scenario_consents (template_item_id, department_id, columns, uses, rows_where, by_id, by_name, at, until_at) VALUES (@item, @department, @columns, @uses, @where, @by, @name, @at, @until)`,
		pgx.NamedArgs{"item": i.ID, "department": who.Department, "columns": i.Columns, "uses": orNone(i.Uses), "where": i.Where, "by": who.ID, "name": who.Name, "at": at, "until": until})
	if err != nil {
		return fmt.Errorf("consent: %w", err)
	}
	return nil
}

func endConsent(ctx context.Context, tx pgx.Tx, item int64, name string, at time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE scenario_consents SET ended_at = @at, ended_name = @name WHERE template_item_id = @item AND ended_at IS NULL`, pgx.NamedArgs{"item": item, "name": name, "at": at}); err != nil {
		return fmt.Errorf("consent: %w", err)
	}
	return nil
}
