"""A start loads nothing that the image stores compressed: it would be unpacked at each of them."""

from __future__ import annotations

import importlib.util
import signal
from typing import TYPE_CHECKING

import httpx2
import pytest

if TYPE_CHECKING:
    from tests.app.conftest import Start

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("_compressed") is None, reason="this environment stores nothing compressed"
)

# Serves, and tells what it has from zip files when it is asked to.
SERVE = """
import json, signal, sys

def tell(*_):
    names = [name for name, module in sys.modules.items() if ".zip/" in str(getattr(module, "__file__", ""))]
    print(json.dumps({"logger": "test", "message": "compressed", "names": sorted(names)}), flush=True)

signal.signal(signal.SIGUSR1, tell)
from autoarr.cli import main
sys.exit(main(["serve"]))
"""


def test_nothing_compressed_is_loaded(start: Start) -> None:
    # The first start migrates the database, and needs alembic for it.
    first = start("serve")
    first.wait_until_listening()
    assert first.stop()[0] == 0

    second = start(script=SERVE)
    port = second.wait_until_listening()
    assert httpx2.get(f"http://127.0.0.1:{port}/health", timeout=20).status_code == 200
    second.send_signal(signal.SIGUSR1)

    assert second.wait_for("test", "compressed")["names"] == []
