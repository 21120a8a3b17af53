"""Mistakes of what is around prepctl: a network without the server, a full disk, a directory that is read-only."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from outlets import INIT, UNREACHABLE, USAGE, add, contents, quietly, said

# What the network does.


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_no_server_there(ws: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    before = contents(ws)
    words = add("nueva", "--port", str(port), "--fingerprint", "SHA256:" + "a" * 43, address="127.0.0.1")
    assert quietly(*words) == UNREACHABLE
    assert said(capsys, ws) == [
        f"nueva: [127.0.0.1]:{port}: no SSH host key could be fetched: {os.strerror(errno.ECONNREFUSED)}; is the "
        "server up, and does it let this machine in? (--offline leaves the key for `prepctl trust` later)"
    ]
    assert contents(ws) == before


def test_a_port_that_is_not_sshds(ws: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def hang_up() -> None:
            with contextlib.suppress(OSError):
                while True:
                    listener.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        words = add("nueva", "--port", str(port), "--fingerprint", "SHA256:" + "a" * 43, address="127.0.0.1")
        assert quietly(*words) == UNREACHABLE
    assert said(capsys, ws) == [
        f"nueva: [127.0.0.1]:{port}: it answers, but offers no SSH host key; is that port sshd's?"
    ]


# What the kernel does.


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mount a file system of a few pages, full or read-only."""
    mounted: list[Path] = []

    def mount(options: str) -> Path:
        place = tmp_path / f"mount{len(mounted)}"
        place.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True)
        # As root, as bin/test and CI run it, a mount that fails is a failure.
        if done.returncode and os.geteuid():
            pytest.skip("only root may mount a file system that is full or read-only: bin/test runs as root")
        assert done.returncode == 0, done.stderr
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fresh(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """prepctl in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "prepctl", *words], cwd=cwd, capture_output=True, text=True, timeout=120,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip


def test_a_full_disk_keeps_the_workspace_as_it_was(
    ws: Path, small: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    place = small("size=128k")
    full = place / "ws"
    shutil.copytree(ws, full)
    filler = place / "filler"
    with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as stream:
        while True:
            stream.write(b"x" * 4096)
    before = contents(full)
    assert quietly(*add(), "-w", str(full)) == USAGE
    assert said(capsys, full) == [
        f"{{ws}}: expected a directory that can be written to: {os.strerror(errno.ENOSPC)}; nothing was changed"
    ]
    assert contents(full) == before
    filler.unlink()
    assert quietly(*add(), "-w", str(full)) == 0


def test_a_disk_too_small_for_a_workspace(small: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    place = small("size=24k")
    assert quietly("init", str(place / "new"), *INIT) == USAGE
    assert said(capsys, place) == [
        f"{{ws}}: expected a directory that can be written to: {os.strerror(errno.ENOSPC)}; nothing was changed"
    ]
    assert not list(place.iterdir())


def test_a_directory_that_cannot_be_written_to(
    ws: Path, small: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    place = small("size=1m")
    shutil.copytree(ws, place / "ws")
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
    refused = f"expected a directory that can be written to: {os.strerror(errno.EROFS)}"
    assert quietly(*add(), "-w", str(place / "ws")) == USAGE
    assert quietly("init", str(place / "new"), *INIT) == USAGE
    assert quietly("onboard", "-w", str(place / "ws")) == USAGE
    assert said(capsys, place) == [
        f"{{ws}}/ws: {refused}; nothing was changed",
        f"{{ws}}: {refused}; nothing was changed",
        f"{{ws}}/ws/runs: {refused}; no server was touched",
    ]
