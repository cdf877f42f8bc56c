// The benchmark's peer: a minimal operator with controller-runtime that makes the same machines of KubeVirt as Vireo does, and says the
// same of them. It is written as its guides say, with no tuning beyond a cache without managedFields and pods by label.
package main

import (
	"flag"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	kubevirt "kubevirt.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"vireo.dev/bench-peer/api"
)

var launchers = labels.SelectorFromSet(labels.Set{"kubevirt.io": "virt-launcher"})

func main() {
	namespace := flag.String("leader-elect-resource-namespace", "default", "where the Lease lies")
	metrics := flag.String("metrics-bind-address", ":8080", "where metrics are served")
	flag.Parse()
	ctrl.SetLogger(zap.New())
	if err := run(*namespace, *metrics); err != nil {
		ctrl.Log.Error(err, "the operator ends")
		os.Exit(1)
	}
}

func run(namespace, metrics string) error {
	manager, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Scheme: newScheme(),
		Cache: cache.Options{
			DefaultTransform: cache.TransformStripManagedFields(),
			ByObject:         map[client.Object]cache.ByObject{&corev1.Pod{}: {Label: launchers}},
		},
		Metrics:                       server.Options{BindAddress: metrics},
		LeaderElection:                true,
		LeaderElectionID:              "vireo-bench-peer",
		LeaderElectionNamespace:       namespace,
		LeaderElectionReleaseOnCancel: true,
	})
	if err != nil {
		return err
	}
	ctx := ctrl.SetupSignalHandler()
	machines := &reconciler{Client: manager.GetClient(), events: manager.GetEventRecorder("vireo-bench-peer")}
	if err := machines.setUp(ctx, manager); err != nil {
		return err
	}
	return manager.Start(ctx)
}

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(kubevirt.AddToScheme(scheme))
	utilruntime.Must(api.SchemeBuilder.AddToScheme(scheme))
	return scheme
}
