package offering

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/marketplace"
	"shuyuan/marketplace/provenance/content"
)

// Offer is what may be ordered now: a plan with the listing that it is of, and the
// version that would be delivered.
type Offer struct {
	Listing *Listing
	Plan    *Plan
	Version string // number
}

// Offered is the one answer to "may this plan be ordered now, by this organisation?": an
// offer, or fault.Conflict, fault.Forbidden or fault.NotFound with the sentence why not
// (I-07, I-21 to I-23). buyer is the organisation that would order; 0: nobody in
// particular. Whatever it cannot find out is a no. It asks q, which may be the
// transaction of an order.
func (s *Service) Offered(ctx context.Context, q database.Querier, plan string, buyer int64) (*Offer, error) {
	found, err := selectPlans(ctx, q, `t.number = @number`, pgx.NamedArgs{"number": plan})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoPlan()
	}
	p := &found[0]
	l, err := s.get(ctx, q, p.Listing, false)
	if err != nil {
		return nil, err
	}
	if !l.visible(buyer) || p.PrivateTo != nil && p.PrivateTo.ID != buyer {
		return nil, errNoPlan() // nobody is told of what is for another
	}
	switch {
	case l.State == Paused:
		return nil, fault.New(fault.Conflict, "暂停提供：%s", l.Reason)
	case l.State != Published:
		return nil, fault.New(fault.Conflict, "没有上架，或者已经下架。")
	case p.State == Ended:
		return nil, fault.New(fault.Conflict, "这个套餐已经停用，请看现在的套餐。")
	case p.State != Live:
		return nil, errNoPlan()
	case buyer != 0 && (buyer == l.Seller.ID || buyer == l.Developer.ID):
		return nil, fault.New(fault.Forbidden, "卖方和开发方不能买自己的产品。")
	case !slices.Contains(l.Channels, p.Channel):
		return nil, fault.New(fault.Conflict, "这次上架没有这种交付方式。")
	}
	version, err := s.stands(ctx, q, l)
	if err != nil {
		return nil, err
	}
	if _, err := s.price(ctx, q, l.Product, p); err != nil {
		return nil, err
	}
	return &Offer{Listing: l, Plan: p, Version: version}, nil
}

// visible reports whether a listing is for an organisation.
func (l *Listing) visible(buyer int64) bool {
	return l.Visibility == Public || buyer != 0 && (slices.ContainsFunc(l.For, func(o Organisation) bool { return o.ID == buyer }) || buyer == l.Seller.ID)
}

// stands is the number of the version that is offered, or why the product cannot be: its
// state, its certificates, the version, the mandate that it was developed under, and the
// seller.
func (s *Service) stands(ctx context.Context, q database.Querier, l *Listing) (version string, err error) {
	x, err := selectOf(ctx, q, l.Product, s.now())
	if err != nil {
		return "", err
	}
	switch {
	case x.state == string(marketplace.Suspended):
		return "", fault.New(fault.Conflict, "产品已经暂停。")
	case x.state == string(marketplace.Retired):
		return "", fault.New(fault.Conflict, "产品已经退出。")
	case x.state != string(marketplace.Listable):
		return "", fault.New(fault.Conflict, "产品还不能上架：先登记，并通过合规认证。")
	case !x.certified:
		return "", fault.New(fault.Conflict, "登记证书和合规认证证书不都有效，不能提供。")
	case x.seller.ID != l.Seller.ID:
		return "", fault.New(fault.Conflict, "产品经营权已经转移，原来的上架不再有效。")
	case x.suspended:
		return "", fault.New(fault.Conflict, "卖方或者开发方被暂停，或者没有认证。")
	case x.own:
		return "", fault.New(fault.Forbidden, "交易所不能卖在自己这里上架的产品。")
	}
	v, err := selectOfferedVersion(ctx, q, x.id, s.now())
	if err != nil {
		return "", err
	}
	why, err := s.Products.NoLongerValid(ctx, q, v.id)
	if err != nil {
		return "", err
	}
	if why != nil {
		return "", fault.New(fault.Conflict, why.Sentence, why.Args...)
	}
	return v.number, nil
}

// price is the ceilings that a plan of a product is within, or why its price may not be
// asked. It is held against every version that is published.
func (s *Service) price(ctx context.Context, q database.Querier, product string, p *Plan) (held []Ceiling, err error) {
	if !p.Charged() {
		return nil, nil
	}
	x, err := selectOf(ctx, q, product, s.now())
	if err != nil {
		return nil, err
	}
	if !x.sold {
		return nil, fault.New(fault.Conflict, "产品封存时写明免费提供，不能收费。")
	}
	versions, err := selectPublishedVersions(ctx, q, x.id)
	if err != nil {
		return nil, err
	}
	unit, _ := p.counted()
	for _, v := range versions {
		if err := s.compare(ctx, q, v); err != nil {
			return nil, err
		}
		same, err := selectOpenCopies(ctx, q, v)
		if err != nil {
			return nil, err
		}
		if len(same) > 0 {
			return nil, fault.New(fault.Conflict, "内容“%s”和无条件开放的“%s”一样，开放的数据不能收费（AS-29、TJ-20）。", same[0].Content, same[0].Title)
		}
		number, err := selectUncharged(ctx, q, v, s.uncharged)
		if err != nil {
			return nil, err
		}
		if number != "" {
			return nil, fault.New(fault.Conflict, "场景 %s 是公益或者治理用途，不收服务费。", number)
		}
		list, err := selectCeilings(ctx, q, v, unit)
		if err != nil {
			return nil, err
		}
		more, err := p.within(list)
		if err != nil {
			return nil, err
		}
		for _, c := range more {
			if !slices.Contains(held, c) {
				held = append(held, c)
			}
		}
	}
	return held, nil
}

// compare works out the digests of open tables of the size of tables of a version, by
// the columns of those, as far as nobody has.
func (s *Service) compare(ctx context.Context, q database.Querier, version int64) error {
	list, err := selectCandidates(ctx, q, version)
	if err != nil {
		return err
	}
	for _, c := range list {
		columns := make([]content.Column, len(c.columns))
		for i, k := range c.columns {
			columns[i] = content.Column(k)
		}
		digest, err := s.Products.OpenDigest(ctx, c.resource, c.number, c.position, columns)
		if err != nil {
			return fault.New(fault.Unavailable, "现在不能和开放的数据核对，请稍后再试。").Because(err)
		}
		if err := insertOpenContent(ctx, q, c, digest); err != nil {
			return err
		}
	}
	return nil
}

// Holds is the answer to "does what an order of a listing rests on still hold?": product,
// certificates, version, mandate and seller, as Offered asks for them. That the plan
// ended or costs something else by now is nothing to an order that was made before (I-31);
// that the listing is over is nothing to it either, while one that is paused lets nobody
// go on.
func (s *Service) Holds(ctx context.Context, q database.Querier, listing string) error {
	l, err := s.get(ctx, q, listing, false)
	if err != nil {
		return err
	}
	if l.State == Paused {
		return fault.New(fault.Conflict, "暂停提供：%s", l.Reason)
	}
	_, err = s.stands(ctx, q, l)
	return err
}
