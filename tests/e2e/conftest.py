"""The lab that ``bin/demo`` made has to be there; ``bin/test e2e`` sees to it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
import workspace


@pytest.fixture(scope="session", autouse=True)
def lab() -> None:
    """Fail at once, and in one line, without a lab."""
    for machine in (*workspace.DIFFUSERS, "origen", "lector"):
        done = workspace.run("docker", "inspect", "-f", "{{.State.Running}}", workspace.container(machine))
        assert done.out.strip() == "true", f"{machine} does not run: prepctl lab up"


@pytest.fixture(params=workspace.DIFFUSERS)
def each(request: pytest.FixtureRequest) -> str:
    """Return each diffuser's name in turn."""
    return str(request.param)


@pytest.fixture(scope="session")
def signing_key() -> None:
    """Have rsync here, a key that signs cuts, and its public half on the mirrors."""
    if not shutil.which("rsync"):
        assert workspace.run("apt-get", "install", "-y", "-qq", "rsync").rc == 0
    if not list((workspace.LAB / "keys").glob("*.key")):
        assert workspace.run("prepctl", "keys", "create", "--workspace", str(workspace.LAB)).rc == 0
        done = workspace.playbook(workspace.PLAYBOOK, "--tags", "publication,rsync_daemon")
        # The lab's verdict is not this test's; that the roles went through is.
        assert all(host["unreachable"] == 0 for host in done.recap().values()), done.text


@pytest.fixture(scope="module")
def zero_state_afterwards() -> Iterator[None]:
    """Bring the zero state back, which other tests look for."""
    yield
    for name in workspace.MIRRORS:
        workspace.must(
            name,
            "systemctl stop prep-activator.path prep-activator.timer; find /srv/prep/incoming -mindepth 1 -delete; "
            "rm -f /srv/prep/current /srv/prep/state/*.json; rm -rf /srv/prep/cuts/2*; "
            "systemctl start prep-activator.service prep-activator.timer",
        )
        page = workspace.must(name, "cat /srv/prep/current/index.html")
        assert "Los resultados aún no se publican" in page
