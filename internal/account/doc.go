// Package account knows who is asking: users and the parts they play, sign-in
// by password, sessions and API keys, the token that guards forms, and the
// rate limits.
//
// Everything that must hold across replicas lies in PostgreSQL: sessions,
// keys, counters. Secrets are never stored, only their hashes. Roles are read
// at every request, so that what is taken away is gone at once.
//
// It knows nothing of HTTP. portal reads the cookie or the Authorization
// header and asks Service.Actor or Service.ActorByKey. What each role may do
// is the table Permissions.
package account
