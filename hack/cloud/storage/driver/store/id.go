package store

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
)

// MaxID is the longest ID in bytes: a loop device's mark holds it behind a hash of the node's name.
const MaxID = 46

var idPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// ID is the ID of the thing that a caller calls name: the same each time, and fit to be a file's name.
func ID(name string) string {
	if validID(name) {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return "sha256-" + hex.EncodeToString(sum[:19])
}

func validID(id string) bool { return len(id) <= MaxID && idPattern.MatchString(id) }
