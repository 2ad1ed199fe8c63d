"""A news server that has no article but those a test posts: enough of NNTP (RFC 3977, RFC 4643) for SABnzbd."""

from __future__ import annotations

import socketserver
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from xml.sax.saxutils import escape, quoteattr

GROUP = "alt.binaries.test"
ANSWERS = {
    "CAPABILITIES": "101 Capability list:\r\nVERSION 2\r\nREADER\r\nAUTHINFO USER\r\n.",
    "MODE": "201 no posting",
    "DATE": "111 20200101000000",
    "GROUP": f"211 1 1 1 {GROUP}",
    "QUIT": "205 bye",
    "ARTICLE": "430 no such article",
    "BODY": "430 no such article",
    "HEAD": "430 no such article",
    "STAT": "430 no such article",
}


class Server(socketserver.ThreadingTCPServer):
    """Accepts one account, on a port of its own."""

    daemon_threads = True
    block_on_close = False
    user, password = "reader", "s3cret"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.port: int = self.server_address[1]
        self.commands: list[str] = []
        """Every line a client sent, in order, without what it gave as a password."""
        self.articles: dict[str, bytes] = {}
        """The bodies that it has, by their ids, as they are sent."""


class Conversation(socketserver.StreamRequestHandler):
    """One connection."""

    server: Server

    def handle(self) -> None:
        """Greet, and answer until the client leaves."""
        self.say("200 ready")
        user = ""
        while line := self.rfile.readline(1024).decode("latin-1").strip():
            word, _, rest = line.partition(" ")
            name = word.upper()
            kind, _, given = rest.partition(" ")
            secret = name == "AUTHINFO" and kind.upper() == "PASS"
            self.server.commands.append("AUTHINFO PASS" if secret else line)
            if secret:
                known = (user, given) == (self.server.user, self.server.password)
                self.say("281 welcome" if known else "481 wrong user or password")
            elif name == "AUTHINFO":
                user = given
                self.say("381 and the password?")
            elif name == "BODY" and rest in self.server.articles:
                self.say(f"222 0 {rest}")
                self.wfile.write(self.server.articles[rest])
            else:
                self.say(ANSWERS.get(name, "500 what?"))
            if name == "QUIT":
                return

    def say(self, line: str) -> None:
        """Send a line."""
        self.wfile.write(line.encode("latin-1") + b"\r\n")


@contextmanager
def serving() -> Iterator[Server]:
    """The server, in a thread."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def encode(name: str, content: bytes, part: int, parts: int, size: int, begin: int) -> bytes:
    """One part of a file as the body of an article, in yEnc, with the dot that ends it."""
    lines = [f"=ybegin part={part} total={parts} line=128 size={size} name={name}".encode()]
    lines.append(f"=ypart begin={begin + 1} end={begin + len(content)}".encode())
    for start in range(0, len(content), 128):
        coded = bytearray()
        for byte in content[start : start + 128]:
            value = (byte + 42) % 256
            coded += bytes((61, (value + 64) % 256)) if value in (0, 10, 13, 61) else bytes((value,))
        lines.append(b"." + coded if coded.startswith(b".") else bytes(coded))
    lines.append(f"=yend size={len(content)} part={part} pcrc32={zlib.crc32(content):08x}".encode())
    return b"\r\n".join([*lines, b".", b""])


def post(server: Server, name: str, content: bytes, segments: int = 3) -> None:
    """Have a server keep the articles of what `nzb` makes an NZB of, with one file."""
    size = -(-len(content) // segments)
    for part in range(1, segments + 1):
        begin = (part - 1) * size
        body = encode(f"{name}.1.mkv", content[begin : begin + size], part, segments, len(content), begin)
        server.articles[f"<{name}.1.{part}@test.invalid>"] = body


def nzb(name: str, *, files: int = 1, segments: int = 3) -> str:
    """An NZB of small files, whose articles nobody has unless they are posted."""
    listed = []
    for number in range(1, files + 1):
        subject = quoteattr(f'{name} [{number}/{files}] - "{name}.{number}.mkv" yEnc (1/{segments})')
        parts = "".join(
            f'<segment bytes="70000" number="{part}">{escape(f"{name}.{number}.{part}@test.invalid")}</segment>'
            for part in range(1, segments + 1)
        )
        listed.append(
            f'<file poster="nobody@test.invalid" date="1577836800" subject={subject}>'
            f"<groups><group>{GROUP}</group></groups><segments>{parts}</segments></file>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<!DOCTYPE nzb PUBLIC "-//newzBin//DTD NZB 1.1//EN" "http://www.newzbin.com/DTD/nzb/nzb-1.1.dtd">\n'
        f'<nzb xmlns="http://www.newzbin.com/DTD/2003/nzb">{"".join(listed)}</nzb>\n'
    )
