"""What stands below a verb's help."""

from __future__ import annotations


def examples(*commands: str) -> str:
    """The epilog that shows commands to copy; a paragraph each, since others are run together."""
    return "\n\n".join(["Examples:", *commands])
