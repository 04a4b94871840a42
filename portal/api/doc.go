// Package api is the JSON API v1: catalogue, versions, dictionaries, figures,
// for programs. Types are its description: huma makes openapi.json from them,
// every request is held against what that document says, and /developers shows
// the document to people.
//
// Mount is a portal.Deps.Mounts. Everything goes through the portal's gate,
// page cache and error handler; the API adds cross-origin headers, cursors and
// a rate limit that holds across replicas.
package api
