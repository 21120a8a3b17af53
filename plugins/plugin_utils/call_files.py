# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Where calls are kept on the controller, and reading one."""

from __future__ import annotations

import copy
import difflib
import functools
from pathlib import Path

import yaml
from ansible_collections.iepc.prep.plugins.module_utils import call

# libyaml's where PyYAML was built with it: a call takes a tenth of the time.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# plugins/plugin_utils/ -> the collection's root
COLLECTION = Path(__file__).resolve().parents[2]


class CallError(ValueError):
    """A call that does not exist or cannot be used.

    :ivar lines: one line per mistake; ``str()`` joins them.
    """

    def __init__(self, *lines: str) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


class UnknownCallError(CallError):
    """No call of that name."""


def known_calls() -> list[str]:
    """Names of the calls that come with the collection."""
    return sorted(path.stem for path in (COLLECTION / "calls").glob("*.yml"))


def find_call(name: str, base_dirs: list[str] | None = None) -> Path:
    """The file of a call.

    :param name: a name from :func:`known_calls`, or the path of a YAML file.
    :param base_dirs: directories that a relative path may start from.
    :raises UnknownCallError: naming the known calls.
    """
    name = str(name)
    if name in known_calls():
        return COLLECTION / "calls" / (name + ".yml")
    if "/" in name or name.endswith((".yml", ".yaml")):
        for base in [*(base_dirs or []), "."]:
            path = Path(base, name).expanduser()
            if path.is_file():
                return path
    near = difflib.get_close_matches(name, known_calls(), n=1)
    raise UnknownCallError(
        f"there is no call {name!r}; known: {', '.join(known_calls()) or 'none'}, or the path of a YAML file"
        + (f" (did you mean {near[0]}?)" if near else "")
    )


def load_call(name: str, base_dirs: list[str] | None = None) -> dict:
    """A call as data.

    :returns: the mapping that its file holds.
    :raises CallError: unknown, unreadable, or not of the shape that calls have.
    """
    path = find_call(name, base_dirs)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as problem:
        raise CallError(f"{path}: cannot be read as YAML: {' '.join(str(problem).split())}") from problem
    # A template reads the call anew for each variable that it uses.
    return copy.deepcopy(_parsed(text, path))


@functools.lru_cache(maxsize=4)
def _parsed(text: str, path: Path) -> dict:
    try:
        data = yaml.load(text, Loader=LOADER)  # noqa: S506 (a safe loader, either way)
    except (ValueError, yaml.YAMLError) as problem:
        raise CallError(f"{path}: cannot be read as YAML: {' '.join(str(problem).split())}") from problem
    mistakes = call.problems(data, path.name)
    if mistakes:
        raise CallError(*mistakes)
    return data
