# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole trip: on an empty server, on one whose every answer is noise, on this machine, and as modules."""

from __future__ import absolute_import, division, print_function

import json
import os
import subprocess
import sys
import unittest

from ansible_collections.iepc.prep.plugins.module_utils.evidence import catalogue, reader
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import to_text
from fake_reader import FakeReader

try:
    import ansible.module_utils.basic  # noqa: F401

    HAS_CORE = True
except ImportError:
    HAS_CORE = False

__metaclass__ = type

KEYS = (
    "os.release", "os.kernel", "hardware", "time.clock", "time.sync", "time.zone", "sockets.listening", "packages",
    "processes", "services", "sshd.version", "sshd.effective", "ssh.host_keys", "ssh.authorized",
    "firewall.manager", "firewall.nft", "firewall.iptables", "fail2ban", "httpd", "modsecurity", "rsync",
    "logs.policy", "disk", "users", "crons", "containers", "network", "ups", "publication", "safety_net", "reboot",
    "units", "owners", "logs.cleaners", "logs.usage", "config.loaded",
)
ITEM = ["at", "error", "rc", "source", "truncated", "value"]
PROGRAMS = (
    "systemctl", "sshd", "nft", "iptables-save", "fail2ban-client", "httpd", "rsync", "chronyc", "ip", "rpm",
)
NOISE = b"\xff\xfe\x00 {[\"' = : | - \n\xc3(\n\n\tx\n" * 3


# What is only looked at (not read), and free-form files in which a line that means nothing is no line.
TAKES_ANYTHING = (
    "os.kernel", "time.clock", "time.zone", "disk", "ups", "logs.policy", "logs.cleaners", "logs.usage", "crons",
    "firewall.iptables",
)


class Noise(FakeReader):
    """Every program and every file is there and says nothing sensible."""

    def __init__(self, rc):
        FakeReader.__init__(self, dict((name, (rc, to_text(NOISE), to_text(NOISE))) for name in PROGRAMS))

    def read_bytes(self, path, limit=0):
        return NOISE, False

    def listdir(self, path):
        return ["1", u"a\ufffd"]


class Whole(unittest.TestCase):
    def test_keys(self):
        self.assertEqual(sorted(key for key, _collect in catalogue.COLLECTORS), sorted(KEYS))

    def test_an_empty_server_gives_every_item(self):
        evidence = catalogue.gather(FakeReader())
        self.assertEqual(sorted(evidence["items"]), sorted(KEYS))
        for key, item in evidence["items"].items():
            self.assertEqual(sorted(item), ITEM, key)
            self.assertTrue((item["value"] is None) == (item["error"] is not None), key)
        for key in ("fail2ban", "httpd", "modsecurity", "rsync", "firewall.nft", "ups"):
            self.assertEqual(evidence["items"][key]["value"]["present"], False, key)

    def test_noise_never_breaks_the_trip_nor_a_parser_by_accident(self):
        for rc in (0, 1):
            evidence = catalogue.gather(Noise(rc), {"allowed_source": "192.0.2.1"})
            json.dumps(evidence)
            self.assertEqual(sorted(evidence["items"]), sorted(KEYS))
            for key in set(KEYS) - set(TAKES_ANYTHING):
                self.assertIsNotNone(evidence["items"][key]["error"], key)

    def test_only_some(self):
        evidence = catalogue.gather(FakeReader(), {}, ["os.kernel"])
        self.assertEqual(list(evidence["items"]), ["os.kernel"])

    def test_this_machine(self):
        real = reader.Reader()
        evidence = catalogue.gather(real, {"content_root": "/nonexistent"})
        json.dumps(evidence)
        self.assertLess(real.started, 30)
        for key in ("os.kernel", "hardware", "processes", "disk", "reboot", "sockets.listening"):
            self.assertIsNone(evidence["items"][key]["error"], evidence["items"][key])
        for item in evidence["items"].values():
            self.assertFalse((item["error"] or "").startswith(("KeyError", "TypeError", "AttributeError")), item)


class Modules(unittest.TestCase):
    """The modules as Ansible starts them: arguments as JSON on standard input, JSON back."""

    def run_module(self, name, **arguments):
        if not HAS_CORE:
            self.skipTest("no ansible-core for this Python")
        package = "ansible_collections.iepc.prep.plugins.modules." + name
        code = (
            # From 2.19 on the module's wrapper names how answers are written; there is no wrapper here.
            "import ansible.module_utils.basic as basic; basic._ANSIBLE_PROFILE = 'legacy';"
            "from %s import main; main()" % package
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path)),
        )
        out, err = process.communicate(
            json.dumps({"ANSIBLE_MODULE_ARGS": dict(arguments, _ansible_check_mode=True)}).encode("ascii")
        )
        self.assertTrue(out.strip(), to_text(err))
        return json.loads(to_text(out))

    def test_host_evidence(self):
        result = self.run_module("host_evidence", items=["os.kernel", "hardware"])
        self.assertEqual(sorted(result["evidence"]["items"]), ["hardware", "os.kernel"])
        self.assertFalse(result["changed"])
        self.assertTrue(self.run_module("host_evidence", items=["os.colour"])["failed"])

    def test_component_versions(self):
        result = self.run_module("component_versions", names=["httpd", "openssl", "firewalld"])
        self.assertEqual(sorted(result["versions"]), ["firewalld", "httpd", "openssl"])

    def test_public_probe(self):
        targets = [{"target": "a", "address": "127.0.0.1"}, {"target": "b", "address": "127.0.0.1", "address6": "::1"}]
        result = self.run_module("public_probe", targets=targets, ports=[1], connect_timeout=0.5, total_timeout=1)
        seen = [(probe["target"], probe["vantage"]) for probe in result["probes"]]
        self.assertEqual(seen, [("a", "control"), ("b", "control"), ("b", "control (IPv6)")])
        self.assertEqual(result["probes"][0]["items"]["tcp.1"]["value"]["state"], "refused")
        self.assertNotIn("http.attack", result["probes"][0]["items"])
        self.assertEqual([probe.get("published") for probe in result["probes"]], [None, None, False])
        self.assertTrue(self.run_module("public_probe", targets=targets, ports=[0])["failed"])


if __name__ == "__main__":
    unittest.main()
