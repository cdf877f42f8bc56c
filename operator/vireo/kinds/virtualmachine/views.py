"""What is read of KubeVirt's machine and of its instance. (The launcher pod that the guest runs in: vireo.kinds.pods.)"""

from datetime import datetime

import msgspec

from vireo.api.hardware import Cpu, Memory
from vireo.kinds.pods import LiveCondition, Volume, said


class DataVolumeSource(msgspec.Struct, frozen=True):
    """A DataVolume of CDI that a volume names; its claim has the same name."""

    name: str


class GuestVolume(Volume, frozen=True, rename="camel"):
    """volumes[] of KubeVirt's machine and of its instance."""

    data_volume: DataVolumeSource | None = None

    @property
    def claim(self) -> str:
        """The claim that it mounts, or nothing."""
        return super().claim or (self.data_volume.name if self.data_volume else "")


class Firmware(msgspec.Struct, frozen=True):
    """domain.firmware."""

    uuid: str = ""


class MultusSource(msgspec.Struct, frozen=True, rename="camel"):
    """The NetworkAttachmentDefinition that a network names."""

    network_name: str


class Network(msgspec.Struct, frozen=True):
    """networks[] of KubeVirt's machine and of its instance."""

    name: str
    multus: MultusSource | None = None

    @property
    def attachment(self) -> str:
        """The NetworkAttachmentDefinition of its own namespace that it names, or nothing."""
        return self.multus.network_name if self.multus else ""


class Card(msgspec.Struct, frozen=True, rename="camel"):
    """domain.devices.interfaces[]."""

    mac_address: str = ""
    name: str = ""


class Devices(msgspec.Struct, frozen=True):
    """domain.devices."""

    interfaces: tuple[Card, ...] = ()


class Domain(msgspec.Struct, frozen=True):
    """template.spec.domain."""

    firmware: Firmware = Firmware()
    devices: Devices = Devices()
    cpu: Cpu = Cpu()
    memory: Memory = Memory()


class GuestSpec(msgspec.Struct, frozen=True, rename="camel"):
    """The part of a machine's template and of an instance's spec that is read."""

    scheduler_name: str = ""
    domain: Domain = Domain()
    volumes: tuple[GuestVolume, ...] = ()
    networks: tuple[Network, ...] = ()


class Template(msgspec.Struct, frozen=True):
    """spec.template."""

    spec: GuestSpec = GuestSpec()


class Matcher(msgspec.Struct, frozen=True):
    """spec.instancetype and spec.preference."""

    name: str = ""


class MachineSpec(msgspec.Struct, frozen=True, rename="camel"):
    """What is asked of KubeVirt's machine."""

    run_strategy: str = ""
    instancetype: Matcher | None = None
    preference: Matcher | None = None
    template: Template = Template()


class StateChangeRequest(msgspec.Struct, frozen=True):
    """A start or a stop (of the instance of that UID) that virtctl asked for and virt-controller has yet to do."""

    action: str
    uid: str = ""


class StartFailure(msgspec.Struct, frozen=True, rename="camel"):
    """How often the instance failed before its guest ran."""

    consecutive_fail_count: int = 0


class MachineStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What virt-controller says of KubeVirt's machine."""

    created: bool = False
    run_strategy: str = ""
    """The strategy that virt-controller acted on last; empty before the first start."""
    state_change_requests: tuple[StateChangeRequest, ...] = ()
    start_failure: StartFailure | None = None
    observed_generation: int = 0
    """Of the machine's generations the one that its instance is of."""
    desired_generation: int = 0
    """The newest generation that virt-controller has seen while there was an instance."""
    conditions: tuple[LiveCondition, ...] = ()


class MachineView(msgspec.Struct, frozen=True):
    """What is read of kubevirt.io VirtualMachine."""

    spec: MachineSpec = MachineSpec()
    status: MachineStatus = MachineStatus()

    @property
    def volumes(self) -> tuple[GuestVolume, ...]:
        return self.spec.template.spec.volumes


class Interface(msgspec.Struct, frozen=True, rename="camel"):
    """status.interfaces[]; one that only the guest knows has no name."""

    name: str = ""
    mac: str = ""
    ip_address: str = ""
    ip_addresses: tuple[str, ...] = ()


class GuestOs(msgspec.Struct, frozen=True, rename="camel"):
    """status.guestOSInfo, filled in by the guest's agent."""

    pretty_name: str = ""
    name: str = ""


class MigrationState(msgspec.Struct, frozen=True, rename="camel"):
    """status.migrationState: the newest migration."""

    migration_uid: str = ""
    start_timestamp: datetime | None = None
    end_timestamp: datetime | None = None
    completed: bool = False
    failed: bool = False
    target_node: str = ""


class PhaseTransition(msgspec.Struct, frozen=True, rename="camel"):
    """status.phaseTransitionTimestamps[]: when a phase was reached first."""

    phase: str
    phase_transition_timestamp: datetime


class InstanceStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What virt-controller and virt-handler say of the instance."""

    phase: str = ""
    node_name: str = ""
    interfaces: tuple[Interface, ...] = ()
    guest_os: GuestOs = msgspec.field(name="guestOSInfo", default=GuestOs())
    migration_state: MigrationState | None = None
    phase_transition_timestamps: tuple[PhaseTransition, ...] = ()
    conditions: tuple[LiveCondition, ...] = ()


class InstanceView(msgspec.Struct, frozen=True):
    """What is read of kubevirt.io VirtualMachineInstance."""

    spec: GuestSpec = GuestSpec()
    status: InstanceStatus = InstanceStatus()

    @property
    def final(self) -> bool:
        return self.status.phase in {"Succeeded", "Failed"}

    @property
    def runs(self) -> bool:
        """Also as virt-controller sees it, which is a moment after virt-handler."""
        ready = said(self.status.conditions, "Ready", "False")
        return self.status.phase == "Running" and not (ready and ready.reason == "GuestNotRunning")

    @property
    def silent(self) -> bool:
        """Whether its node fell silent: who then takes Ready away from the pod gives no reason, as all others do."""
        ready = said(self.status.conditions, "Ready", "False")
        return ready is not None and not ready.reason

    @property
    def migrates(self) -> bool:
        state = self.status.migration_state
        return state is not None and state.start_timestamp is not None and state.end_timestamp is None

    @property
    def volumes(self) -> tuple[GuestVolume, ...]:
        return self.spec.volumes


class InstanceTypeSpec(msgspec.Struct, frozen=True, rename="camel"):
    """What an instance type brings that the machine can not say beside it."""

    scheduler_name: str = ""


class InstanceTypeView(msgspec.Struct, frozen=True):
    """What is read of an instance type."""

    spec: InstanceTypeSpec = InstanceTypeSpec()


class PreferenceView(msgspec.Struct, frozen=True):
    """What is read of a preference: that it exists."""
