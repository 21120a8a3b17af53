# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
from __future__ import absolute_import, division, print_function

import subprocess
import unittest

from ansible_collections.iepc.prep.plugins.module_utils import contact_script, preflight

__metaclass__ = type

# What CentOS 7.9 says: no VERSION_ID beyond the major version, no python3.
CENTOS7 = """Bienvenido a este servidor\r
##prep:begin
##prep:epoch
1654477200.5
##prep:uid
0
##prep:kernel
Linux 3.10.0-1160.el7.x86_64 x86_64
##prep:os_release
NAME="CentOS Linux"
VERSION="7 (Core)"
ID="centos"
ID_LIKE="rhel fedora"
VERSION_ID="7"
PRETTY_NAME="CentOS Linux 7 (Core)"
##prep:redhat_release
CentOS Linux release 7.9.2009 (Core)
##prep:debian_version
##prep:pythons
/usr/bin/python2.7 2.7.5
/usr/bin/python 2.7.5
##prep:disk
/ 41943040 31457280
/var 41943040 31457280
##prep:memory
3880000
##prep:ssh_connection
198.51.100.5 51234 203.0.113.7 22
##prep:login
user root
keys 2
days 19000:99999::
##prep:selinux
enforcing
http_port_t 80, 81, 443, 8443
ssh_port_t 22
unreserved_port_t 61001-65535, 1024-32767
vnc_port_t 5985-5999, 5900-5983
##prep:systemd
running
219
##prep:zone
-0500
##prep:package_manager
yum
##prep:firewalls
firewalld
##prep:end
"""
CURRENT_ZONE = CENTOS7.replace("-0500", "-0600")
NOW = 1654477200.0
SOURCES = ["198.51.100.0/28"]


def judge(output=CENTOS7, core="2.16.19", **more):
    more.setdefault("allowed_sources", SOURCES)
    return preflight.judge(preflight.parse(output), NOW, core, **more)


def slugs(*args, **kwargs):
    return [finding["slug"] for finding in judge(*args, **kwargs)]


class Parsing(unittest.TestCase):
    def test_reads_what_the_server_said(self):
        facts = preflight.parse(CENTOS7)
        self.assertTrue(facts["complete"])
        self.assertEqual(facts["os_release"]["id"], "centos")
        self.assertEqual(facts["os_release"]["version_full"], "7.9.2009")
        self.assertEqual(facts["os_release"]["id_like"], ["rhel", "fedora"])
        self.assertEqual(facts["machine"], "x86_64")
        self.assertEqual(facts["pythons"][0], {"path": "/usr/bin/python2.7", "version": "2.7.5"})
        self.assertEqual(facts["disk"]["/var"]["free_mb"], 30720)
        self.assertEqual(facts["source_address"], "198.51.100.5")
        self.assertEqual(facts["ssh_connection"]["server_port"], "22")
        self.assertEqual(facts["systemd"], {"running": True, "version": 219})
        self.assertEqual(facts["memory_mb"], 3789)

    def test_survives_any_truncation(self):
        for length in range(len(CENTOS7)):
            facts = preflight.parse(CENTOS7[:length])
            if not facts["complete"]:
                found = preflight.judge(facts, NOW, "2.16.19")
                self.assertEqual([one["slug"] for one in found], ["incomplete"])

    def test_nothing_at_all(self):
        for output in ("", None, "sh: 1: nonsense\n"):
            self.assertFalse(preflight.parse(output)["complete"])

    def test_the_real_script_answers_here(self):
        # The script is POSIX sh; /bin/sh of whatever runs the tests is one more implementation.
        shell = subprocess.Popen(
            ["/bin/sh", "-c", contact_script.contact_script("/nonexistent/it's")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        output = shell.communicate()[0].decode("utf-8")
        facts = preflight.parse(output)
        self.assertTrue(facts["complete"])
        self.assertIsNotNone(facts["uid"])
        self.assertTrue(facts["pythons"])
        self.assertIn("/", facts["disk"])


class Findings(unittest.TestCase):
    def test_a_centos_7_that_only_has_old_zone_data(self):
        found = judge()
        self.assertEqual([one["slug"] for one in found], ["tzdata"])
        self.assertFalse(found[0]["blocking"])

    def test_control_node_not_in_the_allow_list_is_named(self):
        found = judge(CURRENT_ZONE, allowed_sources=["203.0.113.0/24"])
        self.assertEqual([one["slug"] for one in found], ["source_not_allowed"])
        self.assertIn("198.51.100.5", found[0]["message"])
        self.assertTrue(found[0]["blocking"])
        self.assertIn("source_not_allowed", slugs(allowed_sources=[]))

    def test_control_node_that_could_be_banned(self):
        self.assertEqual(slugs(CURRENT_ZONE, control_nodes=["198.51.100.5"]), [])
        self.assertEqual(slugs(CURRENT_ZONE, control_nodes=["198.51.100.6"]), ["control_node"])

    def test_a_login_that_the_hardening_would_lock_out(self):
        no_key = CURRENT_ZONE.replace("keys 2", "keys 0")
        found = judge(no_key)
        self.assertEqual([one["slug"] for one in found], ["login_key"])
        self.assertTrue(found[0]["blocking"])
        self.assertEqual(slugs(no_key, keys_for=["root"]), [])
        self.assertEqual(slugs(no_key, keys_for=["ana"]), ["login_key"])

    def test_a_password_that_pam_would_stop_at(self):
        # 2022-06-06 is day 19149 since 1970.
        for days, slug in (
            ("0:99999::", "password_expired"),
            ("19000:100::", "password_expired"),
            ("19000:99999::19100", "password_expired"),
            ("19000:160::", "password_expiring"),
            ("19000:99999::19150", "password_expiring"),
        ):
            found = judge(CURRENT_ZONE.replace("19000:99999::", days))
            self.assertEqual([one["slug"] for one in found], [slug], days)
            self.assertEqual(found[0]["blocking"], slug == "password_expired")
        for days in ("19000:300::", "19000:::", "19000:-1::-1", ""):
            self.assertEqual(slugs(CURRENT_ZONE.replace("19000:99999::", days)), [], days)

    def test_a_port_where_nobody_could_reach_sshd(self):
        self.assertEqual(slugs(CURRENT_ZONE, ssh_port=2222, open_ports=[22, 873]), ["ssh_port"])
        self.assertEqual(slugs(CURRENT_ZONE, ssh_port=2222, open_ports=[2222, 873]), [])
        found = judge(CURRENT_ZONE, ssh_port=5990, open_ports=[5990])
        self.assertEqual([one["slug"] for one in found], ["ssh_port"])
        self.assertIn("vnc_port_t", found[0]["message"])
        permissive = CURRENT_ZONE.replace("enforcing\n", "")
        self.assertEqual(slugs(permissive, ssh_port=5990, open_ports=[5990]), [])

    def test_allowing_a_finding(self):
        found = judge(CURRENT_ZONE, allowed_sources=[], allow=["source_not_allowed"])
        self.assertEqual(found[0]["allowed"], True)
        self.assertEqual(found[0]["blocking"], False)

    def test_lanes(self):
        found = [one for one in judge(core="2.19.14") if one["slug"] == "python_out_of_reach"]
        self.assertIn("lane el7 (ansible-core 2.16) can", found[0]["message"])
        self.assertNotIn("python_out_of_reach", slugs(core="2.16.19"))
        newer = CENTOS7.replace("/usr/bin/python 2.7.5", "/usr/bin/python3 3.9.2")
        self.assertNotIn("python_out_of_reach", slugs(newer, core="2.19.14"))
        self.assertIn("python_out_of_reach", slugs(newer, core="2.19.14", interpreter="/usr/bin/python2.7"))
        self.assertIn("no_python", slugs(newer, interpreter="/usr/bin/python3.8"))

    def test_reach(self):
        for core, version, expected in (
            ((2, 16), (2, 7), True),
            ((2, 16), (3, 13), True),
            ((2, 16), (3, 5), False),
            ((2, 17), (3, 6), False),
            ((2, 17), (2, 7), False),
            ((2, 19), (3, 8), True),
            ((2, 21), (3, 8), False),
            ((2, 30), (3, 9), True),
            ((2, 9), (3, 9), False),
        ):
            self.assertEqual(preflight.reaches(core, version), expected, (core, version))

    def test_no_python(self):
        without = CENTOS7.replace("2.7.5", "broken")
        self.assertIn("no_python", slugs(without))

    def test_system(self):
        for before, after, slug in (
            ('ID="centos"', "ID=ubuntu", "unsupported_system"),
            ('VERSION_ID="7"', 'VERSION_ID="6"', "unsupported_system"),
            ("x86_64 x86_64", "i686 i686", "unsupported_system"),
            ("running\n219", "219", "no_systemd"),
            ("running\n219", "running\n208", "no_systemd"),
            ("##prep:uid\n0", "##prep:uid\n1000", "not_root"),
            ("##prep:package_manager\nyum", "##prep:package_manager", "package_manager"),
            ("/var 41943040 31457280", "/var 41943040 1024", "disk"),
            ("##prep:firewalls\n", "##prep:firewalls\nufw\n", "other_firewall"),
            ("1654477200.5", "1654477261.0", "clock"),
            ("1654477200.5", "1654477100", "clock"),
        ):
            self.assertIn(before, CURRENT_ZONE)
            self.assertEqual(slugs(CURRENT_ZONE.replace(before, after)), [slug])

    def test_docker_is_said_but_blocks_nothing(self):
        found = judge(CENTOS7.replace("##prep:firewalls\n", "##prep:firewalls\ndocker\n"))
        self.assertEqual([one["blocking"] for one in found if one["slug"] == "docker"], [False])

    def test_clock_that_is_right(self):
        self.assertNotIn("clock", slugs(CENTOS7.replace("1654477200.5", "1654477140.N")))

    def test_local_connection_has_no_source(self):
        local = CENTOS7.replace("198.51.100.5 51234 203.0.113.7 22\n", "\n")
        self.assertNotIn("source_not_allowed", slugs(local, allowed_sources=[]))

    def test_every_slug_is_listed(self):
        self.assertTrue(set(preflight.NOT_BLOCKING) <= set(preflight.SLUGS))


class Reasons(unittest.TestCase):
    def test_one_line(self):
        text = (
            "Failed to connect to the host via ssh: Warning: Permanently added '192.0.2.1'\r\n"
            "ssh: connect to host 192.0.2.1 port 22: No route to host\r\n"
        )
        self.assertNotIn("\n", preflight.one_line(text))
        self.assertIn("No route to host", preflight.one_line(text))
        self.assertEqual(preflight.one_line(None), "")
        changed = "Failed to connect to the host via ssh: @@@@\r\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @"
        self.assertIn("host key is not the known one", preflight.one_line(changed))


if __name__ == "__main__":
    unittest.main()
