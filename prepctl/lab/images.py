"""Base images: pulled where a registry answers, else built with mmdebstrap, cached by content.

No registry is needed: mmdebstrap builds from whatever Debian sources this machine is
configured with (taken from apt itself, not from a list of ours).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from prepctl.lab.plan import BASE_PACKAGES, CLIENT_PACKAGES, MACHINES, SUITE_PACKAGES
from prepctl.lab.shell import LabError, docker, run

REPOSITORY = "iepc-prep-lab"
# Set to a registry's name to take ready-made images from there, e.g. registry.example.org/prep-lab
REGISTRY_VARIABLE = "PREP_LAB_REGISTRY"

BUILD_OPTIONS = (
    "--variant=minbase",
    # With its package index, so that a first onboarding fetches packages alone.
    "--skip=cleanup/apt/lists",
    # Each container makes its own SSH host keys and machine id at its first start.
    "--customize-hook=rm -f $1/etc/ssh/ssh_host_*",
    "--customize-hook=: > $1/etc/machine-id",
)


def packages_for(suite: str) -> tuple[str, ...]:
    """The packages of a suite's image; the reader's and origin's tools where those run."""
    clients = any(machine.suite == suite and machine.role != "diffuser" for machine in MACHINES)
    return BASE_PACKAGES + SUITE_PACKAGES.get(suite, ()) + (CLIENT_PACKAGES if clients else ())


def tag_for(suite: str) -> str:
    """Name of the image of a suite; changes with what is in it, so a stale one is never used."""
    content = hashlib.sha256(" ".join((suite, *packages_for(suite), *BUILD_OPTIONS)).encode()).hexdigest()[
        :12
    ]
    return f"{REPOSITORY}:{suite}-{content}"


def ensure_images(suites: set[str]) -> None:
    """Have an image of every suite; build what is missing, two at a time."""
    missing = [suite for suite in sorted(suites) if not _exists(tag_for(suite))]
    if not missing:
        return
    with ThreadPoolExecutor(max_workers=2) as pool:
        for suite, how in zip(missing, pool.map(_obtain, missing), strict=True):
            print(f"lab: image {suite}: {how}")


def _exists(tag: str) -> bool:
    return bool(docker("images", "-q", tag).strip())


def _obtain(suite: str) -> str:
    registry = os.environ.get(REGISTRY_VARIABLE)
    if registry:
        remote = f"{registry}:{suite}"
        try:
            docker("pull", "-q", remote)
            docker("tag", remote, tag_for(suite))
            return f"pulled {remote}"
        except LabError as error:
            print(f"lab: {error}; building instead")
    return _build(suite)


def debian_sources(suite: str) -> list[str]:
    """The ``deb`` lines of a suite at the mirror(s) that this machine's apt uses."""
    listed = run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Created-By: Packages"])
    main = security = None
    for line in listed.splitlines():
        uri, _, codename = line.partition(" ")
        if "debian" not in uri:
            continue
        if codename.endswith("-security"):
            security = security or uri
        elif "-" not in codename:
            main = main or uri
    if main is None:
        raise LabError(
            "apt has no Debian sources configured to build the lab's images from (run apt-get update?)"
        )
    lines = [f"deb {main} {suite} main"]
    if security:
        lines.append(f"deb {security} {suite}-security main")
    return lines


def _build(suite: str) -> str:
    if shutil.which("mmdebstrap") is None:
        raise LabError("mmdebstrap is not installed; on Debian: apt-get install mmdebstrap")
    with tempfile.TemporaryDirectory(prefix="prep-lab-") as scratch:
        archive = Path(scratch) / f"{suite}.tar"
        run(
            [
                "mmdebstrap", *BUILD_OPTIONS, f"--include={','.join(packages_for(suite))}",
                suite, str(archive), *debian_sources(suite),
            ]
        )  # fmt: skip
        docker("import", "-m", f"mmdebstrap {suite}", str(archive), tag_for(suite))
    return "built with mmdebstrap"
