// What ArgoCD thinks of objects, by its own packages; JSON on standard input and output.
//
//	argo-cd-engine health OVERRIDES                  [object...]         -> [{status, message}...]
//	argo-cd-engine diff KUBECONFIG                   [{config, live, dryRun}...] -> [{applied, dryRun}...]
//
// health: OVERRIDES is a ConfigMap in the form of argocd-cm.
// diff: whether ArgoCD would call the object OutOfSync that lives while config is wanted, by each of its two ways: how it compares what it
// applies (ServerSideApply=true), and how it compares with what the API server answers to a dry run (ServerSideDiff=true).
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 2 {
		return fmt.Errorf("usage: argo-cd-engine health OVERRIDES | diff KUBECONFIG")
	}
	switch arguments[0] {
	case "health":
		return healthOf(arguments[1])
	case "diff":
		return diffsOf(arguments[1])
	}
	return fmt.Errorf("no such command: %s", arguments[0])
}

// Answers each of a list of questions.
func answer[Question, Answer any](one func(Question) (Answer, error)) error {
	var questions []Question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		return err
	}
	answers := make([]Answer, 0, len(questions))
	for _, question := range questions {
		said, err := one(question)
		if err != nil {
			return err
		}
		answers = append(answers, said)
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}
