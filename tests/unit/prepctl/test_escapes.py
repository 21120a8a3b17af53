"""Who holds the secret of the rsync port and means ill: nothing outside the module is written or read, and nothing
that arrives is shown.

The daemon here has no chroot and, where the tests are root's, root's powers: less than on a mirror, where those
hold beside all this (``molecule/rsync_daemon``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loopback import LoopbackMirror, Origin, heals, push, running

SECRET_TEXT = "secreto del servidor"  # noqa: S105

pytestmark = pytest.mark.skipif(not shutil.which("rsync"), reason="rsync is not here")


class Besieged:
    """A mirror, what lies beside its module, and who pushes to it."""

    def __init__(self, mirror: LoopbackMirror, origin: Origin, directory: Path) -> None:
        self.mirror, self.origin = mirror, origin
        self.incoming = mirror.root / "incoming"
        self.minute = 1
        self.outside = directory / "outside"
        self.outside.mkdir()
        (self.outside / "shadow").write_text(SECRET_TEXT)

    def rsync(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run rsync; ``{to}`` is the module's address, without a slash at its end."""
        target = self.mirror.mirror.target.rstrip("/")
        argv = ["rsync", *[word.format(to=target) for word in words]]
        environment = {**os.environ, "RSYNC_PASSWORD": self.mirror.secret}
        return subprocess.run(argv, env=environment, capture_output=True, text=True, errors="replace", timeout=60)

    def arrived(self) -> set[str]:
        """Return the names of all that lies in the module."""
        return {str(path.relative_to(self.incoming)) for path in self.incoming.rglob("*")}

    def around(self) -> dict[str, bytes]:
        """Return all files of the mirror's and beside it but those of the module and what tells of a push."""
        found = {}
        for top in (self.mirror.directory, self.outside):
            for path in top.rglob("*"):
                changing = {"incoming", "trigger", "state", "rsyncd.log", "journal", "lock"}
                if path.is_file() and not path.is_symlink() and not changing & set(path.relative_to(top).parts):
                    found[str(path)] = path.read_bytes()
        return found


@pytest.fixture(scope="module")
def besieged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    directory = tmp_path_factory.mktemp("escapes")
    origin = Origin(directory / "origin")
    with running(1, directory, origin.ring) as (mirror,):
        heals(origin, mirror, 1)
        yield Besieged(mirror, origin, directory)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Return a directory to push from."""
    directory = tmp_path / "hostile"
    directory.mkdir()
    (directory / "ajeno.html").write_text("ajeno")
    return directory


@pytest.fixture(autouse=True)
def unharmed(besieged: Besieged) -> Iterator[None]:
    """Whatever a test tried: outside all is as it was, the same cut is shown, and the next one heals all."""
    before, shown, arrived = besieged.around(), besieged.mirror.shown(), besieged.arrived()
    yield
    assert besieged.around() == before
    assert besieged.mirror.shown() == shown
    if besieged.arrived() != arrived:
        besieged.minute += 1
        heals(besieged.origin, besieged.mirror, besieged.minute)
        assert not [path for path in besieged.incoming.rglob("*") if "ajeno" in path.name or path.is_symlink()]


@pytest.mark.parametrize(
    "target",
    [
        "{to}/../", "{to}/../../outside/", "{to}/x/../../../outside/", "{to}//etc/", "{to}/%2e%2e/", "{to}/..",
        "{to}/../cuts/zero/",
    ],
)  # fmt: skip
def test_a_destination_outside_the_module(besieged: Besieged, hostile: Path, target: str) -> None:
    besieged.rsync("-rt", f"{hostile}/", target)


@pytest.mark.parametrize("path", ["../ajeno.html", "/tmp/prep-ajeno.html", "x/../../ajeno.html"])
def test_a_name_that_leads_out(besieged: Besieged, hostile: Path, path: str) -> None:
    """As many names as a client can be made to send with the path that it was given."""
    inner = hostile / "x"
    inner.mkdir()
    done = subprocess.run(
        ["rsync", "-rtR", "--files-from=-", f"{inner}/", besieged.mirror.mirror.target],
        input=path, capture_output=True, text=True, timeout=60,
        env={**os.environ, "RSYNC_PASSWORD": besieged.mirror.secret},
    )  # fmt: skip
    assert not Path("/tmp/prep-ajeno.html").exists(), done.stderr


@pytest.mark.parametrize(
    "option",
    [
        "-l", "-D", "-H", "-p", "--inplace", "--append", "--partial-dir=/tmp", "--backup-dir=/tmp", "--temp-dir=/tmp",
        "--link-dest=../cuts/zero", "--write-devices", "-M--log-file=/tmp/prep-ajeno.log", "-M--munge-links",
    ],
)  # fmt: skip
def test_an_option_that_leads_out_is_refused(besieged: Besieged, hostile: Path, option: str) -> None:
    (hostile / "fuga").symlink_to(besieged.outside)
    done = besieged.rsync("-rt", option, f"{hostile}/", "{to}/")
    assert done.returncode == 4 and "refuse" in done.stderr, done.stderr
    assert not (besieged.incoming / "ajeno.html").exists()
    assert (hostile / "ajeno.html").exists()


@pytest.mark.parametrize("module", ["prep/../prep", "..", "etc", "prep%00", "PREP"])
def test_another_module(besieged: Besieged, hostile: Path, module: str) -> None:
    base = besieged.mirror.mirror.target.rstrip("/").rpartition("/")[0]
    done = besieged.rsync("-rt", f"{hostile}/", f"{base}/{module}")
    assert done.returncode != 0 or module.startswith("prep/")


@pytest.mark.parametrize("source", ["{to}/", "{to}/index.html", "{to}/../state/", "{to}/../../outside/shadow"])
def test_nothing_is_read(besieged: Besieged, tmp_path: Path, source: str) -> None:
    done = besieged.rsync("-r", source, f"{tmp_path}/back/")
    assert done.returncode != 0
    assert not [path for path in (tmp_path / "back").rglob("*") if path.is_file()]
    assert SECRET_TEXT not in done.stdout + done.stderr


def _directory_link(one: Besieged) -> None:
    (one.incoming / "fuga").symlink_to(one.outside)


def _file_link(one: Besieged) -> None:
    (one.incoming / "fuga").mkdir()
    (one.incoming / "fuga/shadow").symlink_to(one.outside / "shadow")


def _root_link(one: Besieged) -> None:
    (one.incoming / "prep-manifest.json").unlink()
    (one.incoming / "prep-manifest.json").symlink_to(one.outside / "shadow")


@pytest.mark.parametrize("plant", [_directory_link, _file_link, _root_link])
def test_a_link_inside_is_not_followed(besieged: Besieged, hostile: Path, plant: Callable[[Besieged], None]) -> None:
    """As who broke rsync could have made it: neither what is pushed through it, nor what lies behind it."""
    plant(besieged)
    (hostile / "fuga").mkdir()
    (hostile / "fuga/shadow").write_text("ajeno")
    (hostile / "fuga/nuevo").write_text("ajeno")
    besieged.rsync("-rt", f"{hostile}/", "{to}/")
    assert (besieged.outside / "shadow").read_text() == SECRET_TEXT
    assert not (besieged.outside / "nuevo").exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root makes devices")
def test_devices_and_pipes_stay_where_they_are(besieged: Besieged, hostile: Path) -> None:
    os.mknod(hostile / "disco", 0o600 | 0o060000, os.makedev(7, 0))
    os.mkfifo(hostile / "tubo")
    assert besieged.rsync("-rt", "--devices", "--specials", f"{hostile}/", "{to}/").returncode == 4
    assert push(hostile, besieged.mirror).wait() == 0
    assert not (besieged.incoming / "disco").exists() and not (besieged.incoming / "tubo").exists()


def test_names_that_are_huge_or_command_a_terminal(besieged: Besieged, hostile: Path) -> None:
    for name in ("x" * 255, "\x1b[2J", "a\nb", "-rf", "$(id)", "%n%s", "..ajeno", "\udcff\udcfe"):
        (hostile / name).write_text("ajeno")
    deep = hostile
    for _level in range(60):
        deep = deep / "muy-adentro"
    deep.mkdir(parents=True)
    (deep / "ajeno.html").write_text("ajeno")
    push(hostile, besieged.mirror).wait()
    status = (besieged.mirror.root / "state/status.json").read_bytes()
    assert b"\x1b" not in status


def test_a_sparse_bomb(besieged: Besieged, hostile: Path) -> None:
    """It arrives, at most; nobody reads it, and the next push takes it away."""
    with open(hostile / "bomba-ajena.bin", "wb") as out:
        out.truncate(300 * 1024 * 1024)
    push(hostile, besieged.mirror, "--sparse", "-z").wait()
