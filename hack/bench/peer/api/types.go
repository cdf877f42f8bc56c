// Package api has Vireo's machines, as far as the benchmark's peer reads and writes them.
// +kubebuilder:object:generate=true
package api

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/scheme"
)

// SchemeBuilder makes them known.
var SchemeBuilder = &scheme.Builder{GroupVersion: schema.GroupVersion{Group: "vireo.dev", Version: "v1alpha1"}}

func init() {
	SchemeBuilder.Register(&VirtualMachine{}, &VirtualMachineList{})
}

// VirtualMachine is Vireo's, as far as this operator reads it.
// +kubebuilder:object:root=true
type VirtualMachine struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   VirtualMachineSpec   `json:"spec"`
	Status VirtualMachineStatus `json:"status,omitempty"`
}

// VirtualMachineList is a list of them.
// +kubebuilder:object:root=true
type VirtualMachineList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []VirtualMachine `json:"items"`
}

// VirtualMachineSpec is a machine as it should be.
type VirtualMachineSpec struct {
	PowerState      string          `json:"powerState,omitempty"`
	OnGuestShutdown string          `json:"onGuestShutdown,omitempty"`
	Hardware        Hardware        `json:"hardware"`
	BootDisk        BootDisk        `json:"bootDisk"`
	Availability    Availability    `json:"availability,omitempty"`
	GracePeriod     metav1.Duration `json:"gracePeriod,omitempty"`
}

// Hardware is how large the machine is.
type Hardware struct {
	CPU    CPU    `json:"cpu"`
	Memory string `json:"memory"`
}

// CPU is the processor that the guest sees.
type CPU struct {
	Cores uint32 `json:"cores"`
	Model string `json:"model,omitempty"`
}

// BootDisk is what the machine boots from.
type BootDisk struct {
	Image string `json:"image"`
}

// Availability is what happens when the machine loses its node.
type Availability struct {
	OnHostFailure string `json:"onHostFailure,omitempty"`
}

// VirtualMachineStatus is a machine as it is.
type VirtualMachineStatus struct {
	ObservedGeneration int64              `json:"observedGeneration,omitempty"`
	Phase              string             `json:"phase,omitempty"`
	Host               string             `json:"host,omitempty"`
	Addresses          []Address          `json:"addresses,omitempty"`
	Guest              *Guest             `json:"guest,omitempty"`
	Instance           string             `json:"instance,omitempty"`
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
}

// Address is an address of the guest.
type Address struct {
	Network string `json:"network"`
	IP      string `json:"ip"`
	MAC     string `json:"mac,omitempty"`
}

// Guest is what is known of the guest.
type Guest struct {
	OS    string `json:"os,omitempty"`
	Agent string `json:"agent"`
}
