#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Have strong host keys, and keep aside what they replace."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: ssh_host_keys
short_description: Make host keys that are missing or weak
version_added: "0.1.0"
description:
  - Makes each kind of host key that is missing or can't be read, and an RSA key that is too short. The
    former key is kept in a directory that root alone reads.
  - sshd reads a host key's file for each connection, so a new key counts at once. Whoever calls this has to
    know that the control node accepts one of the keys that stay.
options:
  kinds:
    description: The kinds of keys to have.
    type: list
    elements: str
    choices: [ed25519, rsa]
    default: [ed25519, rsa]
  min_rsa_bits:
    description: An RSA key below this is replaced.
    type: int
    default: 3072
  rsa_bits:
    description: Bits of a new RSA key.
    type: int
    default: 4096
  replace:
    description: Whether weak keys are replaced; without it only missing ones are made.
    type: bool
    default: true
  kept_in:
    description: Where replaced keys are kept, below a directory named by the UTC time.
    type: path
    default: /var/lib/prep/replaced_host_keys
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: Says which keys would be made.
    support: full
"""

EXAMPLES = r"""
- name: Have strong host keys
  iepc.prep.ssh_host_keys:
    kinds: [ed25519, rsa]
"""

RETURN = r"""
made:
  description: Kinds of keys that were, or in check mode would be, made.
  returned: always
  type: list
  elements: str
kept_in:
  description: Where the replaced keys are; empty when none was replaced.
  returned: always
  type: str
fingerprints:
  description: What C(ssh-keygen -l) says of each key.
  returned: always
  type: list
  elements: str
public:
  description: The public keys, without comments.
  returned: always
  type: list
  elements: str
"""

import os
import re
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.iepc.prep.plugins.module_utils.host_keys import path_of


def run(module, *argv):
    """A command's output; fails the module when it does not succeed."""
    rc, out, err = module.run_command(list(argv), environ_update={"LC_ALL": "C"})
    if rc != 0:
        module.fail_json(msg="ssh_host_keys: `%s` ended with %d: %s" % (" ".join(argv), rc, (err or out).strip()))
    return out.strip()


def public(module, path):
    """(what ssh-keygen -l says, the public key) of a key that can be loaded, else None."""
    rc, out, _err = module.run_command(["ssh-keygen", "-y", "-P", "", "-f", path])
    if rc != 0:
        return None
    return run(module, "ssh-keygen", "-l", "-f", path), " ".join(out.split()[:2])


def is_strong(module, kind, path):
    """Whether the key can be loaded as sshd loads it, and is long enough."""
    found = public(module, path)
    if found is None:
        return False
    bits = re.match(r"(\d+) ", found[0])
    return kind != "rsa" or (bits is not None and int(bits.group(1)) >= module.params["min_rsa_bits"])


def make(module, kind, path):
    """Put a new pair in place: the private key last, each by a rename."""
    temporary = path + ".prep-new"
    for leftover in (temporary, temporary + ".pub"):
        if os.path.exists(leftover):
            os.unlink(leftover)
    size = ["-b", str(module.params["rsa_bits"])] if kind == "rsa" else []
    run(module, "ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", temporary, *size)
    os.rename(temporary + ".pub", path + ".pub")
    os.rename(temporary, path)
    if module.selinux_enabled():
        for each in (path, path + ".pub"):
            module.set_default_selinux_context(each, False)


def keep(path, directory):
    """Copy a pair aside; the key itself stays in place until the new one takes it."""
    if not os.path.isdir(directory):
        os.makedirs(directory, 0o700)
    for each in (path, path + ".pub"):
        if os.path.exists(each):
            with open(each, "rb") as source:
                data = source.read()
            target = os.path.join(directory, os.path.basename(each))
            descriptor = os.open(target, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as handle:
                handle.write(data)


def main():
    """Make what is missing, and replace what is weak."""
    module = AnsibleModule(
        argument_spec={
            "kinds": {"type": "list", "elements": "str", "choices": ["ed25519", "rsa"], "default": ["ed25519", "rsa"]},
            "min_rsa_bits": {"type": "int", "default": 3072},
            "rsa_bits": {"type": "int", "default": 4096},
            "replace": {"type": "bool", "default": True},
            "kept_in": {"type": "path", "default": "/var/lib/prep/replaced_host_keys"},
        },
        supports_check_mode=True,
    )
    made = []
    kept_in = ""
    directory = os.path.join(module.params["kept_in"], time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()))
    for kind in module.params["kinds"]:
        path = path_of(kind)
        there = os.path.exists(path)
        if there and (not module.params["replace"] or is_strong(module, kind, path)):
            continue
        made.append(kind)
        if module.check_mode:
            continue
        if there:
            kept_in = directory
            keep(path, directory)
        make(module, kind, path)
    keys = [pair for pair in (public(module, path_of(kind)) for kind in module.params["kinds"]) if pair]
    module.exit_json(
        changed=bool(made),
        made=made,
        kept_in=kept_in,
        fingerprints=[fingerprint for fingerprint, _line in keys],
        public=[line for _fingerprint, line in keys],
    )


if __name__ == "__main__":
    main()
