package store

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
)

// step is a part of a change after which the store is whole.
type step func() error

func run(steps []step) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// Create makes what record describes, blank or with the bytes of record.Source, and answers its record. It has at
// least its source's capacity. If its ID is taken nothing is made, and the record that is there is the answer: the
// caller judges whether it will do.
func (s *Store) Create(shelf Shelf, record Record) (Record, error) {
	ref := Ref{shelf, record.ID}
	err := s.locked(func() error {
		there, err := s.Get(ref)
		if err == nil || !errors.Is(err, ErrNotFound) {
			record = there
			return err
		}
		if record.Capacity, err = s.capacity(record); err != nil {
			return err
		}
		if err := s.room(record.Datastore, record.Capacity); err != nil {
			return err
		}
		if err := run(s.creating(ref, record)); err != nil {
			return errors.Join(err, os.RemoveAll(s.work(ref)))
		}
		return nil
	})
	return record, err
}

// Delete removes a thing. It is no error if it is not there.
func (s *Store) Delete(ref Ref) error {
	if !validID(ref.ID) {
		return nil
	}
	return s.locked(func() error { return run(s.deleting(ref)) })
}

// Expand raises a volume's capacity and answers its record. A capacity that is not larger changes nothing.
func (s *Store) Expand(id string, capacity int64) (Record, error) {
	ref := Ref{Volumes, id}
	var record Record
	err := s.locked(func() (err error) {
		if record, err = s.Get(ref); err != nil || capacity <= record.Capacity {
			return err
		}
		if err := s.room(record.Datastore, capacity-record.Capacity); err != nil {
			return err
		}
		record.Capacity = capacity
		return run(s.expanding(ref, record))
	})
	return record, err
}

// capacity is what a new thing will have; its source may have grown since the caller looked.
func (s *Store) capacity(record Record) (int64, error) {
	if record.Source == nil {
		return record.Capacity, nil
	}
	source, err := s.Get(*record.Source)
	return max(record.Capacity, source.Capacity), err
}

// room answers a FullError if the datastore has less than this many bytes to promise.
func (s *Store) room(datastore string, bytes int64) error {
	free, err := s.Free(datastore)
	if err != nil {
		return err
	}
	if bytes > free {
		return &FullError{Datastore: datastore, Asked: bytes, Free: free, Total: s.limits[datastore]}
	}
	return nil
}

func (s *Store) creating(ref Ref, record Record) []step {
	work, place := s.work(ref), s.path(string(ref.Shelf), ref.ID)
	return []step{
		func() error { return os.RemoveAll(work) },
		func() error { return os.Mkdir(work, 0o711) },
		func() error { return s.fill(filepath.Join(work, dataName), record) },
		func() error { return writeRecord(work, record) },
		func() error { return os.Rename(work, place) },
		func() error { return syncPath(filepath.Dir(place)) },
	}
}

func (s *Store) deleting(ref Ref) []step {
	work, place := s.work(ref), s.path(string(ref.Shelf), ref.ID)
	return []step{
		func() error { return os.RemoveAll(work) },
		func() error { return ignoreMissing(os.Rename(place, work)) },
		func() error { return syncPath(filepath.Dir(place)) },
		func() error { return os.RemoveAll(work) },
	}
}

// expanding enlarges the bytes before the record, so that the record never promises what is not there.
func (s *Store) expanding(ref Ref, record Record) []step {
	return []step{
		func() error { return setSize(s.Data(ref), record) },
		func() error { return writeRecord(s.path(string(ref.Shelf), ref.ID), record) },
	}
}

func (s *Store) work(ref Ref) string { return s.path(workDir, string(ref.Shelf)+"-"+ref.ID) }

// fill makes the bytes of a new thing at path.
func (s *Store) fill(path string, record Record) error {
	switch {
	case record.Source == nil && record.Block:
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			return err
		}
	case record.Source == nil:
		return os.Mkdir(path, 0o755)
	default:
		if err := copyTree(path, s.Data(*record.Source)); err != nil {
			return err
		}
	}
	return setSize(path, record)
}

// setSize gives a Block volume's file its exact size.
func setSize(path string, record Record) error {
	if !record.Block {
		return nil
	}
	if err := os.Truncate(path, record.Capacity); err != nil {
		return err
	}
	return syncPath(path)
}

func writeRecord(dir string, record Record) error {
	text, err := json.Marshal(record)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, recordFile)
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	if err := syncPath(path + ".new"); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncPath(dir)
}

// syncPath returns when a file's bytes, or a directory's entries, are on the disk.
func syncPath(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return file.Sync()
}
