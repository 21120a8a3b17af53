"""No line is lost before its time, by number, by rotation, or by a second opinion about the same file."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from conftest import WORKSPACE

WINDOW = {"opens": "2022-06-05 00:00", "closes": "2022-06-12 23:59"}
# From the window's first day to the one in converge.yml, that one included.
DAYS = 133
ROTATIONS = 400


def role(host, *options: str, **variables) -> tuple[int, str]:
    """Apply the role; return the exit code and all that was said."""
    playbook = [
        {"hosts": host.name, "gather_facts": False, "roles": [{"role": "iepc.prep.log_retention", "vars": variables}]}
    ]
    path = WORKSPACE / "tests.yml"
    path.write_text(json.dumps(playbook))
    done = subprocess.run(
        ["ansible-playbook", *options, "-i", str(WORKSPACE / "diffusers.ini"), str(path)],
        capture_output=True,
        text=True,
        cwd=WORKSPACE,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def rotated(host) -> dict:
    """Apache's log after many forced rotations, 7 hours of logrotate's clock apart."""
    assert ROTATIONS * 7 / 24 < DAYS
    script = (Path(__file__).parent / "rotate.py").read_text()
    host.run_expect([0], "cat > /run/rotate.py <<'EOF'\n" + script + "\nEOF")
    return json.loads(host.check_output(f"python3 /run/rotate.py {ROTATIONS} 7"))


def test_no_line_is_lost_and_no_reader_is_refused(rotated):
    assert rotated["refused"] == []
    assert rotated["missing"] == []
    assert rotated["found"] == rotated["asked"] > ROTATIONS
    # A file for each rotation (but one that found nothing new to rotate): nothing was deleted by number.
    assert rotated["files"] > ROTATIONS * 0.95


def test_rotated_logs_keep_owner_and_mode(host, rotated):
    modes = host.check_output("stat -c '%U:%G %a' /var/log/apache2/access.log* | sort -u")
    assert modes == "root:adm 640"


def count(host) -> int:
    return int(host.check_output("ls /var/log/apache2/access.log* | wc -l"))


def turn(host, days: int) -> int:
    """Rotate once on a later day; return how many files there are."""
    host.check_output("curl -s -o /dev/null http://127.0.0.1/ || wget -q -O /dev/null http://127.0.0.1/")
    host.run_expect(
        [0], f"NO_FAKE_STAT=1 faketime -f '+{days}d' logrotate -f -s /run/turn.state /etc/logrotate.d/apache2"
    )
    return count(host)


def test_only_age_deletes(host, rotated):
    before = count(host)
    assert turn(host, DAYS - 1) > before
    # The same question two days later: now they go, so this test can see a deletion.
    assert turn(host, DAYS + 2) < before / 10


def test_rsyslog_goes_on_in_its_new_file(host):
    host.run_expect([0], "logger -p auth.notice before-the-turn")
    host.run_expect([0], "logrotate -f -s /run/rsyslog.state /etc/logrotate.d/rsyslog")
    host.run_expect([0], "logger -p auth.notice after-the-turn")
    new = host.run("timeout 20 sh -c 'until grep -q after-the-turn /var/log/auth.log; do sleep 0.2; done'")
    assert new.rc == 0
    assert "before-the-turn" not in host.file("/var/log/auth.log").content_string
    assert "before-the-turn" in host.check_output("zcat -f /var/log/auth.log-*")
    assert "after-the-turn" not in host.check_output("zcat -f /var/log/auth.log-*")


def test_the_journal_is_on_disk_with_room_for_all_days(host):
    said = host.check_output("journalctl -q -o cat -u systemd-journald -g 'System Journal' | tail -n 1")
    size = re.search(r"max ([\d.]+)G", said)
    assert "/var/log/journal/" in said, said
    # 12 MiB a day, for the days and one file's week.
    assert size and float(size.group(1)) == pytest.approx(12 * (DAYS + 7) / 1024, abs=0.1), said


@pytest.mark.parametrize("mode", [[], ["--check"]])
def test_a_second_entry_for_the_same_log_is_refused(host, mode):
    other = "/etc/logrotate.d/zz-otro"
    host.run_expect([0], f"printf '/var/log/apache2/access.log {{\\n weekly\\n rotate 2\\n}}\\n' > {other}")
    try:
        # What it would do: logrotate itself says that it skips one of the files.
        said = host.run("logrotate -d /etc/logrotate.conf")
        assert "duplicate log entry" in said.stderr
        rc, said = role(host, *mode)
        assert rc != 0
        assert (
            f"{other}: expected no entry for a log of /etc/logrotate.d/apache2, got /var/log/apache2/access.log" in said
        )
    finally:
        host.run(f"rm -f {other}")
    rc, said = role(host, *mode, log_retention_window=WINDOW, log_retention_until="2022-10-15")
    assert rc == 0 and "changed=0" in said, said


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"days": 3}, "days: expected at least the 8 days of the window 2022-06-05 to 2022-06-12, got 3"),
        ({"until": "2022-06-12"}, "until: expected a day after the window's last, 2022-06-12, got 2022-06-12"),
        ({"until": "12/10/2022"}, "until: expected a day YYYY-MM-DD, got 12/10/2022"),
        ({"compression_ratio": 0}, "compression_ratio: expected a number of at least 1, got 0"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(host, variables, line):
    given = {f"log_retention_{name}": variables[name] for name in variables}
    rc, said = role(host, log_retention_window=WINDOW, **given)
    assert rc != 0
    assert f"log_retention_{line}" in said


def test_a_disk_that_is_too_small_is_said_in_figures(host):
    rc, said = role(host, "--check", log_retention_window=WINDOW, log_retention_peak_requests_per_hour=2000000000)
    assert rc == 0, said
    text = " ".join(said.split())
    assert re.search(r"DISK BUDGET DOES NOT FIT: 120 days of logs need \d{7,} MiB", text), said
    rc, said = role(host, "--check", log_retention_peak_requests_per_hour=1, log_retention_keep_free_mb=1)
    assert "Disk budget fits" in said
