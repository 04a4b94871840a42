package datasets

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
)

// Every query over datasets names the tables alike: d datasets, p departments,
// t themes, l licences, g regions, u what was used.
const (
	datasetTables = `
		FROM datasets d
		JOIN departments p ON p.id = d.department_id
		LEFT JOIN themes t ON t.id = d.theme_id -- a draft may have none yet
		LEFT JOIN licences l ON l.id = d.licence_id
		JOIN regions g ON g.code = d.region
		LEFT JOIN usage_totals u ON u.dataset_id = d.id
		LEFT JOIN dataset_scores q ON q.dataset_id = d.id`

	datasetColumns = `
		d.id, d.slug, d.title, d.title_en, d.summary, d.summary_en, d.tags, d.status, d.withdrawn_reason, d.sample,
		d.open_type, d.open_basis, d.open_reason, d.open_method, d.use_requirements, d.safeguards,
		d.share_type, d.share_content, d.share_conditions, d.share_scope, d.share_method, d.share_basis, d.required_materials,
		d.update_frequency, d.update_due, d.update_method, d.last_updated, d.next_due,
		d.resource_code, d.category, d.data_form, d.attributes, d.collect_due, d.collecting_org, d.approving_org,
		d.responsible_org, d.duties, d.source, d.source_url, d.processing, d.security_level, d.linked_system,
		d.duty_item, d.core_business, d.collection_method, d.related_codes, d.temporal_start, d.temporal_end, d.spatial,
		d.language, d.contact, d.phone, d.email,
		d.open_reason_en, d.open_method_en, d.use_requirements_en, d.safeguards_en, d.share_content_en, d.share_conditions_en, d.share_scope_en, d.share_method_en, d.required_materials_en,
		d.update_due_en, d.update_method_en, d.source_en, d.processing_en, d.spatial_en, d.tags_en, d.map_review, d.coordinates,
		d.db_class, d.format, d.share_reason, d.source_kind, d.open_bases, d.share_bases, d.filings, d.items, d.published_at, d.updated_at, d.revision, d.rechecks,
		` + departmentColumns + `,
		coalesce(t.id, 0), coalesce(t.slug, ''), coalesce(t.name, ''), coalesce(t.name_en, ''),
		coalesce(l.id, ''), coalesce(l.name, ''), coalesce(l.name_en, ''), coalesce(l.url, ''), coalesce(l.attribution, false), coalesce(l.share_alike, false), coalesce(l.terms, ''), coalesce(l.terms_en, ''),
		g.code, g.name, g.name_en, coalesce(g.parent, ''),
		coalesce(u.views, 0), coalesce(u.downloads, 0), coalesce(q.yes, 0), coalesce(q.asked, 0)`

	departmentColumns = `
		p.id, p.slug, p.name, p.name_en, p.description, p.description_en, p.region, p.credit_code, p.aliases,
		p.contact, p.phone, p.email, p.profile, p.sample`
)

// fields are the addresses of p's fields in the order of departmentColumns.
func (p *Department) fields() []any {
	return []any{&p.ID, &p.Slug, &p.Name, &p.NameEN, &p.Description, &p.DescriptionEN, &p.Region, &p.CreditCode, &p.Aliases,
		&p.Contact, &p.Phone, &p.Email, &p.Profile, &p.Sample}
}

// fields are the addresses of d's fields in the order of datasetColumns.
func (d *Dataset) fields() []any {
	f := []any{&d.ID, &d.Slug, &d.Title, &d.TitleEN, &d.Summary, &d.SummaryEN, &d.Tags, &d.Status, &d.WithdrawnReason, &d.Sample,
		&d.Open, &d.OpenBasis, &d.OpenReason, &d.OpenMethod, &d.UseRequirements, &d.Safeguards,
		&d.ShareType, &d.ShareContent, &d.ShareConditions, &d.ShareScope, &d.ShareMethod, &d.ShareBasis, &d.RequiredMaterials,
		&d.Frequency, &d.UpdateDue, &d.UpdateMethod, &d.LastUpdated, &d.NextDue,
		&d.ResourceCode, &d.Category, &d.DataForm, &d.Attributes, &d.CollectDue, &d.CollectingOrg, &d.ApprovingOrg,
		&d.ResponsibleOrg, &d.Duties, &d.Source, &d.SourceURL, &d.Processing, &d.SecurityLevel, &d.LinkedSystem,
		&d.DutyItem, &d.CoreBusiness, &d.CollectionMethod, &d.RelatedCodes, &d.TemporalStart, &d.TemporalEnd, &d.Spatial,
		&d.Language, &d.Contact, &d.Phone, &d.Email,
		&d.OpenReasonEN, &d.OpenMethodEN, &d.UseRequirementsEN, &d.SafeguardsEN, &d.ShareContentEN, &d.ShareConditionsEN, &d.ShareScopeEN, &d.ShareMethodEN, &d.RequiredMaterialsEN,
		&d.UpdateDueEN, &d.UpdateMethodEN, &d.SourceEN, &d.ProcessingEN, &d.SpatialEN, &d.TagsEN, &d.MapReview, &d.Coordinates,
		&d.DBClass, &d.Format, &d.ShareReason, &d.SourceKind, &d.OpenBases, &d.ShareBases, &d.Filings, &d.Items, &d.PublishedAt, &d.UpdatedAt, &d.Revision, &d.Rechecks}
	f = append(f, d.Department.fields()...)
	return append(f, &d.Theme.ID, &d.Theme.Slug, &d.Theme.Name, &d.Theme.NameEN,
		&d.Licence.ID, &d.Licence.Name, &d.Licence.NameEN, &d.Licence.URL, &d.Licence.Attribution, &d.Licence.ShareAlike, &d.Licence.Terms, &d.Licence.TermsEN,
		&d.Region.Code, &d.Region.Name, &d.Region.NameEN, &d.Region.Parent,
		&d.Views, &d.Downloads, &d.QualityYes, &d.QualityAsked)
}

// selectDatasets reads the datasets of where, in order (an ORDER BY with what
// may follow it; empty for none), without their resources.
func selectDatasets(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs, order string) ([]Dataset, error) {
	if order != "" {
		order = ` ORDER BY ` + order
	}
	rows, err := q.Query(ctx, `SELECT `+datasetColumns+datasetTables+` WHERE `+where+order, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (d Dataset, err error) {
		return d, row.Scan(d.fields()...)
	})
}

func countDatasets(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM datasets d WHERE `+where, args).Scan(&n)
	return n, err
}

// selectFirst reads the first of the datasets of where, in order. It chooses
// them by their ids, so that only as many rows as are shown are ever whole.
func selectFirst(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs, order string, limit int) ([]Dataset, error) {
	args["limit"] = limit
	return selectDatasets(ctx, q, `d.id IN (
		SELECT d.id FROM datasets d LEFT JOIN usage_totals u ON u.dataset_id = d.id LEFT JOIN dataset_scores q ON q.dataset_id = d.id
		WHERE `+where+` ORDER BY `+order+` LIMIT @limit)`, args, order)
}

// revised joins to a table w what is said of its columns since it was
// published, as x.
const revised = `LEFT JOIN LATERAL (
	SELECT number, fields FROM dictionary_revisions WHERE version_id = w.version_id AND position = w.position ORDER BY number DESC LIMIT 1) x ON true`

// fill reads the resources of all datasets at once, with their newest versions
// and tables; withFields also the data dictionaries.
func (s *Service) fill(ctx context.Context, found []Dataset, withFields bool) error {
	if len(found) == 0 {
		return nil
	}
	ids, at := make([]int64, len(found)), make(map[int64]*Dataset, len(found))
	for i := range found {
		ids[i], at[found[i].ID] = found[i].ID, &found[i]
	}
	rows, err := s.pool.Query(ctx, `
		SELECT r.id, r.dataset_id, r.position, r.name, r.name_en, r.description, r.description_en,
		       v.id, v.resource_id, v.number, v.file_name, v.media_type, v.format, v.compression, v.encoding, v.header, v.delimiter, v.encoding_told, v.sha256, v.bytes, v.reason, v.reason_en, v.published_at,
		       EXISTS (SELECT FROM schema_changes c WHERE c.version_id = v.id),
		       (SELECT jsonb_agg(jsonb_build_object('Position', w.position, 'Name', w.name, 'NameEN', w.name_en, 'Rows', w.rows, 'Revision', coalesce(x.number, 0),
		                                            'Fields', CASE WHEN @fields THEN coalesce(x.fields, w.fields) END) ORDER BY w.position)
		        FROM version_tables w `+revised+` WHERE w.version_id = v.id), `+linkColumn+`
		FROM resources r
		LEFT JOIN LATERAL (SELECT * FROM versions WHERE resource_id = r.id ORDER BY number DESC LIMIT 1) v ON true
		WHERE r.dataset_id = ANY(@ids)
		ORDER BY r.dataset_id, r.position`,
		pgx.NamedArgs{"ids": ids, "fields": withFields})
	if err != nil {
		return err
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Resource, err error) {
		var v newest
		err = row.Scan(&r.ID, &r.DatasetID, &r.Position, &r.Name, &r.NameEN, &r.Description, &r.DescriptionEN,
			&v.id, &v.resource, &v.number, &v.fileName, &v.mediaType, &v.format, &v.compression, &v.encoding, &v.header, &v.delimiter, &v.told, &v.sha256, &v.bytes, &v.reason, &v.reasonEN, &v.published, &v.reshaped, &v.tables, &r.Link)
		if err == nil {
			d := at[r.DatasetID]
			r.Newest = v.version(d)
			d.Resources = append(d.Resources, r)
		}
		return r, err
	})
	return err
}

// newest is a version that may not be there.
type newest struct {
	id                                                                                                *int64
	resource, fileName, mediaType, format, compression, encoding, delimiter, sha256, reason, reasonEN *string
	number                                                                                            *int
	bytes                                                                                             *int64
	published                                                                                         *time.Time
	header, told                                                                                      *bool
	reshaped                                                                                          bool
	tables                                                                                            []Table
}

func (n newest) version(d *Dataset) *Version {
	if n.id == nil {
		return nil
	}
	return &Version{ID: *n.id, ResourceID: *n.resource, DatasetID: d.ID, Open: d.Open, Number: *n.number, FileName: *n.fileName,
		MediaType: *n.mediaType, Format: *n.format, Compression: *n.compression, Encoding: *n.encoding, Header: *n.header, Delimiter: *n.delimiter, Told: *n.told, SHA256: *n.sha256,
		Bytes: *n.bytes, Reason: *n.reason, ReasonEN: *n.reasonEN, PublishedAt: *n.published, Reshaped: n.reshaped, Tables: n.tables}
}

// selectVersions reads versions with their tables, newest first; limit 0 is all.
func selectVersions(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs, limit int) ([]Version, error) {
	args["limit"] = limit
	rows, err := q.Query(ctx, `
		SELECT v.id, v.resource_id, d.id, d.open_type, v.number, v.file_name, v.media_type, v.format, v.compression, v.encoding, v.header, v.delimiter, v.encoding_told,
		       v.sha256, v.bytes, v.reason, v.reason_en, v.published_at,
		       EXISTS (SELECT FROM schema_changes c WHERE c.version_id = v.id),
		       coalesce((SELECT jsonb_agg(jsonb_build_object('Position', w.position, 'Name', w.name, 'NameEN', w.name_en, 'Rows', w.rows, 'Revision', coalesce(x.number, 0),
		                                                     'Fields', coalesce(x.fields, w.fields)) ORDER BY w.position)
		        FROM version_tables w `+revised+` WHERE w.version_id = v.id), '[]')
		FROM versions v
		JOIN resources r ON r.id = v.resource_id
		JOIN datasets d ON d.id = r.dataset_id
		WHERE `+where+`
		ORDER BY v.number DESC LIMIT nullif(@limit::int, 0)`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (v Version, err error) {
		return v, row.Scan(&v.ID, &v.ResourceID, &v.DatasetID, &v.Open, &v.Number, &v.FileName, &v.MediaType, &v.Format, &v.Compression, &v.Encoding, &v.Header, &v.Delimiter, &v.Told,
			&v.SHA256, &v.Bytes, &v.Reason, &v.ReasonEN, &v.PublishedAt, &v.Reshaped, &v.Tables)
	})
}

// counts of the visible datasets joined to a department or theme.
const counts = `
	count(d.id),
	count(d.id) FILTER (WHERE d.update_frequency <> 'never' AND d.next_due < @today),
	count(d.id) FILTER (WHERE d.update_frequency <> 'never' AND d.next_due IS NOT NULL)`

func selectDepartments(ctx context.Context, q database.Querier, visible Condition, now time.Time, where string, extra pgx.NamedArgs) ([]Counted[Department], error) {
	rows, err := q.Query(ctx, `
		SELECT `+departmentColumns+`, `+counts+`
		FROM departments p LEFT JOIN datasets d ON d.department_id = p.id AND `+visible.SQL+`
		WHERE `+where+` GROUP BY p.id ORDER BY p.region, p.name`, countArgs(visible, now, extra))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Counted[Department], err error) {
		return c, row.Scan(append(c.Item.fields(), &c.Datasets, &c.Overdue, &c.Promised)...)
	})
}

func selectThemes(ctx context.Context, q database.Querier, visible Condition, now time.Time, where string, extra pgx.NamedArgs) ([]Counted[Theme], error) {
	rows, err := q.Query(ctx, `
		SELECT t.id, t.slug, t.name, t.name_en, `+counts+`
		FROM themes t LEFT JOIN datasets d ON d.theme_id = t.id AND `+visible.SQL+`
		WHERE `+where+` GROUP BY t.id ORDER BY t.position, t.id`, countArgs(visible, now, extra))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Counted[Theme], err error) {
		return c, row.Scan(&c.Item.ID, &c.Item.Slug, &c.Item.Name, &c.Item.NameEN, &c.Datasets, &c.Overdue, &c.Promised)
	})
}

func countArgs(visible Condition, now time.Time, extra pgx.NamedArgs) pgx.NamedArgs {
	args := visible.with("today", now.In(china).Format(time.DateOnly))
	for k, v := range extra {
		args[k] = v
	}
	return args
}
