// Package notes holds what departments explain of their entries (解读, TJ-25).
//
// An officer writes a note, the head of the department approves or returns it:
// two persons, as the database holds. What is approved is a version that never
// changes and that everybody reads with the entry; writing on makes the next one,
// and the one before stays until that is approved too.
package notes
