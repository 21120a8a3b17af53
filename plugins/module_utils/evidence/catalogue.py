# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Every item, in the order it is read: first what costs no process, while the commands run."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.evidence import (
    accounts,
    containers,
    fail2ban,
    firewall,
    footprint,
    httpd,
    items,
    loaded,
    logs,
    modsecurity,
    network,
    owners,
    packages,
    power,
    processes,
    publication,
    rsyncd,
    services,
    sockets,
    sshd,
    system,
    timekeeping,
    units,
)

COLLECTORS = (
    ("time.clock", timekeeping.collect_clock),
    ("time.zone", timekeeping.collect_zone),
    ("os.release", system.collect_release),
    ("os.kernel", system.collect_kernel),
    ("hardware", system.collect_hardware),
    ("reboot", system.collect_reboot),
    ("disk", system.collect_disk),
    ("ups", power.collect),
    # Its second command depends on the first one's answer: asked early, so that both overlap with the rest.
    ("services", services.collect),
    ("units", units.collect),
    ("packages", packages.collect),
    ("fail2ban", fail2ban.collect),
    ("sockets.listening", sockets.collect),
    ("processes", processes.collect),
    ("containers", containers.collect),
    ("users", accounts.collect_users),
    ("crons", accounts.collect_crons),
    # Asks for files that the items before it named.
    ("owners", owners.collect),
    ("logs.policy", logs.collect),
    ("logs.cleaners", logs.collect_cleaners),
    ("logs.usage", logs.collect_usage),
    ("publication", publication.collect),
    ("safety_net", publication.collect_safety_net),
    ("network", network.collect),
    ("rsync", rsyncd.collect),
    ("sshd.version", sshd.collect_version),
    ("sshd.effective", sshd.collect_effective),
    ("ssh.host_keys", sshd.collect_host_keys),
    ("ssh.authorized", sshd.collect_authorized),
    ("firewall.manager", firewall.collect_manager),
    ("firewall.nft", firewall.collect_nft),
    ("firewall.iptables", firewall.collect_iptables),
    ("time.sync", timekeeping.collect_sync),
    ("httpd", httpd.collect),
    ("modsecurity", modsecurity.collect),
    ("config.loaded", loaded.collect),
)
# Read when asked for: of use only beside an earlier one.
FOOTPRINT = ("footprint", footprint.collect)
WITH_COMMANDS = (fail2ban, services, units, httpd, sshd, firewall, packages, rsyncd, network, timekeeping)

DEFAULTS = {
    "allowed_source": None,
    "outside_source": "198.51.100.77",
    "content_root": "/srv/prep",
    "public_zone": "America/Monterrey",
    "dst_reference": "2027-06-06 20:00",
    "safety_net_dir": "/var/lib/prep/safety_net",
    # SSH_CONNECTION of the run, when it came over SSH.
    "ssh_connection": None,
    # Whether to read the item `footprint` as well.
    "footprint": False,
}


def gather(reader, options=None, only=None):
    """The `evidence` of a host.

    options: overrides of DEFAULTS; only: keys to read, all when empty.
    """
    chosen = dict(DEFAULTS)
    chosen.update((name, value) for name, value in (options or {}).items() if value is not None)
    collectors = [(key, collect) for key, collect in COLLECTORS if not only or key in only]
    if chosen["footprint"]:
        collectors.append(FOOTPRINT)
    ahead = []
    if not only:
        for module in WITH_COMMANDS:
            ahead.extend(module.commands(reader, chosen))
    return items.gather(reader, collectors, chosen, ahead)
