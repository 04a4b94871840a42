// Package ledger is the double-entry book of the market. It records what is owed to
// whom and instructs payments; the platform itself holds nobody's money (二清): every
// asset in it is a claim on the account of an operator or of a licensed provider.
//
// A Transaction is two or more Entries that sum to zero in each currency. Amounts are
// minor units (fen); a debit is positive, a credit negative. Rows are only ever added:
// what was wrong is reversed by a transaction of its own. All this is held by
// constraints of the database (migration 0185), for whoever writes and however, and
// not by this package alone.
//
// The chart of accounts (Class) and the flows (PaidIn, Released, …) are here in one
// place each; orders, refunds and settlements call them within the transaction in
// which their own state moves, so neither is without the other.
//
// The ideas are known ones: transfers that never change and happen once by their key,
// guards on balances (TigerBeetle); a key refused on reuse with other content, and a
// reversal as its own transaction (Formance).
package ledger
