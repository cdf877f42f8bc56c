package driver

import (
	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"vireo.dev/csi-files/store"
)

const (
	sector          = 512     // bytes: a volume's capacity is a multiple of it, so that a loop device has exactly that size
	defaultCapacity = 1 << 30 // bytes of a volume for which no size was asked
	// DatastoreParameter is the StorageClass parameter that names the datastore.
	DatastoreParameter = "datastore"
)

// isBlock says which kind of volume the capabilities ask for, or why no volume can have them all.
func isBlock(capabilities []*csi.VolumeCapability) (bool, error) {
	if len(capabilities) == 0 {
		return false, invalid("no volume capability was given")
	}
	blocks := 0
	for _, capability := range capabilities {
		if err := checkCapability(capability); err != nil {
			return false, err
		}
		if capability.GetBlock() != nil {
			blocks++
		}
	}
	if blocks != 0 && blocks != len(capabilities) {
		return false, invalid("a volume is either Block or Filesystem, not both")
	}
	return blocks > 0, nil
}

// checkCapability says why a volume can not be used so. Every access mode works: all nodes see all files.
func checkCapability(capability *csi.VolumeCapability) error {
	if capability.GetAccessMode().GetMode() == csi.VolumeCapability_AccessMode_UNKNOWN {
		return invalid("no access mode was given")
	}
	if capability.GetBlock() == nil && capability.GetMount() == nil {
		return invalid("neither Block nor Filesystem was asked for")
	}
	if flags := capability.GetMount().GetMountFlags(); len(flags) > 0 {
		return invalid("mount options %q are not supported: a Filesystem volume is a directory of the shared folder", flags)
	}
	return nil
}

// capacityIn rounds what is required up to whole sectors.
func capacityIn(wanted *csi.CapacityRange) (int64, error) {
	required, limit := wanted.GetRequiredBytes(), wanted.GetLimitBytes()
	if required < 0 || limit < 0 {
		return 0, invalid("a size is negative: required %d, limit %d", required, limit)
	}
	capacity := defaultCapacity
	if required > 0 {
		capacity = int((required + sector - 1) / sector * sector)
	} else if limit > 0 {
		capacity = min(capacity, int(limit/sector*sector))
	}
	if limit > 0 && int64(capacity) > limit || capacity == 0 {
		return 0, status.Errorf(codes.OutOfRange, "no multiple of %d bytes lies between %d and %d", sector, required, limit)
	}
	return int64(capacity), nil
}

// fits says whether a volume that is there already is what a repeated request asks for.
func fits(there, wanted store.Record, size *csi.CapacityRange) bool {
	return there.Datastore == wanted.Datastore && there.Block == wanted.Block && sameSource(there.Source, wanted.Source) &&
		there.Capacity >= size.GetRequiredBytes() && (size.GetLimitBytes() == 0 || there.Capacity <= size.GetLimitBytes())
}

func sameSource(a, b *store.Ref) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// sourceOf is what a new volume's bytes come from, nil for a blank one.
func sourceOf(source *csi.VolumeContentSource) *store.Ref {
	if snapshot := source.GetSnapshot(); snapshot != nil {
		return &store.Ref{Shelf: store.Snapshots, ID: snapshot.GetSnapshotId()}
	}
	if volume := source.GetVolume(); volume != nil {
		return &store.Ref{Shelf: store.Volumes, ID: volume.GetVolumeId()}
	}
	return nil
}

func modeName(block bool) string {
	if block {
		return "Block"
	}
	return "Filesystem"
}
