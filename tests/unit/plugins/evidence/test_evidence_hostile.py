# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Programs that fail, hang, flood, or answer nonsense, in place of a server's own: real processes on PATH.

Whatever they do, the trip ends in time, in bounds, and each item that rests on them says why it has no value.
"""

from __future__ import absolute_import, division, print_function

import json
import os
import resource
import shutil
import tempfile
import time
import unittest

from ansible_collections.iepc.prep.plugins.module_utils.evidence import catalogue
from ansible_collections.iepc.prep.plugins.module_utils.evidence import reader as reading

__metaclass__ = type

PROGRAMS = (
    "systemctl", "sshd", "nft", "iptables-save", "ip6tables-save", "fail2ban-client", "apache2", "apache2ctl",
    "rsync", "chronyc", "ip", "dpkg",
)
# What rests on one of them alone or before all.
RESTING = (
    "services", "units", "sshd.version", "sshd.effective", "firewall.nft", "fail2ban", "httpd", "modsecurity", "rsync",
    "network", "config.loaded",
)
TOTAL = 1.5
MANNERS = {
    "fails": ("echo 'no memory' >&2; exit 3", "no memory"),
    "is killed": ("kill -9 $$", "rc -9"),
    "hangs": ("exec sleep 60", "no answer within"),
    "leaves a child that hangs on to the output": ("sleep 60 & exec sleep 60", "no answer within"),
    "floods": ("exec yes '<script>alert(1)</script>'", "more than 4 MiB of output"),
    "writes a hundred megabytes of nothing": ("exec head -c 100000000 /dev/zero", "more than 4 MiB of output"),
    "says nothing": ("exit 0", None),
    "answers bytes that are no text": ("printf '\\377\\376\\000{[\\n\\n\\303(=\\n'", None),
    "answers half of a JSON document": ("printf '{\"nftables\": [{\"rule\": {\"expr\": ['", None),
    "is no program": (None, None),
}


class Hostile(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.kept = reading.PATH, dict(reading.ENVIRONMENT)
        reading.PATH = self.directory
        # The stand-ins themselves need the machine's programs.
        reading.ENVIRONMENT["PATH"] = self.directory + ":/usr/sbin:/usr/bin:/sbin:/bin"

    def tearDown(self):
        reading.PATH = self.kept[0]
        reading.ENVIRONMENT.update(self.kept[1])
        shutil.rmtree(self.directory)

    def install(self, script):
        """Stand-ins; without a script files that the kernel can't start."""
        for name in PROGRAMS:
            path = os.path.join(self.directory, name)
            with open(path, "w") as handle:
                handle.write("#!/bin/sh\n%s\n" % script if script is not None else "#!/nonexistent\n")
            os.chmod(path, 0o755)

    def test_every_manner(self):
        for manner in sorted(MANNERS):
            script, reason = MANNERS[manner]
            self.install(script)
            began = time.time()
            evidence = catalogue.gather(reading.Reader(total=TOTAL), {"allowed_source": "192.0.2.1"})
            # Generous: a busy machine needs a while to start a dozen programs.
            self.assertLess(time.time() - began, 20, manner)
            self.assertLess(len(json.dumps(evidence)), 8 * 1024 * 1024, manner)
            for key in RESTING:
                item = evidence["items"][key]
                self.assertIsNone(item["value"], "%s: %s" % (manner, key))
                self.assertTrue(item["error"], "%s: %s" % (manner, key))
                self.assertNotIn("Traceback", item["error"])
            if reason:
                self.assertIn(reason, evidence["items"]["services"]["error"], manner)
            # What needs none of them is there all the same.
            self.assertIsNotNone(evidence["items"]["os.kernel"]["value"], manner)
        self.assertLess(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 400 * 1024)

    def test_one_that_hangs_holds_the_others_up_no_longer_than_itself(self):
        self.install("exit 3")
        with open(os.path.join(self.directory, "ip"), "w") as handle:
            handle.write("#!/bin/sh\nexec sleep 60\n")
        reader = reading.Reader(total=TOTAL)
        evidence = catalogue.gather(reader, {})
        self.assertIn("ip: no answer", evidence["items"]["network"]["error"])
        self.assertNotIn("no answer", evidence["items"]["services"]["error"])

    def test_a_source_that_answers_is_no_error(self):
        """The proof that the others fail by their manners, and not by the test's own setting."""
        self.install("echo 'rsync  version 3.2.7  protocol version 31'")
        evidence = catalogue.gather(reading.Reader(), {}, ["rsync"])
        self.assertEqual(evidence["items"]["rsync"]["value"]["version"], "3.2.7")


if __name__ == "__main__":
    unittest.main()
