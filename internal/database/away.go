package database

import (
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Away reports whether err says that the database is not there, is going or is
// coming up: whoever asks again a moment later may well be answered.
func Away(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		const connection, operator, tooMany = "08", "57P0", "53300"
		return strings.HasPrefix(e.Code, connection) || strings.HasPrefix(e.Code, operator) || e.Code == tooMany
	}
	if errors.Is(err, pgconn.ErrConnClosed) {
		return true
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	_, ok := errors.AsType[*net.OpError](err) // the connection broke under the question
	return ok
}

// Referred reports whether err says that a row cannot be deleted because
// another one refers to it.
func Referred(err error) bool {
	const foreignKey = "23503"
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == foreignKey
}

// Taken reports whether the database refused what is there already, and may be
// once only.
func Taken(err error) bool {
	const unique = "23505"
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == unique
}
