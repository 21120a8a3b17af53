"""Mistakes in an inventory end the run before any server is touched, one line each."""

from __future__ import annotations

import re
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import workspace


class Door:
    """A port that counts who knocks, in the place of every server of an inventory."""

    def __init__(self) -> None:
        self.knocks = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.knocks += 1
            connection.close()

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()


@pytest.fixture
def door() -> Iterator[Door]:
    """Return a counting port."""
    opened = Door()
    yield opened
    opened.close()


@pytest.fixture
def inventory(tmp_path: Path, door: Door) -> Path:
    """Return a copy of the lab's workspace whose servers are all the counting port."""
    target = tmp_path / "workspace"
    shutil.copytree(workspace.LAB, target, ignore=shutil.ignore_patterns("reports", "runs", "artifacts"))
    hosts = target / "diffusers.ini"
    hosts.write_text(re.sub(r"ansible_host=\S+", f"ansible_host=127.0.0.1 ansible_port={door.port}", hosts.read_text()))
    return target


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there."""
    text = path.read_text()
    assert old in text, f"{path.name} has no {old!r}"
    path.write_text(text.replace(old, new, 1))


def missing_contact(inventory: Path) -> None:
    path = inventory / "host_vars/difusor11.yml"
    path.write_text(re.sub(r"^  election:\n(?:    .*\n)+", "", path.read_text(), flags=re.MULTILINE))


def bad_address(inventory: Path) -> None:
    edit(
        inventory / "group_vars/diffusers.yml",
        "prep_allowed_sources:\n",
        "prep_allowed_sources:\n  - 172.30.300.1\n",
    )


def unknown_call(inventory: Path) -> None:
    edit(inventory / "group_vars/diffusers.yml", "prep_call: dgo_2022", "prep_call: dgo_2032")


def unknown_key(inventory: Path) -> None:
    path = inventory / "host_vars/difusor13.yml"
    path.write_text(path.read_text() + "prep_domian: prep.example.org\n")


MISTAKES = {
    "a missing contact": (missing_contact, "host_vars/difusor11.yml", "prep_contacts.election"),
    "a bad address": (bad_address, "group_vars/diffusers.yml", "prep_allowed_sources"),
    "an unknown call": (unknown_call, "group_vars/diffusers.yml", "prep_call"),
    "an unknown key": (unknown_key, "host_vars/difusor13.yml", "prep_domian"),
}


def lines_about(text: str, file: str, key: str) -> list[str]:
    """Return the lines that name a file, a key in it, and what was expected."""
    return [line for line in text.splitlines() if file in line and key in line and "expected" in line]


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line(inventory: Path, door: Door, name: str) -> None:
    make, file, key = MISTAKES[name]
    make(inventory)
    done = workspace.playbook("site.yml", cwd=inventory)
    assert done.rc not in (0, 4), done.text[-3000:]
    assert len(lines_about(done.text, file, key)) == 1, done.text[-3000:]
    assert door.knocks == 0


def test_all_mistakes_are_told_at_once(inventory: Path, door: Door) -> None:
    # The call says for which stages a contact is asked, so without one that mistake is not known.
    together = {name: mistake for name, mistake in MISTAKES.items() if name != "an unknown call"}
    for make, _, _ in together.values():
        make(inventory)
    done = workspace.playbook("site.yml", cwd=inventory)
    for name, (_, file, key) in together.items():
        assert len(lines_about(done.text, file, key)) == 1, f"{name}\n{done.text[-3000:]}"
    assert door.knocks == 0


def test_prepctl_says_the_same_and_calls_it_an_input_error(inventory: Path, door: Door) -> None:
    unknown_key(inventory)
    done = workspace.run("prepctl", "onboard", "-i", "diffusers.ini", cwd=inventory)
    assert done.rc == 1, done.text[-3000:]
    assert lines_about(done.text, "host_vars/difusor13.yml", "prep_domian"), done.text[-3000:]
    assert door.knocks == 0


def test_the_counting_port_does_count(inventory: Path, door: Door) -> None:
    """Without a mistake the servers are contacted: the tests above could have failed."""
    done = workspace.playbook("site.yml", cwd=inventory)
    assert door.knocks >= len(workspace.DIFFUSERS)
    assert done.rc == 4, done.text[-3000:]
