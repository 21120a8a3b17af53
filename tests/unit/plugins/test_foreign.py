# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What a server does besides PREP: found, allowed, and what of it may be stopped."""

from __future__ import absolute_import, division, print_function, unicode_literals

import unittest

from ansible_collections.iepc.prep.plugins.module_utils import foreign
from ansible_collections.iepc.prep.plugins.module_utils import foreign_tables as tables

__metaclass__ = type


def unit(name, **changes):
    """A unit that runs and starts with the system."""
    path = "/usr/lib/systemd/system/" + name
    one = {"unit": name, "active": "active", "sub": "running", "enabled": "enabled", "file": path, "pid": 9,
           "triggered_by": [], "listens": []}
    return dict(one, **changes)


def socket(port, owner, address="0.0.0.0", proto="tcp", **changes):
    """A listening socket of a unit's."""
    one = {"proto": proto, "family": 4, "address": address, "port": port, "process": "p", "exe": "/usr/bin/p", "pid": 9,
           "user": "x", "unit": owner}
    return dict(one, **changes)


def values(**changes):
    """A server that serves PREP and nothing else, changed."""
    found = {
        "units": [unit("sshd.service"), unit("httpd.service")],
        "sockets.listening": [socket(22, "sshd.service"), socket(80, "httpd.service", "::")],
        "owners": {"/usr/bin/p": "p"},
        "processes": [{"comm": "httpd", "user": "root", "unit": "httpd.service", "count": 3}],
        "packages": {"manager": "rpm", "installed": {"httpd": "2.4.6", "mariadb-libs": "5.5"}},
        "containers": {"engines": [], "running": 0, "containers": []},
        "httpd": {"present": True, "syntax_ok": True, "vhosts": [
            {"address": "*", "port": 80, "name": "PREP.example.org", "file": "/a", "line": 1, "aliases": []}]},
        "crons": [{"file": "/etc/crontab", "user": "root", "line": "1 * * * * root run-parts /etc/cron.hourly"}],
        "users": [{"name": "root", "uid": 0, "shell": "/bin/bash", "home": "/root", "login": True, "password": "hash"}],
        "ssh.authorized": {"root": [{"sha256": "x"}]},
    }
    for key, value in changes.items():
        found[key.replace("sockets", "sockets.listening") if key == "sockets" else key] = value
    return found


def judge(allowed=(), extra=(), **changes):
    """Findings by (kind, name)."""
    found, left_out = foreign.all_findings(values(**changes), "prep.example.org", allowed, extra)
    return dict(((one["kind"], one["name"]), one) for one in found), left_out


class Findings(unittest.TestCase):
    def test_a_dedicated_server_has_none(self):
        self.assertEqual(judge(), ({}, []))

    def test_a_service_goes_with_what_would_start_it_again(self):
        units = [
            unit("cups.service", triggered_by=["cups.socket", "cups.path"]),
            unit("cups.socket", listens=[{"proto": "tcp", "address": "0.0.0.0", "port": 631}]),
        ]
        found, _left = judge(units=units, sockets=[socket(631, "init.scope", pid=1, process="systemd")])
        together = ["cups.path", "cups.socket", "cups.service"]
        self.assertEqual(found["unit", "cups.service"]["stop"], together)
        # A port that systemd holds is its socket unit's.
        self.assertEqual(found["port", "631/tcp"]["unit"], "cups.socket")
        self.assertEqual(foreign.stoppable(found.values()), together)
        # The socket alone, before anybody printed.
        found, _left = judge(units=units[1:], sockets=[])
        self.assertEqual(found["unit", "cups.socket"]["stop"], ["cups.socket"])

    def test_what_carries_the_server_is_named_and_stays(self):
        for name, reason in (
            ("sshd.service", "SSH"), ("qemu-guest-agent.service", "hypervisor"), ("vmtoolsd.service", "hypervisor"),
            ("waagent.service", "hypervisor"), ("NetworkManager.service", "network"), ("named.service", "look-ups"),
            ("wg-quick@wg0.service", "tunnel"), ("httpd.service", "PREP"), ("nut-server.service", "hardware"),
            ("systemd-resolved.service", "system"), ("cloud-init.service", "hypervisor"),
        ):
            found, _left = judge(units=[unit(name)], sockets=[socket(9999, name)])
            port = found["port", "9999/tcp"]
            self.assertEqual(port["stop"], [], name)
            self.assertIn(reason, port["keep"], name)
            self.assertIn(name, port["seen"])

    def test_no_unit_is_both_foreign_and_protected(self):
        names = ("mariadb nginx docker postfix rpcbind cups sshd httpd apache2 rsyncd firewalld fail2ban crond rsyslog "
                 "chronyd NetworkManager qemu-guest-agent systemd-logind dbus-broker getty@tty1 prep-limits").split()
        for name in names:
            self.assertNotEqual(bool(tables.category(name)), bool(tables.protection(name)), name)

    def test_a_stranger_is_stopped_only_when_the_network_reaches_it(self):
        own = unit("tienda.service", file="/etc/systemd/system/tienda.service")
        found, _left = judge(units=[own], sockets=[socket(8080, "tienda.service")])
        self.assertEqual(found["unit", "tienda.service"]["stop"], ["tienda.service"])
        self.assertEqual(found["port", "8080/tcp"]["stop"], ["tienda.service"])
        found, _left = judge(units=[own], sockets=[socket(8080, "tienda.service", "127.0.0.1")])
        self.assertEqual(list(found), [("unit", "tienda.service")])
        self.assertEqual((found["unit", "tienda.service"]["stop"], found["unit", "tienda.service"]["keep"]),
                         ([], foreign.UNKNOWN))
        found, _left = judge(units=[own], sockets=[], extra=["tienda"])
        self.assertEqual(found["unit", "tienda.service"]["stop"], ["tienda.service"])

    def test_a_program_started_by_hand_has_nothing_to_stop(self):
        for owner in (None, "session-3.scope", "user@1000.service", "docker-ab.scope"):
            found, _left = judge(sockets=[socket(8080, owner)])
            self.assertEqual((found["port", "8080/tcp"]["stop"], found["port", "8080/tcp"]["keep"]),
                             ([], foreign.BY_HAND))

    def test_databases_by_process_package_and_unit(self):
        found, _left = judge(
            processes=[{"comm": "mysqld", "user": "mysql", "unit": None, "count": 1},
                       {"comm": "redis-server", "user": "redis", "unit": "redis.service", "count": 1}],
            packages={"manager": "rpm", "installed": {"mariadb-server": "5.5.68", "mariadb-libs": "5.5.68"}},
            units=[unit("redis.service"), unit("postgresql@15-main.service")],
        )
        self.assertEqual(
            sorted(found),
            [("package", "mariadb-server"), ("process", "mysqld"), ("process", "redis-server"),
             ("unit", "postgresql@15-main.service"), ("unit", "redis.service")],
        )
        self.assertEqual(found["process", "redis-server"]["stop"], ["redis.service"])
        self.assertEqual(found["process", "mysqld"]["keep"], foreign.BY_HAND)

    def test_containers_end_with_their_engine(self):
        running = {"engines": ["docker"], "running": 1, "containers": [
            {"engine": "docker", "id": "ab" * 32, "name": None, "image": "wordpress:6"}]}
        found, _left = judge(containers=running, units=[unit("docker.service", triggered_by=["docker.socket"])])
        self.assertEqual(found["container", "abababababab"]["stop"], ["docker.socket", "docker.service"])
        found, _left = judge(containers=running)
        self.assertIn("its own engine", found["container", "abababababab"]["keep"])

    def test_sites_jobs_and_accounts_are_told_and_left_alone(self):
        found, _left = judge(
            httpd={"present": True, "syntax_ok": True,
                   "vhosts": [{"port": 80, "name": "tienda.example", "file": "/b", "line": 4}]},
            crons=[{"file": "/var/spool/cron/ana", "user": "ana", "line": "* * * * * a"},
                   {"file": "/var/spool/cron/ana", "user": "ana", "line": "* * * * * b"},
                   {"file": "/etc/cron.daily/x", "user": "root", "line": "@daily"},
                   {"file": "/etc/cron.daily/logrotate", "user": "root", "line": "@daily"}],
            owners={"/etc/cron.daily/logrotate": "logrotate", "/etc/cron.daily/x": None},
            users=[{"name": "ana", "uid": 1000, "shell": "/bin/sh", "login": True, "password": "hash"},
                   {"name": "eva", "uid": 1001, "shell": "/bin/sh", "login": True, "password": "locked"},
                   {"name": "toor", "uid": 0, "shell": "/bin/sh", "login": True, "password": "empty"},
                   {"name": "www", "uid": 33, "shell": "/sbin/nologin", "login": False, "password": "hash"}],
        )
        self.assertEqual(
            sorted(found),
            [("account", "ana"), ("account", "toor"), ("cron", "/etc/cron.daily/x"), ("cron", "/var/spool/cron/ana"),
             ("vhost", "tienda.example")],
        )
        self.assertIn("* * * * * b", found["cron", "/var/spool/cron/ana"]["seen"])
        self.assertEqual(set(one["keep"] for one in found.values()), set([foreign.OUTLETS_OWN]))

    def test_what_was_not_read_is_left_out_and_said(self):
        found, left = judge(owners=None, httpd={"present": True, "syntax_ok": False, "vhosts": []})
        self.assertEqual((found, left), ({}, ["unit", "port", "vhost", "cron"]))
        self.assertEqual(foreign.all_findings(values())[1], ["vhost"])
        self.assertEqual(foreign.all_findings({})[1], list(foreign.KINDS))


class Allowing(unittest.TestCase):
    def test_an_allowed_unit_may_have_its_ports(self):
        found, _left = judge(
            [{"kind": "unit", "name": "zabbix-agent", "reason": "el proveedor"}],
            units=[unit("zabbix-agent.service", file="/etc/systemd/system/zabbix-agent.service")],
            sockets=[socket(10050, "zabbix-agent.service"), socket(8080, "otro.service")],
        )
        self.assertEqual(found["port", "10050/tcp"]["allowed"], "el proveedor")
        self.assertEqual(found["unit", "zabbix-agent.service"]["allowed"], "el proveedor")
        self.assertIsNone(found["port", "8080/tcp"]["allowed"])
        self.assertEqual(foreign.stoppable(found.values()), ["otro.service"])

    def test_mistakes_are_one_line_each(self):
        self.assertEqual(foreign.problems([{"kind": "unit", "name": "a", "reason": "b"}], ["tienda"]), [])
        self.assertEqual(
            foreign.problems([{"kind": "servise", "name": "a", "reason": " "}], ["ssh.service"]),
            ["dedicated_host_allowed[0].reason: expected a text, got nothing",
             "dedicated_host_allowed[0].kind: expected one of unit, port, process, package, container, vhost, cron, "
             "account, got servise",
             "dedicated_host_foreign_units[0]: expected a unit that may be stopped, got ssh.service, which carries the "
             "way in (SSH)"],
        )


if __name__ == "__main__":
    unittest.main()
