package account

// Keeper locks and signs for neighbouring domains with the secret of the
// installation. What one purpose made no other opens, and none of those of this
// package does.
type Keeper struct{ keeper keeper }

// NewKeeper returns a keeper with the secret of the installation; without one it
// makes its own, which ends with the process.
func NewKeeper(secret []byte) Keeper { return Keeper{newKeeper(secret)} }

// Code is the code of message for purpose, 32 bytes, that only this
// installation makes.
func (k Keeper) Code(purpose string, message []byte) []byte {
	return k.keeper.code("neighbour "+purpose, message)
}

// Lock encrypts plain; it opens only for the same purpose and context.
func (k Keeper) Lock(purpose, context string, plain []byte) []byte {
	return k.keeper.lock("neighbour "+purpose, context, plain)
}

// Open is what Lock was given.
func (k Keeper) Open(purpose, context string, locked []byte) ([]byte, error) {
	return k.keeper.open("neighbour "+purpose, context, locked)
}
