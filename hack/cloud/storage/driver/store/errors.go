package store

import (
	"errors"
	"fmt"
)

// ErrNotFound is in the chain of every error about a volume, snapshot or datastore that there is not.
var ErrNotFound = errors.New("not found")

// FullError says that a datastore can not promise what was asked for.
type FullError struct {
	Datastore          string
	Asked, Free, Total int64 // bytes
}

func (e *FullError) Error() string {
	return fmt.Sprintf("datastore %s is full: %d bytes asked, %d of %d free; delete volumes or snapshots on it, or ask for less",
		e.Datastore, e.Asked, e.Free, e.Total)
}
