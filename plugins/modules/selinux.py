#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Labels, booleans and ports that a role needs under SELinux, in one round trip."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: selinux
short_description: File contexts, booleans and ports of SELinux, in one trip
version_added: "0.1.0"
description:
  - Brings the local policy to what is asked for and gives existing files the new labels. Does nothing where
    SELinux is off or not installed.
  - Goes by C(semanage), which is policycoreutils-python on Enterprise Linux 7 and policycoreutils-python-utils
    from 8 on. In check mode on a server that has no C(semanage) yet, everything asked for counts as a change.
options:
  fcontexts:
    description: Labels of files.
    type: list
    elements: dict
    default: []
    suboptions:
      target:
        description: Regular expression of absolute paths as C(semanage fcontext) takes it, e.g. C(/srv/prep(/.*)?).
        type: str
        required: true
      setype:
        description: Type to label with, e.g. C(public_content_rw_t).
        type: str
        required: true
  booleans:
    description: Booleans by name; set now and for the next boot.
    type: dict
    default: {}
  ports:
    description: Ports that a service may use.
    type: list
    elements: dict
    default: []
    suboptions:
      port:
        description: Port number.
        type: int
        required: true
      proto:
        description: Protocol.
        type: str
        choices: [tcp, udp]
        default: tcp
      setype:
        description: Type of the port, e.g. C(ssh_port_t).
        type: str
        required: true
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: Says what would change.
    support: full
  diff_mode:
    description: One line for each label, boolean and port.
    support: full
"""

EXAMPLES = r"""
- name: Let rsync write and Apache read the tree, and sshd listen on another port
  iepc.prep.selinux:
    fcontexts:
      - {target: "/srv/prep(/.*)?", setype: public_content_rw_t}
    booleans:
      rsync_anon_write: true
    ports:
      - {port: 2222, setype: ssh_port_t}
"""

RETURN = r"""
enabled:
  description: Whether SELinux is on, enforcing or permissive.
  returned: always
  type: bool
changes:
  description: What was, or in check mode would be, changed.
  returned: always
  type: list
  elements: str
  sample: ["/srv/prep(/.*)?: public_content_rw_t", "rsync_anon_write: on"]
"""

import os
import re

from ansible.module_utils.basic import AnsibleModule

TREE = "(/.*)?"
LOCALE = {"LC_ALL": "C", "LANG": "C"}


class Wanted(object):
    """One wish: how it reads before and after, the command that fulfils it, and what to label anew."""

    def __init__(self, name, before, after, command, relabel=None):
        self.name, self.before, self.after, self.command, self.relabel = name, before, after, command, relabel

    @property
    def differs(self):
        """Whether the policy is not yet as wished."""
        return self.before != self.after


class Policy(object):
    """The local policy, through the commands that keep it."""

    def __init__(self, module):
        self.module = module
        self.semanage = module.get_bin_path("semanage")

    def run(self, *argv):
        """Output of a command that has to succeed; else the module fails with the command's own words."""
        rc, out, err = self.module.run_command(list(argv), environ_update=LOCALE)
        if rc != 0:
            self.module.fail_json(
                msg="selinux: `%s` ended with %d: %s" % (" ".join(argv), rc, (err or out).strip()[-500:])
            )
        return out

    def listed(self, kind, *options):
        """`semanage KIND -l`; nothing where semanage is not there yet, which only check mode meets."""
        return self.run(self.semanage, kind, "-l", "-n", *options) if self.semanage else ""

    def fcontexts(self, wishes):
        """File contexts, against those that were added to the distribution's."""
        found = parse_fcontexts(self.listed("fcontext", "-C")) if wishes else {}
        for wish in wishes:
            target, setype = wish["target"], wish["setype"]
            action = "-m" if target in found else "-a"
            yield Wanted(
                target, found.get(target, ""), setype,
                (self.semanage, "fcontext", action, "-t", setype, target), relabel=root_of(target),
            )  # fmt: skip

    def booleans(self, wishes):
        """Booleans; the value now and the one after a boot both have to be right."""
        found = parse_booleans(self.listed("boolean")) if wishes else {}
        for name in sorted(wishes):
            state = "on" if wishes[name] else "off"
            if self.semanage and name not in found:
                self.module.fail_json(msg="selinux: booleans: %s: the policy of this system has no such name" % name)
            now, later = found.get(name, ("unknown", "unknown"))
            before = now if now == later else "%s now, %s after a boot" % (now, later)
            yield Wanted(name, before, state, ("setsebool", "-P", name, state))

    def ports(self, wishes):
        """Ports; one that the policy gives to another type is moved, not added."""
        found = parse_ports(self.listed("port")) if wishes else {}
        for wish in wishes:
            key = (wish["proto"], wish["port"])
            types = found.get(key, [])
            before = wish["setype"] if wish["setype"] in types else ", ".join(types)
            yield Wanted(
                "%s/%d" % key, before, wish["setype"],
                (self.semanage, "port", "-m" if types else "-a", "-t", wish["setype"], "-p", wish["proto"],
                 "%d" % wish["port"]),
            )  # fmt: skip


def root_of(target):
    """The path below which a context's files lie: what stands before its first special character."""
    if target.endswith(TREE):
        target = target[: -len(TREE)]
    plain = re.match(r"(?:[^.^$?*+|\[({\\]|\\.)*", target).group(0)
    if plain != target:
        plain = os.path.dirname(plain)
    return re.sub(r"\\(.)", r"\1", plain)


def parse_fcontexts(text):
    """`semanage fcontext -l -n -C` -> {target: type} of all files."""
    found = {}
    for line in text.splitlines():
        fields = re.match(r"^(\S+)\s+all files\s+[^:\s]+:[^:\s]+:([^:\s]+)", line)
        if fields:
            found[fields.group(1)] = fields.group(2)
    return found


def parse_booleans(text):
    """`semanage boolean -l -n` -> {name: (now, after a boot)}."""
    return dict(
        (name, (now, later))
        for name, now, later in re.findall(r"^(\S+)\s+\(\s*(on|off)\s*,\s*(on|off)\s*\)", text, re.M)
    )


def parse_ports(text):
    """`semanage port -l -n` -> {(protocol, port): [types]}; ranges are the policy's own leftovers and no claim."""
    found = {}
    for line in text.splitlines():
        fields = line.split(None, 2)
        if len(fields) != 3:
            continue
        for number in fields[2].split(","):
            if number.strip().isdigit():
                found.setdefault((fields[1], int(number)), []).append(fields[0])
    return found


def misused(params):
    """The first option that can't be meant, as one line; else None."""
    for one in params["fcontexts"]:
        if not re.match(r"^/\S*$", one["target"]):
            return "fcontexts: target: expected an absolute path or expression without blanks, got %r" % one["target"]
    for name, state in params["booleans"].items():
        if not isinstance(state, bool):
            return "booleans: %s: expected true or false, got %r" % (name, state)
    for one in params["ports"]:
        if not 0 < one["port"] < 65536:
            return "ports: port: expected 1 to 65535, got %d" % one["port"]
    return None


def enabled(module):
    """Whether SELinux is on; where its tools are missing it can't be."""
    program = module.get_bin_path("selinuxenabled")
    return bool(program) and module.run_command([program])[0] == 0


def main():
    """Compare, change what differs, label anew what a changed context covers."""
    module = AnsibleModule(
        argument_spec={
            "fcontexts": {"type": "list", "elements": "dict", "default": [], "options": {
                "target": {"type": "str", "required": True},
                "setype": {"type": "str", "required": True},
            }},
            "booleans": {"type": "dict", "default": {}},
            "ports": {"type": "list", "elements": "dict", "default": [], "options": {
                "port": {"type": "int", "required": True},
                "proto": {"type": "str", "choices": ["tcp", "udp"], "default": "tcp"},
                "setype": {"type": "str", "required": True},
            }},
        },
        supports_check_mode=True,
    )  # fmt: skip
    asked = module.params
    error = misused(asked)
    if error:
        module.fail_json(msg="selinux: " + error)
    if not enabled(module):
        module.exit_json(changed=False, enabled=False, changes=[])
    policy = Policy(module)
    if not policy.semanage and not module.check_mode:
        module.fail_json(
            msg="selinux: semanage is missing: install policycoreutils-python (Enterprise Linux 7)"
            " or policycoreutils-python-utils (8 and later)"
        )
    wishes = list(policy.fcontexts(asked["fcontexts"]))
    wishes += policy.booleans(asked["booleans"])
    wishes += policy.ports(asked["ports"])
    changing = [wish for wish in wishes if wish.differs]
    if not module.check_mode:
        for wish in changing:
            policy.run(*wish.command)
        for path in sorted(set(wish.relabel for wish in changing if wish.relabel)):
            if os.path.lexists(path):
                policy.run("restorecon", "-R", path)
    module.exit_json(
        changed=bool(changing),
        enabled=True,
        changes=["%s: %s" % (wish.name, wish.after) for wish in changing],
        diff={
            "before": "".join("%s: %s\n" % (wish.name, wish.before) for wish in changing),
            "after": "".join("%s: %s\n" % (wish.name, wish.after) for wish in changing),
        },
    )


if __name__ == "__main__":
    main()
