"""The lookup `iepc.prep.template`: ansible-core's, without its deep copy of all variables."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# In a process of its own: here Ansible's finder of collections would come too late.
SCRIPT = """
import json, sys
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, lookup_loader
from ansible.template import Templar
try:
    from ansible.template import trust_as_template
except ImportError:
    trust_as_template = str

class Uncopied(list):
    def __deepcopy__(self, memo):
        raise SystemExit("copied deeply")

init_plugin_loader()
name, directory = sys.argv[1:]
variables = {"servers": Uncopied(["a", "b"]), "ansible_search_path": [directory]}
loader = DataLoader()
lookup = lookup_loader.get(name, loader=loader, templar=Templar(loader, variables=variables))
lookup.set_options()
print(json.dumps({"text": str(lookup.run(["a.j2"], variables)[0]), "options": lookup.get_options()}))
"""


def rendered(name: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """What a lookup makes of a template, with a variable that can't be copied deeply."""
    return subprocess.run([sys.executable, "-c", SCRIPT, name, str(directory)], capture_output=True, text=True)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "a.j2").write_text("{# a remark #}{% for one in servers %}\nserver {{ one }}\n{% endfor %}\n")
    return tmp_path


def test_no_variable_is_copied_deeply(directory: Path) -> None:
    done = rendered("iepc.prep.template", directory)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    # A default that is not ansible-core's would show here: remarks and blocks are gone.
    assert said["text"] == "server a\nserver b\n"


def test_ansible_core_still_copies(directory: Path) -> None:
    """Else ours is of no use any more, and ansible-core's is to be taken again."""
    assert "copied deeply" in rendered("ansible.builtin.template", directory).stderr
