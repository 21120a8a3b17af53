"""The clock follows the server that was named, and knows that Durango has no summer time any more."""

from __future__ import annotations

import pytest
from reruns import converge
from reruns import said as told


def test_it_follows_the_server_that_was_named(host, origin):
    assert origin.address in host.check_output("chronyc -n sources")
    tracking = host.check_output("chronyc -n tracking")
    assert "Leap status     : Normal" in tracking, tracking


def test_its_offset_is_evidence(host):
    fields = host.check_output("chronyc -n -c tracking").split(",")
    assert abs(float(fields[4])) < 1.0


def test_it_serves_nobody(host):
    assert ":123 " not in host.check_output("ss -H -lun")


@pytest.mark.parametrize("rival", ["ntpd", "systemd-timesyncd"])
def test_nobody_else_sets_the_clock_now_or_later(host, rival):
    assert host.run(f"systemctl is-active {rival}").rc != 0
    assert host.run(f"systemctl start {rival}").rc != 0
    assert host.service("chrony").is_running


def test_durango_keeps_one_offset_all_year(host):
    assert host.check_output("TZ=America/Monterrey date -d '2027-06-06 20:00' +%z") == "-0600"


def test_what_a_power_cut_left_half_installed_is_finished(host):
    # As dpkg leaves it: a journal that was not read yet, and in it a package that was being unpacked.
    host.check_output(
        "dpkg-query -s chrony | sed 's/^Status: .*/Status: install reinstreq half-installed/' > /var/tmp/0000; "
        "apt-get remove -y chrony; echo >> /var/tmp/0000; mv /var/tmp/0000 /var/lib/dpkg/updates/0000"
    )
    assert "dpkg was interrupted" in host.run("apt-get install -y chrony").stderr
    done = converge()
    assert done.returncode == 0, done.stdout
    assert host.check_output("dpkg-query -W -f '${db:Status-Abbrev}' chrony").strip() == "ii"
    assert host.file("/usr/bin/chronyc").exists
    assert host.service("chrony").is_running


def test_old_zone_data_are_told_in_one_line():
    # As tzdata of 2020 would answer; the expectation is turned round instead.
    done = converge("-e", "time_sync_zone_offset=-0500")
    assert done.returncode != 0
    said = told(done)
    assert "America/Monterrey has -0600 on 2027-06-06 20:00 here, expected -0500" in said, said


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("{time_sync_servers: ['a b']}", "time_sync_servers: expected a host name or an address"),
        ("time_sync_zone_when=tomorrow", "time_sync_zone_when: expected YYYY-MM-DD HH:MM"),
    ],
)
def test_bad_input_is_one_line(host, option, said):
    before = host.check_output("sha256sum /etc/chrony/chrony.conf")
    done = converge("-e", option)
    assert done.returncode != 0
    assert said in told(done)
    assert host.check_output("sha256sum /etc/chrony/chrony.conf") == before
