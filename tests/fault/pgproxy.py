"""A PostgreSQL cluster for a test, and a proxy before it that cuts the writer's connection at COMMIT: before the server hears of it, or after the
server has committed and before the client hears of it."""
import os
import socket
import struct
import subprocess
import threading
import time

from faultlib import ROOT


class Cluster:
    def __init__(self, folder):
        self.folder, self.tool = folder, os.path.join(ROOT, "tools", "pg_cluster.sh")
        self.url = subprocess.run([self.tool, "start", folder], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
        self.parts = dict(p.split("=", 1) for p in self.url.split())

    def sql(self, text, db="postgres"):
        p = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.of(db), "-c", text], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
        if p.returncode != 0:
            raise RuntimeError(p.stderr.decode())
        return p.stdout.decode().strip()

    def of(self, db, folder=None):
        return "host=%s port=%s user=postgres dbname=%s" % (folder or self.parts["host"], self.parts["port"], db)

    def backends(self, db):
        return [int(x) for x in self.sql("SELECT pid FROM pg_stat_activity WHERE datname = '%s' AND pid <> pg_backend_pid()" % db).split()]

    def wait(self):
        """Until it answers again."""
        for _ in range(100):
            try:
                return self.sql("SELECT 1")
            except RuntimeError:
                time.sleep(0.1)
        raise RuntimeError("PostgreSQL does not answer")

    def stop(self):
        subprocess.run([self.tool, "stop", self.folder], stdout=subprocess.DEVNULL)


def take(sock, n):
    data = b""
    while len(data) < n:
        part = sock.recv(n - len(data))
        if not part:
            raise OSError("closed")
        data += part
    return data


class Proxy:
    """armed: None, "before" or "after"; closed: nobody gets through."""

    def __init__(self, cluster, folder):
        self.cluster, self.folder, self.armed, self.closed, self.cuts = cluster, folder, None, False, 0
        os.makedirs(folder)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(folder, ".s.PGSQL." + cluster.parts["port"]))
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def url(self, db):
        return self.cluster.of(db, self.folder)

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            if self.closed:
                client.close()
                continue
            try:
                server = socket.socket(socket.AF_UNIX)
                server.connect(os.path.join(self.cluster.parts["host"], ".s.PGSQL." + self.cluster.parts["port"]))
            except OSError:
                client.close()
                continue
            state = {"mute": False, "writer": False}
            threading.Thread(target=self.up, args=(client, server, state), daemon=True).start()
            threading.Thread(target=self.down, args=(client, server, state), daemon=True).start()

    @staticmethod
    def end(*socks):
        for s in socks:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    def up(self, client, server, state):
        try:
            n = struct.unpack("!I", take(client, 4))[0]
            server.sendall(struct.pack("!I", n) + take(client, n - 4))
            while True:
                kind = take(client, 1)
                n = struct.unpack("!I", take(client, 4))[0]
                body = take(client, n - 4)
                if kind == b"Q":
                    state["writer"] = body.startswith(b"BEGIN; SELECT one") or (state["writer"] and not body.startswith(b"ROLLBACK\0"))
                if kind == b"Q" and body == b"COMMIT\0" and state["writer"] and self.armed:
                    how, self.armed = self.armed, None
                    self.cuts += 1
                    if how == "before":
                        break
                    state["mute"] = True
                server.sendall(kind + struct.pack("!I", n) + body)
        except OSError:
            pass
        self.end(client, server)

    def down(self, client, server, state):
        try:
            while True:
                kind = take(server, 1)
                n = struct.unpack("!I", take(server, 4))[0]
                body = take(server, n - 4)
                if state["mute"]:
                    if kind == b"Z":
                        break                          # ready again: the commit is done, and nobody will hear of it
                    continue
                client.sendall(kind + struct.pack("!I", n) + body)
        except OSError:
            pass
        self.end(client, server)
