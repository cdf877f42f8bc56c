package main

import (
	"encoding/hex"
	"maps"
	"math"

	"golang.org/x/crypto/blake2b"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/types"
	kubevirt "kubevirt.io/api/core/v1"

	"vireo.dev/bench-peer/api"
)

const (
	bootDisk     = "boot"
	podNetwork   = "pod"
	managedLabel = "vireo.dev/managed"
)

var managed = map[string]string{managedLabel: "virtualmachine"}

// setChild sets what a machine decides of KubeVirt's machine, and leaves what others may have set beside it.
func setChild(child *kubevirt.VirtualMachine, machine *api.VirtualMachine) error {
	memory, err := resource.ParseQuantity(machine.Spec.Hardware.Memory)
	if err != nil {
		return err
	}
	child.Labels = merged(child.Labels)
	strategy := runStrategy(machine)
	child.Spec.RunStrategy = &strategy
	if child.Spec.Template == nil {
		child.Spec.Template = &kubevirt.VirtualMachineInstanceTemplateSpec{}
	}
	template := child.Spec.Template
	template.ObjectMeta.Labels = merged(template.ObjectMeta.Labels)
	setDomain(&template.Spec.Domain, machine, memory)
	template.Spec.Volumes = []kubevirt.Volume{{Name: bootDisk, VolumeSource: kubevirt.VolumeSource{
		ContainerDisk: &kubevirt.ContainerDiskSource{Image: machine.Spec.BootDisk.Image},
	}}}
	template.Spec.Networks = []kubevirt.Network{*kubevirt.DefaultPodNetwork()}
	template.Spec.Networks[0].Name = podNetwork
	eviction := kubevirt.EvictionStrategyLiveMigrate
	template.Spec.EvictionStrategy = &eviction
	grace := int64(math.Ceil(machine.Spec.GracePeriod.Seconds()))
	template.Spec.TerminationGracePeriodSeconds = &grace
	return nil
}

func setDomain(domain *kubevirt.DomainSpec, machine *api.VirtualMachine, memory resource.Quantity) {
	if domain.CPU == nil {
		domain.CPU = &kubevirt.CPU{}
	}
	cpu := machine.Spec.Hardware.CPU
	domain.CPU.Sockets, domain.CPU.Cores, domain.CPU.Threads, domain.CPU.Model = cpu.Cores, 1, 1, cpu.Model
	if domain.Memory == nil {
		domain.Memory = &kubevirt.Memory{}
	}
	domain.Memory.Guest = &memory
	if domain.Firmware == nil {
		domain.Firmware = &kubevirt.Firmware{UUID: machine.UID}
	}
	first := uint(1)
	domain.Devices.Disks = []kubevirt.Disk{{
		Name:       bootDisk,
		BootOrder:  &first,
		DiskDevice: kubevirt.DiskDevice{Disk: &kubevirt.DiskTarget{Bus: kubevirt.DiskBusVirtio}},
	}}
	card := *kubevirt.DefaultMasqueradeNetworkInterface()
	card.Name, card.MacAddress = podNetwork, macAddress(machine.UID)
	domain.Devices.Interfaces = []kubevirt.Interface{card}
}

func runStrategy(machine *api.VirtualMachine) kubevirt.VirtualMachineRunStrategy {
	switch {
	case machine.Spec.PowerState == "Stopped":
		return kubevirt.RunStrategyHalted
	case machine.Spec.Availability.OnHostFailure == "Stay":
		return kubevirt.RunStrategyManual
	case machine.Spec.OnGuestShutdown == "Restart":
		return kubevirt.RunStrategyAlways
	}
	return kubevirt.RunStrategyRerunOnFailure
}

// macAddress is the same for the same machine: given locally, for one card.
func macAddress(uid types.UID) string {
	hash, _ := blake2b.New(5, nil) // fails for sizes beyond 64 only
	hash.Write([]byte(uid))
	address := "02"
	for _, octet := range hash.Sum(nil) {
		address += ":" + hex.EncodeToString([]byte{octet})
	}
	return address
}

func merged(labels map[string]string) map[string]string {
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, managed)
	return labels
}
