package driver_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kubernetes-csi/csi-test/v5/pkg/sanity"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"vireo.dev/csi-files/driver"
	"vireo.dev/csi-files/store"
)

// TestConformance runs the official suite of the CSI project against the driver: with Filesystem and with Block volumes.
func TestConformance(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("mounting and attaching need root")
	}
	folder := t.TempDir()
	volumes, err := store.Open(filepath.Join(folder, "store"), map[string]int64{"fast": 1 << 40})
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(folder, "csi.sock")
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- driver.New(volumes, "sanity-"+folder, time.Now).Serve(ctx, socket) }()

	for _, access := range []string{"mount", "block"} {
		config := sanity.NewTestConfig()
		config.Address = socket
		config.DialOptions = []grpc.DialOption{
			grpc.WithTransportCredentials(unhurried{insecure.NewCredentials()}), grpc.WithAuthority("localhost"),
		}
		config.TargetPath, config.StagingPath = filepath.Join(folder, "target"), filepath.Join(folder, "staging")
		config.TestVolumeParameters = map[string]string{driver.DatastoreParameter: "fast"}
		config.TestVolumeAccessType = access
		config.CheckPath = kindOf
		ginkgo.Describe(access, func() { sanity.GinkgoTest(&config) })
	}
	gomega.RegisterFailHandler(ginkgo.Fail)
	ginkgo.RunSpecs(t, "CSI driver")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// unhurried shakes hands a moment late. The suite waits for its connection to change, and for a minute in vain if that
// was ready before it first looked.
type unhurried struct {
	credentials.TransportCredentials
}

func (u unhurried) ClientHandshake(ctx context.Context, authority string, wire net.Conn) (net.Conn, credentials.AuthInfo, error) {
	time.Sleep(100 * time.Millisecond)
	return u.TransportCredentials.ClientHandshake(ctx, authority, wire)
}

func (u unhurried) Clone() credentials.TransportCredentials {
	return unhurried{u.TransportCredentials.Clone()}
}

// kindOf knows block devices, which the suite's own check does not.
func kindOf(path string) (sanity.PathKind, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return sanity.PathIsNotFound, nil
	case err != nil:
		return "", err
	case info.IsDir():
		return sanity.PathIsDir, nil
	case info.Mode().IsRegular():
		return sanity.PathIsFile, nil
	default:
		return sanity.PathIsOther, nil
	}
}
