package ledger

import (
	"cmp"
	"math/big"
	"slices"

	"shuyuan/internal/fault"
)

// Whole is all of an amount, in basis points.
const Whole = 10_000

// Share is who gets how much of an amount.
type Share struct {
	To     Account
	Points int64 // basis points; all shares of a rule are Whole together
}

// Split divides an amount by shares to the last minor unit: each gets its part rounded
// down, and what is left over goes, one unit each, to the largest remainders. Where two
// remainders are equal the code of the account decides, so that the order in which
// shares are written changes nothing. The result is in the order of the shares; an
// amount below zero is divided like the same amount above it.
func Split(amount int64, shares []Share) ([]int64, error) {
	sum := int64(0)
	seen := map[string]bool{}
	for _, s := range shares {
		if s.Points <= 0 || s.Points > Whole || !s.To.sound() || seen[s.To.Code()] {
			return nil, fault.At("shares", "每个收款方只写一次，份额大于零。")
		}
		seen[s.To.Code()] = true
		sum += s.Points
	}
	if sum != Whole {
		return nil, fault.At("shares", "各方份额之和必须正好是百分之百。")
	}
	weights, codes := make([]int64, len(shares)), make([]string, len(shares))
	for i, s := range shares {
		weights[i], codes[i] = s.Points, s.To.Code()
	}
	return divide(amount, Whole, weights, codes), nil
}

// Divide divides an amount among accounts as what each of them has of something: no one
// gets more than it has, as long as the amount is not more than all have, and all of it
// gives each what it has. Rounding is that of Split.
func Divide(amount int64, have []Part) ([]Part, error) {
	weights, codes, sum := make([]int64, len(have)), make([]string, len(have)), int64(0)
	for i, p := range have {
		if p.Amount < 0 {
			return nil, fault.New(fault.Invalid, "借贷不平，什么也没有记。")
		}
		weights[i], codes[i] = p.Amount, p.To.Code()
		sum += p.Amount
	}
	if amount < 0 || amount > sum {
		return nil, fault.At("amount", "金额太大。")
	}
	var out []Part
	for i, n := range divide(amount, max(sum, 1), weights, codes) {
		if n > 0 {
			out = append(out, Part{have[i].To, n})
		}
	}
	return out, nil
}

// divide divides an amount by weights that are whole together.
func divide(amount, whole int64, weights []int64, codes []string) []int64 {
	sign := int64(1)
	if amount < 0 {
		sign, amount = -1, -amount
	}
	out, rest := make([]int64, len(weights)), make([]int64, len(weights))
	left := amount
	for i, w := range weights {
		part, remainder := new(big.Int).QuoRem(new(big.Int).Mul(big.NewInt(amount), big.NewInt(w)), big.NewInt(whole), new(big.Int))
		out[i], rest[i] = part.Int64(), remainder.Int64()
		left -= out[i]
	}
	order := make([]int, len(weights))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(rest[b], rest[a]), cmp.Compare(codes[a], codes[b]))
	})
	for _, i := range order[:left] {
		out[i]++
	}
	for i := range out {
		out[i] *= sign
	}
	return out
}
