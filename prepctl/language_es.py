"""What prepctl says, in Spanish."""

from __future__ import annotations

CATALOGUE: dict[str, str] = {}
PATTERNS: tuple[tuple[str, str], ...] = ()
