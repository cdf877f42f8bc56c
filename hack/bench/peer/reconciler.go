package main

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	kubevirt "kubevirt.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"vireo.dev/bench-peer/api"
)

const (
	finalizer    = "vireo.dev/orderly-end"
	machineLabel = "vm.kubevirt.io/name"
)

// reconciler makes a machine of KubeVirt for each of Vireo's, and says what becomes of it.
type reconciler struct {
	client.Client
	events events.EventRecorder
}

func (r *reconciler) setUp(ctx context.Context, manager ctrl.Manager) error {
	machineOf := func(object client.Object) []string { return []string{object.GetLabels()[machineLabel]} }
	if err := manager.GetFieldIndexer().IndexField(ctx, &corev1.Pod{}, machineLabel, machineOf); err != nil {
		return err
	}
	return ctrl.NewControllerManagedBy(manager).
		For(&api.VirtualMachine{}).
		Owns(&kubevirt.VirtualMachine{}).
		Watches(&kubevirt.VirtualMachineInstance{}, handler.EnqueueRequestsFromMapFunc(namesake)).
		Watches(&corev1.Pod{}, handler.EnqueueRequestsFromMapFunc(labelled)).
		Complete(r)
}

func namesake(_ context.Context, instance client.Object) []reconcile.Request {
	return []reconcile.Request{{NamespacedName: client.ObjectKeyFromObject(instance)}}
}

func labelled(_ context.Context, pod client.Object) []reconcile.Request {
	name := types.NamespacedName{Namespace: pod.GetNamespace(), Name: pod.GetLabels()[machineLabel]}
	return []reconcile.Request{{NamespacedName: name}}
}

// Reconcile brings one machine nearer to its spec.
func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var machine api.VirtualMachine
	if err := r.Get(ctx, request.NamespacedName, &machine); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !machine.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, r.end(ctx, &machine)
	}
	before := machine.DeepCopy()
	if controllerutil.AddFinalizer(&machine, finalizer) {
		if err := r.Patch(ctx, &machine, client.MergeFrom(before)); err != nil {
			return ctrl.Result{}, err
		}
	}
	child := kubevirt.VirtualMachine{ObjectMeta: metav1.ObjectMeta{Namespace: machine.Namespace, Name: machine.Name}}
	_, err := controllerutil.CreateOrUpdate(ctx, r.Client, &child, func() error {
		if err := setChild(&child, &machine); err != nil {
			return err
		}
		return controllerutil.SetControllerReference(&machine, &child, r.Scheme())
	})
	if err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{}, r.updateStatus(ctx, &machine)
}

// end deletes KubeVirt's machine first, and lets go when it is gone.
func (r *reconciler) end(ctx context.Context, machine *api.VirtualMachine) error {
	child := kubevirt.VirtualMachine{ObjectMeta: metav1.ObjectMeta{Namespace: machine.Namespace, Name: machine.Name}}
	err := r.Get(ctx, client.ObjectKeyFromObject(&child), &child)
	if err == nil && child.DeletionTimestamp.IsZero() {
		return client.IgnoreNotFound(r.Delete(ctx, &child))
	}
	if client.IgnoreNotFound(err) != nil || err == nil {
		return err
	}
	before := machine.DeepCopy()
	controllerutil.RemoveFinalizer(machine, finalizer)
	return client.IgnoreNotFound(r.Patch(ctx, machine, client.MergeFrom(before)))
}

func (r *reconciler) updateStatus(ctx context.Context, machine *api.VirtualMachine) error {
	instance, err := r.instance(ctx, machine)
	if err != nil {
		return err
	}
	var pods corev1.PodList
	selected := client.MatchingFields{machineLabel: machine.Name}
	if err := r.List(ctx, &pods, client.InNamespace(machine.Namespace), selected); err != nil {
		return err
	}
	before := machine.DeepCopy()
	setStatus(machine, instance, pods.Items)
	if equality.Semantic.DeepEqual(before.Status, machine.Status) {
		return nil
	}
	if err := r.Status().Patch(ctx, machine, client.MergeFrom(before)); err != nil {
		return err
	}
	if !ready(before) && ready(machine) {
		message := meta.FindStatusCondition(machine.Status.Conditions, "Ready").Message
		r.events.Eventf(machine, nil, corev1.EventTypeNormal, "Running", "Reconcile", "%s", message)
	}
	return nil
}

// instance is KubeVirt's instance of the machine, or nil.
func (r *reconciler) instance(ctx context.Context, machine *api.VirtualMachine) (*kubevirt.VirtualMachineInstance, error) {
	var found kubevirt.VirtualMachineInstance
	if err := r.Get(ctx, client.ObjectKeyFromObject(machine), &found); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return &found, nil
}

func ready(machine *api.VirtualMachine) bool {
	return meta.IsStatusConditionTrue(machine.Status.Conditions, "Ready")
}
