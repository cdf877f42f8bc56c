// Prints, as YAML, what installs CDI's operator: its CRD, RBAC and Deployment, from CDI's own generators.
package main

import (
	"flag"
	"log"
	"os"

	"kubevirt.io/containerized-data-importer/pkg/operator/resources/namespaced"
	"kubevirt.io/containerized-data-importer/pkg/operator/resources/operator"
	"kubevirt.io/containerized-data-importer/pkg/version"
	"kubevirt.io/containerized-data-importer/tools/util"
)

func main() {
	namespace := flag.String("namespace", "cdi", "where the operator and all that it makes live")
	registry := flag.String("registry", "", "where the images of this version come from")
	flag.Parse()

	release := version.Get().GitVersion
	image := func(name string) string { return *registry + "/" + name + ":" + release }
	objects, err := operator.CreateOperatorResourceGroup("everything", &operator.FactoryArgs{
		Image: image("cdi-operator"),
		NamespacedArgs: namespaced.FactoryArgs{
			Namespace:              *namespace,
			OperatorVersion:        release,
			DeployClusterResources: "true",
			ControllerImage:        image("cdi-controller"),
			ImporterImage:          image("cdi-importer"),
			ClonerImage:            image("cdi-cloner"),
			OvirtPopulatorImage:    image("cdi-importer"),
			APIServerImage:         image("cdi-apiserver"),
			UploadProxyImage:       image("cdi-uploadproxy"),
			UploadServerImage:      image("cdi-uploadserver"),
			Verbosity:              "1",
			PullPolicy:             "IfNotPresent",
		},
	})
	check(err)
	for _, object := range objects {
		check(util.MarshallObject(object, os.Stdout))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
