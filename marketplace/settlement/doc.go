// Package settlement pays payees their parts of released orders (结算). A Settlement is
// of one payee, one period, one currency and one route, which is where the money lies:
// the account of an operator, or the provider of payments. It is made of the entries on
// the payee's account in the ledger, each in one settlement or in none (I-33).
//
// It is computed, confirmed by a person of the payee, instructed by somebody of the
// exchange, and paid when the statement of the bank or the provider says so. What a payee
// has to give back is kept from it. The platform holds no money: it says who is to pay
// whom, and records (二清).
//
// Nothing is kept between steps but in the database: a step that is cut off did nothing,
// and what the provider was asked for is asked again under the same key.
package settlement
