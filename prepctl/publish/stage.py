"""From a directory with a site to a cut that can be pushed: checked, hashed, signed.

The tree is copied to a stage while it is hashed, so that what was signed is what is pushed, whatever
writes to the tree meanwhile. The stage is where times are put right as well: content that did not
change keeps the time that it had, changed content gets one that no earlier cut of it had. So rsync's
quick comparison of size and time never misses a change of the same second, nothing is sent twice
because it was only touched, and Last-Modified and ETag change exactly when the content does.

A stage is of one cut and is not written to again: a slow mirror may still be reading it.
"""

# Ansible and its collections carry no types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ansible_collections.iepc.prep.plugins.module_utils.cuts import clock, manifest

from prepctl.errors import PrepctlError

STAGES_KEPT = 3
PROBLEMS_SHOWN = 5
# Beyond this a clock ahead of ours is a mistake: mirrors that showed it would take every right cut for an older one.
AHEAD_S = 600
BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Cut:
    """A cut ready to be pushed."""

    directory: Path
    cut: dict[str, Any]
    files: dict[str, list[Any]]
    manifest: bytes
    changed: list[str]
    """Paths that the cut before had not, or not like this."""
    carriers: list[str]
    """Paths that say the cut's clock."""
    warnings: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.cut["id"])

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.manifest).hexdigest()

    @property
    def bytes(self) -> int:
        return sum(int(entry[1]) for entry in self.files.values())


class Stage:
    """The stages of a workspace.

    :param directory: where they are kept; private.
    :param zone: the call's time zone.
    """

    def __init__(self, directory: Path, zone: str) -> None:
        self.directory = directory
        self.zone = ZoneInfo(zone)
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._index_file = directory / "index.json"

    def prepare(
        self, tree: Path, *, drill: bool, previous: str | None, sign: Callable[[bytes], bytes], now: float | None = None
    ) -> Cut:
        """Make a cut of a tree.

        :param previous: id of the cut published before.
        :param sign: what gives the signatures' file of the manifest's bytes.
        :raises PrepctlError: the tree can't be a cut; one line.
        """
        made = int(time.time() if now is None else now)
        building = self.directory / f".new-{os.getpid()}"
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir()
        try:
            return self._prepare(tree, building, drill, previous, sign, made)
        except clock.Disagreement as problem:
            raise PrepctlError(f"{tree}: {problem}") from None
        except manifest.ManifestError as problem:
            raise PrepctlError(f"{tree}: {problem}") from None
        finally:
            shutil.rmtree(building, ignore_errors=True)

    def _prepare(
        self, tree: Path, building: Path, drill: bool, previous: str | None, sign: Callable[[bytes], bytes], made: int
    ) -> Cut:
        before = self._newest()
        old = before.files if before else {}
        index = self._index()
        files: dict[str, list[Any]] = {}
        known: dict[str, Any] = {}
        carriers: list[Any] = []
        for path, source in sorted(_walk(tree)):
            seen = index.get(path)
            state = _state(os.lstat(source))
            target = building / path
            target.parent.mkdir(parents=True, exist_ok=True)
            kept = before.directory / path if before and path in old else None
            if not (seen and seen["state"] == state and kept and seen["sha256"] == old[path][0]):
                digest, size = _copy(source, target)
                if seen and seen["sha256"] == digest:
                    said = seen["carriers"]  # written anew, with the same in it
                else:
                    said = [
                        _plain(one) for one in clock.carriers(path, lambda limit, target=target: _read(target, limit))
                    ]
                seen = {"state": state, "sha256": digest, "size": size, "carriers": said}
            if kept and old[path][0] == seen["sha256"]:
                target.unlink(missing_ok=True)
                os.link(kept, target)
                files[path] = old[path]
            else:
                mtime = max(made, int(old[path][2]) + 1) if path in old else made
                os.utime(target, (mtime, mtime))
                files[path] = [seen["sha256"], seen["size"], mtime]
            known[path] = seen
            carriers += [_carrier(one) for one in seen["carriers"]]
        if not files:
            raise PrepctlError(f"{tree}: expected a site, found no files")
        told, test = clock.agreed(carriers)
        if test is not None and test != drill:
            flag = next(one for one in carriers if one.test is not None)
            how = "a test cut is published with" if test else "what is no test is published without"
            raise PrepctlError(f"{tree}: {flag}: found {str(test).lower()}; {how} --drill")
        cut, warnings = self._cut(told, drill, previous, made)
        self._index_file.write_text(json.dumps(known))
        said_by = sorted({one.path.split(":")[0] for one in carriers if one.clock})
        if before and before.files == files and before.cut["epoch"] == cut["epoch"] and before.cut["drill"] == drill:
            # The same once more, for mirrors that did not get it.
            signature = before.directory / manifest.SIGNATURE
            later = int(signature.stat().st_mtime) + 1
            signature.unlink()
            signature.write_bytes(sign(before.manifest))
            os.utime(signature, (later, later))
            return Cut(before.directory, before.cut, files, before.manifest, before.changed, said_by, warnings)
        if before and made <= before.cut["made"]:
            cut["made"] = before.cut["made"] + 1
        cut["id"] = manifest.cut_id(told.wall, files, drill, cut["made"])
        data = bytes(manifest.build(cut, files))
        for name, content in ((manifest.MANIFEST, data), (manifest.SIGNATURE, sign(data))):
            (building / name).write_bytes(content)
            # Two manifests of one size in one second would be one to rsync.
            os.utime(building / name, (cut["made"], cut["made"]))
        place = self.directory / cut["id"]
        building.rename(place)
        self._tidy(keep=place)
        changed = [path for path in files if old.get(path) != files[path]]
        (self.directory / "newest").write_text(cut["id"])
        return Cut(place, cut, files, data, changed, said_by, warnings)

    def _cut(self, told: clock.Clock, drill: bool, previous: str | None, made: int) -> tuple[dict[str, Any], list[str]]:
        offset = datetime.fromisoformat(told.wall).replace(tzinfo=self.zone).utcoffset()
        own = int(offset.total_seconds() // 60) if offset else 0
        warnings = []
        if told.offset is not None and told.offset != own:
            warnings.append(
                f"the cut says UTC{clock.offset_text(told.offset)}, in the call's zone {self.zone} "
                f"it is UTC{clock.offset_text(own)}; taken as the cut says"
            )
        minutes = own if told.offset is None else told.offset
        epoch = int(datetime.fromisoformat(told.wall).replace(tzinfo=timezone.utc).timestamp()) - minutes * 60
        if epoch > made + AHEAD_S and not drill:
            raise PrepctlError(f"the cut's clock, {told}, lies in the future")
        stamp = f"{told.wall.replace(' ', 'T')}:00{clock.offset_text(minutes)}"
        return {"clock": stamp, "epoch": epoch, "drill": drill, "made": made, "previous": previous}, warnings

    def _newest(self) -> Cut | None:
        try:
            directory = self.directory / (self.directory / "newest").read_text().strip()
            data = (directory / manifest.MANIFEST).read_bytes()
            value = manifest.parse(data)
        except (OSError, manifest.ManifestError):
            return None
        return Cut(directory, value["cut"], value["files"], data, [], [])

    def _index(self) -> dict[str, Any]:
        try:
            value = json.loads(self._index_file.read_text())
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def _tidy(self, keep: Path) -> None:
        stages = [one for one in self.directory.iterdir() if one.is_dir() and not one.name.startswith(".")]
        stages.sort(key=lambda one: one.stat().st_mtime_ns, reverse=True)
        for one in stages[STAGES_KEPT:]:
            if one != keep:
                shutil.rmtree(one, ignore_errors=True)


def _walk(tree: Path) -> Iterator[tuple[str, str]]:
    """(path in the cut, path here) of each file.

    :raises PrepctlError: something in it has no place in a cut.
    """
    problems, found = [], []
    if not tree.is_dir():
        raise PrepctlError(f"{tree}: expected a directory with the site, found none")
    pending = [(str(tree), "")]
    while pending:
        directory, prefix = pending.pop()
        with os.scandir(directory) as entries:
            for entry in entries:
                path = prefix + entry.name
                kind = entry.stat(follow_symlinks=False).st_mode
                problem = _kind_problem(kind) or _name_problem(path)
                if problem:
                    problems.append(f"{os.fsencode(path).decode('utf-8', 'replace')!r} {problem}")
                elif stat.S_ISDIR(kind):
                    pending.append((entry.path, path + "/"))
                else:
                    found.append((path, entry.path))
    if problems:
        more = f"; and {len(problems) - PROBLEMS_SHOWN} more" if len(problems) > PROBLEMS_SHOWN else ""
        raise PrepctlError(f"{tree}: expected plain files alone: {'; '.join(sorted(problems)[:PROBLEMS_SHOWN])}{more}")
    yield from found


def _kind_problem(mode: int) -> str | None:
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    return "is a symbolic link" if stat.S_ISLNK(mode) else "is neither file nor directory"


def _name_problem(path: str) -> str | None:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return "has a name that is not UTF-8"
    return manifest.path_problem(path)  # type: ignore[no-any-return]


def _state(info: os.stat_result) -> list[int]:
    return [info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns]


def _copy(source: str, target: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with open(source, "rb", opener=_no_link) as stream, open(target, "wb") as out:
        while block := stream.read(BLOCK):
            digest.update(block)
            size += len(block)
            out.write(block)
    return digest.hexdigest(), size


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW)


def _read(path: Path, limit: int | None) -> bytes:
    with open(path, "rb") as stream:
        return stream.read(-1 if limit is None else limit)


def _plain(one: Any) -> list[Any]:
    told = [list(one.clock.parts), one.clock.offset] if one.clock else None
    return [one.path, one.kind, told, one.test]


def _carrier(plain: list[Any]) -> Any:
    path, kind, told, test = plain
    return clock.Carrier(path, kind, clock.Clock(*told[0], **{"offset": told[1]}) if told else None, test)
