// Package statement is what a derived product says of the public data in it: for
// every input its source and the day on which the developer acquired it (AS-35,
// AB-35.4: 开发的数据产品应当注明所利用公共数据的来源和获取日期). It is an in-toto
// Statement v1 carried in a DSSE envelope, and is exported as PROV-O too.
//
// The package only knows words and shapes: package marketplace fills a statement by
// walking from jobs to acquisitions to versions, and no form has a field for a source
// or a date. What writes a stamp into a file and what reads one both stand on it.
package statement
