"""Pages of roles and variables, from each role's meta/argument_specs.yml; tests/checks/role_readmes.py words a role."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import role_readmes
import yaml
from ansible_collections.iepc.prep.plugins.module_utils import inputs

TOP = Path(__file__).resolve().parents[2]


def _specs() -> dict[str, dict[str, Any]]:
    """Role -> options of its entry point ``main``."""
    return {
        path.parents[1].name: yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"].get("options")
        or {}
        for path in sorted((TOP / "roles").glob("*/meta/argument_specs.yml"))
    }


def _defaults(role: str) -> dict[str, Any]:
    path = TOP / "roles" / role / "defaults/main.yml"
    return (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.is_file() else {}


def pages() -> dict[str, str]:
    """Role -> its page: its README, whose head says where it comes from."""
    return {
        role: role_readmes.readme(TOP / "roles" / role).replace(role_readmes.HEAD + "\n\n", "") for role in _specs()
    }


def variables() -> str:
    """One table of what an inventory may set, with the roles that read it."""
    read_by: dict[str, list[str]] = {}
    specs: dict[str, tuple[str, dict[str, Any]]] = {}
    for role, options in _specs().items():
        for name, option in options.items():
            read_by.setdefault(name, []).append(role)
            if name not in specs or name.startswith(role):
                specs[name] = (role, option)
    lines = [
        "# Variables",
        "",
        "What an inventory may set. A variable that nothing reads is a mistake and ends a run before any server is",
        "touched; your own begin with `local_`.",
        "",
        "## Of the inventory",
        "",
        "Where one belongs: `group` is `group_vars/diffusers.yml`, `host` is `host_vars/NAME.yml`.",
        "",
        "| variable | belongs to | required | meaning |",
        "|---|---|---|---|",
    ]
    for name, place in inputs.KNOWN_KEYS.items():
        described = " ".join(role_readmes.paragraphs(specs[name][1].get("description"))) if name in specs else ""
        required = "yes" if name in inputs.REQUIRED_KEYS else ""
        lines.append(f"| `{name}` | {place} | {required} | {role_readmes.cell(described or ABOUT[name])} |")
    lines += ["", "## Of the roles", "", "| variable | type | default | roles |", "|---|---|---|---|"]
    for name in sorted(set(specs) - set(inputs.KNOWN_KEYS)):
        role, option = specs[name]
        default = role_readmes.shown_default(name, option, _defaults(role))
        links = ", ".join(f"[`{one}`](roles/{one}.md)" for one in read_by[name])
        row = (f"`{name}`", role_readmes.cell(role_readmes.kind(option)), role_readmes.cell(default), links)
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


# Read by playbooks and prepctl, and by no role's specs.
ABOUT = {
    "prep_call": "The call: the name of one that comes along (`prepctl call show`), or the path of a file.",
    "prep_domain": "The mirror's public name; each diffuser has its own.",
    "prep_allowed_sources": "The institute's addresses and networks, the only ones that reach 22 and 873.",
    "prep_control_nodes": "Addresses that `prepctl` runs from; in `prep_allowed_sources`, and never banned.",
    "prep_admin_sources": "Addresses from which the outlet's own administrators keep their SSH; not 873.",
    "prep_outlet": "Who answers for the server: `name`, `kind`, `portal_urls` (those may frame the results).",
    "prep_contacts": "A technical contact for each stage of the call: name, post, phone, e-mail, hours.",
    "prep_documents": "What the outlet handed over: `date`, and `file` with `sha256` of a paper kept in the workspace.",
    "prep_attestations": "Statements by a named person where no command can look ([what they count for](../calls.md)).",
    "prep_waivers": "Deviations that the institute accepts, until a second ([what they count for](../calls.md)).",
    "prep_disputes": "Results that the outlet disputes; the result stays, the report shows both.",
    "prep_drills": "Windows of drills beyond the call's days: `opens`, `closes`, by the call's wall clock.",
    "prep_vantage_address": "Of a vantage point behind translation: the address that servers see it come from.",
    "prep_rsync_user": "The user that cuts are pushed as.",
    "prep_rsync_secret": "The secret of that user on this server: its own, random, kept with ansible-vault.",
    "prep_reports_dir": "Where reports are written; `reports` in the workspace.",
    "prep_thorough": "`true`: run every role, also on a server that stands as the last run left it.",
}
