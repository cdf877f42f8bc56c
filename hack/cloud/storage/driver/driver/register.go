package driver

import (
	"context"
	"fmt"
	"log/slog"

	"google.golang.org/grpc"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// Registration tells the kubelet where the driver's socket is, when the kubelet finds and asks it. (It does what
// upstream's node-driver-registrar does.)
type Registration struct {
	registration.UnimplementedRegistrationServer

	// Endpoint is the driver's socket as the kubelet sees it.
	Endpoint string
	// Refused is called with the reason when the kubelet does not take the driver.
	Refused func(error)
}

// Serve answers the kubelet on a socket in its folder of plug-ins until the context ends.
func (r *Registration) Serve(ctx context.Context, socket string) error {
	listener, err := listen(socket)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	registration.RegisterRegistrationServer(server, r)
	context.AfterFunc(ctx, server.GracefulStop)
	return server.Serve(listener)
}

// GetInfo answers what the plug-in is.
func (r *Registration) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) {
	return &registration.PluginInfo{
		Type: registration.CSIPlugin, Name: Name, Endpoint: r.Endpoint, SupportedVersions: []string{Version},
	}, nil
}

// NotifyRegistrationStatus hears whether the kubelet took the driver.
func (r *Registration) NotifyRegistrationStatus(_ context.Context, status *registration.RegistrationStatus) (*registration.RegistrationStatusResponse, error) {
	if status.GetPluginRegistered() {
		slog.Info("the kubelet has registered the driver")
	} else {
		r.Refused(fmt.Errorf("the kubelet refused the driver: %s", status.GetError()))
	}
	return &registration.RegistrationStatusResponse{}, nil
}
