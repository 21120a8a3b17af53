"""What changed between a run and the one before it.

A night on which a server could not be reached is no change: a control is compared with the last run
that knew whether it was met.
"""

from __future__ import annotations

from typing import Any

from prepctl.errors import PrepctlError
from prepctl.report.history import History

KNOWN = ("pass", "fail", "not_applicable")


def between(history: History, digest: str, base: str | None = None) -> dict[str, Any]:
    """The differences, as data.

    :param digest: the newer report.
    :param base: digest of the report to compare with; by default the run before.
    :raises PrepctlError: the history does not know one of them, or there is no run before.
    """
    now = history.run(digest)
    earlier = [one for one in history.runs() if (one["finished"], one["id"]) < (now["finished"], now["id"])]
    if base is not None:
        before = history.run(base)
        if before not in earlier:
            raise PrepctlError(f"run {before['run']} is not earlier than {now['run']}")
    elif not earlier:
        raise PrepctlError(f"run {now['run']} is the first that the history knows; there is none to compare it with")
    else:
        # Of the same call where there is one.
        before = ([one for one in earlier if one["call"] == now["call"]] or earlier)[-1]
    return _compare(history, now, before, [one for one in earlier if one["call"] == now["call"]])


def _compare(
    history: History, now: dict[str, Any], before: dict[str, Any], earlier: list[dict[str, Any]]
) -> dict[str, Any]:
    hosts, old_hosts = history.hosts(now["id"]), history.hosts(before["id"])
    found: dict[str, Any] = {
        "schema": 1,
        "run": {key: now[key] for key in ("run", "call", "finished", "digest")},
        "base": {key: before[key] for key in ("run", "call", "finished", "digest")},
        "comparable": True,
        "reason": "",
        "hosts_added": sorted(set(hosts) - set(old_hosts)),
        "hosts_lost": sorted(set(old_hosts) - set(hosts)),
        "verdicts": [
            {"host": host, "before": old_hosts[host], "now": verdict}
            for host, verdict in sorted(hosts.items())
            if old_hosts.get(host, verdict) != verdict
        ],
    }
    lists = ("new_failures", "fixed", "still_failing", "no_longer_known", "waivers_started", "waivers_ended",
             "not_comparable", "controls_added", "controls_lost")  # fmt: skip
    found.update({name: [] for name in lists})
    if (now["call"], now["call_version"]) != (before["call"], before["call_version"]):
        found["comparable"] = False
        names = [f"{one['call']} {one['call_version']}".strip() for one in (before, now)]
        found["reason"] = "call " + " -> ".join(names)
        return found
    upto = [one for one in earlier if (one["finished"], one["id"]) <= (before["finished"], before["id"])]
    past = _Past(history, upto)
    current, old = history.results(now["id"]), history.results(before["id"])
    for key in sorted(current):
        if key[0] in old_hosts:
            _judge(found, key, current[key], old.get(key), past, now["finished"])
    known = {control for _host, control in current}
    found["controls_lost"] = sorted({control for _host, control in old} - known)
    found["controls_added"] = sorted(known - {control for _host, control in old})
    return found


def _judge(
    found: dict[str, Any],
    key: tuple[str, str],
    entry: dict[str, Any],
    old: dict[str, Any] | None,
    past: _Past,
    finished: str,
) -> None:
    line: dict[str, Any] = {"host": key[0], "control": key[1], "clause": entry["clause"], "severity": entry["severity"]}
    if old is not None and old["version"] != entry["version"]:
        versions = f"control version {old['version'] or '?'} -> {entry['version'] or '?'}"
        found["not_comparable"].append(dict(line, reason=versions))
        return
    if (entry["treatment"] == "waived") != (old is not None and old["treatment"] == "waived"):
        found["waivers_started" if entry["treatment"] == "waived" else "waivers_ended"].append(line)
    known = past.last_known(key, entry["version"])
    if entry["result"] not in KNOWN:
        if known and old is not None and old["result"] in KNOWN:
            found["no_longer_known"].append(dict(line, result=entry["result"], before=known["result"]))
    elif entry["result"] == "fail":
        if known and known["result"] == "fail":
            found["still_failing"].append(dict(line, since=known["since"], runs=known["runs"] + 1))
        else:
            found["new_failures"].append(line)
    elif known and known["result"] == "fail":
        found["fixed"].append(dict(line, failed_since=known["since"], runs=known["runs"], fixed=finished))


class _Past:
    """The runs up to the one that is compared with, read once."""

    def __init__(self, history: History, runs: list[dict[str, Any]]) -> None:
        self.runs = [(run["finished"], history.results(run["id"])) for run in runs]

    def last_known(self, key: tuple[str, str], version: str) -> dict[str, Any] | None:
        """The last result that said whether a control was met, since when, and in how many runs."""
        found: dict[str, Any] | None = None
        for finished, results in reversed(self.runs):
            entry = results.get(key)
            if entry is None or entry["result"] not in KNOWN:
                continue
            if entry["version"] != version or (found and entry["result"] != found["result"]):
                break
            found = {"result": entry["result"], "since": finished, "runs": found["runs"] + 1 if found else 1}
        return found


TITLES = {
    "new_failures": "New failures",
    "fixed": "Fixed",
    "still_failing": "Still failing",
    "no_longer_known": "No longer known",
    "waivers_started": "Waivers started",
    "waivers_ended": "Waivers ended",
    "not_comparable": "Not comparable",
}


def lines(found: dict[str, Any]) -> list[str]:
    """The differences for a terminal."""
    told = [
        f"{found['base']['run']} ({found['base']['finished']}) -> {found['run']['run']} ({found['run']['finished']})"
    ]
    for name, title in (("hosts_added", "Diffusers added"), ("hosts_lost", "Diffusers lost")):
        if found[name]:
            told.append(f"{title}: {', '.join(found[name])}")
    told += [f"{one['host']}: {one['before']} -> {one['now']}" for one in found["verdicts"]]
    if not found["comparable"]:
        return [*told, f"Not comparable: {found['reason']}"]
    for name, title in TITLES.items():
        if found[name]:
            told.append(f"{title} ({len(found[name])}):")
            told += [f"  {one['host']}  {one['clause']} {one['control']}{_detail(name, one)}" for one in found[name]]
    for name, title in (("controls_added", "Controls added"), ("controls_lost", "Controls lost")):
        if found[name]:
            told.append(f"{title}: {', '.join(found[name])}")
    return told if len(told) > 1 else [*told, "Nothing changed."]


def _detail(name: str, one: dict[str, Any]) -> str:
    severity = "" if one["severity"] == "required" else f" ({one['severity']})"
    if name == "still_failing":
        return f"{severity}: since {one['since']}, {one['runs']} runs"
    if name == "fixed":
        return f"{severity}: failed since {one['failed_since']}, in {one['runs']} runs"
    if name == "no_longer_known":
        return f"{severity}: {one['before']} -> {one['result']}"
    if name == "not_comparable":
        return f": {one['reason']}"
    return severity
