// Package demands is the list of data that people ask for and that is not there
// yet (供需对接; AS-26 需求导向, FJ-3.1 供需对接系统).
//
// A demand is public at once: what is wanted, what for, and of which department
// if its proposer knows; anybody with an account seconds it once, takes that
// back, follows it. Where it names no department, the platform's side finds one.
// The department answers in public, by a clock: it will come by a day, it is
// there, it cannot be given, or it is another department's, which then has a
// clock of its own from that moment. Texts set no period: the platform does
// (平台规则).
//
// Demands that are the same are merged: the votes of both count at the one that
// stays, each account once, and the other points to it, until that is undone.
// When the promised entry is public, the demand is met, and whoever proposed,
// seconded or follows it is told.
//
// Which turn it is whose, and by which clock, is kept turn by turn: nothing
// stores what is late.
package demands
