"""A line between a program and its server that is cut at a random byte, again and again."""

import random
import select
import socket
import threading


class Cutter:
    """Listens on a port of its own and passes on to `port`. While cutting is on, each connection lives for a random number of bytes,
    and whichever way the last one goes, that is where it ends: also in the middle of a message, also after all of it."""

    def __init__(self, port, dice=random, most=60000):
        self.to, self.dice, self.cutting, self.cuts, self.most = port, dice, False, 0, most
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def close(self):
        self.listener.close()

    def serve(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(near,), daemon=True).start()

    def carry(self, near):
        left = None
        with near:
            try:
                far = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                return
            with far:
                while True:
                    ready, _, _ = select.select([near, far], [], [], 0.5)
                    if self.cutting and left is None:
                        left = self.dice.randint(1, self.most)
                    if not self.cutting:
                        left = None
                    for side in ready:
                        try:
                            data = side.recv(65536)
                            if not data:
                                return
                            (far if side is near else near).sendall(data if left is None else data[:left])
                        except OSError:
                            return
                        if left is None:
                            continue
                        left -= len(data)
                        if left <= 0:
                            self.cuts += 1
                            return
