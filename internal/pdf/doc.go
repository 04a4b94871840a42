// Package pdf sets documents that people keep: agreements and receipts, in
// Chinese and English, on A4, with page numbers, a seal and a code that leads to
// where they are checked.
//
// The same input gives the same bytes: no clock is read, and nothing comes from
// outside. Text can be searched and copied; there is no script, no form, and no file
// within but what Attach puts there. The font is a part of Noto Serif SC (font/README.md). A character that
// it does not have is written out by its number, 〔U+20BB7〕, and Missing names it:
// no empty box stands for a part of somebody's name.
package pdf
