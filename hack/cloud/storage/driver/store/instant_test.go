package store

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// onXFS answers a store on a file system that can share blocks, as the local cloud's is.
func onXFS(t *testing.T) *Store {
	t.Helper()
	if _, err := exec.LookPath("mkfs.xfs"); err != nil || os.Geteuid() != 0 {
		t.Skip("needs root and mkfs.xfs")
	}
	image, folder := filepath.Join(t.TempDir(), "image"), t.TempDir()
	must(t, os.WriteFile(image, nil, 0o600))
	must(t, os.Truncate(image, 512*mib))
	must(t, exec.Command("mkfs.xfs", "-q", image).Run())
	must(t, exec.Command("mount", "-o", "loop", image, folder).Run())
	t.Cleanup(func() { must(t, exec.Command("umount", folder).Run()) })
	return openIn(t, folder)
}

func TestASnapshotOfAVolumeThatIsWrittenIsOneInstant(t *testing.T) {
	s := onXFS(t)
	ref := create(t, s, Volumes, volume("busy", 2*mib, true, nil))
	done := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() { writeBothEnds(t, s.Data(ref), 2*mib-8, done) })
	for i := range 20 {
		snapshot := create(t, s, Snapshots, volume(fmt.Sprint("at-", i), 2*mib, true, &ref))
		text, err := os.ReadFile(s.Data(snapshot))
		must(t, err)
		head, tail := binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[len(text)-8:])
		if head != tail && head != tail+1 {
			t.Errorf("snapshot %d: the head was written %d times, the tail after it %d times", i, head, tail)
		}
	}
	close(done)
	writer.Wait()
}

// writeBothEnds writes 1, 2, 3, ... to the head of a file and then each to its tail.
func writeBothEnds(t *testing.T, path string, tail int64, done <-chan struct{}) {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Error(err)
		return
	}
	defer file.Close()
	for count := uint64(1); ; count++ {
		select {
		case <-done:
			return
		default:
		}
		number := binary.LittleEndian.AppendUint64(nil, count)
		for _, at := range []int64{0, tail} {
			if _, err := file.WriteAt(number, at); err != nil {
				t.Error(err)
				return
			}
		}
	}
}
