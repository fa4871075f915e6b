"""What the sandbox raises. Nothing here is ever the student's doing."""

from __future__ import annotations


class SandboxError(Exception):
    """The sandbox itself cannot work: no verdict may be given."""


class ProtocolError(Exception):
    """Bytes that are no frame, or a frame that is no value."""


class TooLarge(Exception):
    """A value that no frame may carry."""
