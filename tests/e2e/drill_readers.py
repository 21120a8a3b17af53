"""Readers of a drill: they open pages, ask for the next cut until it is there, and say what they did.

    python3 drill_readers.py PLAN

Runs on the Python of the lab's machine `lector`, without anything else. PLAN is JSON:

    mirrors   [[name, address, how many of the readers read there]]
    readers   [[source address, agent]], each a person; robots and attackers likewise, who come once
    hours     the cuts that they wait for, in order
    pages     how many pages each opens at first, and again after each cut

Prints `ready` once everybody has opened the first pages, and at the end one JSON list: for each request mirror,
source, agent, path, status, when it was sent, and when the server says that it came. Apache's `Date` is when it began
to read the request, which is also what it logs.
"""

import email.utils
import http.client
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

PAGE, DATA, MISSING, ATTACK = "/", "/status.json", "/no-existe.html", "/?q=%3Cscript%3Ealert(1)%3C/script%3E"
POLL_S, PATIENCE_S = 0.25, 120


class Reader:
    """Somebody at a mirror; `did` is what came of it."""

    def __init__(self, mirror, address, source, agent):
        self.mirror, self.address, self.source, self.agent = mirror, address, source, agent
        self.did = []

    def ask(self, path):
        """Ask over a connection of its own, so that nothing is sent twice; the answer's body."""
        line = http.client.HTTPConnection(self.address, timeout=20, source_address=(self.source, 0))
        sent = time.time()
        line.request("GET", path, headers={"User-Agent": self.agent, "Accept": "text/html,*/*;q=0.8"})
        answer = line.getresponse()
        body = answer.read()
        line.close()
        came = email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp()
        self.did.append([self.mirror, self.source, self.agent, path, answer.status, sent, int(came)])
        return body if answer.status == 200 else b""

    def wait_for(self, hour):
        """Ask for the cut, as an open page does, until it is of that hour or a later one."""
        until = time.monotonic() + PATIENCE_S
        while clock_of(self.ask(DATA)) < hour:
            if time.monotonic() > until:
                raise TimeoutError(f"{self.mirror} shows no cut of {hour}")
            time.sleep(POLL_S)


def clock_of(status):
    """The hour of what a mirror shows; nothing before the first cut."""
    return ((json.loads(status).get("cut") or {}).get("clock") or "")[11:16]


def read(reader, plan, everybody_is_here):
    """What a person does during the drill."""
    for _ in range(plan["pages"]):
        reader.ask(PAGE)
    reader.ask(MISSING)
    everybody_is_here.wait(PATIENCE_S)
    for hour in plan["hours"]:
        reader.wait_for(hour)
        for _ in range(plan["pages"]):
            reader.ask(PAGE)


def main(plan):
    """Have them all read."""
    persons, others = [], []
    for mirror, address, count in plan["mirrors"]:
        persons += [Reader(mirror, address, *one) for one in plan["readers"][:count]]
        others += [(Reader(mirror, address, *one), PAGE) for one in plan["robots"]]
        others += [(Reader(mirror, address, *one), ATTACK) for one in plan["attackers"]]
    everybody_is_here = threading.Barrier(len(persons) + 1)
    with ThreadPoolExecutor(len(persons)) as pool:
        reading = [pool.submit(read, one, plan, everybody_is_here) for one in persons]
        for other, path in others:
            other.ask(path)
        everybody_is_here.wait(PATIENCE_S)
        print("ready", flush=True)
        for one in reading:
            one.result()
    print(json.dumps([row for one in persons + [other for other, _path in others] for row in one.did]))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
