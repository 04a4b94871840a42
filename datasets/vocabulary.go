package datasets

import (
	"cmp"
	"context"
	"errors"
	"slices"

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
// slug, in one transaction; it removes nothing. The entries that show what was
// renewed are announced as changed. Only an administrator may.
func (s *Service) PutVocabulary(ctx context.Context, who account.Actor, v Vocabulary) error {
	if !who.Is(account.Administrator) {
		return fault.New(fault.Forbidden, "只有系统管理员可以维护部门、主题、地区和许可。")
	}
	if err := v.normalise(); err != nil {
		return err
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		var affected []int64
		batch := &pgx.Batch{}
		for _, renewal := range v.renewals() {
			batch.Queue(renewal.sql+`RETURNING ARRAY(SELECT d.id FROM datasets d WHERE `+renewal.shown+`)`, renewal.args).QueryRow(func(row pgx.Row) error {
				var ids []int64
				err := row.Scan(&ids)
				affected = append(affected, ids...)
				if errors.Is(err, pgx.ErrNoRows) {
					return nil // it was so already
				}
				return err
			})
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return none, err
		}
		if err := audit.Append(ctx, tx, who, "vocabulary", "catalogue", "renew", nil); err != nil {
			return none, err
		}
		slices.Sort(affected)
		return none, announce(ctx, tx, s, slices.Compact(affected)...)
	})
	return err
}

// renewal is the upsert of one word, which does nothing where nothing is new,
// and how a dataset d shows the word.
type renewal struct {
	sql, shown string
	args       pgx.NamedArgs
}

func (v Vocabulary) renewals() []renewal {
	var out []renewal
	for _, g := range v.Regions {
		out = append(out, renewal{`
			INSERT INTO regions AS w (code, name, name_en, parent) VALUES (@code, @name, @name_en, nullif(@parent, ''))
			ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, parent = excluded.parent
			WHERE w IS DISTINCT FROM excluded `, `d.region = w.code`,
			pgx.NamedArgs{"code": g.Code, "name": g.Name, "name_en": g.NameEN, "parent": g.Parent}})
	}
	for _, l := range v.Licences {
		out = append(out, renewal{`
			INSERT INTO licences AS w (id, name, name_en, url, attribution, share_alike, terms, terms_en)
			VALUES (@id, @name, @name_en, @url, @attribution, @share_alike, @terms, @terms_en)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, url = excluded.url,
				attribution = excluded.attribution, share_alike = excluded.share_alike, terms = excluded.terms, terms_en = excluded.terms_en
			WHERE w IS DISTINCT FROM excluded `, `d.licence_id = w.id`,
			pgx.NamedArgs{"id": l.ID, "name": l.Name, "name_en": l.NameEN, "url": l.URL, "attribution": l.Attribution,
				"share_alike": l.ShareAlike, "terms": l.Terms, "terms_en": l.TermsEN}})
	}
	for i, t := range v.Themes {
		out = append(out, renewal{`
			INSERT INTO themes AS w (slug, name, name_en, position) VALUES (@slug, @name, @name_en, @position)
			ON CONFLICT (slug) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, position = excluded.position
			WHERE (w.name, w.name_en, w.position) IS DISTINCT FROM (excluded.name, excluded.name_en, excluded.position) `, `d.theme_id = w.id`,
			pgx.NamedArgs{"slug": t.Slug, "name": t.Name, "name_en": t.NameEN, "position": i + 1}})
	}
	for _, p := range v.Departments {
		out = append(out, renewal{`
			INSERT INTO departments AS w (slug, name, name_en, description, description_en, region, credit_code, aliases, contact, phone, email, profile, sample, side)
			VALUES (@slug, @name, @name_en, @description, @description_en, @region, @credit_code, @aliases, @contact, @phone, @email, @profile, @sample, @side)
			ON CONFLICT (slug) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, description = excluded.description,
				description_en = excluded.description_en, region = excluded.region, credit_code = excluded.credit_code, aliases = excluded.aliases,
				contact = excluded.contact, phone = excluded.phone, email = excluded.email, profile = excluded.profile, sample = excluded.sample, side = excluded.side
			WHERE (w.name, w.name_en, w.description, w.description_en, w.region, w.credit_code, w.aliases, w.contact, w.phone, w.email, w.profile, w.sample, w.side)
				IS DISTINCT FROM (excluded.name, excluded.name_en, excluded.description, excluded.description_en, excluded.region, excluded.credit_code,
					excluded.aliases, excluded.contact, excluded.phone, excluded.email, excluded.profile, excluded.sample, excluded.side) `, `d.department_id = w.id`,
			pgx.NamedArgs{"slug": p.Slug, "name": p.Name, "name_en": p.NameEN, "description": p.Description, "description_en": p.DescriptionEN,
				"region": p.Region, "credit_code": p.CreditCode, "aliases": list(p.Aliases), "contact": p.Contact, "phone": p.Phone, "email": p.Email,
				"profile": p.Profile, "sample": p.Sample, "side": cmp.Or(p.Side, account.Manage)}})
	}
	return out
}

// normalise brings the texts to one form, as those of an entry.
func (v *Vocabulary) normalise() error {
	type text struct {
		s    *string
		most int
	}
	var names, others []text // a name must be there
	var slugs []string
	for i := range v.Regions {
		g := &v.Regions[i]
		names = append(names, text{&g.Name, maxLine}, text{&g.NameEN, maxLine})
		if !regionForm.MatchString(g.Code) || g.Parent != "" && !regionForm.MatchString(g.Parent) {
			return fault.At("region", "地区代码须为六位数字。")
		}
	}
	for i := range v.Licences {
		l := &v.Licences[i]
		names = append(names, text{&l.ID, maxLine}, text{&l.Name, maxLine}, text{&l.NameEN, maxLine})
		others = append(others, text{&l.URL, maxURL}, text{&l.Terms, maxText}, text{&l.TermsEN, maxText})
		if err := checkURL("licence", l.URL); err != nil {
			return err
		}
	}
	for i := range v.Themes {
		t := &v.Themes[i]
		names, slugs = append(names, text{&t.Name, maxLine}, text{&t.NameEN, maxLine}), append(slugs, t.Slug)
	}
	for i := range v.Departments {
		p := &v.Departments[i]
		names, slugs = append(names, text{&p.Name, maxLine}, text{&p.NameEN, maxLine}), append(slugs, p.Slug)
		others = append(others, text{&p.Description, maxText}, text{&p.DescriptionEN, maxText}, text{&p.CreditCode, maxLine},
			text{&p.Contact, maxLine}, text{&p.Phone, maxLine}, text{&p.Email, maxLine}, text{&p.Profile, maxLine})
		if !regionForm.MatchString(p.Region) {
			return fault.At("region", "地区代码须为六位数字。")
		}
		aliases, err := cleanList("aliases", p.Aliases, maxLine)
		if err != nil {
			return err
		}
		p.Aliases = aliases
	}
	for i, t := range append(names, others...) {
		clean, err := cleanText("vocabulary", *t.s, t.most)
		if err != nil {
			return err
		}
		if clean == "" && i < len(names) {
			return fault.At("vocabulary", "请填写名称。")
		}
		*t.s = clean
	}
	for _, slug := range slugs {
		if !slugForm.MatchString(slug) {
			return fault.At("slug", "网址名只能用小写字母、数字和单个连字符。")
		}
	}
	return nil
}
