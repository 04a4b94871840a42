// Package ordering takes orders of plans (订单), from the contract to the end of the
// term.
//
// An order is of one plan and has one contract. All of it is counted once, on the
// server, from the plan as it was then, and never changes (I-31): the price, the tax,
// and by which rule what is paid is divided (分账). The contract is made of fixed
// clauses and typed blanks, is locked before anybody signs, and both sides sign its
// SHA-256; the same terms stand beside it for programs, as a closed list.
//
// What is paid lies in the hold of the order until the buyer accepts, or says nothing
// in time; in the same transaction it is divided among its payees (ledger.Accepted).
// Use across the border is held until its papers are whole (AS-45).
//
// No period, rate or procedure of this is set by a text (FJ-5.1, FJ-5.2): each is a rule
// of the platform (平台规则).
package ordering
