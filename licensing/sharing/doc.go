// Package sharing is what public bodies give each other (共享), the other axis
// beside what is opened to everybody. The public never sees this side.
//
// A Request names an entry of another department and what it is needed for. Of
// what is shared without condition it is supplied at once and no more than a
// record of the purpose; else the provider answers within the time that its text
// sets (AB-27 from receipt, TJ-17 from acceptance and with the data, else 平台规则).
// A refusal carries what that text asks for, may be negotiated, and is at last
// decided by the authority (TJ-17). What is supplied is a Grant: to one
// department, for one purpose, until one day, and to nobody else (TJ-18, AS-22).
//
// Beside it stand three smaller matters: to ask that what is withheld be
// classified anew, to ask for data of the platforms above through the authority
// (AS-19), and to ask one's own data back from above (AS-24, FJ-3.1).
//
// The rules of a request are those of the provider's text on the day it was
// received, and stay so when that text lapses. Each clock is kept as a Ref;
// whether it is late is worked out.
package sharing
