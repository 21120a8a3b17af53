"""Every breakage of breakages.yml turns exactly the controls that it should, and its undoing turns them back.

Each diffuser has one breakage at a time, and one run of the compliance role judges all diffusers at once. A
breakage is undone just before the next one on its diffuser, so the next results prove the undoing, too: two
that follow each other turn different controls.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import workspace
import yaml

HERE = Path(__file__).parent
PLAYBOOK = """\
- name: Judge
  ansible.builtin.import_playbook: iepc.prep.compliance
"""


@dataclass(frozen=True)
class Breakage:
    """One entry of breakages.yml."""

    name: str
    apply: str
    undo: str
    flips: dict[str, str]
    hosts: tuple[str, ...] = workspace.DIFFUSERS
    why: str = ""


BREAKAGES = [
    Breakage(**{**entry, "hosts": tuple(entry.get("hosts", workspace.DIFFUSERS))})
    for entry in yaml.safe_load((HERE / "breakages.yml").read_text(encoding="utf-8"))["breakages"]
]
Round = dict[str, Breakage]


def rounds() -> list[Round]:
    """Share the breakages out: in each round one per diffuser, none that turns what the one before turned."""
    # First those that only some diffusers can have.
    waiting = sorted(BREAKAGES, key=lambda one: len(one.hosts))
    planned: list[Round] = []
    while waiting:
        before = planned[-1] if planned else {}
        now: Round = {}
        for host in workspace.DIFFUSERS:
            turned = set(before[host].flips) if host in before else set()
            fitting = (one for one in waiting if host in one.hosts and not turned & set(one.flips))
            if chosen := next(fitting, None):
                now[host] = chosen
                waiting.remove(chosen)
        planned.append(now)
    return planned


def at_the_console(host: str, script: str) -> None:
    """Run a script on a diffuser as somebody at its console would; SSH may be what is broken."""
    known = workspace.addresses()
    origin = known["origen"]
    words = f"origin={origin} control={origin.rsplit('.', 1)[0]}.1\n"
    text = (HERE / "by_hand.sh").read_text(encoding="utf-8") + words + script
    done = workspace.run("docker", "exec", workspace.container(host), "bash", "-c", text)
    assert done.rc == 0, f"{host}: {script}: exit code {done.rc}\n{done.text}"


def judged() -> dict[str, dict[str, str]]:
    """Return ``{diffuser: {control: result}}``, from evidence gathered anew."""
    playbook = workspace.LAB / "judge.yml"
    playbook.write_text(PLAYBOOK, encoding="utf-8")
    try:
        done = workspace.playbook(playbook.name)
    finally:
        playbook.unlink()
    assert done.rc == 0, done.text[-4000:]
    report = workspace.newest_report()
    return {host: workspace.results(report, host) for host in workspace.DIFFUSERS}


def change(before: Round, now: Round) -> None:
    """Undo what a round broke and break what the next one does, on all diffusers at once."""

    def on(host: str) -> None:
        if host in before:
            at_the_console(host, before[host].undo)
        if host in now:
            at_the_console(host, now[host].apply)

    with ThreadPoolExecutor() as pool:
        list(pool.map(on, workspace.DIFFUSERS))


@dataclass
class History:
    """What was found before, while each breakage lasted, and after the last one."""

    before: dict[str, dict[str, str]]
    found: dict[str, tuple[str, dict[str, str]]]
    after: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def history() -> Iterator[History]:
    """Return what the report said of every round."""
    before, done = judged(), Round()
    found: dict[str, tuple[str, dict[str, str]]] = {}
    try:
        for now in rounds():
            change(done, now)
            done = now
            results = judged()
            found.update({one.name: (host, results[host]) for host, one in now.items()})
    finally:
        change(done, {})
    yield History(before, found, judged())


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda one: one.name)
def test_turns_exactly_its_controls(history: History, breakage: Breakage) -> None:
    host, results = history.found[breakage.name]
    before = history.before[host]
    turned = {slug: result for slug, result in results.items() if result != before[slug]}
    assert turned == breakage.flips, f"{host}: {breakage.why}"


def test_all_is_as_before(history: History) -> None:
    assert history.after == history.before
