// Prints, as YAML, what installs KubeVirt's operator: its CRD, priority class, RBAC and Deployment, from KubeVirt's own generators.
package main

import (
	"flag"
	"log"
	"os"

	corev1 "k8s.io/api/core/v1"

	"kubevirt.io/client-go/version"
	"kubevirt.io/kubevirt/pkg/virt-operator/resource/generate/components"
	"kubevirt.io/kubevirt/pkg/virt-operator/resource/generate/rbac"
	"kubevirt.io/kubevirt/tools/util"
)

func main() {
	namespace := flag.String("namespace", "kubevirt", "where the operator and all that it makes live")
	registry := flag.String("registry", "", "where the images of this version come from")
	replicas := flag.Int("replicas", 1, "replicas of the operator")
	verbosity := flag.String("verbosity", "2", "how much the operator and all that it makes log")
	flag.Parse()

	crd, err := components.NewKubeVirtCrd()
	check(err)
	// The empty strings are images given one by one; they default to REGISTRY/NAME:VERSION.
	operator := components.NewOperatorDeployment(*namespace, *registry, "", version.Get().GitVersion, *verbosity,
		"", "", "", "", "", "", "", "", "", "", "", "", "", "", "", corev1.PullIfNotPresent)
	count := int32(*replicas)
	operator.Spec.Replicas = &count

	objects := append([]interface{}{crd, components.NewKubeVirtPriorityClassCR()}, rbac.GetAllOperator(*namespace)...)
	for _, object := range append(objects, operator) {
		check(util.MarshallObject(object, os.Stdout))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
