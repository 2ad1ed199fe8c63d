"""What the image promises, checked on a running container."""

from __future__ import annotations

import json
import re
import time
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

from docker.errors import APIError

from automation import containers, image_store
from automation.bases import Libc, Variant
from automation.engine import Engine
from tests.container.client import ask

if TYPE_CHECKING:
    from docker.models.containers import Container

# Which C library a process really has loaded: its loader is mapped into it.
LOADED = """
import json, re
maps = open("/proc/self/maps").read()
found = {"musl": "/ld-musl-", "glibc": r"/libc\\.so\\.6|/libc-2"}
print(json.dumps({name: bool(re.search(sign, maps)) for name, sign in found.items()}))
"""
WRITABLE = """
import json, os
found = []
for place in ("/", "/opt/app", "/opt/ui", "/opt/venv", "/usr/local", "/etc", "/home", "/tmp", "/var", "/data"):
    try:
        with open(os.path.join(place, ".probe"), "w"):
            found.append(place)
        os.unlink(os.path.join(place, ".probe"))
    except OSError:
        pass
print(json.dumps(found))
"""
STATUS = """
import json, os
status = dict(line.split(":", 1) for line in open("/proc/1/status"))
print(json.dumps({"uid": status["Uid"].split(), "gid": status["Gid"].split(), "groups": status["Groups"].split(),
                  "effective": status["CapEff"].strip(), "bounding": status["CapBnd"].strip(),
                  "no_new_privs": status["NoNewPrivs"].strip(), "name": status["Name"].strip()}))
"""


def inside(container: Container, program: str) -> object:
    result = container.exec_run(["python", "-c", program])
    assert isinstance(result.output, bytes)
    assert result.exit_code == 0, result.output.decode()
    return json.loads(result.output)


def test_runs_on_the_libc_it_is_named_for(running: Container, variant: Variant) -> None:
    expected = {"musl": variant.base.libc is Libc.MUSL, "glibc": variant.base.libc is Libc.GLIBC}
    assert inside(running, LOADED) == expected
    assert ask(running, "/api/v1/about").json()["libc"]["name"] == str(variant.base.libc)


def test_runs_unprivileged(running: Container) -> None:
    status = inside(running, STATUS)
    assert isinstance(status, dict)
    assert status["uid"] == ["1001"] * 4
    assert status["gid"] == ["1001"] * 4
    assert set(status["groups"]) <= {"1001"}
    assert int(status["effective"], 16) == 0
    assert int(status["bounding"], 16) == 0
    assert status["no_new_privs"] == "1"


def test_only_data_is_writable(running: Container) -> None:
    assert inside(running, WRITABLE) == ["/data"]


def test_the_application_is_the_first_process(running: Container) -> None:
    status = inside(running, STATUS)
    assert isinstance(status, dict)
    assert status["name"].startswith(("autoarr", "python"))


def test_no_bytecode_is_missing(running: Container) -> None:
    """A read-only container could never keep it, so what is missing is compiled at every start."""
    program = """
import json, sys, importlib.util, os
import autoarr.app, autoarr.server
sources = [m.__file__ for m in list(sys.modules.values()) if (getattr(m, "__file__", None) or "").endswith(".py")]
# Modules that are frozen into the interpreter name a source that need not be there.
print(json.dumps([s for s in sources if os.path.exists(s) and not os.path.exists(importlib.util.cache_from_source(s))]))
"""
    assert inside(running, program) == []


def test_answers(running: Container) -> None:
    assert ask(running, "/health").status == 200
    ready = ask(running, "/health/ready")
    assert ready.status == 200
    assert ready.json()["status"] == "ready"
    about = ask(running, "/api/v1/about").json()
    assert about["name"] == "AutoArr"
    assert about["database"] == "sqlite"


def test_about_names_the_build(running: Container, variant: Variant, found: Engine) -> None:
    facts = image_store.inspect(found, variant.tag)
    assert facts is not None
    about = ask(running, "/api/v1/about").json()
    assert about["version"] == facts.labels["org.opencontainers.image.version"]
    assert (about["revision"] or "") == facts.labels["org.opencontainers.image.revision"]
    assert facts.labels["org.opencontainers.image.base.digest"].startswith("sha256:")


def test_serves_the_ui(running: Container) -> None:
    page = ask(running, "/")
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-cache"
    assets = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.body.decode())
    kinds = {name.rsplit(".", 1)[-1] for name in assets}
    assert {"js", "css"} <= kinds
    for name in assets:
        asset = ask(running, name)
        assert asset.status == 200, name
        assert "immutable" in asset.headers["cache-control"]
    route = ask(running, "/some/client/route", headers={"Accept": "text/html"})
    assert (route.status, route.body) == (200, page.body)
    assert ask(running, "/assets/unknown-12345678.js").status == 404


def test_serves_compressed_assets(running: Container) -> None:
    page = ask(running, "/").body.decode()
    script = re.findall(r'src="(/assets/[^"]+\.js)"', page)[0]
    plain = ask(running, script)
    packed = ask(running, script, headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-type"] == plain.headers["content-type"]
    assert len(packed.body) < len(plain.body)
    assert zlib.decompress(packed.body, 31) == plain.body
    assert "content-encoding" not in plain.headers


def test_the_ui_is_stored_compressed_alone(running: Container) -> None:
    program = """
import json, os
found = {f: os.path.getsize(os.path.join(at, f)) for at, _, names in os.walk("/opt/ui") for f in names}
print(json.dumps(found))
"""
    found = inside(running, program)
    assert isinstance(found, dict)
    assert any(name.endswith(".js.gz") for name in found)
    large = [name for name, size in found.items() if size >= 1024]
    assert [name for name in large if name.endswith((".js", ".css", ".html", ".json", ".svg", ".txt", ".br"))] == []


def test_no_source_maps_and_no_sources_of_the_ui(running: Container) -> None:
    program = """
import json, os
print(json.dumps([f for _, _, names in os.walk("/opt/ui") for f in names if f.endswith((".map", ".tsx", ".ts"))]))
"""
    assert inside(running, program) == []


def test_nothing_of_the_build_is_left(running: Container) -> None:
    """No secret, no cache and no tool of the build is in the image, and its history names no address."""
    program = """
import json, os, shutil
print(json.dumps({
    "left": [p for p in ("/run/secrets", "/root/.cache", "/root/.npm", "/build", "/ui", "/pnpm") if os.path.exists(p)],
    "tools": [t for t in ("gcc", "cc", "node", "pnpm", "curl") if shutil.which(t)],
}))
"""
    found = inside(running, program)
    assert isinstance(found, dict)
    # BuildKit leaves the empty mount point of a secret behind in the stage that used it; runtime uses none.
    assert found == {"left": [], "tools": []}


def test_history_holds_no_secret(found: Engine, variant: Variant) -> None:
    history = found.docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", variant.tag, echo=False).stdout
    assert "://" not in history
    assert "secret" not in history


def test_stops_on_sigterm_with_code_0(session: containers.Session, variant: Variant) -> None:
    container = session.start(variant.tag, **containers.HARDENED)
    containers.wait_healthy(container)
    container.kill("SIGTERM")
    assert container.wait(timeout=30)["StatusCode"] == 0


def test_stops_while_it_starts(session: containers.Session, variant: Variant) -> None:
    """Asked again and again: until Python runs, the kernel drops a signal that the first process has no handler for."""
    container = session.start(variant.tag, **containers.HARDENED)
    deadline = time.monotonic() + 60
    while container.status != "exited" and time.monotonic() < deadline:
        with suppress(APIError):  # it stopped in between
            container.kill("SIGTERM")
        time.sleep(0.05)
        container.reload()
    assert container.wait(timeout=30)["StatusCode"] == 0
    assert "Traceback" not in containers.logs(container)


def test_keeps_its_data(session: containers.Session, variant: Variant) -> None:
    """Over a restart, and over an upgrade: a new container on the same volume."""
    mounts = {session.volume(): {"bind": "/data", "mode": "rw"}}
    options = {"ports": {"8088/tcp": ("127.0.0.1", None)}, "volumes": mounts, **containers.HARDENED}
    first = session.start(variant.tag, **options)
    containers.wait_healthy(first)
    instance = ask(first, "/api/v1/about").json()["instance_id"]
    first.restart(timeout=5)
    containers.wait_healthy(first)
    assert ask(first, "/api/v1/about").json()["instance_id"] == instance
    first.stop(timeout=5)
    second = session.start(variant.tag, **options)
    containers.wait_healthy(second)
    assert ask(second, "/api/v1/about").json()["instance_id"] == instance


def test_an_unwritable_data_folder_is_one_clear_line(session: containers.Session, variant: Variant) -> None:
    container = session.start(variant.tag, tmpfs={"/data": "ro"}, **containers.HARDENED)
    assert container.wait(timeout=15)["StatusCode"] == 1
    said = containers.logs(container)
    assert "/data" in said
    assert "Traceback" not in said
