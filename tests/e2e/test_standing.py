"""A server that is as the last whole run left it is left be; whatever somebody undid beside it is brought back.

Two rounds, in each another thing on each diffuser, so that a run over all three tells them apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import workspace

# As bin/test has it: preflight, one trip to compare, the report.
MOST_TASKS = 15
LIMITS = "nft list table inet prep_limits | grep -c 'ct count over'"


@dataclass(frozen=True)
class Undone:
    """What somebody does on a server, and what tells whether it is as it has to be."""

    name: str
    act: str
    sound: str
    """Ends with 0 while it is."""


ROUNDS: tuple[dict[str, tuple[Undone, ...]], ...] = (
    # Beside its files: those are as they were, so that nothing would be written.
    {
        "difusor11": (Undone("the limits flushed", "nft flush table inet prep_limits", LIMITS),),
        "difusor12": (
            Undone("a port opened", "firewall-cmd -q --add-port=8080/tcp", "! firewall-cmd --query-port=8080/tcp"),
        ),
        "difusor13": (Undone("a jail stopped", "fail2ban-client stop sshd", "fail2ban-client status sshd"),),
    },
    # One diffuser has much undone, on one something is only touched, and one stands.
    {
        "difusor11": (
            Undone(
                "a place for everybody", "chmod 777 /srv/prep/trigger", 'test "$(stat -c %a /srv/prep/trigger)" = 770'
            ),
            Undone(
                "a clock that nobody keeps",
                "systemctl disable -q --now chrony",
                "systemctl -q is-enabled chrony && chronyc tracking",
            ),
            Undone(
                "a door without its bolt",
                "sed -i '/hosts deny/d' /etc/rsyncd.conf",
                "grep -q 'hosts deny' /etc/rsyncd.conf",
            ),
        ),
        "difusor12": (),
    },
)


def site(*options: str) -> workspace.Done:
    """Run the main job as anybody would."""
    done = workspace.playbook("site.yml", *options)
    assert done.rc == 0, done.text[-4000:]
    return done


def eventually(what: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether something comes true in some seconds: a jail's start answers before it runs."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.3)
    return True


@pytest.fixture(scope="module")
def standing() -> None:
    """Have a record of each diffuser."""
    site("-e", "prep_thorough=true")


def assert_all_stand(done: workspace.Done) -> None:
    recap = done.recap()
    for name in workspace.DIFFUSERS:
        assert recap[name]["changed"] == 0 and recap[name]["ok"] <= MOST_TASKS, done.out[-3000:]
    # Ansible folds long lines.
    assert " ".join(done.out.split()).count("; sin cambios desde 20") == len(workspace.DIFFUSERS), done.out[-3000:]
    report = workspace.report_of(done)
    for name in workspace.DIFFUSERS:
        # Its evidence is this run's own.
        assert workspace.diffuser(report, name)["contact"] == "reached"
        assert "error" not in workspace.results(report, name).values()


@pytest.mark.usefixtures("standing")
@pytest.mark.parametrize("undone", ROUNDS, ids=["beside its files", "in its files"])
def test_what_was_undone_is_brought_back(undone: dict[str, tuple[Undone, ...]]) -> None:
    assert_all_stand(site())
    for name, acts in undone.items():
        for what in acts:
            workspace.must(name, what.sound)
            workspace.must(name, what.act)
            assert workspace.on(name, what.sound).rc != 0, f"{name}: {what.name} is not seen"
        if not acts:
            workspace.must(name, "touch /etc/hostname")

    done = site()

    recap = done.recap()
    # Whoever reads the table learns where somebody had a hand in it.
    assert " ".join(done.out.split()).count("; no estaba como quedó: ") == len(undone), done.out[-3000:]
    for name in workspace.DIFFUSERS:
        whole, acts = recap[name]["ok"] > MOST_TASKS, undone.get(name)
        assert whole == (name in undone), f"{name}: {recap[name]}"
        assert (recap[name]["changed"] > 0) == bool(acts), f"{name}: {recap[name]}"
        for what in acts or ():
            assert eventually(lambda name=name, what=what: workspace.on(name, what.sound).rc == 0), (
                f"{name}: {what.name}"
            )
    assert_all_stand(site())


def test_asked_for_in_words_that_mean_nothing() -> None:
    done = workspace.playbook("site.yml", "-e", "prep_thorough=perhaps")
    assert done.rc != 0
    assert "the command line (-e): prep_thorough: expected true or false, got " in done.text
    assert "no server was touched" in done.text
