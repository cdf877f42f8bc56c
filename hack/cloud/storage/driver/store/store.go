// Package store keeps volumes and snapshots as folders of a directory that every node sees.
//
//	ROOT/volumes/ID/{record.json,data}
//	ROOT/snapshots/ID/{record.json,data}
//	ROOT/work/            what is being made or removed: swept when a controller starts
//	ROOT/lock             held by whoever changes anything, in whatever process
//
// There is no other state. data is a sparse file (a Block volume) or a directory (a Filesystem volume). A change is a
// list of steps, the directory is whole after each of them, and one rename makes a folder appear or disappear, so a
// process may be killed anywhere: what was asked for is then there, or not there and asked for again.
package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Shelf is a kind of thing that the store keeps; its name is its folder's.
type Shelf string

// The two shelves.
const (
	Volumes   Shelf = "volumes"
	Snapshots Shelf = "snapshots"
)

const (
	workDir    = "work"
	lockFile   = "lock"
	recordFile = "record.json"
	dataName   = "data"
)

// Ref names one thing in the store.
type Ref struct {
	Shelf Shelf  `json:"shelf"`
	ID    string `json:"id"`
}

// Record is what is known of a volume or snapshot beside its bytes.
type Record struct {
	ID        string    `json:"id"`
	Datastore string    `json:"datastore"`
	Block     bool      `json:"block"`
	Capacity  int64     `json:"capacity"` // bytes that users may write; a Block volume has exactly that size
	Source    *Ref      `json:"source,omitempty"`
	Created   time.Time `json:"created"`
}

// Store is a directory of volumes and snapshots. It is safe for use by several goroutines, processes and nodes.
type Store struct {
	root   string
	limits map[string]int64
}

// Open makes the folders below root where they are missing. limits says how many bytes each datastore may promise;
// volumes and snapshots count with their whole capacity. A node, which creates nothing, needs none.
func Open(root string, limits map[string]int64) (*Store, error) {
	for _, name := range []string{string(Volumes), string(Snapshots), workDir} {
		if err := os.MkdirAll(filepath.Join(root, name), 0o711); err != nil {
			return nil, err
		}
	}
	return &Store{root: root, limits: limits}, nil
}

// Sweep removes what a killed process left half-made or half-removed.
func (s *Store) Sweep() error {
	return s.locked(func() error {
		left, err := os.ReadDir(s.path(workDir))
		for _, entry := range left {
			err = errors.Join(err, os.RemoveAll(s.path(workDir, entry.Name())))
		}
		return err
	})
}

// Data is the path of a thing's bytes: a file for Block, a directory for Filesystem.
func (s *Store) Data(ref Ref) string { return s.path(string(ref.Shelf), ref.ID, dataName) }

// Get reads one record. The error is ErrNotFound when there is no such thing.
func (s *Store) Get(ref Ref) (Record, error) {
	if !validID(ref.ID) {
		return Record{}, fmt.Errorf("%s/%s: %w", ref.Shelf, ref.ID, ErrNotFound)
	}
	return s.read(s.path(string(ref.Shelf), ref.ID), ref)
}

// List reads all records of a shelf, in the order of their IDs.
func (s *Store) List(shelf Shelf) ([]Record, error) {
	entries, err := os.ReadDir(s.path(string(shelf)))
	if err != nil {
		return nil, err
	}
	records := make([]Record, 0, len(entries))
	for _, entry := range entries {
		record, err := s.Get(Ref{shelf, entry.Name()})
		if errors.Is(err, ErrNotFound) {
			continue // removed since the folder was read
		}
		if err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	return records, nil
}

// Datastore says how many bytes a datastore may promise. The error is ErrNotFound for one that there is not.
func (s *Store) Datastore(name string) (int64, error) {
	limit, ok := s.limits[name]
	if !ok {
		return 0, fmt.Errorf("datastore %s: %w", name, ErrNotFound)
	}
	return limit, nil
}

// Free says how many bytes a datastore can still promise.
func (s *Store) Free(datastore string) (int64, error) {
	free, err := s.Datastore(datastore)
	if err != nil {
		return 0, err
	}
	for _, shelf := range []Shelf{Volumes, Snapshots} {
		records, err := s.List(shelf)
		if err != nil {
			return 0, err
		}
		for _, record := range records {
			if record.Datastore == datastore {
				free -= record.Capacity
			}
		}
	}
	return max(0, free), nil
}

// FreeEverywhere says how many bytes all datastores together can still promise.
func (s *Store) FreeEverywhere() (int64, error) {
	var sum int64
	for name := range s.limits {
		free, err := s.Free(name)
		if err != nil {
			return 0, err
		}
		sum += free
	}
	return sum, nil
}

// Used says how many bytes of the disk below a thing takes, and how many its files have together.
func (s *Store) Used(ref Ref) (allocated, apparent int64, err error) {
	err = filepath.WalkDir(s.Data(ref), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return ignoreMissing(err)
		}
		var stat unix.Stat_t
		if err := unix.Lstat(path, &stat); err != nil {
			return ignoreMissing(err)
		}
		allocated += stat.Blocks * 512
		if entry.Type().IsRegular() {
			apparent += stat.Size
		}
		return nil
	})
	return allocated, apparent, err
}

func (s *Store) path(parts ...string) string {
	return filepath.Join(append([]string{s.root}, parts...)...)
}

func (s *Store) read(dir string, ref Ref) (Record, error) {
	var record Record
	text, err := os.ReadFile(filepath.Join(dir, recordFile))
	if errors.Is(err, fs.ErrNotExist) {
		return record, fmt.Errorf("%s/%s: %w", ref.Shelf, ref.ID, ErrNotFound)
	}
	if err != nil {
		return record, err
	}
	if err := json.Unmarshal(text, &record); err != nil {
		return record, fmt.Errorf("%s/%s: %s can not be read: %w", ref.Shelf, ref.ID, recordFile, err)
	}
	return record, nil
}

// locked runs change while no other goroutine, process or node changes the store. The kernel frees the lock of a
// process that is killed.
func (s *Store) locked(change func() error) error {
	file, err := os.OpenFile(s.path(lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	for {
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX)
		if err == nil {
			return change()
		}
		if err != unix.EINTR {
			return fmt.Errorf("lock %s: %w", file.Name(), err)
		}
	}
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
