package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"
)

// A change is a list of steps. Each test runs a change up to each of its steps, as if the process was killed there,
// opens the folder anew, looks whether all that is listed is whole, and asks for the same change again.

type change struct {
	steps func(*Store) []step // the change as Create, Delete or Expand would run it
	again func(*Store) error  // the same, asked for again
	check func(*testing.T, *Store)
}

func changes(t *testing.T) map[string]change {
	old := Ref{Volumes, "old"}
	clone := volume("new", 8*mib, true, &old)
	grown := volume("old", 16*mib, true, nil)
	return map[string]change{
		"create": {
			steps: func(s *Store) []step { return s.creating(Ref{Volumes, "new"}, clone) },
			again: func(s *Store) error { _, err := s.Create(Volumes, clone); return err },
			check: func(t *testing.T, s *Store) { expect(t, s, Ref{Volumes, "new"}, 8*mib) },
		},
		"snapshot": {
			steps: func(s *Store) []step { return s.creating(Ref{Snapshots, "new"}, clone) },
			again: func(s *Store) error { _, err := s.Create(Snapshots, clone); return err },
			check: func(t *testing.T, s *Store) { expect(t, s, Ref{Snapshots, "new"}, 8*mib) },
		},
		"delete": {
			steps: func(s *Store) []step { return s.deleting(old) },
			again: func(s *Store) error { return s.Delete(old) },
			check: func(t *testing.T, s *Store) {
				if _, err := s.Get(old); !errors.Is(err, ErrNotFound) {
					t.Errorf("it is still there: %v", err)
				}
			},
		},
		"expand": {
			steps: func(s *Store) []step { return s.expanding(old, grown) },
			again: func(s *Store) error { _, err := s.Expand("old", 16*mib); return err },
			check: func(t *testing.T, s *Store) { expect(t, s, old, 16*mib) },
		},
	}
}

func TestAChangeCutAfterAnyStepLeavesTheStoreWholeAndCanBeAskedForAgain(t *testing.T) {
	for name, change := range changes(t) {
		for cut := range len(change.steps(open(t))) + 1 {
			t.Run(fmt.Sprintf("%s cut after %d", name, cut), func(t *testing.T) {
				root := t.TempDir()
				s := openIn(t, root)
				write(t, s, create(t, s, Volumes, volume("old", 8*mib, true, nil)), "bytes", 0)
				must(t, run(change.steps(s)[:cut]))

				s = openIn(t, root)
				isWhole(t, s)
				must(t, s.Sweep())
				isWhole(t, s)
				if left, err := os.ReadDir(s.path(workDir)); err != nil || len(left) > 0 {
					t.Errorf("swept, but %v is left (%v)", left, err)
				}
				must(t, change.again(s))
				isWhole(t, s)
				change.check(t, s)
			})
		}
	}
}

func TestAChangeCutAfterAnyStepNeedsNoSweepToBeAskedForAgain(t *testing.T) {
	for name, change := range changes(t) {
		for cut := range len(change.steps(open(t))) + 1 {
			t.Run(fmt.Sprintf("%s cut after %d", name, cut), func(t *testing.T) {
				s := open(t)
				write(t, s, create(t, s, Volumes, volume("old", 8*mib, true, nil)), "bytes", 0)
				must(t, run(change.steps(s)[:cut]))
				must(t, change.again(s))
				isWhole(t, s)
				change.check(t, s)
			})
		}
	}
}

// isWhole looks whether everything that is listed has all of its bytes.
func isWhole(t *testing.T, s *Store) {
	t.Helper()
	for _, shelf := range []Shelf{Volumes, Snapshots} {
		records, err := s.List(shelf)
		must(t, err)
		entries, err := os.ReadDir(s.path(string(shelf)))
		must(t, err)
		if len(records) != len(entries) {
			t.Errorf("%d folders, %d records", len(entries), len(records))
		}
		for _, record := range records {
			text, err := os.ReadFile(s.Data(Ref{shelf, record.ID}))
			if err != nil || int64(len(text)) < record.Capacity || !bytes.HasPrefix(text, []byte("bytes")) {
				t.Errorf("%s/%s: %d bytes of %d (%v)", shelf, record.ID, len(text), record.Capacity, err)
			}
		}
	}
}

func expect(t *testing.T, s *Store, ref Ref, capacity int64) {
	t.Helper()
	record, err := s.Get(ref)
	if err != nil || record.Capacity != capacity {
		t.Errorf("%v: %d bytes, not %d (%v)", ref, record.Capacity, capacity, err)
	}
}
