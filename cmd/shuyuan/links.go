package main

import (
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/config"
	"shuyuan/internal/outbound"
	"shuyuan/internal/policy"
)

// links is how addresses that departments enter are checked: through the one
// gate, by the rules of the platform.
func (in *installation) links(now func() time.Time) (datasets.Option, error) {
	base := in.reachedAt()
	networks, ports, err := config.Reach(in.cfg.OutboundAllow)
	if err != nil {
		return nil, err
	}
	gate, err := outbound.New(outbound.Config{
		Allow: outbound.Allow{Networks: networks, Ports: ports}, Portal: base, Contact: base + "/help#links", Now: now,
	})
	if err != nil {
		return nil, err
	}
	book, err := policy.Load(policy.Files)
	if err != nil {
		return nil, err
	}
	rules, err := datasets.LinkRulesOf(book)
	return datasets.Links(gate, rules, base), err
}

// reachedAt is the address of the portal, as far as it is known: only a server
// that listens knows which port it was given.
func (in *installation) reachedAt() string {
	if in.base != "" {
		return in.base
	}
	if in.cfg.BaseURL != "" {
		return in.cfg.BaseURL
	}
	return "http://" + in.cfg.Listen
}
