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
    owners,
    packages,
    power,
    processes,
    services,
    sockets,
    system,
    timekeeping,
    units,
)
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.items import Look, item
from fake_reader import FakeReader, fixture, shown

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
            processes.count([("a", "root", "a.service"), ("b", "x", None), ("a", "root", "a.service")]),
            [{"comm": "a", "user": "root", "unit": "a.service", "count": 2},
             {"comm": "b", "user": "x", "unit": None, "count": 1}],
        )

    def test_containers_are_named_by_their_monitors(self):
        ident = "4c92d69f5566e5a02c322d8f34992925d1d85cf0350aefa6d1f24d7d08015328"
        shim = "/usr/bin/containerd-shim-runc-v2\0-namespace\0%s\0-id\0" + ident + "\0-address\0/run/c.sock\0"
        for comm, cmdline, engine, name in (
            ("containerd-shim", shim % "moby", "docker", None),
            ("containerd-shim", shim % "k8s.io", "kubernetes", None),
            ("docker-containe", "/usr/bin/docker-containerd-shim-current\0" + ident + "\0/var/run/docker\0",
             "docker", None),
            ("conmon", "/usr/bin/conmon\0--api-version\0001\0-c\0" + ident
             + "\0-n\0blog\0--exit-command\0/usr/bin/podman\0", "podman", "blog"),
            ("systemd-nspawn", "systemd-nspawn\0--quiet\0--machine=viejo\0", "nspawn", "viejo"),
        ):
            found = containers.parse_monitor(comm, cmdline)
            self.assertEqual((found["engine"], found["name"]), (engine, name), cmdline)
            self.assertEqual(found["id"], None if engine == "nspawn" else ident)

    def test_docker_itself_says_what_a_container_is_called(self):
        self.assertEqual(
            containers.parse_docker_config('{"Name": "/tienda", "Config": {"Image": "wordpress:6"}}'),
            ("tienda", "wordpress:6"),
        )
        for odd in ("", "[]", '"x"', "{", "null"):
            self.assertEqual(containers.parse_docker_config(odd), (None, None), odd)

    def test_units_of_processes(self):
        lab = "/docker/4c92d69f5566"
        for cgroup, root, unit in (
            ("9:name=systemd:/system.slice/sshd.service\n8:pids:/x\n", "", "sshd.service"),
            ("0::/system.slice/redis-server.service\n", "", "redis-server.service"),
            ("1:name=systemd:%s/system.slice/ssh.service\n0::/\n" % lab, lab, "ssh.service"),
            # Somebody else's systemd, inside a container: not this server's ssh.service.
            ("0::/system.slice/docker-ab.scope/system.slice/ssh.service\n", "", "docker-ab.scope"),
            ("0::/user.slice/user-0.slice/session-3.scope\n", "", "session-3.scope"),
            ("0::/\n", "", None), ("", "", None),
        ):
            self.assertEqual(sockets.unit_of(sockets.systemd_path(cgroup), root), unit, cgroup)


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
                "/etc/cron.daily/respaldo": "#!/bin/sh\n",
                "/etc/cron.daily/.placeholder": "",
                "/var/spool/cron/atjobs/a00012019ab3c4": "",
                "/var/spool/cron/atjobs/.SEQ": "",
            }
        )
        made = item(reader, accounts.collect_crons, {})
        self.assertIsNone(made["error"])
        self.assertEqual(
            sorted((one["user"], one["line"]) for one in made["value"]),
            [("ana", "2 * * * * b"), ("eva", "3 * * * * c"), ("root", "1 * * * * root a"), ("root", "@at"),
             ("root", "@daily")],
        )


class Packages(unittest.TestCase):
    def test_dpkg_status(self):
        text = (
            "Package: a\nStatus: install ok installed\nVersion: 1:2.0-3+deb12u1\nDescription: x\n Version: 9\n\n"
            "Package: b\nStatus: deinstall ok config-files\nVersion: 1\n\n"
            "Package: c\nStatus: install ok half-configured\nVersion: 1\n\n"
            "Package: d\nStatus: hold ok installed\nVersion: 4\n"
        )
        self.assertEqual(packages.parse_dpkg(text), {"a": "1:2.0-3+deb12u1", "d": "4"})

    def test_only_what_nothing_is_left_to_do_about_is_settled(self):
        status = "\n\n".join(
            "Package: %s\nStatus: %s\nVersion: 1" % entry
            for entry in (
                ("a", "install ok installed"), ("held", "hold ok installed"), ("auto", "install ok installed"),
                ("torn", "install reinstreq installed"), ("gone", "deinstall ok config-files"),
            )
        )  # fmt: skip
        files = {
            "/var/lib/dpkg/status": status,
            "/var/lib/apt/lists/one_InRelease": "",
            "/var/lib/apt/extended_states": "Package: auto\nAuto-Installed: 1\n\nPackage: a\nAuto-Installed: 0\n",
        }
        self.assertEqual(packages.settled(Look(FakeReader(files=files))), ["a"])
        # A run of dpkg that was cut off left its journal: who knows what is whole?
        files["/var/lib/dpkg/updates/0001"] = ""
        self.assertEqual(packages.settled(Look(FakeReader(files=files))), [])
        self.assertEqual(packages.index_age(Look(FakeReader(files=files)), 1500.0), 499)
        self.assertEqual(packages.index_age(Look(FakeReader()), 1500.0), -1)
        rpm = FakeReader({"rpm": (0, "httpd\t2.4.6-99.el7\nchrony\t3.4-1\n", "")})
        self.assertEqual(packages.settled(Look(rpm)), ["chrony", "httpd"])

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


class Units(unittest.TestCase):
    # The first socket as systemd 219 tells it, the second as today's does.
    SHOW = (
        "Id=rpcbind.socket\nTriggeredBy=\nActiveState=active\nSubState=running\nUnitFileState=enabled\n"
        "FragmentPath=/usr/lib/systemd/system/rpcbind.socket\n"
        "ListenStream=/var/run/rpcbind.sock\nListenStream=[::]:111\nListenDatagram=0.0.0.0:111\n\n"
        "Listen=0.0.0.0:631 (Stream)\nListen=/run/cups/cups.sock (Stream)\nId=cups.socket\nActiveState=active\n"
        "SubState=listening\nUnitFileState=enabled\nFragmentPath=/lib/systemd/system/cups.socket\n\n"
        "MainPID=412\nId=exim4.service\nTriggeredBy=exim4.timer\nActiveState=active\nSubState=running\n"
        "UnitFileState=generated\nFragmentPath=/run/systemd/generator.late/exim4.service\n"
        "SourcePath=/etc/init.d/exim4\n\n"
        "MainPID=0\nId=idle.service\nActiveState=inactive\nSubState=dead\nUnitFileState=disabled\n\n"
        "MainPID=0\nId=later.service\nActiveState=inactive\nSubState=dead\nUnitFileState=enabled\n"
    )

    def test_what_runs_or_would_start(self):
        found = dict((one["unit"], one) for one in units.parse(self.SHOW))
        self.assertEqual(sorted(found), ["cups.socket", "exim4.service", "later.service", "rpcbind.socket"])
        self.assertEqual(
            found["rpcbind.socket"]["listens"],
            [{"proto": "tcp", "address": "::", "port": 111}, {"proto": "udp", "address": "0.0.0.0", "port": 111}],
        )
        self.assertEqual(found["cups.socket"]["listens"], [{"proto": "tcp", "address": "0.0.0.0", "port": 631}])
        self.assertEqual(found["exim4.service"]["file"], "/etc/init.d/exim4")
        self.assertEqual(found["exim4.service"]["pid"], 412)
        self.assertEqual(found["exim4.service"]["triggered_by"], ["exim4.timer"])

    def test_an_answer_without_units_is_an_error(self):
        for answer in ("", "noise = noise\n"):
            made = item(FakeReader({"systemctl": (0, answer, "")}), units.collect, {})
            self.assertIn("names no unit", made["error"])


class Owners(unittest.TestCase):
    PATHS = ["/etc/cron.daily/respaldo", "/lib/systemd/system/ssh.service", "/usr/sbin/apache2"]

    def test_dpkg_knows_some_by_their_old_name(self):
        text = (
            "diversion by dash from: /bin/sh\nopenssh-server: /usr/lib/systemd/system/ssh.service\n"
            "apache2-bin:amd64, other: /usr/sbin/apache2\n"
        )
        self.assertEqual(
            [owners.parse_dpkg(text, self.PATHS)[path] for path in self.PATHS],
            [None, "openssh-server", "apache2-bin"],
        )

    def test_rpm(self):
        text = "file /etc/cron.daily/respaldo is not owned by any package\nopenssh-server\nhttpd\n"
        self.assertEqual(
            [owners.parse_rpm(text, self.PATHS)[path] for path in self.PATHS], [None, "openssh-server", "httpd"]
        )
        self.assertRaises(SourceError, owners.parse_rpm, "httpd\n", self.PATHS)

    def test_only_the_administrators_units_and_what_listens_is_asked_for(self):
        reader = FakeReader(
            {"systemctl": (0, Units.SHOW, ""),
             "rpm": (0, "initscripts\ncronie\nfile x is not owned by any package\n", "")},
            files={
                "/proc/net/tcp": TCP, "/proc/net/udp": UDP, "/proc/40/comm": "sshd\n", "/etc/init.d/exim4": "",
                "/etc/cron.d/0hourly": "",
                "/etc/cron.daily/x": "",
            },
        )
        made = item(reader, owners.collect, {})
        self.assertIsNone(made["error"])
        self.assertEqual(
            made["value"],
            {"/etc/cron.d/0hourly": "initscripts", "/etc/cron.daily/x": "cronie", "/etc/init.d/exim4": None},
        )


class Time(unittest.TestCase):
    TRACKING = "A29FC87B,162.159.200.123,4,1669262400.1,-0.000012345,0.00001,0.0002,-1.5,0.01,0.2,0.03,0.002,64.2,%s\n"

    def test_chrony(self):
        self.assertEqual(timekeeping.parse_tracking(self.TRACKING % "Normal"), (True, -0.000012345))
        self.assertFalse(timekeeping.parse_tracking(self.TRACKING % "Not synchronised")[0])
        self.assertRaises(SourceError, timekeeping.parse_tracking, "506 Cannot talk to daemon\n")

    def test_a_clock_that_chrony_may_not_set(self):
        """Recorded in a container whose chronyd, started with -x, was told that its source is 90 s away."""
        tracking = (
            "AC1E3E14,172.30.62.20,9,1795529910.267387934,-0.000000002,-90.000007629,90.000007629,0.000,-3.960,"
            "0.094,0.000043720,0.000027091,2.0,Normal\n"
        )
        sources = (
            "^,?,172.30.62.21,8,6,0,4294967295,0.000000000,0.000000000,0.000000000\n"
            "^,*,172.30.62.20,8,6,7,1,-90.000007629,-90.000007629,0.000022810\n"
        )
        self.assertEqual(timekeeping.parse_sources(sources), -90.000007629)
        self.assertIsNone(timekeeping.parse_sources(""))
        reader = FakeReader({
            services.SHOW: (0, shown("chrony"), ""),
            timekeeping.TRACKING: (0, tracking, ""), timekeeping.SOURCES: (0, sources, ""),
        })
        sync = item(reader, timekeeping.collect_sync, {})["value"]
        self.assertEqual((sync["service"], sync["synchronized"], sync["offset_s"]), ("chrony", True, -90.000007629))

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
        self.assertEqual((bond["mode"], bond["active"]), ("fault-tolerance (active-backup)", None))
        bond = network.parse_bond("b", "Bonding Mode: x\nCurrently Active Slave: eth0\nMII Status: up\n")
        self.assertEqual((bond["active"], bond["members"]), ("eth0", []))

    def test_team(self):
        text = (
            '{"ports": {"ens3": {"link": {"up": true, "duration": 0}, "runner": {}},'
            ' "ens4": {"link": {"up": false}}}, "runner": {"active_port": "ens3"},'
            ' "setup": {"daemonized": true, "runner_name": "activebackup"}, "team_device": {}}'
        )
        team = network.parse_team("team0", text)
        self.assertEqual((team["mode"], team["active"]), ("team activebackup", "ens3"))
        self.assertEqual(team["members"], [{"dev": "ens3", "up": True}, {"dev": "ens4", "up": False}])
        for odd in ("", "[]", "{}", '{"setup": {"runner_name": "lacp"}, "ports": {"a": {}}}'):
            self.assertRaises(SourceError, network.parse_team, "team0", odd)

    def test_every_hop_and_table_counts(self):
        # As `ip -o` prints them: one route a line, its next hops behind backslashes.
        text = (
            "default proto static metric 100 \\\tnexthop via 203.0.113.1 dev eth0 weight 1 \\"
            "\tnexthop via 198.51.100.1 dev eth1 weight 1 \n"
            "default via 192.0.2.1 dev eth2 table 200 \ndefault dev tun0 scope link \n"
            "unreachable default dev lo metric 4294967295\n10.0.0.0/8 via 10.1.1.1 dev eth9\n"
        )
        self.assertEqual(
            [(one["via"], one["dev"], one["metric"]) for one in network.parse_ip_routes(text, 4)],
            [("203.0.113.1", "eth0", 100), ("198.51.100.1", "eth1", 100), ("192.0.2.1", "eth2", 0), (None, "tun0", 0)],
        )


class Power(unittest.TestCase):
    UPSC = (
        "battery.charge: %s\nbattery.runtime: 1620\ndevice.mfr: American Power Conversion\n"
        "device.model: Smart-UPS 1500\ndriver.name: usbhid-ups\nups.load: 12\nups.status: %s\n"
    )
    APC = (
        "APC      : 001,036,0879\nDATE     : 2022-06-05 20:01:05 -0500  \nHOSTNAME : difusor\n"
        "VERSION  : 3.14.14 (31 May 2016) redhat\nUPSNAME  : torre\nCABLE    : USB Cable\nDRIVER   : USB UPS Driver\n"
        "STARTTIME: 2022-05-29 09:00:00 -0500  \nMODEL    : Back-UPS RS 1500G \nSTATUS   : %s \n"
        "LINEV    : 121.0 Volts\nLOADPCT  : 12.0 Percent\nBCHARGE  : 98.0 Percent\nTIMELEFT : 63.5 Minutes\n"
        "END APC  : 2022-06-05 20:01:30 -0500  \n"
    )

    def test_nut(self):
        for status, on_line, faults in (
            ("OL", True, []), ("OL CHRG", True, []), ("OB DISCHRG", False, ["battery"]),
            ("OB LB", False, ["battery", "low"]), ("OL RB", True, ["replace"]), ("OL BYPASS", True, ["bypass"]),
            ("OFF", False, ["off"]),
        ):
            one = power.parse_upsc("ups@localhost", self.UPSC % (98, status))
            self.assertEqual((one["on_line"], one["faults"]), (on_line, faults), status)
            self.assertEqual((one["charge_pct"], one["runtime_s"], one["model"]), (98.0, 1620, "Smart-UPS 1500"))
        self.assertIsNone(power.parse_upsc("ups", "driver.name: dummy-ups\n"))
        # As NUT 2.8.0 printed it of its own driver for tests.
        one = power.parse_upsc("torre@localhost", fixture("debian12", "upsc.txt"))
        self.assertEqual((one["status"], one["on_line"], one["faults"]), ("OL CHRG", True, []))

    def test_apcupsd(self):
        for status, on_line, faults in (
            ("ONLINE", True, []), ("ONBATT", False, ["battery"]), ("ONBATT LOWBATT", False, ["battery", "low"]),
            ("TRIM ONLINE", True, []), ("ONLINE REPLACEBATT", True, ["replace"]),
        ):
            one = power.parse_apcaccess(self.APC % status)
            self.assertEqual((one["name"], one["on_line"], one["faults"]), ("torre", on_line, faults), status)
            self.assertEqual((one["charge_pct"], one["runtime_s"], one["model"]), (98.0, 3810, "Back-UPS RS 1500G"))
        self.assertIsNone(power.parse_apcaccess(self.APC % "COMMLOST"))

    def test_nut_asks_for_what_upsmon_watches_and_keeps_no_password(self):
        reader = FakeReader(
            {("upsc", "torre@10.0.0.9"): (0, self.UPSC % (98, "OL"), "Init SSL without certificate database\n")},
            files={
                "/etc/nut/upsmon.conf": "# MONITOR old 1 a b master\nMONITOR torre@10.0.0.9 1 prep SECRETO secondary\n"
            },
        )
        made = item(reader, power.collect, {})
        self.assertEqual((made["value"]["present"], made["value"]["tool"]), (True, "nut"))
        self.assertEqual(made["value"]["supplies"][0]["name"], "torre@10.0.0.9")
        self.assertNotIn("SECRETO", repr(made))

    def test_a_tool_without_a_ups_is_no_backup_power(self):
        reader = FakeReader(
            {
                "upsc": (1, "", "Error: Connection failure: Connection refused\n"),
                "apcaccess": (1, "", "Error contacting apcupsd @ localhost:3551: Connection refused\n"),
            }
        )
        made = item(reader, power.collect, {})
        self.assertEqual((made["error"], made["value"]["present"]), (None, False))
        self.assertEqual(
            made["value"]["reason"],
            "nut: Error: Connection failure: Connection refused; "
            "apcupsd: Error contacting apcupsd @ localhost:3551: Connection refused",
        )
        # Nothing installed: nothing to say.
        self.assertIsNone(item(FakeReader(), power.collect, {})["value"]["reason"])

    def test_the_kernel_knows_some_itself(self):
        place = "/sys/class/power_supply/%s/%s"
        reader = FakeReader(files={
            place % ("hid0", "type"): "UPS\n", place % ("hid0", "status"): "Discharging\n",
            place % ("hid0", "capacity"): "55\n", place % ("BAT0", "type"): "Battery\n",
        })
        made = item(reader, power.collect, {})["value"]
        self.assertEqual((made["tool"], len(made["supplies"])), ("kernel", 1))
        self.assertEqual((made["supplies"][0]["faults"], made["supplies"][0]["charge_pct"]), (["battery"], 55))


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
