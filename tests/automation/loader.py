"""What a real dynamic loader says of the files of wheels, to be compared with the proof.

The wheels are unpacked into a container of an official-like Python image, and each library is opened there in a
process of its own, as an import would open it.
"""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from automation import containers
from automation.engine import Engine
from automation.loadability import closure

if TYPE_CHECKING:
    from docker.models.containers import Container

# How many bytes of archives go into the container at a time.
BATCH = 256_000_000
SECONDS_EACH = 30
OPEN_EACH = """
import _ctypes, json, os, signal, sys

def said(path):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(int(sys.argv[1]))
        try:
            _ctypes.dlopen(path, os.RTLD_NOW)
            os.write(writer, b"ok")
        except OSError as error:
            os.write(writer, str(error).encode()[:2000])
        os._exit(0)
    os.close(writer)
    status = os.waitpid(child, 0)[1]
    with os.fdopen(reader, "rb") as pipe:
        words = pipe.read().decode(errors="replace")
    return words or f"ended with status {status}"

answers = {path: said(path) for path in json.load(open("/paths.json"))}
json.dump(answers, open("/answer.json", "w"))
"""


def open_all(engine: Engine, image: str, wheels: Iterable[Path], paths: Sequence[str], python: str) -> dict[str, str]:
    """What the loader says of each path: `ok`, or its error.

    Args:
        image: one with `python3`.
        wheels: to be laid out as the proof does it.
        paths: as the proof names them.
    """
    with containers.session(engine) as running:
        container = running.start(image, command=["sleep", "7200"], network_mode="none", entrypoint=[])
        for batch in _batches(wheels, python):
            put(container, batch)
        put(container, {"/paths.json": json.dumps(list(paths)).encode(), "/open.py": OPEN_EACH.encode()})
        # Libraries print what they like when they are loaded: the answer is a file.
        code, out = container.exec_run(["python3", "/open.py", str(SECONDS_EACH)])
        answer = containers.read_file(container, "/answer.json")
        assert answer is not None, (code, out)
        found: dict[str, str] = json.loads(answer)
        return found


def put(container: Container, files: Mapping[str, bytes]) -> None:
    """Write files into a container, by absolute path."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path.lstrip("/"))
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content))
    assert container.put_archive("/", buffer.getvalue())


def _batches(wheels: Iterable[Path], python: str) -> Iterator[dict[str, bytes]]:
    batch: dict[str, bytes] = {}
    size = 0
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                if member.is_dir():
                    continue
                content = archive.read(member)
                batch[closure.installed_path(member.filename, python)] = content
                size += len(content)
                if size > BATCH:
                    yield batch
                    batch, size = {}, 0
    yield batch
