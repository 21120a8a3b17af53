"""What gathering the evidence costs a server: one trip, few processes, little memory. Times are bench/check.py's."""

from __future__ import annotations

import json
import re

import workspace

PROCESSES = 30
MEMORY_KB = 45 * 1024


def last_pid(host: str) -> int:
    """Return the newest process id of a server: what was started in between is the difference."""
    return int(workspace.run("docker", "exec", workspace.container(host), "cat", "/proc/loadavg").out.split()[-1])


def gather(host: str) -> dict[str, object]:
    """Gather the evidence as the role does, over SSH; return what the module says."""
    control = workspace.addresses()["origen"].rsplit(".", 1)[0] + ".1"
    argv = ("ansible", host, "-i", "diffusers.ini", "-m", "iepc.prep.host_evidence", "-a", f"allowed_source={control}")
    done = workspace.run("env", "ANSIBLE_CALLBACK_RESULT_FORMAT=json", *argv, cwd=workspace.LAB)
    assert done.rc == 0, done.text[-3000:]
    said = json.loads(done.out[re.search(r"=> (?=\{)", done.out).end() :])  # type: ignore[union-attr]
    assert isinstance(said, dict)
    return said


def test_processes_and_memory(each: str) -> None:
    assert workspace.on(each, "true").rc == 0
    started = []
    # The server has a life of its own, so the quietest of some trips tells what one costs.
    for _ in range(4):
        before = last_pid(each)
        said = gather(each)
        # One of them is the next question for the newest process id.
        started.append(last_pid(each) - before - 1)
        if started[-1] <= PROCESSES:
            break
    print(each, started, said["processes"], said["memory_kb"])
    assert min(started) <= PROCESSES
    # Python, sshd's own and the shell's processes count in it; a trip that starts nothing did not look.
    assert min(started) > 10
    memory = said["memory_kb"]
    assert isinstance(memory, dict)
    assert max(memory.values()) <= MEMORY_KB, memory
    assert min(memory.values()) > 4096
