"""Clause II.2 and the door for cuts, tried from the two addresses that matter."""

from __future__ import annotations

import pytest
import workspace
from workspace import addresses, must, on, opens

ZERO_STATE = "Los resultados aún no se publican"


def secret(diffuser: str) -> str:
    """Return the rsync secret that the lab made for a diffuser."""
    return (workspace.LAB / f".lab/rsync-{diffuser}").read_text().strip()


def push(machine: str, diffuser: str, password: str, options: str = "") -> workspace.Done:
    """Push one small file into a diffuser's module."""
    return on(
        machine,
        "echo corte-e2e > /tmp/corte.txt && "
        f"RSYNC_PASSWORD='{password}' rsync {options} --contimeout=4 --timeout=10 /tmp/corte.txt "
        f"rsync://iepc@{addresses()[diffuser]}/prep/corte.txt",
    )


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_reader_sees_the_zero_state(each: str, scheme: str) -> None:
    page = must("lector", f"curl -sSk --max-time 10 -w '\\n%{{http_code}}' {scheme}://{addresses()[each]}/")
    body, _, status = page.rpartition("\n")
    assert status == "200"
    assert ZERO_STATE in body


@pytest.mark.parametrize("port", [22, 873])
def test_the_reader_reaches_neither_ssh_nor_rsync(each: str, port: int) -> None:
    assert not opens("lector", each, port)
    # The same probe from the allow-listed address succeeds, so it is the firewall that refused.
    assert opens("origen", each, port)


def test_the_right_secret_writes(each: str) -> None:
    done = push("origen", each, secret(each))
    assert done.rc == 0, done.text
    assert must(each, "cat /srv/prep/incoming/corte.txt; rm /srv/prep/incoming/corte.txt") == "corte-e2e\n"


def test_a_wrong_secret_does_not(each: str) -> None:
    assert push("origen", each, "wrong").rc == 5
    assert on(each, "test -e /srv/prep/incoming/corte.txt").rc == 1


def test_another_diffusers_secret_does_not(each: str) -> None:
    others = [name for name in workspace.DIFFUSERS if name != each]
    assert push("origen", each, secret(others[0])).rc == 5


def test_a_wrong_address_does_not(each: str) -> None:
    assert push("lector", each, secret(each)).rc != 0
    assert on(each, "test -e /srv/prep/incoming/corte.txt").rc == 1


@pytest.mark.parametrize("option", ["--inplace", "--append", "--links", "--temp-dir=/"])
def test_what_could_alter_a_published_cut_is_refused(each: str, option: str) -> None:
    done = push("origen", each, secret(each), option)
    assert done.rc == 4, done.text
    assert "refuse" in done.err
    assert on(each, "test -e /srv/prep/incoming/corte.txt").rc == 1


def test_nothing_is_read_back(each: str) -> None:
    assert push("origen", each, secret(each)).rc == 0
    done = on(
        "origen",
        f"RSYNC_PASSWORD='{secret(each)}' rsync --contimeout=4 "
        f"rsync://iepc@{addresses()[each]}/prep/corte.txt /tmp/read-back.txt",
    )
    assert done.rc != 0
    assert "write only" in done.err
    assert on("origen", "test -e /tmp/read-back.txt").rc == 1
    must(each, "rm /srv/prep/incoming/corte.txt")
