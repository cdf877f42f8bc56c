package main

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kubevirt "kubevirt.io/api/core/v1"

	"vireo.dev/bench-peer/api"
)

// finding is what there is to say, and how far the machine is.
type finding struct {
	phase, reason, message string
	ready, running         bool
}

// setStatus says what the instance does; there is none yet where it is nil.
func setStatus(machine *api.VirtualMachine, instance *kubevirt.VirtualMachineInstance, pods []corev1.Pod) {
	status, found := &machine.Status, find(machine, instance, pods)
	status.ObservedGeneration, status.Phase = machine.Generation, found.phase
	status.Host, status.Addresses, status.Guest, status.Instance = "", nil, nil, ""
	if instance != nil {
		status.Instance = string(instance.UID)
	}
	if found.running {
		status.Host, status.Addresses, status.Guest = instance.Status.NodeName, addresses(instance), guest(instance)
	}
	say(machine, "Ready", found.ready, found)
	say(machine, "Running", found.running, found)
	if found.ready {
		meta.RemoveStatusCondition(&status.Conditions, "Reconciling")
	} else {
		say(machine, "Reconciling", true, found)
	}
}

func find(machine *api.VirtualMachine, instance *kubevirt.VirtualMachineInstance, pods []corev1.Pod) finding {
	stopped := machine.Spec.PowerState == "Stopped"
	switch {
	case stopped && instance == nil:
		return finding{phase: "Stopped", reason: "Stopped", message: "The machine is stopped.", ready: true}
	case stopped:
		return finding{phase: "Stopping", reason: "Stopping", message: "The guest was told to shut down."}
	case instance != nil && instance.Status.Phase == kubevirt.Running:
		message := fmt.Sprintf("The guest runs on %s.", instance.Status.NodeName)
		return finding{phase: "Running", reason: "Running", message: message, ready: true, running: true}
	}
	for _, pod := range pods {
		if words := unschedulable(&pod); words != "" {
			message := "No node can take the machine. The scheduler says: " + words
			return finding{phase: "Starting", reason: "Unschedulable", message: message}
		}
	}
	return finding{phase: "Starting", reason: "Starting", message: "The machine was told to start."}
}

func unschedulable(pod *corev1.Pod) string {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse {
			return condition.Message
		}
	}
	return ""
}

func addresses(instance *kubevirt.VirtualMachineInstance) []api.Address {
	var found []api.Address
	for _, card := range instance.Status.Interfaces {
		for _, ip := range card.IPs {
			found = append(found, api.Address{Network: card.Name, IP: ip, MAC: card.MAC})
		}
	}
	return found
}

func guest(instance *kubevirt.VirtualMachineInstance) *api.Guest {
	connected := slices.ContainsFunc(instance.Status.Conditions, func(one kubevirt.VirtualMachineInstanceCondition) bool {
		return one.Type == kubevirt.VirtualMachineInstanceAgentConnected && one.Status == corev1.ConditionTrue
	})
	if !connected {
		return &api.Guest{Agent: "Disconnected"}
	}
	return &api.Guest{OS: instance.Status.GuestOSInfo.PrettyName, Agent: "Connected"}
}

func say(machine *api.VirtualMachine, kind string, holds bool, found finding) {
	status := metav1.ConditionFalse
	if holds {
		status = metav1.ConditionTrue
	}
	meta.SetStatusCondition(&machine.Status.Conditions, metav1.Condition{
		Type: kind, Status: status, Reason: found.reason, Message: found.message, ObservedGeneration: machine.Generation,
	})
}
