// Csi-files is the storage device of the local cloud: a CSI driver whose volumes are sparse files and directories in a
// folder that every real node sees.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"vireo.dev/csi-files/driver"
	"vireo.dev/csi-files/store"
)

type options struct {
	socket, folder, node           string
	registerAt, socketAsKubeletHas string
	datastores                     datastores
}

func main() {
	if err := serve(parse()); err != nil {
		slog.Error("csi-files ends", "error", err)
		os.Exit(1)
	}
}

func parse() options {
	o := options{datastores: datastores{}}
	flag.StringVar(&o.socket, "socket", "/csi/csi.sock", "unix socket to serve CSI on")
	flag.StringVar(&o.folder, "folder", "/volumes", "folder of the volumes, the same on every node")
	flag.StringVar(&o.node, "node", "", "name of this node (empty: a controller)")
	flag.StringVar(&o.registerAt, "register-at", "", "socket in the kubelet's folder plugins_registry")
	flag.StringVar(&o.socketAsKubeletHas, "kubelet-socket", "", "the CSI socket's path as the kubelet sees it")
	flag.Var(o.datastores, "datastore", "NAME=BYTES that the datastore may promise (repeat it)")
	flag.Parse()
	return o
}

func serve(o options) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	volumes, err := store.Open(o.folder, o.datastores)
	if err != nil {
		return err
	}
	if o.node == "" {
		if err := volumes.Sweep(); err != nil {
			return err
		}
	}
	failed := make(chan error, 3)
	go func() { failed <- driver.New(volumes, o.node, time.Now).Serve(ctx, o.socket) }()
	if o.registerAt != "" {
		registration := &driver.Registration{Endpoint: o.socketAsKubeletHas, Refused: func(err error) { failed <- err }}
		go func() { failed <- registration.Serve(ctx, o.registerAt) }()
	}
	slog.Info("csi-files serves", "socket", o.socket, "folder", o.folder, "node", o.node)
	return <-failed
}

// datastores is the flag -datastore.
type datastores map[string]int64

func (d datastores) String() string { return fmt.Sprint(map[string]int64(d)) }

func (d datastores) Set(text string) error {
	name, size, found := strings.Cut(text, "=")
	bytes, err := strconv.ParseInt(size, 10, 64)
	if !found || name == "" || err != nil || bytes <= 0 {
		return fmt.Errorf("%q is not NAME=BYTES", text)
	}
	d[name] = bytes
	return nil
}
