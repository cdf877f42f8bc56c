"""What is read of an attachment."""

import msgspec


class AttachmentSpec(msgspec.Struct, frozen=True):
    """spec of a NetworkAttachmentDefinition."""

    config: str = ""


class AttachmentView(msgspec.Struct, frozen=True):
    """A NetworkAttachmentDefinition."""

    spec: AttachmentSpec = AttachmentSpec()
