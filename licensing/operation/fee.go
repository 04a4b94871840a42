package operation

import (
	"fmt"
	"slices"
	"strconv"

	"shuyuan/internal/policy"
)

// Fee is one thing that the operator may charge for: bands that are summed, each for
// the units that lie in it. It is kept with a mandate as it stood when the agreement
// was locked.
type Fee struct {
	Code    string   `json:"code"`
	Unit    string   `json:"unit"`
	Bands   []Band   `json:"bands"`
	NotFor  []string `json:"not_for,omitempty"` // classes of use that pay nothing
	Charged bool     `json:"charged"`           // false: it is measured and not charged
}

// Band is the price of a unit beyond From, until the next band begins.
type Band struct {
	From int64 `json:"from"` // units
	Fen  int64 `json:"fen"`  // for one unit
}

// Amount is what so many units of a class of use cost by the bands, in fen, and what
// of that is charged.
func (f Fee) Amount(units int64, class string) (measured, charged int64) {
	for i, b := range f.Bands {
		until := units
		if i+1 < len(f.Bands) {
			until = min(units, f.Bands[i+1].From)
		}
		if until > b.From {
			measured += (until - b.From) * b.Fen
		}
	}
	if !f.Charged || slices.Contains(f.NotFor, class) {
		return measured, 0
	}
	return measured, measured
}

// TariffOf reads what may be charged from the rules.
func TariffOf(book *policy.Book) ([]Fee, error) {
	rule, _ := book.House().Rule("service_fee")
	var out []Fee
	for _, o := range rule.Options {
		f := Fee{Code: o.Code}
		var from, fen []int64
		var err error
		for _, d := range o.Details {
			switch d.Key {
			case "counted_in":
				f.Unit = d.Value[0].Code
			case "band_from":
				from, err = wholeNumbers(d.Value)
			case "band_fen":
				fen, err = wholeNumbers(d.Value)
			case "not_charged_for":
				for _, w := range d.Value {
					f.NotFor = append(f.NotFor, w.Code)
				}
			case "charged":
				f.Charged = d.Value[0].Code == "true"
			}
			if err != nil {
				return nil, fmt.Errorf("fee %s: %w", o.Code, err)
			}
		}
		if len(from) == 0 || len(from) != len(fen) || from[0] != 0 || !slices.IsSorted(from) {
			return nil, fmt.Errorf("fee %s has no bands", o.Code)
		}
		for i := range from {
			f.Bands = append(f.Bands, Band{from[i], fen[i]})
		}
		out = append(out, f)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("the rules name no fee")
	}
	return out, nil
}

func wholeNumbers(words []policy.Word) (out []int64, err error) {
	for _, w := range words {
		n, err := strconv.ParseInt(w.Zh, 10, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}
