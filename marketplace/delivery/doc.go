// Package delivery hands over what was ordered (交付), counts what was used and bills it.
//
// A paid order opens a delivery. MayServe is the one gate: it asks at each call whether
// order, contract, version, certificates, listing, organisations, bills and quota still
// allow it (I-07), and keeps no answer. A copy of a file goes out with a receipt, signed
// by the platform, that names neither buyer nor order (I-41); rows go out by keys that
// are bound to one order and read nothing else that is not open.
//
// Each call and each range of a file is an event, once per source and id (I-29), written
// in the transaction that takes it from the quota. Of a metered order every month is
// closed once and billed by the snapshot of its plan (I-30); what comes later is an
// adjustment in the next month that is open. After the term the buyer declares that the
// copies are destroyed.
package delivery
