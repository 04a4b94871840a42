// Package payment is how money for orders is seen to arrive. The platform holds none of
// it: a buyer transfers to the collection account of an operator (对公转账) with a
// remittance code, the operator brings the statement of its bank, and what it says is
// matched with what was to be paid.
//
// Gateway is a licensed provider of payments online, Stripe one of them; Online opens
// checkouts there and learns of payments by webhooks, by asking, and by reading on what
// was never sent.
//
// Read turns the cells of a statement into Lines, by a Layout that says how a bank names
// its columns, or refuses all of it. Match says of each line what it pays, and of what
// it cannot tell why: nothing is guessed, and what is not exact waits for two people.
package payment
