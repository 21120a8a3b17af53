"""A run may be cut off anywhere, at the control node or at a server: the next one finishes the work.

Each round changes something in every role, and is cut off once as many tasks have begun as chance
says; after each the server is reachable. Rounds come in chains: a later one of a chain starts from
what the one before left half done, and the run after the chain has to finish the work of all. The
servers are cut off side by side, each with a run of its own.
"""

from __future__ import annotations

import json
import os
import random
from concurrent.futures import ThreadPoolExecutor

import workspace
from runs import Run

# How many rounds follow each other before a run is let through.
CHAINS = (2, 3)
ROUNDS = sum(CHAINS)
# In each round on two servers the run is killed, and the third is killed itself.
KILLED_RUNS, KILLED_SERVERS = 10, 5
SEED = int(os.environ.get("PREP_TEST_SEED", random.SystemRandom().randrange(10**6)))


def changes(number: int) -> dict[str, object]:
    """Return other values, in each round, for an option of each role that decides what a server lets in or serves.

    The last round is the way back to the usual ones, which the rest of the tests go by.
    """
    if number == ROUNDS:
        return {}
    return {
        "sshd_hardening_login_grace_s": 40 + number,
        "firewalld_admin_sources": [f"203.0.113.{number}"],
        "apache_cache_seconds": 5 + number,
        "rsync_daemon_timeout_s": 70 + number,
        "intrusion_prevention_find_seconds": 700 + number,
        "ddos_protection_keepalive_requests": 300 + number,
        # A restore that comes late must find the rerun under way, too.
        "safety_net_timeout_s": 60,
    }


def site(host: str, variables: dict[str, object]) -> list[str]:
    """Return the command of a run on one server."""
    return ["ansible-playbook", "site.yml", "-i", "diffusers.ini", "--limit", host, "-e", json.dumps(variables)]


def cut_off(host: str, number: int, kill_server: bool, tasks: int) -> str:
    """Cut a run off, see that the server can be entered, and return what was wrong or nothing."""
    run = Run(*site(host, changes(number)))
    went_on = run.after_tasks(tasks)
    if kill_server:
        for verb in ("kill", "start"):
            done = workspace.run("docker", verb, workspace.container(host))
            assert done.rc == 0, done.text
        # Whether it fails is chance: between two tasks that ask the server, nobody may notice.
        run.finish()
    else:
        run.kill()
    workspace.wait_for_ssh(host, 120)
    return "" if went_on else "the run ended before it was to be cut off"


def let_through(host: str, number: int) -> str:
    """Let a run with the values of the last round finish the work, and return what was wrong or nothing."""
    rerun = workspace.run(*site(host, changes(number)), cwd=workspace.LAB)
    if rerun.rc != 0:
        return f"the rerun failed:\n{rerun.out[-3000:]}"
    after = workspace.run(*site(host, changes(number)), cwd=workspace.LAB)
    if after.rc != 0 or after.recap()[host]["changed"]:
        return f"the run after the rerun still changed something:\n{after.out[-6000:]}"
    return ""


Plan = tuple[str, int, bool, int]


def chains_of(plans: list[Plan]) -> list[list[Plan]]:
    """Return a server's rounds, chain by chain."""
    rest = iter(plans)
    return [[next(rest) for _ in range(length)] for length in CHAINS]


def test_a_run_that_is_cut_off_is_finished_by_the_next() -> None:
    chance = random.Random(SEED)
    # As many tasks as a converged server's run has.
    whole = Run(*site(workspace.DIFFUSERS[0], {}))
    whole.after_tasks(10**6)
    assert whole.finish().rc == 0
    # Some fewer on another system.
    tasks = whole.tasks * 9 // 10
    plans = [
        (host, number, index == number % len(workspace.DIFFUSERS), chance.randrange(10, tasks))
        for number in range(1, ROUNDS + 1)
        for index, host in enumerate(workspace.DIFFUSERS)
    ]
    assert sum(not server for _host, _number, server, _tasks in plans) == KILLED_RUNS
    assert sum(server for _host, _number, server, _tasks in plans) == KILLED_SERVERS

    def on_host(host: str) -> list[str]:
        found = []
        for chain in chains_of([plan for plan in plans if plan[0] == host]):
            told = [cut_off(*plan) for plan in chain]
            told.append(let_through(host, chain[-1][1]))
            found += [f"seed {SEED}, {chain}: {wrong}" for wrong in told if wrong]
        return found

    with ThreadPoolExecutor() as pool:
        wrong = [line for lines in pool.map(on_host, workspace.DIFFUSERS) for line in lines]
    assert not wrong, "\n\n".join(wrong)
