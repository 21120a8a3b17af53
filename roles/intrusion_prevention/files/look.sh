# shellcheck shell=sh
# What the role asks the server, in one trip: JSON on the standard output. Changes nothing.

# fail2ban's own way to ban in nftables: does this kernel take it? EL7's is a preview.
nft=false
if command -v nft >/dev/null && nft -c -f /dev/stdin >/dev/null 2>&1 <<'RULES'
table inet prep-question {
    set banned { type ipv4_addr; }
    chain input {
        type filter hook input priority -1;
        tcp dport { 22, 80 } ip saddr @banned reject with icmp type port-unreachable
    }
}
RULES
then
    nft=true
fi

suricata=false
installed=false
if command -v suricata >/dev/null; then
    suricata=true
    installed=true
elif command -v apt-cache >/dev/null; then
    apt-cache policy suricata 2>/dev/null | grep -q 'Candidate: [0-9]' && suricata=true
elif command -v dnf >/dev/null; then
    dnf -q list --available suricata >/dev/null 2>&1 && suricata=true
elif command -v yum >/dev/null; then
    yum -q list available suricata >/dev/null 2>&1 && suricata=true
fi

memory=$(awk '/^MemTotal:/ {print int($2 / 1024)}' /proc/meminfo)
for family in -4 -6; do
    interface=$(ip "$family" -o route show default 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
    [ -z "$interface" ] || break
done
addresses=$(ip -o addr show scope global 2>/dev/null |
    awk '{split($4, part, "/"); printf "%s\"%s\"", (NR > 1 ? ", " : ""), part[1]}')
# Where log_retention keeps Suricata's logs, its word counts.
kept=false
grep -qsF iepc.prep.log_retention /etc/logrotate.d/suricata && kept=true
systemd=$(systemctl --version | awk 'NR == 1 {print $2}')

printf '{"nft": %s, "suricata": %s, "suricata_installed": %s, "memory_mb": %d, "interface": "%s", "addresses": [%s], "systemd": "%s", "logs_kept": %s}\n' \
    "$nft" "$suricata" "$installed" "${memory:-0}" "$interface" "$addresses" "${systemd%%.*}" "$kept"
