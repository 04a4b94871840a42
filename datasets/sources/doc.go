// Package sources holds the catalogue to one source for each data item (一数一源:
// AS-14.2, AB-15.4) and settles what departments say differently (AB-29).
//
// Entries are compared by their data items, never by their titles. How alike two
// items are is not a figure but a list of traits that anybody can check: see
// Compare. A Case brings the departments concerned together; each states its
// position, and the authority names one of them, with reasons. Of a duplicate,
// the one named collects and the others use; of values that disagree, its hold.
package sources
