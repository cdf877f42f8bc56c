package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/argoproj/gitops-engine/pkg/health"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/util/lua"
)

const healthKey = "resource.customizations.health."

func healthOf(path string) error {
	checks, err := overrides(path)
	if err != nil {
		return err
	}
	return answer(func(object unstructured.Unstructured) (*health.HealthStatus, error) {
		found, err := health.GetResourceHealth(&object, checks)
		if err == nil && found == nil {
			err = fmt.Errorf("there is no health check for %s", object.GroupVersionKind())
		}
		return found, err
	})
}

// The health checks of a ConfigMap, by the names that the engine looks them up by. ArgoCD reads its settings from a cluster; this is what
// it makes of these keys (convertToOverrideKey in its util/settings).
func overrides(path string) (lua.ResourceHealthOverrides, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var settings corev1.ConfigMap
	if err := yaml.UnmarshalStrict(text, &settings); err != nil {
		return nil, err
	}
	found := lua.ResourceHealthOverrides{}
	for key, script := range settings.Data {
		group, kind, named := strings.Cut(strings.TrimPrefix(key, healthKey), "_")
		if !named || !strings.HasPrefix(key, healthKey) {
			return nil, fmt.Errorf("%s is no %sGROUP_KIND", key, healthKey)
		}
		found[group+"/"+kind] = v1alpha1.ResourceOverride{HealthLua: script}
	}
	return found, nil
}
