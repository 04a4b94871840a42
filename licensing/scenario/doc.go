// Package scenario authorises second-tier developers (二级开发主体) to develop
// public data, each for one scenario (场景; FJ-4.2) under the mandate of an
// operator: the application, what departments, security and the operator say of it,
// the decision of the authority, and the contract and grants that follow.
package scenario
