// Package libnbd stands in for the binding of the same import path, which the module proxy does not serve. CDI's importer uses
// it only to read disks of VMware (source.vddk); every call answers ErrUnsupported, so that this one source fails with a clear
// reason and everything else is CDI's own code. NBD itself, by nbdkit and qemu-img, does not go through it.
package libnbd

var ErrUnsupported = &LibnbdError{Op: "libnbd", Errmsg: "not part of this build: disks of VMware can not be imported"}

const (
	CMD_FLAG_REQ_ONE CmdFlag = 8
	STATE_HOLE       uint32  = 1
	STATE_ZERO       uint32  = 2
)

type CmdFlag uint32

type LibnbdError struct{ Op, Errmsg string }

func (e *LibnbdError) Error() string { return e.Op + ": " + e.Errmsg }

type Libnbd struct{}

type PreadOptargs struct{}

type BlockStatusOptargs struct {
	FlagsSet bool
	Flags    CmdFlag
}

type ExtentCallback func(metacontext string, offset uint64, entries []uint32, nbdErr *int) int

func Create() (*Libnbd, error)                            { return nil, ErrUnsupported }
func (*Libnbd) Close() *LibnbdError                       { return nil }
func (*Libnbd) AddMetaContext(string) error               { return ErrUnsupported }
func (*Libnbd) ConnectUri(string) error                   { return ErrUnsupported }
func (*Libnbd) GetSize() (uint64, error)                  { return 0, ErrUnsupported }
func (*Libnbd) Pread([]byte, uint64, *PreadOptargs) error { return ErrUnsupported }
func (*Libnbd) BlockStatus(uint64, uint64, ExtentCallback, *BlockStatusOptargs) error {
	return ErrUnsupported
}
