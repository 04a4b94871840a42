package datasets

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// changesLock orders the writers of the change table: whoever holds it until
// commit has the highest number, so that a reader who has seen a number has
// seen all below it.
const changesLock = 7301

// announce writes the change into the table that indexes and caches follow,
// and wakes them; followers of an entry that came or went are told. It is the last thing a writer does before its commit.
func announce(ctx context.Context, tx pgx.Tx, s *Service, datasetIDs ...int64) error {
	if len(datasetIDs) == 0 {
		return nil
	}
	if err := s.appeared(ctx, tx, datasetIDs); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(@lock)`, pgx.NamedArgs{"lock": changesLock}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO changes (dataset_id, at) SELECT unnest(@ids::bigint[]), @now`, pgx.NamedArgs{"ids": datasetIDs, "now": s.now()}); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `SELECT pg_notify('shuyuan_changes', '')`)
	return err
}

// Announce tells indexes and caches, in the transaction of the act, that
// something shown with the entries has changed, as an answer to a question.
func (s *Service) Announce(ctx context.Context, tx pgx.Tx, datasetIDs ...int64) error {
	return announce(ctx, tx, s, datasetIDs...)
}

// Rechecked counts, in the transaction of the act, that more objections to an
// entry are open, or fewer: while one is, the entry is marked wherever it shows.
func (s *Service) Rechecked(ctx context.Context, tx pgx.Tx, datasetID int64, more int) error {
	_, err := tx.Exec(ctx, `UPDATE datasets SET rechecks = rechecks + @more WHERE id = @id`, pgx.NamedArgs{"id": datasetID, "more": more})
	return err
}

// mayEdit allows the officers of the department, by a session or by a key that
// may publish. An import acts as one.
func mayEdit(who account.Actor, departmentID int64) error {
	if own(who, departmentID) && who.Covers("publish") {
		return nil
	}
	return fault.New(fault.Forbidden, "只有本部门的数据专员可以改这个条目。")
}

// Save creates d (ID 0) or saves a changed one. It fills in what the database
// decides: ID, Revision, UpdatedAt. It returns fault.Invalid with the field,
// fault.Forbidden for another department's entry, and fault.Conflict if
// someone saved it since d was read or the slug is taken.
func (s *Service) Save(ctx context.Context, who account.Actor, d *Dataset) error {
	if err := mayEdit(who, d.Department.ID); err != nil {
		return err
	}
	if err := d.whole(); err != nil {
		return err
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		return struct{}{}, s.save(ctx, tx, who, d)
	})
	return err
}

// SaveIn is Save as a part of tx.
func (s *Service) SaveIn(ctx context.Context, tx pgx.Tx, who account.Actor, d *Dataset) error {
	if err := d.whole(); err != nil {
		return err
	}
	return s.saveIn(ctx, tx, who, d)
}

// SaveDraft saves in tx what need not be complete: texts that could be shown,
// and values that there are. The database refuses it of an entry that is public
// or was. It returns what Save returns.
func (s *Service) SaveDraft(ctx context.Context, tx pgx.Tx, who account.Actor, d *Dataset) error {
	if err := d.normalise(); err != nil {
		return err
	}
	if err := d.known(); err != nil {
		return err
	}
	return s.saveIn(ctx, tx, who, d)
}

func (s *Service) saveIn(ctx context.Context, tx pgx.Tx, who account.Actor, d *Dataset) error {
	if err := mayEdit(who, d.Department.ID); err != nil {
		return err
	}
	return s.save(ctx, tx, who, d)
}

// save writes what was checked, with the entry of the audit trail and the
// announcement.
func (s *Service) save(ctx context.Context, tx pgx.Tx, who account.Actor, d *Dataset) error {
	act := "save"
	if d.ID == 0 {
		act = "create"
	} else if err := mayLoosen(ctx, tx, d); err != nil {
		return err
	}
	if err := s.write(ctx, tx, d); err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, who, "dataset", d.Slug, act, nil); err != nil {
		return err
	}
	return announce(ctx, tx, s, d.ID)
}

// Check brings every text of d to its one form and says whether it could be
// published, as fault.Invalid.
func (d *Dataset) Check() error { return d.whole() }

// whole is normalise and complete.
func (d *Dataset) whole() error {
	if err := d.normalise(); err != nil {
		return err
	}
	if d.ShareType == "" { // sharing is the rule (AS-20.1, TJ-15)
		d.ShareType = string(Unconditional)
	}
	return d.complete()
}

func (s *Service) write(ctx context.Context, tx pgx.Tx, d *Dataset) error {
	args := d.args()
	args["now"] = s.now()
	var names, values, sets []string
	for _, c := range savedColumns {
		names, values = append(names, c), append(values, "@"+c)
		sets = append(sets, c+" = @"+c)
	}
	var err error
	if d.ID == 0 {
		err = tx.QueryRow(ctx, `
			INSERT INTO datasets (`+strings.Join(names, ", ")+`, updated_at) VALUES (`+strings.Join(values, ", ")+`, @now)
			RETURNING id, status, updated_at, revision`, args).Scan(&d.ID, &d.Status, &d.UpdatedAt, &d.Revision)
	} else {
		args["id"], args["revision"] = d.ID, d.Revision
		err = tx.QueryRow(ctx, `
			UPDATE datasets SET `+strings.Join(sets, ", ")+`, updated_at = @now, revision = revision + 1
			WHERE id = @id AND revision = @revision AND department_id = @department_id
			RETURNING updated_at, revision`, args).Scan(&d.UpdatedAt, &d.Revision)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.Conflict, "这个条目在您打开之后已被别人改过，请重新打开。")
	}
	return refused(err)
}

// refused turns what the database refuses, because it alone can know, into
// what a person can act on.
func refused(err error) error {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return err
	}
	switch e.ConstraintName {
	case "datasets_slug_key":
		return fault.New(fault.Conflict, "这个网址名已被使用。").Because(err)
	case "datasets_department_id_fkey":
		return fault.At("department", "没有这个部门。").Because(err)
	case "datasets_theme_id_fkey":
		return fault.At("theme", "没有这个主题。").Because(err)
	case "datasets_licence_id_fkey":
		return fault.At("licence", "没有这种许可。").Because(err)
	case "datasets_region_fkey":
		return fault.At("region", "没有这个地区。").Because(err)
	case "files_or_address":
		return fault.New(fault.Conflict, "一个资源要么是文件，要么是地址，不能两样都是。").Because(err)
	case "resources_pkey":
		return fault.New(fault.Conflict, "这个文件编号已被使用。").Because(err)
	}
	return err
}

// savedColumns are what a person may write. Status is not among them: only the
// lifecycle moves it.
var savedColumns = []string{"slug", "title", "title_en", "summary", "summary_en", "department_id", "theme_id", "licence_id", "region", "tags", "sample",
	"open_type", "open_basis", "open_reason", "open_method", "use_requirements", "safeguards",
	"share_type", "share_content", "share_conditions", "share_scope", "share_method", "share_basis", "required_materials",
	"update_frequency", "update_due", "update_method", "last_updated", "next_due",
	"resource_code", "category", "data_form", "attributes", "collect_due", "collecting_org", "approving_org", "responsible_org", "duties",
	"source", "source_url", "processing", "security_level", "linked_system", "duty_item", "core_business", "collection_method", "related_codes",
	"temporal_start", "temporal_end", "spatial", "language", "contact", "phone", "email",
	"open_reason_en", "open_method_en", "use_requirements_en", "safeguards_en", "share_content_en", "share_conditions_en", "share_scope_en", "share_method_en", "required_materials_en",
	"update_due_en", "update_method_en", "source_en", "processing_en", "spatial_en", "tags_en", "map_review", "coordinates",
	"db_class", "format", "share_reason", "source_kind", "open_bases", "share_bases", "filings", "items"}

func (d *Dataset) args() pgx.NamedArgs {
	var theme, licence any // NULL where a draft has none yet
	if d.Theme.ID != 0 || d.Status != Draft && d.Status != "" {
		theme = d.Theme.ID
	}
	if d.Licence.ID != "" || d.Status != Draft && d.Status != "" {
		licence = d.Licence.ID
	}
	language := d.Language
	if language == "" {
		language = "zh-CN"
	}
	return pgx.NamedArgs{"slug": d.Slug, "title": d.Title, "title_en": d.TitleEN, "summary": d.Summary, "summary_en": d.SummaryEN,
		"department_id": d.Department.ID, "theme_id": theme, "licence_id": licence, "region": d.Region.Code, "tags": list(d.Tags), "sample": d.Sample,
		"open_type": d.Open, "open_basis": list(d.OpenBasis), "open_reason": d.OpenReason, "open_method": d.OpenMethod, "use_requirements": d.UseRequirements, "safeguards": d.Safeguards,
		"share_type": d.ShareType, "share_content": d.ShareContent, "share_conditions": d.ShareConditions, "share_scope": d.ShareScope, "share_method": d.ShareMethod,
		"share_basis": list(d.ShareBasis), "required_materials": d.RequiredMaterials,
		"update_frequency": d.Frequency, "update_due": d.UpdateDue, "update_method": d.UpdateMethod, "last_updated": d.LastUpdated, "next_due": d.NextDue,
		"resource_code": d.ResourceCode, "category": d.Category, "data_form": d.DataForm, "attributes": d.Attributes, "collect_due": d.CollectDue,
		"collecting_org": d.CollectingOrg, "approving_org": d.ApprovingOrg, "responsible_org": d.ResponsibleOrg, "duties": d.Duties,
		"source": d.Source, "source_url": d.SourceURL, "processing": d.Processing, "security_level": d.SecurityLevel, "linked_system": d.LinkedSystem,
		"duty_item": d.DutyItem, "core_business": d.CoreBusiness, "collection_method": d.CollectionMethod, "related_codes": list(d.RelatedCodes),
		"temporal_start": d.TemporalStart, "temporal_end": d.TemporalEnd, "spatial": d.Spatial, "language": language,
		"contact": d.Contact, "phone": d.Phone, "email": d.Email,
		"open_reason_en": d.OpenReasonEN, "open_method_en": d.OpenMethodEN, "use_requirements_en": d.UseRequirementsEN, "safeguards_en": d.SafeguardsEN,
		"share_content_en": d.ShareContentEN, "share_conditions_en": d.ShareConditionsEN, "share_scope_en": d.ShareScopeEN, "share_method_en": d.ShareMethodEN, "required_materials_en": d.RequiredMaterialsEN,
		"update_due_en": d.UpdateDueEN, "update_method_en": d.UpdateMethodEN, "source_en": d.SourceEN, "processing_en": d.ProcessingEN, "spatial_en": d.SpatialEN, "tags_en": list(d.TagsEN),
		"map_review": d.MapReview, "coordinates": d.Coordinates,
		"db_class": d.DBClass, "format": d.Format, "share_reason": d.ShareReason, "source_kind": d.SourceKind,
		"open_bases": list(d.OpenBases), "share_bases": list(d.ShareBases), "filings": list(d.Filings), "items": list(d.Items)}
}

// list is never NULL in the database.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// Move takes an entry along its lifecycle; the reason is why it is withdrawn.
// It returns fault.Conflict if it is no longer where the action starts, or was
// saved since revision.
func (s *Service) Move(ctx context.Context, who account.Actor, slug string, action Action, reason string, revision int64) error {
	if !slugForm.MatchString(slug) {
		return errNoDataset()
	}
	reason, err := cleanText("withdrawn_reason", reason, maxText)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		visible := Visible(who)
		found, err := selectDatasets(ctx, tx, `d.slug = @slug AND `+visible.SQL, visible.with("slug", slug), `d.id FOR UPDATE OF d`)
		if err != nil {
			return none, err
		}
		if len(found) == 0 {
			return none, errNoDataset()
		}
		d := &found[0]
		if err := mayEdit(who, d.Department.ID); err != nil {
			return none, err
		}
		if d.Revision != revision {
			return none, fault.New(fault.Conflict, "这个条目在您打开之后已被别人改过，请重新打开。")
		}
		d.WithdrawnReason = reason
		from := d.Status
		if d.Status, err = lifecycle.Next(from, action, who, d); err != nil {
			return none, err
		}
		if d.Status != Withdrawn {
			d.WithdrawnReason = ""
		}
		if d.Status == Published {
			if err := s.mayBePublic(ctx, tx, d); err != nil {
				return none, err
			}
		}
		if _, err := tx.Exec(ctx, `
			UPDATE datasets SET status = @status, withdrawn_reason = @reason, published_at = coalesce(published_at, @now),
			       updated_at = @now, revision = revision + 1
			WHERE id = @id`, pgx.NamedArgs{"status": d.Status, "reason": d.WithdrawnReason, "now": s.now(), "id": d.ID}); err != nil {
			return none, err
		}
		if _, err := tx.Exec(ctx, `UPDATE opening_incidents SET restored_at = @now WHERE dataset_id = @id AND restored_at IS NULL AND @status = 'published'`,
			pgx.NamedArgs{"id": d.ID, "status": d.Status, "now": s.now()}); err != nil {
			return none, err
		}
		if err := audit.Append(ctx, tx, who, "dataset", d.Slug, string(action), audit.Moved(from, d.Status)); err != nil {
			return none, err
		}
		return none, announce(ctx, tx, s, d.ID)
	})
	return err
}

// lockForEdit holds the entry until tx ends, so that its files are added one
// after another. It asks the database, not the caller, whose entry it is.
func lockForEdit(ctx context.Context, tx pgx.Tx, who account.Actor, datasetID int64) error {
	var department int64
	err := tx.QueryRow(ctx, `SELECT department_id FROM datasets WHERE id = @id FOR NO KEY UPDATE`, pgx.NamedArgs{"id": datasetID}).Scan(&department)
	if errors.Is(err, pgx.ErrNoRows) {
		return errNoDataset()
	}
	if err != nil {
		return err
	}
	return mayEdit(who, department)
}
