"""Operation: the types of its spec and status."""

from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import Field

from vireo.api.conditions import COMPLETE, FAILED, Condition, condition
from vireo.api.learning import Lasted
from vireo.api.schema import Duration, Label, ListMap, MicroTime, Model, Name, Quantity, Rule, Time

FIXED: Final = "an operation is one act and can not become another: make a new one"


class Target(Model):
    """What is acted on."""

    kind: Annotated[Literal["VirtualMachine", "VirtualDisk"], Field(description="Its kind.")]
    name: Annotated[Label, Field(description="Its name, in the operation's namespace.")]


class Migrate(Model):
    """Where the machine moves. With neither field, to any other node."""

    host: Annotated[
        Name | None, Field(description="The node that it moves to. It is not bound to that node afterwards.")
    ] = None
    away_from: Annotated[
        Name | None, Field(description="The node that it leaves; a machine that is not there has left it already.")
    ] = None


class Restore(Model):
    """What the disk is set back to."""

    snapshot: Annotated[
        Name, Field(description="A VolumeSnapshot that Vireo took of this disk, by its schedule or by an operation.")
    ]


class OperationSpec(Model):
    """An act, as it is asked for."""

    target: Annotated[Target, Field(description="What is acted on."), Rule("self == oldSelf", FIXED)]
    action: Annotated[
        Literal["Migrate", "Restart", "Restore", "Snapshot"],
        Field(
            description="Migrate: the machine moves to another node while it runs. Restart: its guest is shut down, and started again. "
            "Snapshot: a snapshot is taken of the disk. Restore: the disk is set back to what a snapshot of it holds, while nothing has it "
            "open; what it was before is kept in another snapshot."
        ),
        Rule("self == oldSelf", FIXED),
    ]
    migrate: Annotated[
        Migrate | None,
        Field(description="Where a machine moves, with action Migrate."),
        Rule("self == oldSelf", FIXED),
        Rule("!has(self.host) || !has(self.awayFrom)", "name the node that it moves to, or the one that it leaves"),
    ] = None
    restore: Annotated[
        Restore | None,
        Field(description="What a disk is set back to, with action Restore."),
        Rule("self == oldSelf", FIXED),
    ] = None
    dry_run: Annotated[
        bool,
        Field(description="Nothing is done: the outcome says what would be, or why it can not."),
        Rule("self == oldSelf", FIXED),
    ] = False
    cancel: Annotated[
        bool,
        Field(
            description="Set to true: the act is not begun; a move, a snapshot or a restore that has begun is called back. A restart that "
            "has begun goes on."
        ),
        Rule("self || !oldSelf", "what was cancelled stays so: make a new operation"),
    ] = False
    deadline: Annotated[
        Duration,
        Field(
            description="How long after its making the act may take. Then it is not begun any more, and a move, a snapshot or a restore "
            "that has begun is called back."
        ),
        Rule(
            "duration(self) > duration('0s') && duration(self) <= duration('168h')",
            "a deadline is more than 0s and at most 168h",
        ),
    ] = timedelta(minutes=30)
    ttl_after_finished: Annotated[
        Duration,
        Field(description="How long after its end the operation is kept, to be read."),
        Rule("duration(self) <= duration('8760h')", "an operation is kept for 8760h at most"),
    ] = timedelta(hours=24)


class Acted(Model):
    """What the act was decided on. It is written before the act, so that the act is done to this and to nothing that came after."""

    uid: Annotated[str, Field(description="The UID of the machine's instance, or of the disk.", max_length=63)]
    claim: Annotated[Name | None, Field(description="The claim that held the disk's data.")] = None
    host: Annotated[Name | None, Field(description="The node that it was on.")] = None
    migration: Annotated[
        str | None, Field(description="The UID of the migration that the instance had before.", max_length=63)
    ] = None
    snapshot: Annotated[
        str | None, Field(description="The UID of the snapshot that the disk is set back to.", max_length=63)
    ] = None
    size: Annotated[Quantity | None, Field(description="How large the disk was.")] = None
    sequence: Annotated[
        int | None, Field(description="The number that makes a claim the disk: the next of its series.", ge=2)
    ] = None
    restored: Annotated[
        str | None,
        Field(
            description="The UID of the claim that becomes the disk. It holds what the snapshot held, and there is no way back from here.",
            max_length=63,
        ),
    ] = None


class OperationStatus(Model):
    """An act, as it went."""

    observed_generation: Annotated[
        int, Field(description="The generation of the spec that this was said of.", ge=0)
    ] = 0
    requested_by: Annotated[
        str | None, Field(description="Who asked for it, as the API server knows them.", max_length=253)
    ] = None
    blocked_by: Annotated[
        Name | None, Field(description="The operation that acted on the target when this one was made.")
    ] = None
    acted: Annotated[Acted | None, Field(description="What the act was decided on. Absent: it has not begun.")] = None
    migration: Annotated[str | None, Field(description="The UID of the migration that was made.", max_length=63)] = None
    snapshot: Annotated[
        Name | None,
        Field(description="The VolumeSnapshot that was made; of a disk that is set back, what it was before."),
    ] = None
    start_time: Annotated[MicroTime | None, Field(description="When it was begun.")] = None
    completion_time: Annotated[Time | None, Field(description="When it ended.")] = None
    outcome: Annotated[
        str | None, Field(description="What became of it, or with dryRun would, as a sentence.", max_length=4096)
    ] = None
    lasted: Annotated[
        Lasted | None, Field(description="How long the act took, from startTime to its end, and what was expected.")
    ] = None
    conditions: Annotated[
        tuple[Condition, ...], Field(description="What is so, and why.", max_length=16), ListMap("type")
    ] = ()

    @property
    def finished(self) -> bool:
        return any(
            (found := condition(self.conditions, type_)) and found.status == "True" for type_ in (COMPLETE, FAILED)
        )


BLOCK_OF_ITS_ACTION: Final = Rule(
    "self.spec.action == 'Migrate' || !has(self.spec.migrate)",
    "only a Migrate moves a machine: take spec.migrate out, or set spec.action to Migrate",
    path="spec.migrate",
)
SNAPSHOT_OF_RESTORE: Final = Rule(
    "(self.spec.action == 'Restore') == has(self.spec.restore)",
    "a Restore, and nothing else, sets a disk back: name the snapshot in spec.restore, or take that out",
    path="spec.restore",
)
ACTION_OF_ITS_TARGET: Final = Rule(
    "(self.spec.action in ['Restore', 'Snapshot']) == (self.spec.target.kind == 'VirtualDisk')",
    "a VirtualDisk takes Snapshot and Restore; a VirtualMachine takes Migrate and Restart",
    path="spec.target.kind",
)
NOT_LATER: Final = Rule("has(self.spec.migrate) == has(oldSelf.spec.migrate)", FIXED, path="spec.migrate")
