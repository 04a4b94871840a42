// Package portal is the public face: routes, pages, downloads. A handler reads
// the request, calls one operation of a domain and shows the result; it holds
// no rule about data. routes.go is the one list of what can be asked for and by
// whom; errors.go says what a fault looks like from outside. The JSON API is in
// api/, other people's contracts are in interop/.
package portal
