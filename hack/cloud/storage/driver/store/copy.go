package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// copyTree copies a file, or a directory with all below it, to a path that is not there yet, with owners, modes and
// times. Where the file system can share blocks (XFS, Btrfs), each file is copied at one instant, whoever writes it
// meanwhile, and in no time; elsewhere its bytes are read, and only a file that nobody writes is sure to be whole.
// Sockets and pipes hold no data and are left out; a file with two names becomes two files.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		return copyEntry(filepath.Join(to, relative), path, entry.Type())
	})
}

func copyEntry(to, from string, kind fs.FileMode) error {
	switch {
	case kind.IsRegular():
		if err := copyFile(to, from); err != nil {
			return err
		}
	case kind.IsDir():
		if err := os.Mkdir(to, 0o700); err != nil {
			return err
		}
	case kind == fs.ModeSymlink:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		if err := os.Symlink(target, to); err != nil {
			return err
		}
	default:
		return nil
	}
	return copyAttributes(to, from)
}

func copyAttributes(to, from string) error {
	var stat unix.Stat_t
	if err := unix.Lstat(from, &stat); err != nil {
		return err
	}
	if err := unix.Lchown(to, int(stat.Uid), int(stat.Gid)); err != nil {
		return err
	}
	if stat.Mode&unix.S_IFMT == unix.S_IFLNK {
		return nil
	}
	if err := unix.Chmod(to, stat.Mode&0o7777); err != nil {
		return err
	}
	if err := os.Chtimes(to, time.Time{}, time.Unix(stat.Mtim.Unix())); err != nil {
		return err
	}
	return syncPath(to)
}

func copyFile(to, from string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer target.Close()
	err = unix.IoctlFileClone(int(target.Fd()), int(source.Fd()))
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EXDEV) || errors.Is(err, unix.EINVAL) {
		err = copyBytes(target, source)
	}
	if err != nil {
		return &fs.PathError{Op: "copy", Path: from, Err: err}
	}
	return nil
}

// copyBytes copies what the source holds and leaves its holes out.
func copyBytes(target, source *os.File) error {
	info, err := source.Stat()
	if err != nil {
		return err
	}
	for end := int64(0); ; {
		start, err := unix.Seek(int(source.Fd()), end, unix.SEEK_DATA)
		if errors.Is(err, unix.ENXIO) {
			return target.Truncate(info.Size())
		}
		if err != nil {
			return err
		}
		if end, err = unix.Seek(int(source.Fd()), start, unix.SEEK_HOLE); err != nil {
			return err
		}
		if err := copyRange(target, source, start, end); err != nil {
			return err
		}
	}
}

func copyRange(target, source *os.File, start, end int64) error {
	if _, err := source.Seek(start, io.SeekStart); err != nil {
		return err
	}
	if _, err := target.Seek(start, io.SeekStart); err != nil {
		return err
	}
	_, err := io.CopyN(target, source, end-start)
	return err
}
