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
	untilListening(t, socket)

	for _, access := range []string{"mount", "block"} {
		config := sanity.NewTestConfig()
		config.Address = socket
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

// untilListening returns when somebody answers there: the suite's first connection would else be retried too late.
func untilListening(t *testing.T, socket string) {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		connection, err := net.Dial("unix", socket)
		if err == nil {
			_ = connection.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
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
