# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What firewalld's zones are bound to: in its files, and in the firewall that runs."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os

from ansible_collections.iepc.prep.plugins.module_utils import firewalld_files
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError

CONFIG = "/etc/firewalld"
# Zones that let nothing in: what is bound to them is shut out, not let past.
CLOSED = ("drop", "block")


def parsed(look, path, parse):
    """A file's content as `parse` understands it. Raises SourceError that names the file."""
    try:
        return parse(look.read(path))
    except ValueError as error:
        raise SourceError("%s: %s" % (path, error))


def ask(look, question):
    """The answer of the running firewalld, '' when it is not there or doesn't run."""
    if look.which("firewall-cmd") is None:
        return ""
    answer = look.run(("firewall-cmd", question))
    return answer.out if answer.rc == 0 else ""


def bindings(look, zone):
    """What is bound to other zones than `zone`.

    :returns: {default: zone that runs as default, interfaces: {name: zone}, sources: [in words]}
    """
    default = ask(look, "--get-default-zone").strip()
    interfaces, sources = {}, set()

    def bound(name, one):
        if name != zone and name not in CLOSED:
            interfaces.update((interface, name) for interface in one["interfaces"])
            sources.update("source %s in zone %s" % (source, name) for source in one["sources"])

    for path in look.glob(CONFIG + "/zones/*.xml"):
        found = parsed(look, path, firewalld_files.parse_zone)
        bound(os.path.basename(path)[: -len(".xml")], {"interfaces": found[0], "sources": found[1]})
    for name, one in firewalld_files.parse_active(ask(look, "--get-active-zones")).items():
        # What is in the default zone for want of another moves with it.
        bound(name, dict(one, interfaces=[] if name == default else one["interfaces"]))
    return {"default": default, "interfaces": interfaces, "sources": sorted(sources)}
