"""The lab that ``bin/demo`` made has to be there; ``bin/test e2e`` sees to it."""

from __future__ import annotations

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
