package datasets

import (
	"context"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Vocabulary is what entries refer to: whoever runs the installation keeps it.
type Vocabulary struct {
	Regions     []Region // parents before children
	Licences    []Licence
	Themes      []Theme // in their order
	Departments []Department
}

// PutVocabulary adds what is missing and renews what is there, by code, id or
// slug, in one transaction; it removes nothing. Only an administrator may.
func (s *Service) PutVocabulary(ctx context.Context, who account.Actor, v Vocabulary) error {
	if !who.Is(account.Administrator) {
		return fault.New(fault.Forbidden, "只有系统管理员可以维护部门、主题、地区和许可。")
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		batch := &pgx.Batch{}
		for _, g := range v.Regions {
			batch.Queue(`
				INSERT INTO regions (code, name, name_en, parent) VALUES (@code, @name, @name_en, nullif(@parent, ''))
				ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, parent = excluded.parent`,
				pgx.NamedArgs{"code": g.Code, "name": g.Name, "name_en": g.NameEN, "parent": g.Parent})
		}
		for _, l := range v.Licences {
			batch.Queue(`
				INSERT INTO licences (id, name, name_en, url, attribution, share_alike, terms, terms_en)
				VALUES (@id, @name, @name_en, @url, @attribution, @share_alike, @terms, @terms_en)
				ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, url = excluded.url,
					attribution = excluded.attribution, share_alike = excluded.share_alike, terms = excluded.terms, terms_en = excluded.terms_en`,
				pgx.NamedArgs{"id": l.ID, "name": l.Name, "name_en": l.NameEN, "url": l.URL, "attribution": l.Attribution,
					"share_alike": l.ShareAlike, "terms": l.Terms, "terms_en": l.TermsEN})
		}
		for i, t := range v.Themes {
			batch.Queue(`
				INSERT INTO themes (slug, name, name_en, position) VALUES (@slug, @name, @name_en, @position)
				ON CONFLICT (slug) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, position = excluded.position`,
				pgx.NamedArgs{"slug": t.Slug, "name": t.Name, "name_en": t.NameEN, "position": i + 1})
		}
		for _, p := range v.Departments {
			batch.Queue(`
				INSERT INTO departments (slug, name, name_en, description, description_en, region, credit_code, aliases, contact, phone, email, profile, sample)
				VALUES (@slug, @name, @name_en, @description, @description_en, @region, @credit_code, @aliases, @contact, @phone, @email, @profile, @sample)
				ON CONFLICT (slug) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, description = excluded.description,
					description_en = excluded.description_en, region = excluded.region, credit_code = excluded.credit_code, aliases = excluded.aliases,
					contact = excluded.contact, phone = excluded.phone, email = excluded.email, profile = excluded.profile, sample = excluded.sample`,
				pgx.NamedArgs{"slug": p.Slug, "name": p.Name, "name_en": p.NameEN, "description": p.Description, "description_en": p.DescriptionEN,
					"region": p.Region, "credit_code": p.CreditCode, "aliases": list(p.Aliases), "contact": p.Contact, "phone": p.Phone, "email": p.Email,
					"profile": p.Profile, "sample": p.Sample})
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, audit.Append(ctx, tx, who, "vocabulary", "catalogue", "renew", nil)
	})
	return err
}
