# shellcheck shell=bash
# What breakages.yml is written in: each of its scripts runs on a diffuser, after these lines.
set -eu
kept=/var/lib/prep-by-hand

# Remembers files before they are changed; `put_back` makes them what they were, gone included.
keep() { # FILE...
    mkdir -p "$kept"
    for file in "$@"; do
        echo "$file" >>"$kept/list"
        if [ -e "$file" ] || [ -L "$file" ]; then cp -a --parents "$file" "$kept"; fi
    done
}

put_back() {
    [ -e "$kept/list" ] || return 0
    while read -r file; do
        if [ -e "$kept$file" ] || [ -L "$kept$file" ]; then cp -a "$kept$file" "$file"; else rm -f "$file"; fi
    done <"$kept/list"
    rm -rf "$kept"
}

# Apache and sshd write their pid file anew when they have read their configuration.
reloaded() { # UNIT PID_FILE
    touch "$kept.before"
    systemctl reload "$1"
    for _ in $(seq 100); do
        if [ "$2" -nt "$kept.before" ]; then
            # What is changed next has to be later, and the clock that files are stamped by ticks slowly.
            until touch "$kept.after" && [ "$kept.after" -nt "$2" ]; do :; done
            return
        fi
        sleep 0.1
    done
    echo "$1 did not read its configuration within 10 s" >&2
    return 1
}
reload_apache() { reloaded apache2 /run/apache2/apache2.pid; }
reload_sshd() { reloaded ssh /run/sshd.pid; }

site=/etc/apache2/sites-available/000-prep.conf
# Writes lines at the end of both of the site's virtual hosts.
write_in_site() { # LINES
    keep "$site"
    printf '%s\n' "$1" >"$kept/lines"
    sed -i "/<\/VirtualHost>/e cat $kept/lines" "$site"
}
in_site() { # LINES
    write_in_site "$1"
    reload_apache
}
site_again() {
    put_back
    reload_apache
}

# The kernel's rules, whatever firewalld knows of them.
keep_rules() { nft list table inet firewalld >/run/prep-by-hand.nft; }
rules_again() { { printf '%s table inet firewalld\n' add delete; cat /run/prep-by-hand.nft; } | nft -f -; }
filter() { # RULE: before all others
    keep_rules
    nft insert rule inet firewalld filter_INPUT "$@"
}

fail2ban_again() {
    systemctl restart fail2ban
    for _ in $(seq 100); do
        if fail2ban-client status sshd >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    return 1
}

apt() { DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >/dev/null 2>&1; }

# A program that is no sshd, and hands each connection on.
forward() { # PORT TO_PORT
    systemd-run -q --unit=by-hand python3 -c "
import asyncio

async def pour(source, sink):
    while data := await source.read(65536):
        sink.write(data)
    sink.close()

async def hand_on(source, sink):
    other_source, other_sink = await asyncio.open_connection('127.0.0.1', $2)
    await asyncio.gather(pour(source, other_sink), pour(other_source, sink))

async def main():
    await (await asyncio.start_server(hand_on, '0.0.0.0', $1)).serve_forever()

asyncio.run(main())"
    for _ in $(seq 100); do
        if ss -Hltn "sport = :$1" | grep -q .; then return; fi
        sleep 0.1
    done
    return 1
}
