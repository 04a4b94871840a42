// Package templates holds the pages. A page is handed a struct with everything
// it shows; it chooses words and marks and computes nothing that could be
// wrong. Frame and Page are around every page, parts.templ and its neighbours
// hold what pages share, gallery.templ shows all of it at /_gallery.
//
// Public pages are cached and their policy (CSP) allows no inline script and no
// inline style: no style attribute, no <style>, no on… attribute anywhere.
package templates
