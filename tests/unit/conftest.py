"""Two lanes differ in nothing but ansible-core: what it has no part in is tested in one of them alone.

The lane for old servers (ansible-core 2.16) runs everything. In any other lane what stands in ``ONCE`` is left out, but
for files that name ansible-core all the same.
"""

from __future__ import annotations

import re
from pathlib import Path

import ansible.release
import pytest

HERE = Path(__file__).parent
EVERYTHING = ansible.release.__version__.startswith("2.16.")
# What a call has to be; logs and visitors; what runs on servers without ansible-core, and what judges it; documents
# made of a report; publishing, watching and what is said about it, once an inventory was read.
ONCE = (
    "controller/test_call_schema.py", "memory", "plugins", "report",
    "prepctl/test_capacity.py", "prepctl/test_drill.py", "prepctl/test_escapes.py", "prepctl/test_faults.py",
    "prepctl/test_intrusion_record.py", "prepctl/test_language.py", "prepctl/test_listing.py",
    "prepctl/test_publish.py", "prepctl/test_status.py", "prepctl/test_watch.py",
)  # fmt: skip
ITS_OWN = re.compile(r"^\s*(?:from|import) ansible(?:\.| )|ansible-playbook|ansible-vault", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out a file that says nothing of this lane."""
    if EVERYTHING or not collection_path.name.startswith("test_"):
        return None
    once = any(collection_path.is_relative_to(HERE / one) for one in ONCE)
    return True if once and not ITS_OWN.search(collection_path.read_text(encoding="utf-8")) else None
