"""The filter that works out how logs are kept, and the one copy of its defaults in the role."""

from __future__ import annotations

from pathlib import Path

import yaml
from ansible_collections.iepc.prep.plugins.filter.log_plan import log_plan
from ansible_collections.iepc.prep.plugins.module_utils import log_budget

TOP = Path(__file__).resolve().parents[3]
POLICIES = [
    {"name": "httpd", "packages": ["httpd"], "logs": ["/var/log/httpd/*log"]},
    {"name": "wtmp", "logs": ["/var/log/wtmp"]},
    {"name": "prep-rsync", "logs": []},
]


def evidence(**values):
    return {key.replace("__", "."): {"value": value} for key, value in values.items()}


def test_the_roles_defaults_are_the_budgets_assumptions():
    defaults = yaml.safe_load((TOP / "roles/log_retention/defaults/main.yml").read_text())
    assert {key: defaults[key] for key in log_budget.ASSUMPTIONS} == log_budget.ASSUMPTIONS


def test_only_what_is_installed_is_rotated():
    plan = log_plan(log_budget.ASSUMPTIONS, POLICIES, evidence(packages={"installed": {"bash": "5"}}))
    assert [one["name"] for one in plan["policies"]] == ["wtmp"]
    plan = log_plan(log_budget.ASSUMPTIONS, POLICIES)
    assert [one["path"] for one in plan["policies"]] == ["/etc/logrotate.d/httpd", "/etc/logrotate.d/wtmp"]


def test_disk_and_other_cleaners_are_told():
    plan = log_plan(
        log_budget.ASSUMPTIONS,
        POLICIES,
        evidence(
            disk={"/var/log": {"free_mb": 100, "total_mb": 200}},
            logs__usage={"total_mb": 5, "bytes": {}},
            logs__cleaners=[{"file": "/etc/tmpfiles.d/x.conf", "path": "/var/log/httpd", "age": "10d"}],
        ),
    )
    assert plan["messages"][0].startswith("DISK BUDGET DOES NOT FIT: 120 days")
    assert plan["messages"][0].endswith("/var/log has 105 MiB for them")
    assert plan["messages"][1].startswith("/etc/tmpfiles.d/x.conf deletes below /var/log/httpd after 10d")


def test_a_mistake_leaves_nothing_to_write():
    plan = log_plan(dict(log_budget.ASSUMPTIONS, log_retention_days=0), POLICIES)
    assert plan["mistakes"] and plan["policies"] == []
