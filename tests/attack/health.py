"""Whether a diffuser is after the attacks what it was before: memory, connections, evidence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from guests import Machine
from measure import HELD, memory_mb

TOP = Path(__file__).resolve().parents[2]
# Workers that a flood had started may stay; more than this is a leak.
MEMORY_GROWTH, MEMORY_SLACK_MB = 2.0, 128
FEW_CONNECTIONS = 5


class Health:
    """What the diffuser was when this was made."""

    def __init__(self, lab: str, diffuser: Machine) -> None:
        self._lab, self._diffuser = lab, diffuser
        self._memory_mb, self._unmet = memory_mb(diffuser), self.unmet()

    def unmet(self) -> set[str]:
        """The controls that `prepctl check` finds unmet or without evidence."""
        workspace = TOP / "inventories" / self._lab
        argv = [sys.executable, "-m", "prepctl", "check", "-w", str(workspace), "-l", self._diffuser.name, "--json"]
        document = json.loads(subprocess.run(argv, capture_output=True, text=True, check=False, cwd=TOP).stdout)
        report = json.loads(Path(document["report"]).read_text(encoding="utf-8"))
        found = next(one for one in report["diffusers"] if one["name"] == self._diffuser.name)
        return {one["control"] for one in found["results"] if one["result"] not in ("pass", "waived", "not_applicable")}

    def lost(self) -> list[str]:
        """What is worse now; empty if nothing."""
        memory, held, unmet = memory_mb(self._diffuser), int(self._diffuser.run(HELD)), self.unmet() - self._unmet
        print(
            f"a minute later: memory {self._memory_mb:.0f} -> {memory:.0f} MB, connections {held}, "
            f"controls unmet that were met: {', '.join(sorted(unmet)) or 'none'}"
        )
        found = []
        if memory > MEMORY_GROWTH * self._memory_mb + MEMORY_SLACK_MB:
            found.append(f"memory {memory:.0f} MB, {self._memory_mb:.0f} MB before")
        if held > FEW_CONNECTIONS:
            found.append(f"{held} connections are still held")
        if unmet:
            found.append(f"no longer met: {', '.join(sorted(unmet))}")
        return found
