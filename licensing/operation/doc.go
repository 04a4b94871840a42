// Package operation is authorised operation (授权运营; 管运分离、授权经营,
// FJ-III.3): an implementing body (实施机构) plans what is to be operated, an
// operator is chosen by competition, both sign an agreement, and the operator
// lets developers (二级开发主体) enter. Who manages never operates: each move
// belongs to one side, and the database holds the side of every person and
// organisation in it.
//
//	plan, award → draft → under_review → approved (its text is locked) → signed → active
//
// A mandate that is suspended, revoked, surrendered or expired changes in this one
// row alone. Everything below it is asked at each gate whether the mandate and all
// above it stand (mandate_stands in SQL), so that one UPDATE ends it all, and
// lifting a suspension brings back exactly what was. MandateMoved is announced in
// the same transaction, for those who stop what runs and those who are told.
package operation
