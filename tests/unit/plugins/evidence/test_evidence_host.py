# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Parsers of the system itself: sockets, accounts, packages, network, time, units, logs."""

from __future__ import absolute_import, division, print_function

import unittest

from ansible_collections.iepc.prep.plugins.module_utils.evidence import (
    accounts,
    containers,
    logs,
    network,
    packages,
    processes,
    services,
    sockets,
    system,
    timekeeping,
)
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.items import item
from fake_reader import FakeReader, fixture

__metaclass__ = type

TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   110        0 31001 1 0 100 0 0 10 0
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 31002 1 0 100 0 0 10 0
   2: 0B5B1EAC:0016 015B1EAC:D2F0 01 00000000:00000000 02:000A7A8B 00000000     0        0 31003 2 0 20 4 30 10 -1
"""
TCP6 = """\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0:0 00:0 0     0        0 31004 1
   1: 00000000000000000000000001000000:0369 00000000000000000000000000000000:0000 0A 0:0 00:0 0     0        0 31005 1
"""
UDP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  10: 0100007F:0143 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 31006 2 0 0
  11: 0100007F:A0F0 0100007F:0035 01 00000000:00000000 00:00000000 00000000     0        0 31007 2 0 0
"""


class Sockets(unittest.TestCase):
    def test_addresses_in_both_byte_orders(self):
        self.assertEqual(sockets.parse_address("0100007F:0050", "little"), ("127.0.0.1", 80))
        self.assertEqual(sockets.parse_address("7F000001:0050", "big"), ("127.0.0.1", 80))
        self.assertEqual(
            sockets.parse_address("00000000000000000000000001000000:0369", "little"), ("::1", 873)
        )

    def test_only_listening_ones_count(self):
        self.assertEqual(
            [(one["address"], one["port"]) for one in sockets.parse_table(TCP, "tcp", "little")],
            [("127.0.0.1", 3306), ("0.0.0.0", 22)],
        )
        self.assertEqual([one["port"] for one in sockets.parse_table(UDP, "udp", "little")], [323])

    def test_owner_is_the_lowest_pid_and_a_gone_process_does_not_matter(self):
        reader = FakeReader(
            files={
                "/proc/net/tcp": TCP, "/proc/net/tcp6": TCP6, "/proc/net/udp": UDP,
                "/proc/40/comm": "sshd\n", "/proc/41/comm": "sshd\n", "/proc/50/comm": "mysqld\n",
            },
            links={
                "/proc/40/fd/3": "socket:[31002]", "/proc/41/fd/3": "socket:[31002]",
                "/proc/50/fd/9": "socket:[31001]", "/proc/50/fd/1": "pipe:[7]",
                "/proc/40/exe": "/usr/sbin/sshd",
            },
        )
        made = item(reader, sockets.collect, {})
        self.assertIsNone(made["error"])
        found = dict(((one["proto"], one["family"], one["port"]), one) for one in made["value"])
        self.assertEqual(len(found), 5)
        self.assertEqual(found["tcp", 4, 22]["pid"], 40)
        self.assertEqual(found["tcp", 4, 22]["exe"], "/usr/sbin/sshd")
        self.assertEqual(found["tcp", 4, 3306]["process"], "mysqld")
        self.assertIsNone(found["tcp", 6, 80]["pid"])

    def test_no_proc_is_an_error(self):
        self.assertIn("/proc/net/tcp", item(FakeReader(), sockets.collect, {})["error"])


class Processes(unittest.TestCase):
    def test_comm_may_hold_brackets_and_blanks(self):
        self.assertEqual(
            processes.parse_stat("77 (a) b (c)) S 1 77 76 0 -1"), ("a) b (c)", "1", "76")
        )

    def test_counting(self):
        self.assertEqual(
            processes.count([("a", "root"), ("b", "x"), ("a", "root")]),
            [{"comm": "a", "user": "root", "count": 2}, {"comm": "b", "user": "x", "count": 1}],
        )

    def test_containers_are_counted_by_their_monitors(self):
        pairs = [("containerd-shim", "root"), ("containerd", "root"), ("conmon", "root"), ("sh", "root")]
        self.assertEqual(containers.count_running(pairs), 2)


class System(unittest.TestCase):
    def test_os_release_of_centos(self):
        text = (
            'NAME="CentOS Linux"\nVERSION="7 (Core)"\nID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="7"\n'
            'PRETTY_NAME="CentOS Linux 7 (Core)"\n\nBAD "LINE\nQUOTE="open\n'
        )
        self.assertEqual(
            system.parse_os_release(text),
            {"id": "centos", "version_id": "7", "name": "CentOS Linux", "pretty": "CentOS Linux 7 (Core)",
             "id_like": "rhel fedora"},
        )

    def test_memory_and_processors(self):
        self.assertEqual(system.parse_memory("MemTotal:        2048000 kB\nMemFree: 1 kB\n"), 2000)
        self.assertIsNone(system.parse_memory("nothing"))
        self.assertEqual(system.count_processors("cpu  1\ncpu0 1\ncpu1 2\nintr 1\n"), 2)


class Accounts(unittest.TestCase):
    def test_only_the_class_of_a_password(self):
        for field, expected in (
            ("", "empty"), ("*", "locked"), ("!", "locked"), ("!!", "locked"), ("!$6$a$b", "locked"),
            ("$6$salt$hash", "hash"), ("$y$j9T$a$b", "hash"), ("x", "locked"),
        ):
            self.assertEqual(accounts.password_class(field), expected)

    def test_users_without_a_hash_anywhere_in_the_item(self):
        reader = FakeReader(
            files={
                "/etc/passwd": (
                    "root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/root:\nbin:x:1:1:bin:/bin:/sbin/nologin\n"
                    "ana:x:1000:1000::/home/ana:/bin/zsh\nold::1001:1001::/:/bin/sh\nsvc:x:200:200::/:/bin/bash\n"
                    "gone:x:1002:1002::/:/usr/sbin/nologin\nbroken line\n"
                ),
                "/etc/shadow": "root:$6$s$SECRET:1::::::\nana:!:1::::::\nsvc::1::::::\ntoor:*:1::::::\n",
                "/etc/shells": "/bin/sh\n/bin/bash\n/usr/sbin/nologin\n",
            }
        )
        made = item(reader, accounts.collect_users, {})
        self.assertNotIn("SECRET", repr(made))
        self.assertEqual(
            [(one["name"], one["uid"], one["password"], one["login"]) for one in made["value"]],
            [("root", 0, "hash", True), ("toor", 0, "locked", True), ("ana", 1000, "locked", True),
             ("old", 1001, "empty", True), ("svc", 200, "empty", True), ("gone", 1002, "none", False)],
        )
        self.assertEqual(made["value"][1]["shell"], "/bin/sh")

    def test_crontabs(self):
        self.assertEqual(
            accounts.parse_crontab("# x\nMAILTO=root\n17 * * * * root run a\n@daily ana job b\n\n", True),
            [("root", "17 * * * * root run a"), ("ana", "@daily ana job b")],
        )
        self.assertEqual(
            accounts.parse_crontab("*/5 * * * * job\n@reboot other job\n", False),
            [(None, "*/5 * * * * job"), (None, "@reboot other job")],
        )

    def test_both_spools_are_read(self):
        reader = FakeReader(
            files={
                "/etc/crontab": "1 * * * * root a\n",
                "/var/spool/cron/ana": "2 * * * * b\n",
                "/var/spool/cron/crontabs/eva": "3 * * * * c\n",
            }
        )
        made = item(reader, accounts.collect_crons, {})
        self.assertIsNone(made["error"])
        self.assertEqual(sorted(one["user"] for one in made["value"]), ["ana", "eva", "root"])


class Packages(unittest.TestCase):
    def test_dpkg_status(self):
        text = (
            "Package: a\nStatus: install ok installed\nVersion: 1:2.0-3+deb12u1\nDescription: x\n Version: 9\n\n"
            "Package: b\nStatus: deinstall ok config-files\nVersion: 1\n\n"
            "Package: c\nStatus: install ok half-configured\nVersion: 1\n\n"
            "Package: d\nStatus: hold ok installed\nVersion: 4\n"
        )
        self.assertEqual(packages.parse_dpkg(text), {"a": "1:2.0-3+deb12u1", "d": "4"})

    def test_rpm(self):
        self.assertEqual(
            packages.parse_rpm("httpd\t2.4.6-99.el7.centos.1\ngpg-pubkey\t1-2\nnoise\n"),
            {"httpd": "2.4.6-99.el7.centos.1", "gpg-pubkey": "1-2"},
        )

    def test_upstream_versions(self):
        for version, expected in (
            ("1:9.2p1-2+deb12u3", "9.2p1"), ("2.4.6-99.el7.centos.1", "2.4.6"), ("2.9.7-1+b1", "2.9.7"),
            ("1.0~rc1-2", "1.0"), ("0.6.3", "0.6.3"), ("", ""), ("1:10.0p1-7", "10.0p1"),
        ):
            self.assertEqual(packages.upstream(version), expected)

    def test_empty_database_is_an_error(self):
        made = item(FakeReader(files={"/var/lib/dpkg/status": ""}), packages.collect, {})
        self.assertIn("lists no installed package", made["error"])

    def test_rpm_system(self):
        made = item(FakeReader({"rpm": (0, "httpd\t2.4.6-99.el7\n", "")}), packages.collect, {})
        self.assertEqual(made["value"], {"manager": "rpm", "installed": {"httpd": "2.4.6-99.el7"}})


class Services(unittest.TestCase):
    NAMES = ("apache2", "nginx", "chronyd", "logrotate.timer")

    def test_recorded_answers(self):
        for system_name in ("debian11", "debian12", "debian13"):
            states = services.parse_show(fixture(system_name, "systemctl_show.txt"), self.NAMES)
            self.assertEqual(
                (states["apache2"]["active"], states["apache2"]["sub"], states["apache2"]["enabled"]),
                ("active", "running", "enabled"),
            )
            self.assertEqual(states["nginx"]["enabled"], "absent")
            # An alias answers under the name that was asked for.
            self.assertEqual(states["chronyd"]["id"], "chrony.service")

    def test_answer_that_does_not_fit_is_an_error(self):
        self.assertRaises(SourceError, services.parse_show, "Id=a.service\n", self.NAMES)

    def test_no_systemd_is_an_error(self):
        reader = FakeReader({"systemctl": (1, "", "System has not been booted with systemd\n")})
        self.assertIn("not been booted", item(reader, services.collect, {})["error"])


class Time(unittest.TestCase):
    TRACKING = "A29FC87B,162.159.200.123,4,1669262400.1,-0.000012345,0.00001,0.0002,-1.5,0.01,0.2,0.03,0.002,64.2,%s\n"

    def test_chrony(self):
        self.assertEqual(timekeeping.parse_tracking(self.TRACKING % "Normal"), (True, -0.000012345))
        self.assertFalse(timekeeping.parse_tracking(self.TRACKING % "Not synchronised")[0])
        self.assertRaises(SourceError, timekeeping.parse_tracking, "506 Cannot talk to daemon\n")

    def test_ntpd(self):
        self.assertEqual(timekeeping.parse_ntp_variables("leap=00, offset=-1.5\n"), (True, -0.0015))
        self.assertEqual(timekeeping.parse_ntp_variables("leap=11\n"), (False, None))
        self.assertRaises(SourceError, timekeeping.parse_ntp_variables, "ntpq: read: Connection refused\n")

    def test_offsets(self):
        self.assertEqual(timekeeping.format_offset(-21600), "-0600")
        self.assertEqual(timekeeping.format_offset(19800), "+0530")

    def test_zone_of_this_machine_and_the_environment_is_put_back(self):
        self.assertEqual(timekeeping.zone_offset("CST6", "2027-06-06 20:00"), -21600)
        self.assertEqual(timekeeping.zone_offset("CST6CDT,M4.1.0,M10.5.0", "2027-06-06 20:00"), -18000)
        before = timekeeping.os.environ.get("TZ")
        self.assertEqual(timekeeping.os.environ.get("TZ"), before)

    def test_zone_data_missing_is_an_error(self):
        options = {"public_zone": "America/Monterrey", "dst_reference": "2027-06-06 20:00"}
        self.assertIn("no time zone data", item(FakeReader(), timekeeping.collect_zone, options)["error"])


class Network(unittest.TestCase):
    ROUTE = (
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
        "eth0\t00000000\t015B1EAC\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
        "eth1\t00000000\t00000000\t0001\t0\t0\t200\t00000000\t0\t0\t0\n"
        "eth0\t005B1EAC\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    )
    ROUTE6 = (
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
        "fe800000000000000000000000000001 00000064 00000001 00000000 00000003 eth0\n"
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
        "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200 lo\n"
    )

    def test_default_routes(self):
        self.assertEqual(
            network.parse_routes_v4(self.ROUTE, "little"),
            [{"family": 4, "via": "172.30.91.1", "dev": "eth0", "metric": 100},
             {"family": 4, "via": None, "dev": "eth1", "metric": 200}],
        )
        self.assertEqual(
            network.parse_routes_v6(self.ROUTE6),
            [{"family": 6, "via": "fe80::1", "dev": "eth0", "metric": 100}],
        )

    def test_addresses(self):
        for name, address in (("debian11", "172.30.91.11"), ("debian13", "172.30.91.13")):
            self.assertEqual(
                network.parse_addresses(fixture(name, "ip_addr.txt")),
                [{"dev": "eth0", "family": 4, "address": address, "prefix": 24, "scope": "global"}],
            )
        line = "4: ppp0@if9    inet 10.0.0.2 peer 10.0.0.1/32 scope global ppp0\n"
        self.assertEqual(network.parse_addresses(line)[0]["address"], "10.0.0.2")

    def test_bond(self):
        text = (
            "Ethernet Channel Bonding Driver: v3.7.1\n\nBonding Mode: fault-tolerance (active-backup)\n"
            "MII Status: up\n\nSlave Interface: eth0\nMII Status: up\n\nSlave Interface: eth1\nMII Status: down\n"
        )
        bond = network.parse_bond("bond0", text)
        self.assertEqual(bond["members"], [{"dev": "eth0", "up": True}, {"dev": "eth1", "up": False}])
        self.assertEqual(bond["mode"], "fault-tolerance (active-backup)")


class Logs(unittest.TestCase):
    def test_globals_hold_for_what_follows_and_local_lines_win(self):
        reader = FakeReader(
            files={
                "/etc/logrotate.conf": "weekly\nrotate 4\n# c\ncreate\ninclude /etc/logrotate.d\n"
                "/var/log/wtmp {\n  monthly\n  rotate 1\n}\n",
                "/etc/logrotate.d/httpd": '/var/log/httpd/*log "/var/log/b c" {\n daily\n rotate 400\n maxage 400\n'
                " postrotate\n  rotate 1\n endscript\n compress\n}\n",
                "/etc/logrotate.d/two": "/var/log/x\n/var/log/y\n{\n size 10M\n}\n",
                "/etc/logrotate.d/old.rpmsave": "/var/log/z {\n rotate 9\n}\n",
            }
        )
        made = item(reader, logs.collect, {})
        self.assertIsNone(made["error"])
        found = dict((one["pattern"], one) for one in made["value"]["files"])
        self.assertEqual(
            sorted(found),
            ["/var/log/b c", "/var/log/httpd/*log", "/var/log/wtmp", "/var/log/x", "/var/log/y"],
        )
        self.assertEqual(found["/var/log/httpd/*log"]["rotate"], 400)
        self.assertEqual(found["/var/log/httpd/*log"]["frequency"], "daily")
        self.assertEqual(found["/var/log/httpd/*log"]["maxage"], 400)
        self.assertTrue(found["/var/log/httpd/*log"]["compress"])
        self.assertEqual((found["/var/log/x"]["rotate"], found["/var/log/x"]["size"]), (4, "10M"))
        self.assertEqual(found["/var/log/wtmp"]["frequency"], "monthly")

    def test_not_installed(self):
        self.assertEqual(
            item(FakeReader(), logs.collect, {})["value"], {"present": False, "files": []}
        )


if __name__ == "__main__":
    unittest.main()
