package loop

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// These tests attach real loop devices, over files and marks of their own.

func backing(t *testing.T, size int64) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("attaching a loop device needs root")
	}
	path := filepath.Join(t.TempDir(), "disk")
	must(t, os.WriteFile(path, nil, 0o600))
	must(t, os.Truncate(path, size))
	return path
}

func attached(t *testing.T, file, mark string) Device {
	t.Helper()
	device, err := Attach(file, mark)
	must(t, err)
	t.Cleanup(func() { must(t, Detach(mark)) })
	return device
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func size(t *testing.T, device Device) int64 {
	t.Helper()
	bytes, err := device.Size()
	must(t, err)
	return bytes
}

// markFor is a mark that no other run of these tests, and no cloud, has.
func markFor(t *testing.T, node string) string {
	return Mark(node+t.TempDir(), "volume")
}

func TestADeviceHasExactlyTheSizeOfItsFile(t *testing.T) {
	device := attached(t, backing(t, 5<<20+512), markFor(t, "node"))
	if size(t, device) != 5<<20+512 {
		t.Errorf("%s has %d bytes", device.Path(), size(t, device))
	}
}

func TestAttachingAgainAnswersTheSameDeviceWithItsFilesPresentSize(t *testing.T) {
	file, mark := backing(t, 1<<20), markFor(t, "node")
	device := attached(t, file, mark)
	must(t, os.Truncate(file, 2<<20))
	again, err := Attach(file, mark)
	if err != nil || again != device || size(t, device) != 2<<20 {
		t.Errorf("%v after %v, %d bytes (%v)", again, device, size(t, device), err)
	}
}

func TestAnOpenDeviceGrowsWithItsFile(t *testing.T) {
	file := backing(t, 1<<20)
	device := attached(t, file, markFor(t, "node"))
	user, err := os.Open(device.Path())
	must(t, err)
	defer user.Close()
	must(t, os.Truncate(file, 3<<20))
	must(t, device.Refresh())
	if end, err := user.Seek(0, 2); err != nil || end != 3<<20 {
		t.Errorf("who has it open sees %d bytes (%v)", end, err)
	}
}

func TestEachNodeDetachesItsOwnDeviceOnly(t *testing.T) {
	file, here, there := backing(t, 1<<20), markFor(t, "here"), markFor(t, "there")
	attached(t, file, here)
	theirs := attached(t, file, there)
	must(t, Detach(here))
	must(t, Detach(here)) // there is nothing to detach any more: no error
	if _, err := Find(here); !errors.Is(err, ErrNotFound) {
		t.Errorf("still attached (%v)", err)
	}
	if found, err := Find(there); err != nil || found != theirs {
		t.Errorf("the other node's device is %v (%v)", found, err)
	}
}

func TestADeviceThatOnlyWaitsForItsLastUserIsNotUsedAgain(t *testing.T) {
	file, mark := backing(t, 1<<20), markFor(t, "node")
	device := attached(t, file, mark)
	user, err := os.Open(device.Path())
	must(t, err)
	defer user.Close()
	must(t, Detach(mark))
	if again := attached(t, file, mark); again == device {
		t.Errorf("%s was handed out while it goes away", device.Path())
	}
}

func TestTwoNodesSeeWhatTheOtherWroteWithoutACache(t *testing.T) {
	file := backing(t, 1<<20)
	here, there := attached(t, file, markFor(t, "here")), attached(t, file, markFor(t, "there"))
	page := alignedPage(t)
	for round := range byte(8) {
		direct(t, here, func(fd int) { page[0] = round; _, err := unix.Pwrite(fd, page, 4096); must(t, err) })
		direct(t, there, func(fd int) { page[0] = 255; _, err := unix.Pread(fd, page, 4096); must(t, err) })
		if page[0] != round {
			t.Fatalf("round %d: the other node reads %d", round, page[0])
		}
		here, there = there, here
	}
}

func direct(t *testing.T, device Device, use func(fd int)) {
	t.Helper()
	fd, err := unix.Open(device.Path(), unix.O_RDWR|unix.O_DIRECT, 0)
	must(t, err)
	defer unix.Close(fd)
	use(fd)
}

func alignedPage(t *testing.T) []byte {
	t.Helper()
	page, err := unix.Mmap(-1, 0, syscall.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	must(t, err)
	t.Cleanup(func() { must(t, unix.Munmap(page)) })
	if uintptr(unsafe.Pointer(&page[0]))%4096 != 0 {
		t.Fatal("mmap answered an unaligned page")
	}
	return page
}
