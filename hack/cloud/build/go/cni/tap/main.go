// A CNI plugin for machines on kernels without `dummy` links, which KubeVirt's own bridge binding needs: it is what a network binding
// plugin of the domain attachment type `tap` names. The switch's own attachment came before it and made the port, a veth; here the veth goes
// behind a bridge in the pod, and a tap of its name takes its place, which KubeVirt hands to the guest.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	current "github.com/containernetworking/cni/pkg/types/100"
	"github.com/containernetworking/cni/pkg/version"
	"github.com/containernetworking/plugins/pkg/ns"
	bv "github.com/containernetworking/plugins/pkg/utils/buildversion"
	"github.com/vishvananda/netlink"
)

const qemu = 107 // the user that KubeVirt runs guests as

type config struct {
	types.NetConf
	Args struct {
		CNI struct {
			LogicNetworkName string `json:"logicNetworkName"`
		} `json:"cni"`
	} `json:"args"`
}

func main() {
	skel.PluginMainFuncs(skel.CNIFuncs{Add: add, Del: remove, Check: check}, version.All, bv.BuildString("tap"))
}

func add(args *skel.CmdArgs) error {
	var wanted config
	if err := json.Unmarshal(args.StdinData, &wanted); err != nil {
		return fmt.Errorf("the configuration: %w", err)
	}
	network := wanted.Args.CNI.LogicNetworkName
	if network == "" {
		return fmt.Errorf("args.cni.logicNetworkName is missing: only KubeVirt calls this plugin")
	}
	port, inner, bridge := names(network)
	netns, err := ns.GetNS(args.Netns)
	if err != nil {
		return err
	}
	defer netns.Close()
	err = netns.Do(func(ns.NetNS) error { return putBehindBridge(port, inner, bridge) })
	if err != nil {
		return fmt.Errorf("network %s: %w", network, err)
	}
	// Of the bridge alone: KubeVirt takes the attachment that says the port's name for the one that the port is on (network/migration), and
	// would move the machine for ever because that is not the switch's.
	result := &current.Result{CNIVersion: wanted.CNIVersion, Interfaces: []*current.Interface{{Name: bridge, Sandbox: args.Netns}}}
	return types.PrintResult(result, wanted.CNIVersion)
}

// names: of the interface, as KubeVirt calls it in the pod (pkg/network/namescheme), of what it is renamed to, and of the bridge.
func names(network string) (string, string, string) {
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte(network)))[:11]
	return "pod" + hash, "nic" + hash, "br" + hash
}

func putBehindBridge(port, inner, bridge string) error {
	if _, err := netlink.LinkByName(bridge); err == nil {
		return nil // a second call for the same pod
	}
	veth, err := netlink.LinkByName(port)
	if err != nil {
		return fmt.Errorf("the port %s: %w", port, err)
	}
	mtu := veth.Attrs().MTU
	if err := netlink.LinkSetDown(veth); err != nil {
		return err
	}
	if err := netlink.LinkSetName(veth, inner); err != nil {
		return err
	}
	tap := &netlink.Tuntap{
		LinkAttrs: netlink.LinkAttrs{Name: port, MTU: mtu}, Mode: netlink.TUNTAP_MODE_TAP, Owner: qemu, Group: qemu, NonPersist: false,
	}
	made := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: bridge, MTU: mtu}}
	if err := netlink.LinkAdd(made); err != nil {
		return err
	}
	if err := netlink.LinkAdd(tap); err != nil {
		return err
	}
	if err := giveUpAddress(veth); err != nil {
		return err
	}
	for _, link := range []netlink.Link{veth, tap} {
		if err := netlink.LinkSetMaster(link, made); err != nil {
			return err
		}
	}
	for _, link := range []netlink.Link{made, veth, tap} {
		if err := netlink.LinkSetUp(link); err != nil {
			return err
		}
	}
	return nil
}

// The address of the veth is the guest's: a bridge whose port has it would take the guest's frames for its own.
func giveUpAddress(veth netlink.Link) error {
	other := append([]byte(nil), veth.Attrs().HardwareAddr...)
	other[0] |= 2
	other[1] ^= 0xff
	return netlink.LinkSetHardwareAddr(veth, other)
}

// The pod's network namespace takes all of it along.
func remove(*skel.CmdArgs) error { return nil }

func check(*skel.CmdArgs) error { return nil }
