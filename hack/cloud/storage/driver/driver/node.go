package driver

import (
	"context"
	"fmt"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"vireo.dev/csi-files/loop"
	"vireo.dev/csi-files/store"
)

// NodeGetCapabilities lists what the methods below can do.
func (d *Driver) NodeGetCapabilities(context.Context, *csi.NodeGetCapabilitiesRequest) (*csi.NodeGetCapabilitiesResponse, error) {
	var capabilities []*csi.NodeServiceCapability
	for _, kind := range []csi.NodeServiceCapability_RPC_Type{
		csi.NodeServiceCapability_RPC_STAGE_UNSTAGE_VOLUME,
		csi.NodeServiceCapability_RPC_EXPAND_VOLUME,
		csi.NodeServiceCapability_RPC_GET_VOLUME_STATS,
		csi.NodeServiceCapability_RPC_VOLUME_CONDITION,
		csi.NodeServiceCapability_RPC_SINGLE_NODE_MULTI_WRITER,
	} {
		rpc := &csi.NodeServiceCapability_RPC{Type: kind}
		capabilities = append(capabilities, &csi.NodeServiceCapability{Type: &csi.NodeServiceCapability_Rpc{Rpc: rpc}})
	}
	return &csi.NodeGetCapabilitiesResponse{Capabilities: capabilities}, nil
}

// NodeGetInfo answers the node's name, and that it sees the folder. (Without a topology csi-provisioner takes the
// capacities that it published itself for obsolete, deletes them and publishes them again, for ever.)
func (d *Driver) NodeGetInfo(context.Context, *csi.NodeGetInfoRequest) (*csi.NodeGetInfoResponse, error) {
	return &csi.NodeGetInfoResponse{NodeId: d.node, AccessibleTopology: whereFolderIs()}, nil
}

// whereFolderIs is the topology of every volume: all nodes that run the driver, and no others.
func whereFolderIs() *csi.Topology {
	return &csi.Topology{Segments: map[string]string{Name + "/folder": "shared"}}
}

// NodeStageVolume attaches a Block volume's file as this node's own device, as a node of a storage network would have
// its own: what two nodes cache of one volume they do not share.
func (d *Driver) NodeStageVolume(_ context.Context, request *csi.NodeStageVolumeRequest) (*csi.NodeStageVolumeResponse, error) {
	if request.GetStagingTargetPath() == "" {
		return nil, invalid("no staging path was given")
	}
	volume, err := d.volumeFor(request.GetVolumeId(), request.GetVolumeCapability())
	if err != nil {
		return nil, err
	}
	if volume.Block {
		_, err = loop.Attach(d.store.Data(volumeRef(volume.ID)), d.mark(volume.ID))
	}
	return &csi.NodeStageVolumeResponse{}, err
}

// NodeUnstageVolume detaches what NodeStageVolume attached, also when the volume itself is gone.
func (d *Driver) NodeUnstageVolume(_ context.Context, request *csi.NodeUnstageVolumeRequest) (*csi.NodeUnstageVolumeResponse, error) {
	if request.GetVolumeId() == "" || request.GetStagingTargetPath() == "" {
		return nil, invalid("no volume or no staging path was given")
	}
	return &csi.NodeUnstageVolumeResponse{}, loop.Detach(d.mark(request.GetVolumeId()))
}

// NodePublishVolume shows the volume at a pod's path: the device of a Block volume, or the directory itself.
func (d *Driver) NodePublishVolume(_ context.Context, request *csi.NodePublishVolumeRequest) (*csi.NodePublishVolumeResponse, error) {
	if request.GetTargetPath() == "" || request.GetStagingTargetPath() == "" {
		return nil, invalid("no target path or no staging path was given")
	}
	volume, err := d.volumeFor(request.GetVolumeId(), request.GetVolumeCapability())
	if err != nil {
		return nil, err
	}
	if volume.Block {
		return &csi.NodePublishVolumeResponse{}, d.publishDevice(volume.ID, request.GetTargetPath())
	}
	return &csi.NodePublishVolumeResponse{}, bindDirectory(d.store.Data(volumeRef(volume.ID)), request.GetTargetPath(), request.GetReadonly())
}

func (d *Driver) publishDevice(id, target string) error {
	device, err := d.device(id)
	if err != nil {
		return err
	}
	if err := loop.Spare(); err != nil {
		return err
	}
	return bindDevice(device.Path(), target)
}

// NodeUnpublishVolume takes the volume from a pod's path, also when the volume itself is gone.
func (d *Driver) NodeUnpublishVolume(_ context.Context, request *csi.NodeUnpublishVolumeRequest) (*csi.NodeUnpublishVolumeResponse, error) {
	if request.GetVolumeId() == "" || request.GetTargetPath() == "" {
		return nil, invalid("no volume or no target path was given")
	}
	return &csi.NodeUnpublishVolumeResponse{}, unbind(request.GetTargetPath())
}

// NodeExpandVolume gives this node's device of a grown Block volume its new size; who has it open sees it at once.
func (d *Driver) NodeExpandVolume(_ context.Context, request *csi.NodeExpandVolumeRequest) (*csi.NodeExpandVolumeResponse, error) {
	if request.GetVolumePath() == "" {
		return nil, invalid("no volume path was given")
	}
	volume, err := d.volume(request.GetVolumeId())
	if err != nil || !volume.Block {
		return &csi.NodeExpandVolumeResponse{CapacityBytes: volume.Capacity}, err
	}
	device, err := d.device(volume.ID)
	if err != nil {
		return nil, err
	}
	if err := device.Refresh(); err != nil {
		return nil, err
	}
	size, err := device.Size()
	return &csi.NodeExpandVolumeResponse{CapacityBytes: size}, err
}

// NodeGetVolumeStats says what the volume takes of the disk below, and whether it is well.
func (d *Driver) NodeGetVolumeStats(_ context.Context, request *csi.NodeGetVolumeStatsRequest) (*csi.NodeGetVolumeStatsResponse, error) {
	if request.GetVolumePath() == "" {
		return nil, invalid("no volume path was given")
	}
	volume, err := d.volume(request.GetVolumeId())
	if err != nil {
		return nil, err
	}
	if err := isPublished(request.GetVolumePath()); err != nil {
		return nil, err
	}
	allocated, apparent, err := d.store.Used(volumeRef(volume.ID))
	if err != nil {
		return nil, err
	}
	usage := &csi.VolumeUsage{
		Unit: csi.VolumeUsage_BYTES, Total: volume.Capacity, Used: allocated, Available: max(0, volume.Capacity-allocated),
	}
	return &csi.NodeGetVolumeStatsResponse{Usage: []*csi.VolumeUsage{usage}, VolumeCondition: condition(volume, apparent)}, nil
}

// condition says what is wrong with a volume whose files have these bytes together. Nothing stops a Filesystem volume,
// which is a directory of a shared folder, from holding more than it promises; it is said here.
func condition(volume store.Record, apparent int64) *csi.VolumeCondition {
	switch {
	case volume.Block && apparent < volume.Capacity:
		return &csi.VolumeCondition{Abnormal: true, Message: fmt.Sprintf("the file has %d bytes of %d", apparent, volume.Capacity)}
	case !volume.Block && apparent > volume.Capacity:
		return &csi.VolumeCondition{Abnormal: true, Message: fmt.Sprintf("the files have %d bytes, the volume %d", apparent, volume.Capacity)}
	default:
		return &csi.VolumeCondition{Message: "the volume is well"}
	}
}

// volumeFor reads the volume that a request names, and refuses a use that it was not made for.
func (d *Driver) volumeFor(id string, capability *csi.VolumeCapability) (store.Record, error) {
	if id == "" || capability == nil {
		return store.Record{}, invalid("no volume or no volume capability was given")
	}
	volume, err := d.volume(id)
	if err != nil {
		return volume, err
	}
	block, err := isBlock([]*csi.VolumeCapability{capability})
	if err == nil && block != volume.Block {
		err = invalid("volume %s is %s", id, modeName(volume.Block))
	}
	return volume, err
}

// device is this node's device of a Block volume.
func (d *Driver) device(id string) (loop.Device, error) {
	device, err := loop.Find(d.mark(id))
	if err != nil {
		return device, status.Errorf(codes.FailedPrecondition, "volume %s is not staged on node %s: %v", id, d.node, err)
	}
	return device, nil
}

func (d *Driver) mark(id string) string { return loop.Mark(d.node, id) }
