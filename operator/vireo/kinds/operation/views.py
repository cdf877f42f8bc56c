"""What is read of a migration of KubeVirt."""

import msgspec

from vireo.kinds.pods import LiveCondition


class MigrationSpec(msgspec.Struct, frozen=True, rename="camel"):
    """What is asked of a migration."""

    vmi_name: str = ""


class Move(msgspec.Struct, frozen=True, rename="camel"):
    """status.migrationState of a migration."""

    source_node: str = ""
    target_node: str = ""
    failure_reason: str = ""


class MigrationStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What virt-controller says of a migration."""

    phase: str = ""
    migration_state: Move | None = None
    conditions: tuple[LiveCondition, ...] = ()


class MigrationView(msgspec.Struct, frozen=True):
    """What is read of kubevirt.io VirtualMachineInstanceMigration."""

    spec: MigrationSpec = MigrationSpec()
    status: MigrationStatus = MigrationStatus()

    @property
    def final(self) -> bool:
        return self.status.phase in {"Succeeded", "Failed"}

    @property
    def words(self) -> str:
        """Why it does not get on, or failed, in KubeVirt's words; empty where it says nothing."""
        state = self.status.migration_state
        if state and state.failure_reason:
            return state.failure_reason
        return next((one.message for one in self.status.conditions if one.status == "True" and one.message), "")
