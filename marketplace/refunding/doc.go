// Package refunding gives money back (退款): by the rule of the plan as it was ordered,
// because the parties agree, because an objection was right, because a mandate ended with
// prepaid time left, or because nobody wanted what came.
//
// A refund is requested by one person and approved by two others: one of the seller or of
// the operator whose account pays, one of the exchange. Then the books move it from the
// hold of the order, or after acceptance from the payees' parts as each still has of the
// order; what a payee was paid out already it owes (I-35). In the same transaction an
// operator is instructed, or the provider of payments is to be asked.
//
// All refunds of an order are never more than what came for it (I-05), which the database
// holds for whoever writes.
package refunding
