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
	sign := int64(1)
	if amount < 0 {
		sign, amount = -1, -amount
	}
	out, rest := make([]int64, len(shares)), make([]int64, len(shares))
	left := amount
	for i, s := range shares {
		whole, remainder := new(big.Int).QuoRem(new(big.Int).Mul(big.NewInt(amount), big.NewInt(s.Points)), big.NewInt(Whole), new(big.Int))
		out[i], rest[i] = whole.Int64(), remainder.Int64()
		left -= out[i]
	}
	order := make([]int, len(shares))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(rest[b], rest[a]), cmp.Compare(shares[a].To.Code(), shares[b].To.Code()))
	})
	for _, i := range order[:left] {
		out[i]++
	}
	for i := range out {
		out[i] *= sign
	}
	return out, nil
}
