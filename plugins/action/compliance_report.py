# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Judges all diffusers on the controller; documented in plugins/modules/compliance_report.py."""

from __future__ import annotations

import shutil
import socket
from datetime import datetime, timezone
from pathlib import Path

import yaml
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as core_version
from ansible_collections.iepc.prep.plugins.module_utils import call as call_model
from ansible_collections.iepc.prep.plugins.module_utils import report_model
from ansible_collections.iepc.prep.plugins.module_utils.controls.registry import CHECKS
from ansible_collections.iepc.prep.plugins.plugin_utils import canonical_json, report_html
from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import (
    COLLECTION,
    CallError,
    find_call,
    load_call,
)
from ansible_collections.iepc.prep.plugins.plugin_utils.call_times import windows_in_utc
from ansible_collections.iepc.prep.plugins.plugin_utils.host_inputs import inputs_of
from ansible_collections.iepc.prep.plugins.plugin_utils.read_elsewhere import ReadElsewhere
from ansible_collections.iepc.prep.plugins.plugin_utils.report_words import AREAS
from ansible_collections.iepc.prep.plugins.plugin_utils.whole_file import write_whole


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _VALID_ARGS = frozenset(("call", "dest", "read", "run_id"))

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        args = self._task.args
        for name in ("call", "dest"):
            if not args.get(name):
                raise AnsibleActionFail(f"compliance_report: {name} is required")
        call = self._call(str(args["call"]), task_vars)
        names = [str(name) for name in task_vars["ansible_play_hosts_all"]]
        hosts = self._inputs(names, task_vars["hostvars"], args.get("read"))
        finished = _now()
        run = {
            "id": "",
            "started": _started(hosts, finished),
            "finished": finished,
            "controller": socket.gethostname(),
            "collection_version": _collection_version(),
            "zone": call["zone"],
            "ansible_core": str(core_version),
            "windows": windows_in_utc(call),
            "freeze": _freeze(hosts),
        }
        wanted = str(args.get("run_id") or "") or finished.replace("-", "").replace(":", "")
        try:
            directory = _reserve(Path(str(args["dest"])), wanted)
            run["id"] = directory.name
            report = report_model.build(call, hosts, run)
            _write(directory, report)
        except (OSError, ValueError) as problem:
            raise AnsibleActionFail(f"compliance_report: {problem}") from problem
        result.update(
            # A report is no change to any server: a converged run stays at changed=0.
            changed=False,
            run_id=run["id"],
            json=str(directory / "compliance.json"),
            html=str(directory / "compliance.html"),
            verdicts={one["name"]: _verdict(one) for one in report["diffusers"]},
            summary=report["summary"],
            table=_table(report, {host["name"]: host["standing"] for host in hosts}),
        )
        return result

    def _inputs(self, names, hostvars, read):
        """What the report needs of each host; where workers read it, from what each of them read."""
        if not read:
            return inputs_of(names, hostvars)
        try:
            elsewhere = ReadElsewhere(hostvars, names, Path(str(read)))
        except (OSError, ValueError) as problem:
            raise AnsibleActionFail(f"compliance_report: read: {problem}") from problem
        found = {}
        for worker in elsewhere.workers:
            found.update({one["name"]: one for one in inputs_of(elsewhere.of_worker(worker), elsewhere)})
        return [found[name] for name in names]

    def _call(self, name, task_vars):
        bases = [str(task_vars[key]) for key in ("inventory_dir", "playbook_dir") if task_vars.get(key)]
        try:
            return call_model.load(load_call(name, bases), find_call(name, bases).name, CHECKS)
        except (CallError, call_model.CallError) as problem:
            raise AnsibleActionFail(f"compliance_report: {problem}") from problem


def _now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _freeze(hosts):
    """What preflight found of the call's freeze, with the reason of whoever went past it; None without."""
    for host in hosts:
        found = host["freeze"]
        if isinstance(found, dict):
            return {key: found.get(key) for key in ("active", "opens", "closes", "zone", "override")}
    return None


def _started(hosts, finished):
    """The earliest time in the evidence; a server's own clock may be ahead of ours."""
    times = [str(probe.get("started") or "") for host in hosts for probe in host["probes"]]
    return min([time[:19] + "Z" for time in times if len(time) >= 20] + [finished])


def _collection_version():
    for file, find in (
        ("MANIFEST.json", lambda data: data["collection_info"]["version"]),
        ("galaxy.yml", lambda data: data["version"]),
    ):
        try:
            return str(find(yaml.safe_load((COLLECTION / file).read_text(encoding="utf-8"))))
        except (OSError, KeyError, TypeError, yaml.YAMLError):
            continue
    return "?"


def _reserve(dest, wanted):
    """A directory of its own for this run; two runs within one second get different ones."""
    dest.mkdir(parents=True, exist_ok=True)
    for attempt in range(1, 1000):
        directory = dest / (wanted if attempt == 1 else f"{wanted}-{attempt}")
        try:
            directory.mkdir()
            return directory
        except FileExistsError:
            continue
    raise ValueError(f"{dest}: no name left for run {wanted}")


def _write(directory, report):
    """Both files or none: whoever sees compliance.json sees a whole report."""
    try:
        data = canonical_json.dumps(report)
        page = report_html.render(report, canonical_json.digest(data))
        # The JSON last: who waits for it finds the page there too.
        write_whole(directory / "compliance.html", page.encode("utf-8"), 0o640)
        write_whole(directory / "compliance.json", data, 0o640)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise


def _verdict(diffuser):
    """What the last task and a person need of one diffuser."""
    failed = [
        entry["control"]
        for entry in diffuser["results"]
        if entry["severity"] == "required" and entry["result"] == "fail" and entry["treatment"] != "waived"
    ]
    return {
        "verdict": diffuser["verdict"],
        "contact": diffuser["contact"],
        "reason": diffuser["reason"],
        "failed_required": failed,
        "counts": diffuser["counts"],
    }


def _table(report, standings):
    """Lines for a terminal, one per diffuser."""
    lines = []
    width = max(len(one["name"]) for one in report["diffusers"])
    for one in report["diffusers"]:
        counts = one["counts"]
        told = f"{counts['pass']}/{len(one['results'])} cumplen"
        for key, title in (("fail", "no cumplen"), ("error", "con error"), ("no_evidence", "sin evidencia")):
            if counts[key]:
                told += f", {counts[key]} {title}"
        if one["contact"] == "unreachable":
            told = f"inalcanzable: {one['reason']}"
        standing = standings[one["name"]]
        if standing.get("stands"):
            told += f"; sin cambios desde {standing['since']}"
        for key, words in (("differs", "no estaba como quedó"), ("unread", "no se pudo comparar")):
            if standing.get(key):
                told += f"; {words}: {', '.join(AREAS[area][0] for area in standing[key])}"
        lines.append(f"{one['name']:<{width}}  {one['verdict']:<22}  {told}")
    return lines
