"""What publishes to mirrors on loopback, honestly and not: for the tests of faults and escapes."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "data"))
from loopback_mirrors import SECRET, LoopbackMirror, running, wait_until  # noqa: E402
from unkind_proxy import UnkindProxy  # noqa: E402

from prepctl.publish import publisher as publishers  # noqa: E402
from prepctl.publish.keys import KeyRing  # noqa: E402
from prepctl.publish.mirrors import Mirror  # noqa: E402
from prepctl.publish.stage import Cut, Stage  # noqa: E402
from prepctl.publish.store import Store  # noqa: E402

__all__ = ["LoopbackMirror", "Origin", "UnkindProxy", "heals", "push", "running", "site", "wait_until"]
FILES = 60


def site(directory: Path, minute: int, size: int = 4000, mark: str = "") -> Path:
    """Make the site of the cut of 20:MM; each file says the minute, so a mixture would show."""
    directory.mkdir(exist_ok=True)
    clock = f"20:{minute:02d}"
    (directory / "index.html").write_text(f"<p>Último corte</p> 05 de junio de 2022, {clock} h UTC-5 {mark}")
    corte = {"horaCorte": clock, "fechaCorte": "05 de junio de 2022"}
    (directory / "corte.json").write_text(json.dumps(corte))
    dice = random.Random(minute)
    for number in range(FILES):
        (directory / f"{number:03d}.bin").write_bytes(f"{minute}\n".encode() + dice.randbytes(size))
    return directory


class Origin:
    """What publishes: a stage and a key."""

    def __init__(self, directory: Path, ring: KeyRing | None = None) -> None:
        directory.mkdir(parents=True)
        self.directory = directory
        self.ring = ring or KeyRing(directory)
        if not self.ring.all():
            self.ring.create(None)
        self._stage = Stage(directory / "stage", "America/Monterrey")
        self._store = Store(directory)

    def cut(
        self, minute: int, *, drill: bool = False, size: int = 4000, mark: str = "", now: float | None = None
    ) -> Cut:
        """Sign the cut of that minute."""
        tree = site(self.directory / "site", minute, size, mark)

        def sign(data: bytes) -> bytes:
            return self.ring.sign(data, lambda: None)

        return self._stage.prepare(tree, drill=drill, previous=None, sign=sign, now=now)

    def publish(self, cut: Cut, *mirrors: Mirror, patience: float = 20) -> dict[str, publishers.Delivery]:
        """Publish; how each mirror fared."""
        made = publishers.Publisher(cut, self._store, "rsync", patience_s=patience)
        return {one.mirror: one for one in made.publish(list(mirrors), lambda one: None)}


def heals(origin: Origin, mirror: LoopbackMirror, minute: int) -> None:
    """The next publication shows its cut."""
    cut = origin.cut(minute)
    done = origin.publish(cut, mirror.mirror)[mirror.name]
    assert done.outcome == "shown", done
    assert mirror.shown() == cut.id


def push(directory: Path, mirror: LoopbackMirror, *options: str) -> subprocess.Popen[bytes]:
    """Start a push of anything, with the right secret."""
    argv = ["rsync", "-rt", "--whole-file", "--delete", *options, f"{directory}/", mirror.mirror.target]
    return subprocess.Popen(
        argv, env={**os.environ, "RSYNC_PASSWORD": SECRET}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
