"""Check that the unit tests show every state that every control of every call can have.

A control that no fixture ever turns, or that passes with a piece of its evidence taken away, would
be believed for no reason. The fixtures are those of tests/unit/plugins/compliance; controls about a
document, or proven by statement alone, share one judge that the call of 2022 has fixtures for.
Prints one line per state that is not shown; the exit code is 1 when there is one.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

TOP = Path(__file__).resolve().parents[2]
FIXTURES = TOP / "tests/unit/plugins/compliance"
sys.path.insert(0, str(FIXTURES))

import test_controls  # noqa: E402
from ansible_collections.iepc.prep.plugins.module_utils import call as call_model  # noqa: E402


def untested(call: dict, name: str) -> list[str]:
    """Return the controls of a call that no fixture speaks about."""
    return [
        f"{name}: {control['slug']}: no fixture speaks about it"
        for control in call["controls"]
        if control["slug"] not in test_controls.SLUGS
        and call_model.document_of(call, control["slug"]) is None
        and not call_model.by_statement_alone(control)
    ]


def main() -> int:
    found = []
    for path in sorted((TOP / "calls").glob("*.yml")):
        found += untested(yaml.safe_load(path.read_text(encoding="utf-8")), path.name)
    test_controls.setUpModule()
    for slug in test_controls.SLUGS:
        found += test_controls.lacking(slug)
    test_controls.tearDownModule()
    print("\n".join(found) or f"every state of {len(test_controls.SLUGS)} controls is shown by a fixture")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
