# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""sshd's host keys: where each kind stands, and how a server proves itself with it."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

# DSA is broken, and ECDSA rests on curves whose constants nobody explains; neither is ever made.
ALGORITHMS = {"ed25519": ("ssh-ed25519",), "rsa": ("rsa-sha2-512", "rsa-sha2-256")}


def path_of(kind):
    """Where sshd looks for a key of a kind when nobody names another place."""
    return "/etc/ssh/ssh_host_%s_key" % kind


def algorithms(kind):
    """The signature algorithms that a key of this kind serves, without SHA-1."""
    return list(ALGORITHMS.get(kind, ()))
