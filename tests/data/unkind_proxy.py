"""A TCP relay on loopback that is unkind to what passes: late, as if packets were lost, or with a byte changed."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time

BLOCK = 65536


class UnkindProxy:
    """Relays to a port of this machine; :attr:`port` is where it listens.

    :param delay_s: how late each block arrives, in both directions.
    :param loss: share of blocks that come only after a retransmission's pause.
    :param alter_at: number of the byte, counted over all sent to the server, that is changed; once.
    """

    def __init__(self, target: int, delay_s: float = 0, loss: float = 0, alter_at: int | None = None) -> None:
        self._target, self._delay_s, self._loss, self._alter_at = target, delay_s, loss, alter_at
        self.altered = False
        self._passed = 0
        self._dice = random.Random(target)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                for source, sink, upward in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._relay, args=(source, sink, upward), daemon=True).start()

    def _relay(self, source: socket.socket, sink: socket.socket, upward: bool) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(BLOCK):
                if self._delay_s:
                    time.sleep(self._delay_s + (0.2 if self._dice.random() < self._loss else 0))
                sink.sendall(self._spoil(block) if upward else block)
            sink.shutdown(socket.SHUT_WR)

    def _spoil(self, block: bytes) -> bytes:
        start, self._passed = self._passed, self._passed + len(block)
        if self._alter_at is None or self.altered or not start <= self._alter_at < self._passed:
            return block
        self.altered = True
        place = self._alter_at - start
        return block[:place] + bytes([block[place] ^ 0x20]) + block[place + 1 :]
