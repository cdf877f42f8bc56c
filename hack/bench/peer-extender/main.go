// The benchmark's peer: an extender in Go as one writes it, with net/http, encoding/json and Kubernetes' own types. It scores by the
// formulas of operator/vireo/formulas/balance.py, on a load table that it reads from a file.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"os"

	extender "k8s.io/kube-scheduler/extender/v1"
)

func main() {
	file := flag.String("table", "", "the load table, as JSON")
	address := flag.String("address", "127.0.0.1:0", "where it is served")
	flag.Parse()
	found, err := read(*file)
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("POST /prioritize", found)
	log.Fatal(http.ListenAndServe(*address, nil))
}

func read(file string) (*table, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	found := &table{}
	if err := json.Unmarshal(text, found); err != nil {
		return nil, err
	}
	found.index = make(map[string]int, len(found.Names))
	for i, name := range found.Names {
		found.index[name] = i
	}
	return found, nil
}

func (t *table) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	var args extender.ExtenderArgs
	if err := json.NewDecoder(request.Body).Decode(&args); err != nil || args.Pod == nil || args.NodeNames == nil {
		http.Error(writer, "no ExtenderArgs", http.StatusBadRequest)
		return
	}
	writer.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(writer).Encode(t.prioritize(args.Pod, *args.NodeNames)); err != nil {
		log.Print(err)
	}
}
