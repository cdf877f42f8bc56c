"""Reasons: the one table. Each is a word for programs with the sentence that says when it surfaces.

docs/reference/reasons.md is made from it.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why a condition is as it is. `Reason.X.surfaces` is the sentence for people."""

    surfaces: str

    def __new__(cls, word: str, surfaces: str) -> "Reason":
        member = str.__new__(cls, word)
        member._value_ = word
        member.surfaces = surfaces
        return member

    # Everything
    AS_SPECIFIED = "AsSpecified", "The object is as its spec asks and nothing is being changed."
    RECONCILING = "Reconciling", "Vireo is bringing the object to what its spec asks."
    DELETING = "Deleting", "The object is being deleted in an orderly way."
    FOREIGN_OBJECT = "ForeignObject", "An object with a child's name exists and is not Vireo's: it is left alone."
    REFUSED = (
        "Refused",
        "The API server or an admission webhook refused what Vireo wrote; its words are in the message.",
    )
    API_ERROR = "ApiError", "The API server could not be asked or answered with an error; Vireo tries again."
    BAD_SPEC = "BadSpec", "The stored spec is not valid for this version of Vireo, for example after an upgrade."

    IN_USE = "InUse", "The object is to be deleted and something still uses it."

    # Platform
    SUPPORTED = "Supported", "Everything that Vireo needs is there, in a version it was tested with."
    KUBEVIRT_MISSING = "KubeVirtMissing", "KubeVirt is not installed or not deployed yet."
    KUBEVIRT_TOO_OLD = "KubeVirtTooOld", "The KubeVirt that is deployed is older than Vireo can drive."

    # VirtualMachine
    RUNNING = "Running", "The machine, or the workload, runs, as its spec asks."
    STOPPED = "Stopped", "The machine is stopped, or the workload has no pods, as its spec asks."
    PAUSED = "Paused", "The machine is paused, as its spec asks."
    STARTING = (
        "Starting",
        "The machine was told to start and its guest is not running yet; or no pod of the workload is ready yet.",
    )
    STOPPING = "Stopping", "The machine was told to stop and its guest has not ended yet."
    PAUSING = "Pausing", "The machine was told to pause or to go on and has not done so yet."
    MIGRATING = "Migrating", "The machine is being moved to another node while it runs."
    STOPPED_BY_GUEST = "StoppedByGuest", "The guest shut itself down; it is not started again until asked."
    STOPPED_OUTSIDE_VIREO = (
        "StoppedOutsideVireo",
        "The machine was stopped by other means than its spec; it is not started again until asked.",
    )
    NOT_ANSWERING = "NotAnswering", "The machine's node does not say whether the guest runs."
    PAUSED_ON_ERROR = "PausedOnError", "KubeVirt paused the guest since its disk does not answer as it should."
    FAILED = (
        "Failed",
        "The machine or its node failed, and the spec asks to leave the machine off; or the Job has failed.",
    )
    CRASHED = "Crashed", "The machine's instance, or the workload's container, failed and is tried again and again."
    UNSCHEDULABLE = "Unschedulable", "No node can take the machine, or a pod; the message is the scheduler's."
    SCHEDULER_SILENT = (
        "SchedulerSilent",
        "The scheduler that the pod of the machine, or of the workload, names has not looked at it for long.",
    )
    IMAGE_PULL_FAILED = "ImagePullFailed", "The image of the boot disk, or of the container, can not be pulled."
    RESTART_REQUIRED = "RestartRequired", "A change of the spec takes effect at the next restart only."
    DISK_MISSING = "DiskMissing", "A VirtualDisk that the object names does not exist."
    DISK_NOT_READY = "DiskNotReady", "A VirtualDisk that the object names can not be used yet."
    DISK_CONTENT_MISMATCH = "DiskContentMismatch", "A disk's content is not what its user needs."
    DISK_IN_USE = "DiskInUse", "A disk that the object names is used by another."
    SWITCH_MISSING = "SwitchMissing", "A VirtualSwitch that the object names does not exist."
    PORT_GROUP_MISSING = "PortGroupMissing", "The switch has no port group of the name that the object gives."
    PORT_GROUP_NOT_ALLOWED = "PortGroupNotAllowed", "The port group is not for the namespace of the object."
    TOO_MANY_PORTS = (
        "TooManyPorts",
        "The object names more ports of one switch than the switch gives a machine or a pod.",
    )
    NO_FREE_PORT = "NoFreePort", "The switch, or the port group, gives out no more ports."
    SECRET_MISSING = "SecretMissing", "A Secret that the machine names does not exist."
    INSTANCE_TYPE_MISSING = "InstanceTypeMissing", "The instance type that the machine names does not exist."
    PREFERENCE_MISSING = "PreferenceMissing", "The preference that the machine names does not exist."
    HOST_MISSING = "HostMissing", "The node that the machine is pinned to does not exist."
    INSTANCE_TYPE_EXPANDED = (
        "InstanceTypeExpanded",
        "KubeVirt is set to write instance types and preferences into machines; Vireo does not fight over it.",
    )

    # ContainerWorkload
    ROLLING_OUT = (
        "RollingOut",
        "The newest spec is being rolled out, or pods come and go until there are as many as it asks.",
    )
    ROLL_OUT_STUCK = "RollOutStuck", "The newest spec is not rolled out, and has not got on for long."
    IN_PROGRESS = "InProgress", "The Job runs, and has not ended."
    HELD_BY_STARTUP = "HeldByStartup", "The workload starts after something that is not Ready yet."
    DISK_NOT_SHARED = (
        "DiskNotShared",
        "A disk that can be at one node at a time is named by a workload with several replicas.",
    )
    QUOTA_EXCEEDED = "QuotaExceeded", "A quota of the namespace leaves no room for the pods."
    POD_REFUSED = (
        "PodRefused",
        "The API server refuses the pods, for example since the namespace forbids privileged ones; its words are in the message.",
    )
    ROOT_IMAGE = "RootImage", "The image runs as root, which the isolation profile Restricted refuses."
    ENVIRONMENT_MISSING = (
        "EnvironmentMissing",
        "The container's environment names a Secret, a ConfigMap or a key of one that does not exist.",
    )

    # Operation
    COMPLETED = "Completed", "The operation has done what it was asked for; the Job has ended well."
    RESTARTING = "Restarting", "The machine is being restarted."
    SNAPSHOTTING = "Snapshotting", "A snapshot of the disk is being taken."
    RESTORING = "Restoring", "The disk is being set back to what a snapshot of it holds."
    SNAPSHOT_OF_ANOTHER = "SnapshotOfAnother", "The snapshot was not taken of the disk that is to be set back to it."
    TARGET_MISSING = "TargetMissing", "What the operation is to act on does not exist, or is being deleted."
    TARGET_BUSY = "TargetBusy", "Another operation acts on the same target."
    NOT_RUNNING = "NotRunning", "The machine does not run, so the act has nothing to act on."
    NOT_MIGRATABLE = "NotMigratable", "The machine can not be moved while it runs; KubeVirt's words are in the message."
    HOST_UNUSABLE = "HostUnusable", "The node that the machine is to move to does not exist or takes no machines."
    MIGRATION_FAILED = "MigrationFailed", "KubeVirt began to move the machine and gave up; it runs on where it was."
    INTERRUPTED = "Interrupted", "What the operation acted on ended before the act did."
    CANCELLED = "Cancelled", "The operation was called back."
    DEADLINE_EXCEEDED = "DeadlineExceeded", "The operation's deadline passed before its act was done."

    # VirtualDisk
    BOUND = "Bound", "The disk's claim is bound to storage of the size its spec asks."
    PROVISIONING = "Provisioning", "The datastore is making the disk."
    PROVISIONING_FAILED = (
        "ProvisioningFailed",
        "The datastore can not make the disk now and tries again; its words are in the message.",
    )
    WAITING_FOR_FIRST_USE = (
        "WaitingForFirstUse",
        "The disk is made when the first machine or container names it or is placed, as its spec or its datastore asks.",
    )
    WAITING_FOR_NEXT_USE = (
        "WaitingForNextUse",
        "The disk's storage has grown; the node does its part when the disk is mounted next.",
    )
    FILLING = "Filling", "The disk is being filled with its first content."
    FILLING_FAILED = (
        "FillingFailed",
        "The disk can not be filled with its first content now, and it is tried again; the words of what fills it are in the message.",
    )
    CHECKSUM_MISMATCH = "ChecksumMismatch", "What was imported does not have the checksum that the spec gives."
    CHECKSUM_UNSUPPORTED = "ChecksumUnsupported", "The CDI that is installed does not know checksums."
    IMPORT_MISSING = "ImportMissing", "CDI, which fills disks from URLs, images and other disks, is not installed."
    SOURCE_MISSING = "SourceMissing", "What a disk is to be filled from, or set back to, does not exist."
    SOURCE_NOT_READY = "SourceNotReady", "What a disk is to be filled from, or set back to, can not be used yet."
    SOURCE_TOO_LARGE = "SourceTooLarge", "What a disk is to be filled from, or set back to, is larger than it."
    SOURCE_CONTENT_MISMATCH = (
        "SourceContentMismatch",
        "A disk is to be filled from one with other content than its own.",
    )
    SNAPSHOTS_TAKEN = "SnapshotsTaken", "The disk's snapshots are taken as its schedule says."
    SNAPSHOTS_UNSUPPORTED = "SnapshotsUnsupported", "The datastore has no snapshots."
    SNAPSHOT_FAILED = "SnapshotFailed", "The newest snapshot is not ready; the words of the storage are in the message."
    SCHEDULE_INVALID = "ScheduleInvalid", "The schedule has no moment that ever comes."
    EXPANDING = "Expanding", "The disk is growing to the size its spec asks."
    EXPANSION_FAILED = (
        "ExpansionFailed",
        "The datastore can not let the disk grow now; its words are in the message.",
    )
    EXPANSION_UNSUPPORTED = "ExpansionUnsupported", "The datastore can not expand disks."
    SHRINK_UNSUPPORTED = "ShrinkUnsupported", "The disk's claim is larger than its spec asks; nothing shrinks a disk."
    DATASTORE_MISSING = (
        "DatastoreMissing",
        "The StorageClass that the disk names does not exist, or there is no default one.",
    )
    DATASTORE_FIXED = "DatastoreFixed", "The disk lies on another datastore than its spec names; it does not move."
    BINDING_UNSUPPORTED = (
        "BindingUnsupported",
        "The datastore makes disks at their first use only, and one is asked for at once, or set back where nobody knows the node.",
    )
    CLAIM_RETAINED = (
        "ClaimRetained",
        "Data of an earlier disk of the same name was retained: it is neither used nor covered up without being asked.",
    )
    CLAIM_LOST = "ClaimLost", "The claim of the disk, or the volume behind it, was removed by others."

    # VirtualSwitch
    CONNECTED = "Connected", "The switch's port groups can be used in the namespaces that they are for."
    MULTUS_MISSING = "MultusMissing", "Multus is not installed, so nothing can be attached to a switch."
    UPLINK_FOUND = "UplinkFound", "The switch's uplink is on every node."
    UPLINK_MISSING = "UplinkMissing", "The switch's uplink is not on every node; the message says where it is missing."
