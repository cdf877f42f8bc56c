// Package loop attaches files as block devices. The kernel itself remembers who attached what: each device that this
// package makes carries a mark, set in the same call that attaches it. Loop devices belong to the whole kernel, so a
// device with another mark, or without one, is never touched.
package loop

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	sysBlock   = "/sys/block"
	sectorSize = 512 // bytes: a device's size is a multiple of it
	attempts   = 64  // how often somebody else may take the free device that the kernel named
)

// ErrNotFound says that no device carries the mark.
var ErrNotFound = errors.New("no loop device is attached")

// Device is a loop device by its number.
type Device int

// Path is the device's node.
func (d Device) Path() string { return fmt.Sprintf("/dev/loop%d", int(d)) }

// Mark is what a node writes on the device that it attaches for a volume: it fits the kernel's 63 bytes, and the marks
// of one node share their first 16.
func Mark(node, volume string) string {
	sum := sha256.Sum256([]byte(node))
	return hex.EncodeToString(sum[:8]) + "/" + volume
}

// Attach attaches file under a mark, or finds the device that already is, and gives it the file's present size.
func Attach(file, mark string) (Device, error) {
	device, err := Find(mark)
	if errors.Is(err, ErrNotFound) {
		return attach(file, mark)
	}
	if err != nil {
		return 0, err
	}
	return device, device.Refresh()
}

// Find answers the device that carries the mark. One that is only kept until its last user closes it does not count.
func Find(mark string) (Device, error) {
	paths, err := filepath.Glob(sysBlock + "/loop*/loop")
	if err != nil {
		return 0, err
	}
	for _, path := range paths {
		device, err := parse(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		if info, err := device.info(); err == nil && markOf(info) == mark && info.Flags&unix.LO_FLAGS_AUTOCLEAR == 0 {
			return device, nil
		}
	}
	return 0, fmt.Errorf("%w under the mark %s", ErrNotFound, mark)
}

// Detach detaches the device with this mark, at once or when its last user closes it. It is no error if there is none.
func Detach(mark string) error {
	device, err := Find(mark)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	err = device.control(os.O_RDONLY, func(fd int) error { return unix.IoctlSetInt(fd, unix.LOOP_CLR_FD, 0) })
	if errors.Is(err, unix.ENXIO) {
		return nil // detached meanwhile
	}
	return err
}

// Refresh gives the device the present size of its file, for all who have it open.
func (d Device) Refresh() error {
	return d.control(os.O_RDONLY, func(fd int) error { return unix.IoctlSetInt(fd, unix.LOOP_SET_CAPACITY, 0) })
}

// Size is the device's size in bytes.
func (d Device) Size() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("%s/loop%d/size", sysBlock, int(d)))
	if err != nil {
		return 0, err
	}
	sectors, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return sectors * sectorSize, err
}

// Number is the device's number as stat reports it of the device's node.
func (d Device) Number() (uint64, error) {
	text, err := os.ReadFile(fmt.Sprintf("%s/loop%d/dev", sysBlock, int(d)))
	if err != nil {
		return 0, err
	}
	var major, minor uint32
	if _, err := fmt.Sscanf(string(text), "%d:%d", &major, &minor); err != nil {
		return 0, err
	}
	return unix.Mkdev(major, minor), nil
}

// Spare makes sure that the next free device has a node in /dev, for whoever attaches one without looking: kubelet
// holds each block volume open by a loop device of its own. (Where /dev is devtmpfs, the kernel makes the nodes.)
func Spare() error {
	device, err := free()
	if err != nil {
		return err
	}
	return device.makeNode()
}

func attach(file, mark string) (Device, error) {
	backing, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer backing.Close()
	config := unix.LoopConfig{Fd: uint32(backing.Fd()), Size: sectorSize}
	copy(config.Info.File_name[:len(config.Info.File_name)-1], mark)
	for range attempts {
		device, err := free()
		if err != nil {
			return 0, err
		}
		err = device.control(os.O_RDWR, func(fd int) error { return unix.IoctlLoopConfigure(fd, &config) })
		if !errors.Is(err, unix.EBUSY) {
			return device, err
		}
	}
	return 0, fmt.Errorf("%s: %d times the free loop device was taken by somebody else", file, attempts)
}

// free answers a device that is attached to nothing; the kernel makes one if it must.
func free() (Device, error) {
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer control.Close()
	number, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
	if err != nil {
		return 0, fmt.Errorf("the kernel has no free loop device: %w", err)
	}
	return Device(number), nil
}

func parse(name string) (Device, error) {
	number, err := strconv.Atoi(strings.TrimPrefix(name, "loop"))
	return Device(number), err
}

func (d Device) info() (info *unix.LoopInfo64, err error) {
	err = d.control(os.O_RDONLY, func(fd int) error {
		info, err = unix.IoctlLoopGetStatus64(fd)
		return err
	})
	return info, err
}

func markOf(info *unix.LoopInfo64) string { return unix.ByteSliceToString(info.File_name[:]) }

// control opens the device for one request to the kernel.
func (d Device) control(mode int, request func(fd int) error) error {
	if err := d.makeNode(); err != nil {
		return err
	}
	node, err := os.OpenFile(d.Path(), mode, 0)
	if err != nil {
		return err
	}
	defer node.Close()
	if err := request(int(node.Fd())); err != nil {
		return fmt.Errorf("%s: %w", d.Path(), err)
	}
	return nil
}

// makeNode makes the device's node where nobody else does: a node of the local cloud has a plain /dev.
func (d Device) makeNode() error {
	if _, err := os.Stat(d.Path()); err == nil {
		return nil
	}
	number, err := d.Number()
	if err != nil {
		return err
	}
	if err := unix.Mknod(d.Path(), unix.S_IFBLK|0o660, int(number)); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("make %s: %w", d.Path(), err)
	}
	return nil
}
