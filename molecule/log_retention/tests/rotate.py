"""Rotates Apache's logs many times while a reader keeps asking, and counts what is left of it.

    rotate.py ROTATIONS HOURS_BETWEEN

Runs on the server. The clock of logrotate alone is turned forward; each rotation reloads Apache as it
would at night. Prints JSON: requests asked, answered with 200, and lines found in all files together.
"""

from __future__ import annotations

import glob
import gzip
import http.client
import json
import subprocess
import sys
import threading
from pathlib import Path

POLICY = "/etc/logrotate.d/apache2"
LOG = "/var/log/apache2/access.log"
STATE = "/run/rotate.state"
asked: list[str] = []
refused: list[str] = []
done = threading.Event()


def ask(name: str) -> None:
    """Ask for one page, as a reader does, with a name that its line in the log carries."""
    asked.append(name)
    try:
        connection = http.client.HTTPConnection("127.0.0.1", timeout=20)
        connection.request("GET", f"/?reader={name}")
        if connection.getresponse().status != 200:
            refused.append(name)
        connection.close()
    except OSError as problem:
        refused.append(f"{name}: {problem}")


def read_on() -> None:
    """Ask until told to stop, and never more than so often."""
    number = 0
    while number < 60000 and not done.wait(0.02):
        ask(f"loop{number}x")
        number += 1


def rotate(hours: int) -> None:
    subprocess.run(
        # The files' own times stay real, so that they grow old.
        ["env", "NO_FAKE_STAT=1", "faketime", "-f", f"+{hours}h", "logrotate", "-f", "-s", STATE, POLICY],
        check=True,
        capture_output=True,
        text=True,
    )


def lines() -> list[str]:
    """Every line of every file, compressed or not."""
    found: list[str] = []
    for path in glob.glob(LOG + "*"):
        opener = gzip.open if path.endswith(".gz") else open
        with opener(path, "rt", encoding="utf-8") as stream:
            found += stream.readlines()
    return found


def main() -> None:
    rotations, hours = int(sys.argv[1]), int(sys.argv[2])
    # What an earlier run on this server left is not counted.
    for path in [STATE, *glob.glob(LOG + "[.-]*")]:
        Path(path).unlink(missing_ok=True)
    Path(LOG).write_text("", encoding="utf-8")
    reader = threading.Thread(target=read_on)
    reader.start()
    try:
        for number in range(rotations):
            ask(f"turn{number}x")
            rotate(hours * number)
    finally:
        done.set()
        reader.join()
    # In the file that Apache opened last.
    ask("lastx")
    names = [line.split("reader=")[1].split(" ")[0] for line in lines() if "reader=" in line]
    print(
        json.dumps(
            {
                "asked": len(asked),
                "refused": refused,
                "found": len(names),
                "missing": sorted(set(asked) - set(names))[:10],
                "files": len(glob.glob(LOG + "*")),
            }
        )
    )


if __name__ == "__main__":
    main()
