package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

const mib = 1 << 20

func open(t *testing.T) *Store {
	t.Helper()
	return openIn(t, t.TempDir())
}

func openIn(t *testing.T, root string) *Store {
	t.Helper()
	s, err := Open(root, map[string]int64{"fast": 64 * mib})
	must(t, err)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func volume(id string, capacity int64, block bool, source *Ref) Record {
	return Record{ID: id, Datastore: "fast", Capacity: capacity, Block: block, Source: source}
}

func create(t *testing.T, s *Store, shelf Shelf, record Record) Ref {
	t.Helper()
	_, err := s.Create(shelf, record)
	must(t, err)
	return Ref{shelf, record.ID}
}

// write puts text at an offset of a Block volume, or into a file `note` of a Filesystem volume.
func write(t *testing.T, s *Store, ref Ref, text string, at int64) {
	t.Helper()
	path := s.Data(ref)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "note")
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o640)
	must(t, err)
	defer file.Close()
	_, err = file.WriteAt([]byte(text), at)
	must(t, err)
}

func TestABlankBlockVolumeHasExactlyItsSizeAndTakesNoRoom(t *testing.T) {
	s := open(t)
	ref := create(t, s, Volumes, volume("a", 5*mib+512, true, nil))
	info, err := os.Stat(s.Data(ref))
	must(t, err)
	if info.Size() != 5*mib+512 {
		t.Errorf("the file has %d bytes", info.Size())
	}
	if allocated, _, err := s.Used(ref); err != nil || allocated != 0 {
		t.Errorf("a blank volume takes %d bytes of the disk (%v)", allocated, err)
	}
}

func TestACloneHasTheBytesAndTheHolesAndItsOwnLife(t *testing.T) {
	s := open(t)
	from := create(t, s, Volumes, volume("a", 32*mib, true, nil))
	write(t, s, from, "head", 0)
	write(t, s, from, "tail", 32*mib-4)
	clone := create(t, s, Volumes, volume("b", 24*mib, true, &from))
	write(t, s, from, "HEAD", 0)

	text, err := os.ReadFile(s.Data(clone))
	must(t, err)
	if len(text) != 32*mib || string(text[:4]) != "head" || string(text[32*mib-4:]) != "tail" {
		t.Errorf("the clone has %d bytes, from %q to %q", len(text), text[:4], text[len(text)-4:])
	}
	if allocated, _, err := s.Used(clone); err != nil || allocated > mib {
		t.Errorf("the clone of 8 bytes takes %d bytes of the disk (%v)", allocated, err)
	}
	if record, err := s.Get(clone); err != nil || record.Capacity != 32*mib {
		t.Errorf("the clone of a larger volume says %d bytes (%v)", record.Capacity, err)
	}
}

func TestACloneOfADirectoryKeepsFilesOwnersModesTimesAndLinks(t *testing.T) {
	s := open(t)
	from := create(t, s, Volumes, volume("a", mib, false, nil))
	must(t, os.MkdirAll(filepath.Join(s.Data(from), "dir"), 0o755))
	write(t, s, from, "text", 0)
	note := filepath.Join(s.Data(from), "note")
	must(t, os.Chmod(note, 0o4751))
	must(t, os.Symlink("note", filepath.Join(s.Data(from), "link")))
	must(t, unix.Mkfifo(filepath.Join(s.Data(from), "pipe"), 0o600))
	must(t, os.Chmod(s.Data(from), 0o2770))

	clone := create(t, s, Volumes, volume("b", mib, false, &from))
	for name, same := range map[string]func(a, b unix.Stat_t) bool{
		".": func(a, b unix.Stat_t) bool { return a.Mode == b.Mode },
		"note": func(a, b unix.Stat_t) bool {
			return a.Mode == b.Mode && a.Mtim == b.Mtim && a.Uid == b.Uid && a.Size == b.Size
		},
		"dir": func(a, b unix.Stat_t) bool { return a.Mode == b.Mode },
	} {
		var a, b unix.Stat_t
		must(t, unix.Lstat(filepath.Join(s.Data(from), name), &a))
		must(t, unix.Lstat(filepath.Join(s.Data(clone), name), &b))
		if !same(a, b) {
			t.Errorf("%s differs: %+v, %+v", name, a, b)
		}
	}
	if target, err := os.Readlink(filepath.Join(s.Data(clone), "link")); target != "note" {
		t.Errorf("the link leads to %q (%v)", target, err)
	}
	if _, err := os.Lstat(filepath.Join(s.Data(clone), "pipe")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a pipe was copied (%v)", err)
	}
}

func TestCreatingAgainAnswersWhatIsThere(t *testing.T) {
	s := open(t)
	ref := create(t, s, Volumes, volume("a", mib, true, nil))
	write(t, s, ref, "kept", 0)
	again, err := s.Create(Volumes, volume("a", 2*mib, false, nil))
	if err != nil || again.Capacity != mib || !again.Block {
		t.Errorf("the second call answers %+v, %v", again, err)
	}
	if text, err := os.ReadFile(s.Data(ref)); err != nil || !bytes.HasPrefix(text, []byte("kept")) {
		t.Errorf("the second call touched the bytes: %q, %v", text[:4], err)
	}
}

func TestAFullDatastoreRefusesVolumesSnapshotsAndGrowth(t *testing.T) {
	s := open(t)
	ref := create(t, s, Volumes, volume("a", 40*mib, true, nil))
	_, asVolume := s.Create(Volumes, volume("b", 25*mib, true, nil))
	_, asSnapshot := s.Create(Snapshots, volume("c", 40*mib, true, &ref))
	_, asGrowth := s.Expand("a", 65*mib)
	for _, err := range []error{asVolume, asSnapshot, asGrowth} {
		var full *FullError
		if !errors.As(err, &full) || full.Free != 24*mib || full.Total != 64*mib {
			t.Errorf("%v", err)
		}
	}
	if _, err := s.Expand("a", 64*mib); err != nil {
		t.Errorf("the last byte can not be had: %v", err)
	}
	must(t, s.Delete(ref))
	if free, err := s.Free("fast"); err != nil || free != 64*mib {
		t.Errorf("deleting gave back %d (%v)", free, err)
	}
}

func TestManyAtOnceNeverPromiseMoreThanThereIs(t *testing.T) {
	root := t.TempDir()
	var wait sync.WaitGroup
	for i := range 16 {
		s := openIn(t, root) // each as a process of its own
		wait.Go(func() { _, _ = s.Create(Volumes, volume(string(rune('a'+i)), 10*mib, true, nil)) })
	}
	wait.Wait()
	s := openIn(t, root)
	made, err := s.List(Volumes)
	if free, _ := s.Free("fast"); err != nil || len(made) != 6 || free != 4*mib {
		t.Errorf("%d volumes of 10 MiB on 64, %d bytes free (%v)", len(made), free, err)
	}
}

func TestAnIDIsTheNameOrAHashThatFitsAFileName(t *testing.T) {
	for _, name := range []string{"pvc-0f8ca0a0-6ee4-4a38-8cd2-d3b1b7a4a5b6", "a"} {
		if ID(name) != name {
			t.Errorf("%s became %s", name, ID(name))
		}
	}
	for _, name := range []string{"", "../a", "A", ".", "ä", strings.Repeat("a", 128)} {
		if id := ID(name); id == name || !validID(id) || id != ID(name) {
			t.Errorf("%q became %q", name, id)
		}
	}
}

func TestNothingOutsideTheStoreIsReadOrRemoved(t *testing.T) {
	s := open(t)
	outside := filepath.Join(s.root, "mine")
	must(t, os.Mkdir(outside, 0o700))
	must(t, s.Delete(Ref{Volumes, "../mine"}))
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
	if _, err := s.Get(Ref{Volumes, "../mine"}); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}
