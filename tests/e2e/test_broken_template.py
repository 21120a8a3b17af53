"""A mistake that reaches Apache's configuration never reaches a reader.

It is put in behind every check of the options, through a variable of a template, so that only
Apache's own check of the whole can find it.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator

import pytest
import workspace

HOST = "difusor11"
BROKEN = {"__apache_text_types": {"csv": "text/csv .csv\n    NoSuchDirective on"}}
LOOP = """rm -f /tmp/readers-stop; while [ ! -e /tmp/readers-stop ]; do
    for scheme in http https; do
        curl -ks -m 5 -o /dev/null -w '%{{http_code}}\\n' "$scheme://{address}/" || echo failed
    done
done"""


@pytest.fixture
def readers() -> Iterator[Callable[[], list[str]]]:
    """Have readers ask without pause, from an address of the public; calling it ends that and returns their answers."""
    loop = subprocess.Popen(
        [*workspace.ssh_to("lector"), LOOP.format(address=workspace.addresses()[HOST])],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )

    def stop() -> list[str]:
        workspace.must("lector", "touch /tmp/readers-stop")
        return loop.communicate(timeout=60)[0].split()

    yield stop
    if loop.poll() is None:
        stop()


def on_disk() -> str:
    """Return a digest of Apache's whole configuration."""
    return workspace.must(HOST, "find /etc/apache2 -type f -exec sha256sum {} + | sort | sha256sum")


def test_a_broken_template_is_never_served(readers: Callable[[], list[str]]) -> None:
    before = on_disk()
    done = workspace.playbook("site.yml", "--limit", HOST, "--tags", "apache", "-e", json.dumps(BROKEN))
    answers = readers()
    assert done.rc == 2, done.out[-3000:]
    told = " ".join(done.out.split())
    # httpd's own line: which file, which line, which word.
    assert "Invalid command 'NoSuchDirective'" in told and "Syntax error on line" in told
    assert "nothing was changed" in told
    assert on_disk() == before
    assert len(answers) > 20 and set(answers) == {"200"}, sorted(set(answers))
    report = workspace.report_of(done)
    assert workspace.diffuser(report, HOST)["contact"] == "failed"
    # What was put back is what runs: nothing was changed that Apache had not read.
    assert workspace.results(report, HOST)["apache.syntax"] == "pass"
