// Package disclosure decides what of a result may leave the secure workspace
// (可用不可见): the automatic rules R1 to R11, before two people look.
//
// Check is pure: the same result, rules and earlier releases give the same
// report, whatever the order of the rows. It reads what the runner measured of
// each row (how many subjects, the largest contributions, a sketch of who) and
// gives back a Cleared, a type that cannot carry any of it. What a rule can mend
// it mends, by hiding and rounding; what it cannot mend it refuses, with a reason
// that names rows and columns and no value that was hidden.
//
// The figures are rules of the platform (平台规则) in house.yaml; PolicyOf reads
// them for the strictest source of a result. No law names any of them.
//
// # What the rules cannot see
//
// Of subjects with several rows, two cells are held against each other by with which
// rows each subject stands in them (Kind.Rows): what counts is of how many subjects the
// rows are others, however many rows. A row that was corrected in a later version
// is another one. Rows are those of each table for itself, so that a second table that
// is joined changes nothing; a table that is mounted under another dataset is another.
//
// Several figures of the same few subjects are equations of the same values. Those
// whose columns are multiplied, divided, put through a function or regressed on one
// another (Column.Weighed) have few digits and are counted; totals of different columns
// are not, nor are means, spreads and quantiles of one column, which have few digits, too.
//
// R8, differencing, is heuristic. It knows who stands behind a cell by a sketch of
// 256 counters, and it looks at pairs of cells, at cells against sums of cells
// along the dimensions, and at sums of two among the cells of small tables. A
// combination of more cells than that is not looked for. A sketch never makes a
// difference larger than it is; it may make one smaller, where two subjects of
// different sign share a counter. A difference of an odd number of subjects is
// never taken for none; one of two is with a chance of 1 in 512, where the
// numbers of subjects do not tell. TestHowOftenASketchErrs has the rates. Sketches
// under different keys tell nothing of each other: whoever measures has one key for
// all workspaces. Differences between the conditions of aggregates are seen where
// the runner measures cells of their own (Table.Own), and else not; it measures
// each branch of a CASE within an aggregate for itself, and does not run a
// statement whose branches it cannot measure. Of several kinds of subjects each is looked at; a small difference of one kind counts for
// none where most subjects of another kind are different ones, since then the cells
// are of other records. The same persons in a table with their key and in one
// without it are two kinds, which are not compared.
//
// R3, complementary suppression, knows the sums that hold in the numbers
// themselves: a row that is the sum of others along any dimension, whatever it is
// called, columns that add up to another, and two ways of dividing the same whole;
// and, for results of up to 200 cells, every way of adding and subtracting shown
// rows that gives a hidden one. Feasible intervals are worked out exactly, by the
// simplex method, for values that are not negative; a result that is too entangled
// is refused.
//
// R9 knows forms of numbers and addresses, not meaning: what somebody encodes on
// purpose is for the two people of R11.
package disclosure
