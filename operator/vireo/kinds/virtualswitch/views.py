"""What is read of an attachment and of a namespace."""

import msgspec


class AttachmentSpec(msgspec.Struct, frozen=True):
    """spec of a NetworkAttachmentDefinition."""

    config: str = ""


class AttachmentView(msgspec.Struct, frozen=True):
    """A NetworkAttachmentDefinition."""

    spec: AttachmentSpec = AttachmentSpec()


class NamespaceView(msgspec.Struct, frozen=True):
    """A namespace: its labels and its end stand in the metadata."""
