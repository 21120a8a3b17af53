# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Units that matter, by one `systemctl show`."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError

UNITS = (
    "apache2", "httpd", "nginx", "lighttpd", "caddy", "haproxy", "varnish",
    "ssh", "sshd", "ssh.socket", "sshd.socket",
    "rsync", "rsyncd", "rsyncd.socket", "xinetd",
    "firewalld", "nftables", "iptables", "ip6tables", "netfilter-persistent", "ufw", "shorewall", "ferm",
    "fail2ban", "suricata", "snort", "crowdsec", "sshguard",
    "chrony", "chronyd", "ntp", "ntpd", "ntpsec", "systemd-timesyncd",
    "docker", "containerd", "podman.socket", "crio", "libvirtd",
    "mariadb", "mysql", "mysqld", "postgresql", "mongod", "redis", "redis-server", "memcached",
    "exim4", "postfix", "sendmail", "dovecot", "named", "bind9", "dnsmasq",
    "smbd", "smb", "nfs-server", "rpcbind", "vsftpd", "proftpd", "cups", "cockpit.socket", "webmin",
    "auditd", "rsyslog", "syslog-ng", "systemd-journald", "cron", "crond", "logrotate.timer",
    "unattended-upgrades", "dnf-automatic.timer", "yum-cron",
    "prep-activator.path", "prep-activator.timer",
)
PROPERTIES = "Id,LoadState,ActiveState,SubState,UnitFileState"
SHOW = ("systemctl", "show", "--no-pager", "-p", PROPERTIES, "--") + tuple(
    name if "." in name else name + ".service" for name in UNITS
)


def commands(reader, options):
    """Commands worth starting ahead."""
    return [SHOW]


def parse_show(text, names):
    """`systemctl show` of several units -> {name: {active, sub, enabled, load, id}}.

    One block per unit asked for, in that order; a unit that does not exist has
    load 'not-found' and enabled 'absent'. Raises SourceError when blocks and
    names do not match.
    """
    blocks = [block for block in text.strip().split("\n\n") if block.strip()]
    if len(blocks) != len(names):
        raise SourceError("systemctl show: %d units in the answer, %d asked for" % (len(blocks), len(names)))
    states = {}
    for position, name in enumerate(names):
        block = blocks[position]
        fields = dict(line.partition("=")[::2] for line in block.splitlines())
        missing = fields.get("LoadState") == "not-found"
        states[name] = {
            "active": fields.get("ActiveState", ""),
            "sub": fields.get("SubState", ""),
            "enabled": fields.get("UnitFileState") or ("absent" if missing else ""),
            "load": fields.get("LoadState", ""),
            "id": fields.get("Id", ""),
        }
    return states


def states(look):
    """States of all UNITS; asks systemd once per trip, whoever needs them."""
    return parse_show(look.must(SHOW, label="systemctl show -p %s -- UNITS" % PROPERTIES), UNITS)


def active(look, names):
    """Those of `names` that are active now."""
    found = states(look)
    return [name for name in names if found.get(name, {}).get("active") == "active"]


def collect(look, options):
    """services"""
    return states(look)
