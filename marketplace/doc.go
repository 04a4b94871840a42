// Package marketplace is the trade in products derived from public data:
// registration, listings, contracts, orders, settlement. It is the last of the
// four domains to be built; nothing of it exists yet, and no page shows any of
// it.
package marketplace
