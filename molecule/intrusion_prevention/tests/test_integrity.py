"""A changed file is named, and a run of Ansible never blesses what others changed."""

from __future__ import annotations

import pytest

WATCH = "/usr/local/sbin/prep-integrity"
SUMMARY = "/var/lib/prep/integrity/summary"


@pytest.fixture(autouse=True)
def clean(host):
    """Start from a clean baseline and leave one."""
    host.check_output(f"{WATCH} accept")
    yield
    host.check_output("rm -f /etc/prep-test && sed -i '/^stranger/d' /etc/issue")
    host.check_output(f"{WATCH} accept")


def summary(host) -> str:
    """What the report reads."""
    return host.check_output(f"cat {SUMMARY}")


def test_a_change_is_named_until_it_is_undone(host):
    host.check_output("systemctl start prep-integrity.service")
    assert "result clean" in summary(host)
    host.check_output("echo stranger >> /etc/issue")
    assert host.run("systemctl start prep-integrity.service").rc != 0
    assert "result changed" in summary(host)
    assert "changed /etc/issue" in summary(host).splitlines()
    host.check_output("sed -i '/^stranger/d' /etc/issue")
    host.check_output("systemctl start prep-integrity.service")
    assert "result clean" in summary(host)


def test_who_may_change_the_published_tree_is_watched_and_its_content_is_not(host):
    host.check_output("mkdir -p /srv/prep/cuts && chmod 0755 /srv/prep /srv/prep/cuts")
    host.check_output(f"{WATCH} accept")
    host.check_output("touch /srv/prep/cuts/20220605_2015")
    host.check_output(f"{WATCH} check")
    host.check_output("chmod 0777 /srv/prep/cuts")
    assert "changed /srv/prep/cuts" in host.run(f"{WATCH} check").stdout
    host.check_output("rm -r /srv/prep")


def test_a_run_that_changes_nothing_blesses_nothing(host):
    host.check_output("echo stranger >> /etc/issue")
    assert "changed /etc/issue" in host.check_output(f"{WATCH} before")
    assert "new baseline" not in host.check_output(f"{WATCH} after")
    assert "changed /etc/issue" in host.run(f"{WATCH} check").stdout


def test_a_run_takes_its_own_changes_and_keeps_those_of_others_open(host):
    host.check_output("echo stranger >> /etc/issue")
    host.check_output(f"{WATCH} before")
    host.check_output("touch /etc/prep-test")
    # The timer in the middle of a run raises no alarm.
    assert host.run(f"{WATCH} check").rc == 0
    assert "new baseline" in host.check_output(f"{WATCH} after")
    said = host.run(f"{WATCH} check")
    assert said.rc == 1
    assert "changed /etc/issue" in said.stdout
    assert "prep-test" not in said.stdout
    host.check_output(f"{WATCH} accept")
    assert host.run(f"{WATCH} check").rc == 0


def test_it_looks_every_night(host):
    assert host.service("prep-integrity.timer").is_enabled
    assert "prep-integrity.timer" in host.check_output("systemctl list-timers --no-pager prep-integrity.timer")
