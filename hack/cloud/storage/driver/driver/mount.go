package driver

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// bindDevice shows a device's node at target.
func bindDevice(device, target string) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		return err
	}
	if err := unix.Mknod(target, unix.S_IFREG|0o660, 0); err != nil && !errors.Is(err, unix.EEXIST) {
		return &fs.PathError{Op: "make", Path: target, Err: err}
	}
	return bind(device, target)
}

// bindDirectory shows a directory at target.
func bindDirectory(directory, target string, readonly bool) error {
	if err := os.MkdirAll(target, 0o750); err != nil {
		return err
	}
	if err := bind(directory, target); err != nil || !readonly {
		return err
	}
	if err := unix.Mount("", target, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("make %s read-only: %w", target, err)
	}
	return nil
}

// bind mounts source on target, once, and in place of whatever an earlier life of the node left there.
func bind(source, target string) error {
	same, err := isSame(source, target)
	if err != nil || same {
		return err
	}
	if err := unmount(target); err != nil {
		return err
	}
	if err := unix.Mount(source, target, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("bind %s to %s: %w", source, target, err)
	}
	return nil
}

// isSame says whether two paths lead to the same device or the same directory.
func isSame(a, b string) (bool, error) {
	var first, second unix.Stat_t
	if err := unix.Stat(a, &first); err != nil {
		return false, &fs.PathError{Op: "stat", Path: a, Err: err}
	}
	if err := unix.Stat(b, &second); err != nil {
		return false, &fs.PathError{Op: "stat", Path: b, Err: err}
	}
	if first.Mode&unix.S_IFMT == unix.S_IFBLK {
		return second.Mode&unix.S_IFMT == unix.S_IFBLK && first.Rdev == second.Rdev, nil
	}
	return first.Dev == second.Dev && first.Ino == second.Ino, nil
}

// unbind takes away whatever is at target, and target itself.
func unbind(target string) error {
	if err := unmount(target); err != nil {
		return err
	}
	if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// unmount takes every mount away that lies on target.
func unmount(target string) error {
	for {
		switch err := unix.Unmount(target, unix.UMOUNT_NOFOLLOW); err {
		case nil:
			continue
		case unix.EINVAL, unix.ENOENT: // not a mount point
			return nil
		default:
			return fmt.Errorf("unmount %s: %w", target, err)
		}
	}
}

func isPublished(path string) error {
	if _, err := os.Stat(path); err != nil {
		return status.Errorf(codes.NotFound, "the volume is not at %s: %v", path, err)
	}
	return nil
}
