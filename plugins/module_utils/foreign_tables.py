# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What is known about units: which serve something else than PREP, and which nobody may stop from afar.

A diffuser comes from any hosting, so neither table is complete. What stands in none of them is named
and left alone, unless it listens to the network: then it is a service beyond PREP, whatever its name.
"""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import re

_INSTANCE = r"(@.*)?"


def _names(*alternatives):
    return re.compile("^(%s)%s$" % ("|".join(alternatives), _INSTANCE))


# (category, units without their ending)
FOREIGN_UNITS = (
    ("database", _names(
        "mariadb", "mysql", "mysqld", r"postgresql(-[\d.]+)?", "mongod", "mongos", "redis", "redis-server",
        "redis-sentinel", "valkey", "valkey-server", "memcached", "influxdb?", "clickhouse-server", "couchdb",
        "cassandra", "elasticsearch", "opensearch", "neo4j", "mssql-server", "oracle-.*", "firebird.*", "etcd")),
    ("web", _names(
        "nginx", "lighttpd", "caddy", "haproxy", "varnish", "varnishncsa", "squid", "traefik", "envoy",
        r"tomcat\d*", "jetty", r"(php[\d.]*-?)fpm", r"php\d+-php-fpm", "uwsgi", "gunicorn", "webmin", "cockpit")),
    ("containers", _names(
        "docker", "containerd", "podman", "podman-restart", "crio", "kubelet", "k3s", "k3s-agent", "rke2-.*",
        "lxc", "lxc-net", "lxd", r"snap\.lxd\..*", "libvirtd", "virt.*d", "systemd-nspawn", r"docker-.*")),
    ("mail", _names("postfix", "exim4?", "sendmail", "sm-client", "opensmtpd", "dovecot", "cyrus-imapd", "opendkim")),
    ("files", _names(
        "vsftpd", "proftpd", "pure-ftpd", "smbd?", "nmbd?", "nfs-server", "nfs-kernel-server", "nfs-mountd",
        "rpcbind", "tftp", "tftpd-hpa", "xinetd", "inetd", "openbsd-inetd", "telnet", "minio", "syncthing")),
    ("directory", _names(
        "slapd", "dirsrv", "krb5kdc", "kadmin", "dhcpd6?", "isc-dhcp-server", "radiusd", "freeradius")),
    ("printing", _names("cups", "cups-browsed", "cups-lpd", "avahi-daemon")),
    ("desktop", _names("gdm3?", "lightdm", "sddm", "xrdp", "xrdp-sesman", "vncserver", "x2gocleansessions")),
    ("queue", _names("rabbitmq-server", "activemq", "kafka", "zookeeper", "mosquitto")),
    ("application", _names(
        "jenkins", "gitlab-runsvdir", "asterisk", "icecast2?", "plexmediaserver", "jellyfin", "pm2-.*", "supervisord?",
        "transmission-daemon")),
)  # fmt: skip

# (why it stays, units without their ending); first match counts.
PROTECTED_UNITS = (
    ("carries the way in (SSH)", _names("sshd?", "sshd-.*", "dropbear")),
    ("is PREP's own", _names(
        "apache2", "httpd", "apache-htcacheclean", "htcacheclean", "httpd-init", "rsyncd?", "firewalld", "fail2ban",
        "suricata", "suricata-update", "aide", "aidecheck", "dailyaidecheck", "prep-.*", "certbot", "certbot-renew",
        "logrotate")),
    ("carries the network", _names(
        "NetworkManager.*", "networkd-dispatcher", "networking", "network", "ifup", "dhcpcd\\d*", "dhclient",
        "wpa_supplicant", "wicked.*", "netplan-.*", "teamd", "ifplugd", "nftables", "iptables", "ip6tables",
        "netfilter-persistent")),
    # Stopping the only tunnel or resolver could cut the server off from whoever repairs it.
    ("may carry somebody's way in (tunnel)", _names(
        "wg-quick", "openvpn.*", "strongswan.*", "ipsec", "libreswan", "tailscaled", "zerotier-one", "tinc",
        "cloudflared", "teleport")),
    ("may answer this server's own name look-ups", _names(
        "named(-chroot)?", "bind9", "unbound", "dnsmasq", "pdns.*", "nscd")),
    ("belongs to the hypervisor or the provider", _names(
        "qemu-guest-agent", "qemu-ga", "vmtoolsd", "open-vm-tools", "vgauthd?", "vmware-.*", "walinuxagent.*",
        "waagent.*", "hypervkvpd", "hypervvssd", "hypervfcopyd", "hv-.*", "hv_.*", "google-.*", "amazon-ssm-agent",
        r"snap\.amazon-ssm-agent\..*", "xe-.*", "xen.*", "vboxadd.*", "virtualbox-guest-.*", "vboxservice",
        "spice-vdagentd?", "oracle-cloud-agent.*", "do-agent", "droplet-agent", "aliyun.*", "cloudmonitor",
        "cloud-.*", "ovirt-guest-agent", "prltoolsd", "parallels.*", "scw-.*", "hc-.*", "linode.*")),
    ("watches the hardware or carries the disks", _names(
        "nut-.*", "apcupsd", "pwrstatd", "upsd", "upsmon", "iscsid?", "iscsi-.*", "open-iscsi", "multipathd", "lvm2-.*",
        "mdmonitor.*", "mdadm.*", "mdcheck.*", "smartd", "smartmontools", "zfs-.*", "rpc-statd.*", "nfs-client",
        "ipmi.*", "mcelog", "rasdaemon", "megaraid.*", "srvadmin.*", "hp-.*", "hpe?-.*", "dsm_.*")),
    ("is part of the system", _names(
        "systemd-.*", "dbus.*", "polkit", "getty", "serial-getty", "console-getty", "user", "user-runtime-dir",
        "user-\\d+", "init", "cron", "crond", "anacron", "atd", "r?syslogd?", "rsyslog", "syslog-ng", "auditd",
        "chronyd?", "ntpd?", "ntpsec.*", "ntpdate", "tuned", "irqbalance", "haveged", "rngd", "rng-tools.*", "acpid",
        "kdump.*",
        "apt-.*", "dpkg-.*", "dnf-.*", "dnf5-.*", "yum-.*", "unattended-upgrades", "packagekit", "rhsm.*", "rhnsd",
        "man-db", "e2scrub.*", "fstrim", "sysstat.*", "udisks2", "upower", "rtkit-daemon", "accounts-daemon",
        "ModemManager", "snapd?", r"snapd\..*", "selinux-.*", "setroubleshootd", "sssd.*", "oddjobd", "gssproxy",
        "microcode.*", "ldconfig", "rc-local", "kmod.*", "plymouth.*", "lm_sensors", "fwupd.*", "motd-news",
        "update-notifier-.*", "mlocate.*", "plocate.*", "locate", "raid-check", "unbound-anchor", "import-state",
        "loadmodules", "rhel-.*", "sshd-keygen", "quota.*", "abrt.*", "libstoragemgmt", "low-memory-monitor",
        "wtmpdb.*", "exim4-base")),
)  # fmt: skip

DATABASE_PROCESSES = (
    "mysqld", "mariadbd", "postgres", "postmaster", "mongod", "redis-server", "valkey-server", "memcached", "oracle",
    "sqlservr", "influxd", "clickhouse-serv", "couchdb", "cassandra",
)  # fmt: skip
DATABASE_PACKAGES = re.compile(
    r"^(mariadb-server(-core)?(-[0-9.]+)?|mysql(-community)?-server(-core)?(-[0-9.]+)?|postgresql-[0-9]+"
    r"|postgresql[0-9]*-server|mongodb(-org)?-server|redis(-server)?|valkey(-server)?|memcached|couchdb|cassandra)$"
)

# What may listen to the network: what the call asks for, time, and addresses by DHCP.
PORTS = {"tcp": (22, 80, 443, 873), "udp": (123, 323, 68, 546)}

# Jobs that distributions themselves bring.
SYSTEM_CRONS = re.compile(
    r"^(/etc/crontab|/etc/cron\.d/(0hourly|raid-check|sysstat|e2scrub_all|mdadm|certbot|popularity-contest|anacron"
    r"|zfsutils-linux|logrotate|dma|\.placeholder|iepc[-_].*|prep[-_].*|prep))$"
)


def base_name(unit):
    """'cups.socket' -> 'cups'; a name without an ending stays as it is."""
    return re.sub(r"\.(service|socket|timer|path|scope)$", "", unit)


def category(unit):
    """What a unit serves instead of PREP; None when it is not known."""
    name = base_name(unit)
    for kind, pattern in FOREIGN_UNITS:
        if pattern.match(name):
            return kind
    return None


def protection(unit):
    """Why a unit must not be stopped from afar; None when it may."""
    name = base_name(unit)
    for reason, pattern in PROTECTED_UNITS:
        if pattern.match(name):
            return reason
    return None
