"""Prepare a home directory for ``ansible-test``: ``ansible_test_home.py HOME PYTHON``.

``ansible-test sanity`` makes an environment per test. It fetches a pip bootstrap script from a
host of its own for that, and it passes on neither ``PIP_*`` variables nor a foreign ``HOME``.
Here the script is one that uses the interpreter's own ``ensurepip``, and the caller's pip
settings become a file. So only the package index that pip already uses is needed.

HOME is created. PYTHON is an interpreter with pip, whose settings are copied.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BOOTSTRAP = """\
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip"])
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", "-q"] + sys.argv[1:]))
"""

# The pip versions of ansible-core 2.16's ansible-test, for Python 3.7+, 2.7 and 3.6.
PIP_VERSIONS = ("23.1.2", "20.3.4", "21.3.1")


def pip_settings(python: str) -> str:
    """Return the settings of ``python``'s pip (files and environment) as a pip.conf."""
    listed = subprocess.run([python, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True).stdout
    settings: dict[str, str] = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        # ":env:" comes first in the list but wins over every file.
        if section == ":env:" or key not in settings:
            settings[key] = value.strip("'")
    return "[global]\nquiet = 1\n" + "".join(f"{key} = {value}\n" for key, value in settings.items())


def main(home: Path, python: str) -> None:
    cache = home / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in PIP_VERSIONS:
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(BOOTSTRAP)
    config = home / ".config/pip/pip.conf"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(pip_settings(python))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
