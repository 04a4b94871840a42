// Package operation is authorised operation (授权运营): the mandate by which an
// authority lets an operator develop public data without operating itself
// (管运分离、授权经营; FJ-III.3), and the entry of the developers whom the operator
// serves (FJ-4.2).
package operation
