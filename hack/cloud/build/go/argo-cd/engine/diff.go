package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/argoproj/gitops-engine/pkg/diff"
	"github.com/argoproj/gitops-engine/pkg/utils/kube"
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"
)

const manager = "argocd-controller"

type question struct {
	Config unstructured.Unstructured `json:"config"`
	Live   unstructured.Unstructured `json:"live"`
	DryRun json.RawMessage           `json:"dryRun"`
}

// In each the difference as ArgoCD shows it, from what lives to what is wanted; empty where there is none.
type difference struct {
	Applied []json.RawMessage `json:"applied"`
	DryRun  []json.RawMessage `json:"dryRun"`
}

// What the API server answered to the dry run of the apply, asked before.
type answered string

func (text answered) Run(context.Context, *unstructured.Unstructured, string) (string, error) {
	return string(text), nil
}

func diffsOf(kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	_, schemas, err := (&kube.KubectlCmd{Log: logr.Discard()}).LoadOpenAPISchema(config)
	if err != nil {
		return err
	}
	common := []diff.Option{diff.WithGVKParser(schemas), diff.WithManager(manager), diff.WithNormalizer(diff.GetNoopNormalizer())}
	return answer(func(one question) (difference, error) {
		applied, err := compared(one, append(common, diff.WithStructuredMergeDiff(true)))
		if err != nil {
			return difference{}, err
		}
		runner := diff.WithServerSideDryRunner(answered(one.DryRun))
		dryRun, err := compared(one, append(common, diff.WithServerSideDiff(true), runner, diff.WithIgnoreMutationWebhook(true)))
		return difference{applied, dryRun}, err
	})
}

func compared(one question, options []diff.Option) ([]json.RawMessage, error) {
	found, err := diff.Diff(one.Config.DeepCopy(), one.Live.DeepCopy(), options...)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", one.Config.GetKind(), one.Config.GetName(), err)
	}
	if !found.Modified {
		return []json.RawMessage{}, nil
	}
	return []json.RawMessage{found.NormalizedLive, found.PredictedLive}, nil
}
