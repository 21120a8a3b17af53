#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What stands in the way of a new sshd configuration, and where it has to go."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: sshd_survey
short_description: Look at a server's sshd before and after its configuration is written
version_added: "0.1.0"
description:
  - Reads sshd's configuration as sshd reads it, its host keys, its unit and the command line of the process that runs,
    and says what would keep new settings from holding. Changes nothing.
options:
  settings:
    description: The settings that are to hold, as text of sshd_config(5).
    type: str
    required: true
  drop_in:
    description: Path of the drop-in that shall hold them; empty when this sshd knows no C(Include).
    type: str
    default: ""
  port:
    description: The one port on which sshd shall listen.
    type: int
    default: 22
  accepted_matches:
    description: Criteria of C(Match) blocks that may reopen a door all the same, e.g. C(User backup).
    type: list
    elements: str
    default: []
  own_key_files:
    description: Whether C(~/.ssh/authorized_keys) counts, so that a C(Match) block may name it.
    type: bool
    default: true
  host_keys:
    description: Kinds of host keys that are to be offered.
    type: list
    elements: str
    default: [ed25519, rsa]
  min_rsa_bits:
    description: Bits from which an RSA host key counts as strong.
    type: int
    default: 3072
  host_key_algorithms:
    description: The algorithms with which the server is to prove who it is.
    type: list
    elements: str
    default: []
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: Reads the same in check mode.
    support: full
"""

EXAMPLES = r"""
- name: See what stands in the way
  iepc.prep.sshd_survey:
    settings: "PasswordAuthentication no\n"
    drop_in: /etc/ssh/sshd_config.d/00-prep.conf
  register: __sshd_hardening_survey
"""

RETURN = r"""
reads_drop_in:
  description: Whether sshd reads the drop-in before everything else.
  returned: always
  type: bool
main:
  description: The text of C(/etc/ssh/sshd_config), without a block of ours.
  returned: always
  type: str
has_block:
  description: Whether that file has a block of ours.
  returned: always
  type: bool
markers:
  description: The lines between which a block of ours stands in C(/etc/ssh/sshd_config).
  returned: always
  type: list
  elements: str
additions:
  description:
    - Lines for options whose values add up, only where needed. A port that another file names already would be bound
      twice; a host key is left out by sshd when another file names other ones.
  returned: always
  type: list
  elements: str
obstacles:
  description: What would keep the settings from holding, one line each.
  returned: always
  type: list
  elements: str
host_keys:
  description: The host keys by kind, each with C(present), C(strong), C(bits), C(sha256), C(public) and C(algorithms).
  returned: always
  type: dict
offer_changes:
  description: Whether the server would prove who it is in another way than now.
  returned: always
  type: bool
socket_only:
  description: Whether systemd's socket starts sshd for each connection, so that there is no process to reload.
  returned: always
  type: bool
command_line:
  description: Options on the command line of the running sshd that overrule the settings.
  returned: always
  type: list
  elements: str
sysconfig:
  description: New text of C(/etc/sysconfig/sshd) where the unit passes a crypto policy that overrules every file.
  returned: always
  type: str
client:
  description: The address from which this connection came; empty when it was no SSH connection.
  returned: always
  type: str
"""

import os
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.iepc.prep.plugins.module_utils import sshd_files
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.items import Look
from ansible_collections.iepc.prep.plugins.module_utils.evidence.reader import Reader
from ansible_collections.iepc.prep.plugins.module_utils.evidence.sshd import (
    effective_command,
    parse_blob,
    parse_effective,
)
from ansible_collections.iepc.prep.plugins.module_utils.host_keys import algorithms, path_of

SYSCONFIG = "/etc/sysconfig/sshd"
OUTSIDE = "198.51.100.77"


class Survey(object):
    """The parts of the answer, each from its own source."""

    def __init__(self, look, params):
        self.look = look
        self.params = params
        self.read = sshd_files.directives(look)
        connection = os.environ.get("SSH_CONNECTION", "").split()
        self.client = connection[0] if len(connection) == 4 else ""
        self.entered = int(connection[3]) if len(connection) == 4 and connection[3].isdigit() else None

    def units(self):
        """(unit of the socket that is active or '', whether it starts an sshd for each connection, its ports)."""
        for unit in ("ssh.socket", "sshd.socket"):
            shown = self.look.run(("systemctl", "show", "-p", "ActiveState,Listen,Accept", unit)).out
            values = dict(line.partition("=")[::2] for line in shown.splitlines())
            if values.get("ActiveState") == "active":
                ports = [int(port) for port in re.findall(r":(\d+) \(Stream\)|^(?:Listen=)?(\d+) \(Stream\)", shown)
                         for port in port if port]
                return unit, values.get("Accept") == "yes", ports
        return "", False, []

    def command_line(self):
        """Options of the running sshd that overrule what we set."""
        own = sshd_files.keywords(self.params["settings"]) | set(["port"])
        for unit in ("ssh", "sshd"):
            shown = self.look.run(("systemctl", "show", "-p", "MainPID", unit)).out
            pid = shown.strip().partition("=")[2]
            if pid.isdigit() and pid != "0":
                line = (self.look.peek("/proc/%s/cmdline" % pid, 65536) or "").replace("\0", " ")
                given = sshd_files.command_line_options(line)
                return [text for name, text in given
                        if name in own and text != "Port=%d" % self.params["port"]]
        return []

    def sysconfig(self):
        """New text of the unit's environment file, '' where the unit knows no crypto policy."""
        unit = self.look.run(("systemctl", "cat", "sshd")).out
        if "$CRYPTO_POLICY" not in unit:
            return ""
        return sshd_files.without_policy(self.look.read_if_there(SYSCONFIG) or "")

    def host_keys(self):
        """{kind: what is known of the key}, by the private key, which is what sshd loads."""
        found = {}
        for kind in self.params["host_keys"]:
            path = path_of(kind)
            one = {"present": False, "strong": False, "bits": None, "sha256": "", "public": "",
                   "algorithms": algorithms(kind), "path": path}
            if self.look.stat(path):
                # An empty passphrase: one that has one can't be loaded by sshd, nor asked for here.
                output = self.look.run(("ssh-keygen", "-y", "-P", "", "-f", path))
                fields = output.out.split()
                if output.rc == 0 and len(fields) >= 2:
                    bits, digest = parse_blob(fields[1])
                    one.update(present=True, bits=bits, sha256=digest, public=" ".join(fields[:2]),
                               strong=kind != "rsa" or (bits or 0) >= self.params["min_rsa_bits"])
            found[kind] = one
        return found

    def offer_changes(self, keys):
        """Whether sshd would offer other keys, or prove itself by other algorithms, than now."""
        if any(not one["strong"] for one in keys.values()):
            return True
        try:
            now = parse_effective(self.look.must(effective_command(OUTSIDE, {})))
        except SourceError:
            return True
        return now.get("hostkeyalgorithms", "").split(",") != self.params["host_key_algorithms"]

    def obstacles(self, reads_drop_in, socket):
        """What would keep the settings from holding."""
        params = self.params
        port = params["port"]
        lines = []
        if self.entered is not None and self.entered != port and not self.entered_elsewhere(socket):
            lines.append(
                "this run came in through port %d, where nobody would listen any more: set sshd_hardening_port to %d, "
                "or let sshd listen on %d first and come in through it" % (self.entered, self.entered, port)
            )
        for number, one in sshd_files.ports(self.foreign()):
            if number != port:
                lines.append("%s lets sshd listen on %d too; remove it, or set sshd_hardening_port" % (one, number))
        if reads_drop_in:
            for one in sshd_files.overruling(self.read, params["settings"], params["drop_in"]):
                lines.append("%s is read before ours and overrules it; remove it" % one)
        for one in sshd_files.reopening(self.foreign(), params["accepted_matches"], params["own_key_files"]):
            lines.append(
                "%s reopens what is closed; remove it, or take responsibility by sshd_hardening_accepted_matches" % one
            )
        unit, _each, ports = socket
        if unit and ports != [port]:
            lines.append(
                "%s listens on %s and sshd ignores its own Port %d; `systemctl disable --now %s` and enable the "
                "service, or set sshd_hardening_port" % (unit, ", ".join(str(one) for one in ports) or "?", port, unit)
            )
        return lines

    def additions(self):
        """Port and HostKey lines, where no other file says it."""
        others = self.foreign()
        lines = []
        if not any(number == self.params["port"] and one.keyword == "port" for number, one in sshd_files.ports(others)):
            lines.append("Port %d" % self.params["port"])
        named = [value for one in others if one.keyword == "hostkey" for value in one.values[:1]]
        wanted = [path_of(kind) for kind in self.params["host_keys"]]
        return lines + ["HostKey %s" % path for path in wanted if named and path not in named]

    def entered_elsewhere(self, socket):
        """Whether the port of this connection is the socket's, which has its own line."""
        return bool(socket[0]) and self.entered in socket[2]

    def foreign(self):
        """The directives that are not ours."""
        main = (self.look.read_if_there(sshd_files.MAIN) or "").splitlines()
        inside = set()
        if sshd_files.BEGIN in main and sshd_files.END in main:
            inside = set(range(main.index(sshd_files.BEGIN) + 1, main.index(sshd_files.END) + 2))
        return [one for one in self.read
                if one.path != self.params["drop_in"] and not (one.path == sshd_files.MAIN and one.number in inside)]


def main():
    """Read everything once."""
    module = AnsibleModule(
        argument_spec={
            "settings": {"type": "str", "required": True},
            "drop_in": {"type": "str", "default": ""},
            "port": {"type": "int", "default": 22},
            "accepted_matches": {"type": "list", "elements": "str", "default": []},
            "own_key_files": {"type": "bool", "default": True},
            "host_keys": {"type": "list", "elements": "str", "default": ["ed25519", "rsa"], "no_log": False},
            "min_rsa_bits": {"type": "int", "default": 3072},
            "host_key_algorithms": {"type": "list", "elements": "str", "default": [], "no_log": False},
        },
        supports_check_mode=True,
    )
    try:
        survey = Survey(Look(Reader()), module.params)
        main_text = survey.look.read_if_there(sshd_files.MAIN) or ""
        drop_in = module.params["drop_in"]
        reads = bool(drop_in) and sshd_files.reads_first(main_text, drop_in)
        socket = survey.units()
        keys = survey.host_keys()
        module.exit_json(
            changed=False,
            reads_drop_in=reads,
            main=sshd_files.without_block(main_text),
            has_block=sshd_files.without_block(main_text) != main_text,
            markers=[sshd_files.BEGIN, sshd_files.END],
            additions=survey.additions(),
            obstacles=survey.obstacles(reads, socket),
            host_keys=keys,
            offer_changes=survey.offer_changes(keys),
            socket_only=bool(socket[0]) and socket[1],
            command_line=survey.command_line(),
            sysconfig=survey.sysconfig(),
            client=survey.client,
        )
    except (SourceError, ValueError) as error:
        module.fail_json(msg="sshd_survey: %s" % error)


if __name__ == "__main__":
    main()
