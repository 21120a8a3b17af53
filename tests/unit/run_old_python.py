# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Run the unit tests that need no pytest, under any Python from 2.7 on.

    python2.7 tests/unit/run_old_python.py [INTERPRETER]

Servers run Python 2.7 and 3.6, which have neither pytest nor, in 2.7, packages
without __init__.py. So the collection is copied into a temporary tree that has
them, and every tests/unit/plugins/**/test_*.py that does not import pytest runs
there by unittest. Where a checkout's environment holds ansible-core, its
module_utils are linked in too, so that the modules themselves run.
"""

from __future__ import absolute_import, division, print_function

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

__metaclass__ = type

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
TREE = "PREP_OLD_PYTHON_TREE"


def touch(path):
    """An empty file, unless there is one."""
    open(path, "a").close()


def build(tree):
    """Copy plugins and calls into `tree` as a package that Python 2.7 can import."""
    package = tree
    for part in ("ansible_collections", "iepc", "prep"):
        package = os.path.join(package, part)
        os.mkdir(package)
        touch(os.path.join(package, "__init__.py"))
    for part in ("module_utils", "modules"):
        shutil.copytree(
            os.path.join(TOP, "plugins", part),
            os.path.join(package, "plugins", part),
            ignore=shutil.ignore_patterns("__pycache__", "*.pyc"),
        )
    for directory, _names, _files in os.walk(os.path.join(package, "plugins")):
        touch(os.path.join(directory, "__init__.py"))
    if os.path.isdir(os.path.join(TOP, "calls")):
        shutil.copytree(os.path.join(TOP, "calls"), os.path.join(package, "calls"))
    core = glob.glob(os.path.join(TOP, ".venv", "el7", "lib", "python3*", "site-packages", "ansible"))
    if core:
        os.mkdir(os.path.join(tree, "ansible"))
        touch(os.path.join(tree, "ansible", "__init__.py"))
        for part in ("module_utils", "release.py"):
            os.symlink(os.path.join(core[0], part), os.path.join(tree, "ansible", part))


def tests():
    """(files to run, files left out because they need pytest)."""
    chosen, left_out = [], []
    for directory, _names, files in os.walk(os.path.join(HERE, "plugins")):
        for name in sorted(files):
            if not re.match(r"test_\w+\.py$", name):
                continue
            path = os.path.join(directory, name)
            with open(path, "rb") as handle:
                needs_pytest = re.search(br"^\s*(?:import|from) pytest\b", handle.read(), re.M)
            (left_out if needs_pytest else chosen).append(path)
    return sorted(chosen), sorted(left_out)


def run():
    """Run the chosen tests in this interpreter, whose path holds the tree."""
    chosen, left_out = tests()
    suite = unittest.TestSuite()
    for path in chosen:
        directory = os.path.dirname(path)
        if directory not in sys.path:
            sys.path.insert(0, directory)
        suite.addTests(unittest.defaultTestLoader.loadTestsFromName(os.path.basename(path)[:-3]))
    print("python %s: %d files of tests" % (sys.version.split()[0], len(chosen)))
    for path in left_out:
        print("left out, needs pytest: %s" % os.path.relpath(path, TOP))
    sys.stdout.flush()
    result = unittest.TextTestRunner(verbosity=1).run(suite)
    return 0 if result.wasSuccessful() and suite.countTestCases() else 1


def main():
    """Build the tree and start the interpreter (default: this one) on it."""
    if os.environ.get(TREE):
        return run()
    interpreter = sys.argv[1] if len(sys.argv) > 1 else sys.executable
    tree = tempfile.mkdtemp(prefix="prep-old-python-")
    try:
        build(tree)
        environment = dict(os.environ, PYTHONPATH=tree, PYTHONDONTWRITEBYTECODE="1")
        environment[TREE] = tree
        return subprocess.call([interpreter, os.path.abspath(__file__)], env=environment)
    finally:
        shutil.rmtree(tree)


if __name__ == "__main__":
    sys.exit(main())
