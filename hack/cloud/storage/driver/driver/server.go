// Package driver is a CSI driver over package store: the storage device of the local cloud.
package driver

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"vireo.dev/csi-files/store"
)

// Name is the driver's name in StorageClasses, volumes and the kubelet's registry.
const Name = "files.csi.vireo.dev"

// Version is what GetPluginInfo answers.
const Version = "1.0.0"

// Driver serves the three CSI services.
type Driver struct {
	csi.UnimplementedIdentityServer
	csi.UnimplementedControllerServer
	csi.UnimplementedNodeServer

	store *store.Store
	node  string
	now   func() time.Time
}

// New makes a driver over a store, for the node of this name.
func New(volumes *store.Store, node string, now func() time.Time) *Driver {
	return &Driver{store: volumes, node: node, now: now}
}

// Serve answers on a unix socket until the context ends.
func (d *Driver) Serve(ctx context.Context, socket string) error {
	listener, err := listen(socket)
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(answer))
	csi.RegisterIdentityServer(server, d)
	csi.RegisterControllerServer(server, d)
	csi.RegisterNodeServer(server, d)
	context.AfterFunc(ctx, server.GracefulStop)
	return server.Serve(listener)
}

// listen takes the socket over from a predecessor that was killed. Root may use it, and its folder's group if the folder
// passes that on: side-cars need not be root.
func listen(socket string) (net.Listener, error) {
	if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	return listener, os.Chmod(socket, 0o660)
}

// answer gives an error the code that CSI wants for it, and logs each call that changes something or fails.
func answer(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	began := time.Now()
	response, err := handle(ctx, request)
	_, call, _ := strings.Cut(strings.TrimPrefix(info.FullMethod, "/"), "/")
	if err != nil {
		err = withCode(err)
		slog.Error(call, "error", err, "request", request)
	} else if !isQuestion(call) {
		slog.Info(call, "seconds", time.Since(began).Seconds(), "request", request)
	}
	return response, err
}

func isQuestion(call string) bool {
	return strings.Contains(call, "Get") || strings.HasPrefix(call, "List") || call == "Probe"
}

func withCode(err error) error {
	var full *store.FullError
	switch {
	case errors.As(err, &full):
		return status.Error(codes.ResourceExhausted, full.Error())
	case errors.Is(err, store.ErrNotFound):
		return status.Error(codes.NotFound, err.Error())
	default:
		return status.Convert(err).Err()
	}
}

func invalid(format string, arguments ...any) error {
	return status.Errorf(codes.InvalidArgument, format, arguments...)
}
