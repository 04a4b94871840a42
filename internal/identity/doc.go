// Package identity asks a provider of identity who somebody is: OpenID Connect
// Core 1.0, the code flow, with PKCE (RFC 7636), state and nonce. It knows
// nothing of accounts; account says whose a person of the provider is.
//
// Nothing that the provider says gives rights here: of its answer only who it is
// (issuer and subject) is taken, with a name and a verified address to fill in a
// form. The address of the provider is the operator's, not a reader's, so that
// requests do not go through internal/outbound.
package identity
