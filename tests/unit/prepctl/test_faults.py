"""What goes wrong between origin and mirror: real rsync daemons, the real activator and real HTTP, on loopback.

Whatever it is, readers get a whole signed cut, the publisher says what became of it, and the next publication
heals it without hands.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from loopback import LoopbackMirror, Origin, UnkindProxy, heals, push, running, wait_until

from prepctl.publish import publisher as publishers
from prepctl.publish.keys import KeyRing

pytestmark = pytest.mark.skipif(not shutil.which("rsync"), reason="rsync is not here")
OPENING = 1654477200
SEED = int(os.environ.get("PREP_TEST_SEED") or random.SystemRandom().randrange(10**6))
KILLS = 50
# So slow that it is the transfer which is cut off, on a fast machine too.
SLOW = "--bwlimit=500"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishers, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(publishers, "POLL_S", 0.02)
    monkeypatch.setattr(publishers, "SILENT_AFTER_S", 2)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="module")
def ring(place: Path) -> KeyRing:
    made = KeyRing(place)
    made.create(None)
    return made


@pytest.fixture(scope="module")
def mirrors(place: Path, ring: KeyRing) -> Iterator[list[LoopbackMirror]]:
    with running(2, place, ring, opening=OPENING) as made:
        yield made


@pytest.fixture
def origin(tmp_path: Path, ring: KeyRing) -> Origin:
    return Origin(tmp_path / "origin", ring)


@pytest.fixture
def mirror(mirrors: list[LoopbackMirror], origin: Origin) -> LoopbackMirror:
    """Return a mirror that shows a cut of 20:01, whatever it showed before."""
    made = mirrors[0]
    reset(made)
    assert origin.publish(origin.cut(1), made.mirror)[made.name].outcome == "shown"
    return made


def reset(mirror: LoopbackMirror) -> None:
    """Start as a mirror that never got a cut."""
    mirror.stop()
    for part in ("incoming", "cuts", "state", "trigger"):
        for path in (mirror.root / part).iterdir():
            if path.name != "zero":
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    (mirror.root / "current").unlink(missing_ok=True)
    mirror.start()


def test_rsync_killed_at_random_points(origin: Origin, mirror: LoopbackMirror) -> None:
    """Either end, at any moment of a push; what readers get is looked at file by file each time."""
    dice = random.Random(SEED)
    before = mirror.shown()
    cut = origin.cut(2)
    started = time.monotonic()
    assert push(cut.directory, mirror, SLOW).wait() == 0
    whole_s = time.monotonic() - started
    wait_until(lambda: mirror.status()["cut"]["id"] == cut.id, "the cut was not shown")
    served = {before, cut.id}
    half = 0
    for number in range(KILLS):
        cut = origin.cut(3 + number, mark=str(number))
        served.add(cut.id)
        client = push(cut.directory, mirror, SLOW)
        time.sleep(dice.uniform(0, whole_s))
        if dice.random() < 0.5:
            client.kill()
        else:
            for pid in children(mirror):
                with contextlib.suppress(ProcessLookupError):  # it may have ended in between
                    os.kill(pid, signal.SIGKILL)
        half += client.wait() != 0
        shown = mirror.shown()
        assert shown in served, f"PREP_TEST_SEED={SEED}"
    assert half > KILLS / 4, f"PREP_TEST_SEED={SEED}: {half} of {KILLS} were cut off"
    heals(origin, mirror, 59)
    # Of what was cut off nothing is left behind.
    left = [path.name for path in (mirror.root / "incoming").rglob(".*")]
    assert not left


def children(mirror: LoopbackMirror) -> list[int]:
    """Processes of the daemon's connections."""
    assert mirror._daemon
    done = subprocess.run(["pgrep", "-P", str(mirror._daemon.pid)], capture_output=True, text=True)
    return [int(word) for word in done.stdout.split()]


def test_the_mirror_is_down_and_comes_back(
    origin: Origin, mirror: LoopbackMirror, mirrors: list[LoopbackMirror]
) -> None:
    mirror.stop()
    cut = origin.cut(10)
    done = origin.publish(cut, mirror.mirror, mirrors[1].mirror, patience=1)
    assert done[mirror.name].outcome == "unreachable"
    assert publishers.CODES["unreachable"] == 3
    assert done[mirrors[1].name].outcome == "shown"
    mirror.start()
    # The same cut once more, for the one that did not get it.
    again = origin.publish(origin.cut(10), mirror.mirror)[mirror.name]
    assert (again.outcome, mirror.shown()) == ("shown", cut.id)
    heals(origin, mirrors[1], 11)


def test_it_comes_back_while_it_is_waited_for(origin: Origin, mirror: LoopbackMirror) -> None:
    mirror.stop()
    threading.Timer(0.5, mirror.start).start()
    cut = origin.cut(10)
    done = origin.publish(cut, mirror.mirror)[mirror.name]
    assert done.outcome == "shown" and done.attempts > 1
    assert mirror.shown() == cut.id


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_byte_is_altered_on_the_way(origin: Origin, mirror: LoopbackMirror, share: float) -> None:
    cut = origin.cut(20)
    proxy = UnkindProxy(mirror.rsync_port, alter_at=int(cut.bytes * share))
    try:
        done = origin.publish(cut, replace(mirror.mirror, port=proxy.port))[mirror.name]
    finally:
        proxy.close()
    assert proxy.altered
    # rsync's own sums, or the signed ones, told; the next attempt went well.
    assert done.outcome == "shown" and done.attempts > 1, done
    assert mirror.shown() == cut.id


def _extra(stage: Path) -> None:
    (stage / "ajeno.html").write_text("ajeno")


def _altered(stage: Path) -> None:
    size = (stage / "index.html").stat().st_size
    (stage / "index.html").unlink()
    (stage / "index.html").write_text("FALSO".ljust(size))


def _signature(stage: Path) -> None:
    data = (stage / "prep-manifest.json").read_bytes()
    (stage / "prep-manifest.json").unlink()
    (stage / "prep-manifest.json").write_bytes(data.replace(b'"drill":false', b'"drill":true '))


@pytest.mark.parametrize(("spoil", "said"), [
    (_extra, "extra: ajeno.html"), (_altered, "altered: index.html"), (_signature, "signature: it is not that of this"),
])  # fmt: skip
def test_what_was_spoilt_is_refused_with_its_reason(
    origin: Origin, mirror: LoopbackMirror, tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    before = mirror.shown()
    spoilt = tmp_path / "spoilt"
    shutil.copytree(origin.cut(20).directory, spoilt)
    spoil(spoilt)
    serial = mirror.status()["serial"]
    assert push(spoilt, mirror).wait() == 0
    wait_until(lambda: (mirror.status()["last_refusal"] or {}).get("serial", 0) > serial, "nothing was refused")
    assert mirror.status()["last_refusal"]["reason"].startswith(said)
    assert mirror.shown() == before
    heals(origin, mirror, 21)


def test_a_file_planted_on_the_mirror_is_gone_with_the_next_push(origin: Origin, mirror: LoopbackMirror) -> None:
    (mirror.root / "incoming/ajeno").mkdir()
    (mirror.root / "incoming/ajeno/pagina.html").write_text("ajeno")
    heals(origin, mirror, 21)
    assert not (mirror.root / "incoming/ajeno").exists()


def test_what_the_publisher_says_of_strangers_the_past_and_drills(
    origin: Origin, mirror: LoopbackMirror, tmp_path: Path
) -> None:
    heals(origin, mirror, 30)
    shown = mirror.shown()
    stranger = Origin(tmp_path / "stranger")
    for cut, said in (
        (stranger.cut(40), "none of this mirror's"),
        (origin.cut(29), "older: it shows"),
        (origin.cut(41, drill=True), "no drill is on"),
    ):
        done = origin.publish(cut, mirror.mirror)[mirror.name]
        assert (done.outcome, publishers.CODES[done.outcome]) == ("refused", 2)
        assert said in done.detail
        assert mirror.shown() == shown
    heals(origin, mirror, 42)


def test_two_origins_at_once(origin: Origin, mirror: LoopbackMirror, ring: KeyRing, tmp_path: Path) -> None:
    """Neither knows of the other; each push disturbs the other's."""
    other = Origin(tmp_path / "other", ring)
    cuts = {origin: origin.cut(30, size=40000), other: other.cut(31, size=40000, mark="otro origen")}
    done: dict[str, publishers.Delivery] = {}

    def publish(one: Origin) -> None:
        done[cuts[one].id] = one.publish(cuts[one], mirror.mirror)[mirror.name]

    threads = [threading.Thread(target=publish, args=(one,)) for one in cuts]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        mirror.shown()  # whole, whichever it is
        time.sleep(0.02)
    # What the other's push came over is pushed again, so the later cut wins, whoever began.
    assert mirror.shown() == cuts[other].id
    assert done[cuts[other].id].outcome == "shown", done
    assert done[cuts[origin].id].outcome in ("shown", "superseded"), done
    heals(origin, mirror, 32)


def test_another_origin_s_cut_of_the_same_second_and_sizes(
    origin: Origin, mirror: LoopbackMirror, ring: KeyRing, tmp_path: Path
) -> None:
    """To rsync, which compares size and time, they are the same."""
    first = origin.cut(30)
    assert origin.publish(first, mirror.mirror)[mirror.name].outcome == "shown"
    other = Origin(tmp_path / "other", ring)
    second = other.cut(31, now=first.cut["made"])
    done = other.publish(second, mirror.mirror)[mirror.name]
    assert (done.outcome, mirror.shown(), done.attempts) == ("shown", second.id, 2), done


def test_the_mirror_s_clock_is_an_hour_late(origin: Origin, mirror: LoopbackMirror) -> None:
    reset(mirror)
    # By this mirror's clock the publication opens in a while.
    mirror.config["opening"] = int(time.time()) + 3600
    mirror.write_config()
    cut = origin.cut(1)
    done = origin.publish(cut, mirror.mirror, patience=8)[mirror.name]
    mirror.config["opening"] = OPENING
    mirror.write_config()
    assert done.outcome == "refused" and done.detail.startswith("opening: ")
    assert mirror.shown() == "zero"
    # Set right, it shows what it has, without another push.
    assert mirror.activate() == 0
    assert mirror.shown() == cut.id


def test_a_slow_mirror_delays_nobody(origin: Origin, mirrors: list[LoopbackMirror]) -> None:
    """300 ms each way and one block in fifty late."""
    for one in mirrors:
        reset(one)
    slow, fast = mirrors
    proxy = UnkindProxy(slow.rsync_port, delay_s=0.3, loss=0.02)
    cut = origin.cut(5, size=8000)
    try:
        done = origin.publish(cut, replace(slow.mirror, port=proxy.port), fast.mirror, patience=60)
    finally:
        proxy.close()
    lags: dict[str, Any] = {name: one.lag_s for name, one in done.items()}
    assert {one.outcome for one in done.values()} == {"shown"}, done
    assert lags[fast.name] < lags[slow.name] < 60
    assert lags[slow.name] > 2  # it was slow indeed
    assert (slow.shown(), fast.shown()) == (cut.id, cut.id)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a file system of 3 MB; only root can make one, and whoever tests whole is root."""
    if os.geteuid() != 0:
        pytest.skip("a file system is mounted by root alone")
    directory = tmp_path / "small"
    directory.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", "size=3m", "prep-test", str(directory)]
    subprocess.run(argv, check=True)
    yield directory
    subprocess.run(["umount", "-l", str(directory)], check=True)


def test_the_mirror_s_disk_is_full(origin: Origin, ring: KeyRing, small_disk: Path) -> None:
    """At rsync's end or at the activator's; what is shown stays, and with room again the next cut heals it."""
    with running(1, small_disk / "m", ring, opening=OPENING) as (mirror,):
        cut = origin.cut(1, size=10000)
        assert origin.publish(cut, mirror.mirror)[mirror.name].outcome == "shown"
        # It arrives, and can't be copied; then it does not arrive.
        for minute, size in ((2, 22000), (3, 60000)):
            done = origin.publish(origin.cut(minute, size=size), mirror.mirror, patience=8)[mirror.name]
            assert done.outcome in ("refused", "push failed"), done
            assert "space" in done.detail, done
            assert mirror.shown() == cut.id
            assert mirror.status()["cut"]["id"] == cut.id
        heals(origin, mirror, 4)
