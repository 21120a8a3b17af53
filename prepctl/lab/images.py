"""Base images: built upon Debian's own where a registry answers, else with mmdebstrap.

No registry is needed: mmdebstrap builds from whatever Debian sources this machine is
configured with (taken from apt itself, not from a list of ours). Images are kept and
named by what is in them.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from prepctl.lab.plan import BASE_PACKAGES, CLIENT_PACKAGES, MACHINES, SUITE_PACKAGES
from prepctl.lab.shell import LabError, docker, run

REPOSITORY = "iepc-prep-lab"

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
    content = hashlib.sha256(" ".join((suite, *packages_for(suite), *BUILD_OPTIONS)).encode()).hexdigest()[:12]
    return f"{REPOSITORY}:{suite}-{content}"


def ensure_images(suites: set[str]) -> None:
    """Have an image of every suite; make what is missing, two at a time, and no image in two labs at once."""
    path = Path(tempfile.gettempdir()) / f"prep-lab-images-{os.getuid()}.lock"
    lock = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _ensure_images(suites)
    finally:
        os.close(lock)


def _ensure_images(suites: set[str]) -> None:
    missing = [suite for suite in sorted(suites) if not _exists(tag_for(suite))]
    if not missing:
        return
    # One pull tells whether a registry answers at all; asking for each would only wait longer.
    make = _build_from_registry if _pulls(missing[0]) else _build_from_archive
    with ThreadPoolExecutor(max_workers=2) as pool:
        for suite, how in zip(missing, pool.map(make, missing), strict=True):
            print(f"lab: image {suite}: {how}", flush=True)


def _exists(tag: str) -> bool:
    return bool(docker("images", "-q", tag).strip())


def _pulls(suite: str) -> bool:
    """Whether Debian's own image of a suite can be pulled."""
    try:
        docker("pull", "-q", f"debian:{suite}-slim")
    except LabError:
        return False
    return True


def _build_from_registry(suite: str) -> str:
    """Add our packages to the Debian image that a registry has."""
    steps = (
        f"FROM debian:{suite}-slim",
        "RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "
        + " ".join(packages_for(suite)),
        "RUN rm -f /etc/ssh/ssh_host_* && : > /etc/machine-id",
    )
    docker("build", "-q", "-t", tag_for(suite), "-", input_text="\n".join(steps) + "\n")
    return "built upon the registry's"


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
        raise LabError("apt has no Debian sources configured to build the lab's images from (run apt-get update?)")
    lines = [f"deb {main} {suite} main"]
    if security:
        lines.append(f"deb {security} {suite}-security main")
    return lines


def _build_from_archive(suite: str) -> str:
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
