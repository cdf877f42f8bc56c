package driver

import (
	"context"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"vireo.dev/csi-files/store"
)

// ControllerGetCapabilities lists what the methods below can do.
func (d *Driver) ControllerGetCapabilities(context.Context, *csi.ControllerGetCapabilitiesRequest) (*csi.ControllerGetCapabilitiesResponse, error) {
	var capabilities []*csi.ControllerServiceCapability
	for _, kind := range []csi.ControllerServiceCapability_RPC_Type{
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_VOLUME,
		csi.ControllerServiceCapability_RPC_CLONE_VOLUME,
		csi.ControllerServiceCapability_RPC_EXPAND_VOLUME,
		csi.ControllerServiceCapability_RPC_GET_CAPACITY,
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_SNAPSHOT,
		csi.ControllerServiceCapability_RPC_LIST_SNAPSHOTS,
		csi.ControllerServiceCapability_RPC_SINGLE_NODE_MULTI_WRITER,
	} {
		rpc := &csi.ControllerServiceCapability_RPC{Type: kind}
		capabilities = append(capabilities, &csi.ControllerServiceCapability{Type: &csi.ControllerServiceCapability_Rpc{Rpc: rpc}})
	}
	return &csi.ControllerGetCapabilitiesResponse{Capabilities: capabilities}, nil
}

// CreateVolume makes a volume, blank or with a snapshot's or another volume's bytes.
func (d *Driver) CreateVolume(_ context.Context, request *csi.CreateVolumeRequest) (*csi.CreateVolumeResponse, error) {
	wanted, err := d.wanted(request)
	if err != nil {
		return nil, err
	}
	volume, err := d.store.Create(store.Volumes, wanted)
	if err != nil {
		return nil, err
	}
	if !fits(volume, wanted, request.GetCapacityRange()) {
		return nil, status.Errorf(codes.AlreadyExists, "volume %s is there already, with another size, mode, datastore or source", volume.ID)
	}
	return &csi.CreateVolumeResponse{Volume: &csi.Volume{
		VolumeId: volume.ID, CapacityBytes: volume.Capacity, ContentSource: request.GetVolumeContentSource(),
		AccessibleTopology: []*csi.Topology{whereFolderIs()},
	}}, nil
}

// wanted is the volume that a request describes.
func (d *Driver) wanted(request *csi.CreateVolumeRequest) (record store.Record, err error) {
	if request.GetName() == "" {
		return record, invalid("a volume needs a name")
	}
	record = store.Record{ID: store.ID(request.GetName()), Created: d.now(), Source: sourceOf(request.GetVolumeContentSource())}
	if record.Block, err = isBlock(request.GetVolumeCapabilities()); err != nil {
		return record, err
	}
	if record.Datastore, err = d.datastore(request.GetParameters()); err != nil {
		return record, err
	}
	if record.Capacity, err = capacityIn(request.GetCapacityRange()); err != nil || record.Source == nil {
		return record, err
	}
	return record, d.checkSource(&record, request.GetCapacityRange().GetRequiredBytes() == 0)
}

// checkSource refuses a source that does not fit. A volume for which no size was asked takes its source's.
func (d *Driver) checkSource(record *store.Record, anySize bool) error {
	source, err := d.store.Get(*record.Source)
	if err != nil {
		return err
	}
	if source.Block != record.Block {
		return invalid("the source is a %s volume, the new one is to be %s", modeName(source.Block), modeName(record.Block))
	}
	if anySize {
		record.Capacity = max(record.Capacity, source.Capacity)
	}
	if record.Capacity < source.Capacity {
		return status.Errorf(codes.OutOfRange, "the source has %d bytes, the new volume would have %d", source.Capacity, record.Capacity)
	}
	return nil
}

// datastore reads the parameters of a StorageClass.
func (d *Driver) datastore(parameters map[string]string) (string, error) {
	for name := range parameters {
		if name != DatastoreParameter {
			return "", invalid("unknown parameter %q: the only one is %q", name, DatastoreParameter)
		}
	}
	name := parameters[DatastoreParameter]
	if _, err := d.store.Datastore(name); err != nil {
		return "", invalid("parameter %q: there is no datastore %q", DatastoreParameter, name)
	}
	return name, nil
}

// DeleteVolume removes a volume. Its snapshots and clones live on.
func (d *Driver) DeleteVolume(_ context.Context, request *csi.DeleteVolumeRequest) (*csi.DeleteVolumeResponse, error) {
	if request.GetVolumeId() == "" {
		return nil, invalid("no volume was given")
	}
	return &csi.DeleteVolumeResponse{}, d.store.Delete(volumeRef(request.GetVolumeId()))
}

// ValidateVolumeCapabilities confirms every use that fits the volume's mode.
func (d *Driver) ValidateVolumeCapabilities(_ context.Context, request *csi.ValidateVolumeCapabilitiesRequest) (*csi.ValidateVolumeCapabilitiesResponse, error) {
	volume, err := d.volume(request.GetVolumeId())
	if err != nil {
		return nil, err
	}
	block, err := isBlock(request.GetVolumeCapabilities())
	if err != nil {
		return nil, err
	}
	if block != volume.Block {
		return &csi.ValidateVolumeCapabilitiesResponse{Message: "the volume is " + modeName(volume.Block)}, nil
	}
	return &csi.ValidateVolumeCapabilitiesResponse{Confirmed: &csi.ValidateVolumeCapabilitiesResponse_Confirmed{
		VolumeContext: request.GetVolumeContext(), VolumeCapabilities: request.GetVolumeCapabilities(), Parameters: request.GetParameters(),
	}}, nil
}

// GetCapacity says what a StorageClass' datastore can still promise; without parameters, what all can together.
func (d *Driver) GetCapacity(_ context.Context, request *csi.GetCapacityRequest) (*csi.GetCapacityResponse, error) {
	if len(request.GetParameters()) == 0 {
		free, err := d.store.FreeEverywhere()
		return &csi.GetCapacityResponse{AvailableCapacity: free}, err
	}
	datastore, err := d.datastore(request.GetParameters())
	if err != nil {
		return nil, err
	}
	free, err := d.store.Free(datastore)
	return &csi.GetCapacityResponse{AvailableCapacity: free}, err
}

// ControllerExpandVolume makes a volume larger. A Block volume's device has to be told so on each node.
func (d *Driver) ControllerExpandVolume(_ context.Context, request *csi.ControllerExpandVolumeRequest) (*csi.ControllerExpandVolumeResponse, error) {
	if _, err := d.volume(request.GetVolumeId()); err != nil {
		return nil, err
	}
	if request.GetCapacityRange() == nil {
		return nil, invalid("no size was given")
	}
	capacity, err := capacityIn(request.GetCapacityRange())
	if err != nil {
		return nil, err
	}
	volume, err := d.store.Expand(request.GetVolumeId(), capacity)
	if err != nil {
		return nil, err
	}
	return &csi.ControllerExpandVolumeResponse{CapacityBytes: volume.Capacity, NodeExpansionRequired: volume.Block}, nil
}

// volume reads the volume that a request names.
func (d *Driver) volume(id string) (store.Record, error) {
	if id == "" {
		return store.Record{}, invalid("no volume was given")
	}
	return d.store.Get(volumeRef(id))
}

func volumeRef(id string) store.Ref { return store.Ref{Shelf: store.Volumes, ID: id} }
