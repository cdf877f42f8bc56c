package driver

import (
	"context"
	"sort"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"vireo.dev/csi-files/store"
)

// CreateSnapshot keeps a volume's bytes as they are now. It counts with the volume's whole capacity.
func (d *Driver) CreateSnapshot(_ context.Context, request *csi.CreateSnapshotRequest) (*csi.CreateSnapshotResponse, error) {
	if request.GetName() == "" {
		return nil, invalid("a snapshot needs a name")
	}
	if request.GetSourceVolumeId() == "" {
		return nil, invalid("a snapshot needs a volume")
	}
	record, err := d.snapshotOf(request.GetName(), volumeRef(request.GetSourceVolumeId()))
	if err != nil {
		return nil, err
	}
	return &csi.CreateSnapshotResponse{Snapshot: describe(record)}, nil
}

// snapshotOf finds the snapshot of this name, or makes it. (Its volume may be gone since it was made.)
func (d *Driver) snapshotOf(name string, source store.Ref) (store.Record, error) {
	there, err := d.store.Get(store.Ref{Shelf: store.Snapshots, ID: store.ID(name)})
	if err != nil {
		volume, err := d.store.Get(source)
		if err != nil {
			return volume, err
		}
		volume.ID, volume.Source, volume.Created = store.ID(name), &source, d.now()
		if there, err = d.store.Create(store.Snapshots, volume); err != nil {
			return there, err
		}
	}
	if !sameSource(there.Source, &source) {
		return there, status.Errorf(codes.AlreadyExists, "snapshot %s is there already, of volume %s", there.ID, there.Source.ID)
	}
	return there, nil
}

// DeleteSnapshot removes a snapshot. Volumes made of it live on.
func (d *Driver) DeleteSnapshot(_ context.Context, request *csi.DeleteSnapshotRequest) (*csi.DeleteSnapshotResponse, error) {
	if request.GetSnapshotId() == "" {
		return nil, invalid("no snapshot was given")
	}
	return &csi.DeleteSnapshotResponse{}, d.store.Delete(store.Ref{Shelf: store.Snapshots, ID: request.GetSnapshotId()})
}

// ListSnapshots answers in the order of IDs; the token of the next page is the last ID of this one.
func (d *Driver) ListSnapshots(_ context.Context, request *csi.ListSnapshotsRequest) (*csi.ListSnapshotsResponse, error) {
	if request.GetMaxEntries() < 0 {
		return nil, invalid("max_entries is %d", request.GetMaxEntries())
	}
	records, err := d.store.List(store.Snapshots)
	if err != nil {
		return nil, err
	}
	if token := request.GetStartingToken(); token != "" {
		next := sort.Search(len(records), func(i int) bool { return records[i].ID > token })
		if next == 0 {
			return nil, status.Errorf(codes.Aborted, "starting_token %q is not one of ours", token)
		}
		records = records[next:]
	}
	return page(records, request), nil
}

func page(records []store.Record, request *csi.ListSnapshotsRequest) *csi.ListSnapshotsResponse {
	response := &csi.ListSnapshotsResponse{}
	for _, record := range records {
		if id := request.GetSnapshotId(); id != "" && id != record.ID {
			continue
		}
		if id := request.GetSourceVolumeId(); id != "" && id != record.Source.ID {
			continue
		}
		if most := int(request.GetMaxEntries()); most > 0 && len(response.Entries) == most {
			response.NextToken = response.Entries[most-1].GetSnapshot().GetSnapshotId()
			break
		}
		response.Entries = append(response.Entries, &csi.ListSnapshotsResponse_Entry{Snapshot: describe(record)})
	}
	return response
}

func describe(record store.Record) *csi.Snapshot {
	return &csi.Snapshot{
		SnapshotId: record.ID, SourceVolumeId: record.Source.ID, SizeBytes: record.Capacity,
		CreationTime: timestamppb.New(record.Created), ReadyToUse: true,
	}
}
