"""Pydantic: the API's validation, time zones, regular expressions in Rust, big JSON, the application's settings."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, StringConstraints, TypeAdapter
from pydantic import ValidationError as Invalid
from pydantic_core import SchemaError

from autoarr.api.services import NewService, PathMapping
from autoarr.settings import Settings
from automation.components.probes.harness import Facts, Probe, equal, refused, require
from automation.components.probes.served import command

PROBE = Probe()

ITEMS = 100_000
PASSWORD = "planted"  # noqa: S105 - of a server that there is not


# A service as a client sends it.
SERVICE: dict[str, Any] = {
    "kind": "sonarr",
    "name": "S\u00e9ries",
    "url": " HTTP://Sonarr:80/tv// ",
    "api_key": "0123456789abcdef",
    "path_mappings": [{"remote": "/tv", "local": "/data/tv"}],
}


@PROBE.step("validation")
def validation(facts: Facts) -> str:
    """A service for the API: what is right is converted, each thing that is wrong is named by its place."""
    good = NewService.model_validate_json(json.dumps(SERVICE))
    equal((good.url, good.enabled, good.tls_ca), ("http://sonarr/tv", True, None), "what was converted or left out")
    equal(good.path_mappings, [PathMapping(remote="/tv", local="/data/tv")], "the mappings")
    key = SERVICE["api_key"]
    require(key not in f"{good!r}{good.model_dump_json()}", "the API key shows")
    equal(good.api_key.get_secret_value(), key, "the API key")
    wrong = SERVICE | {"kind": "cow", "api_key": "with a space", "path_mappings": [{"remote": "\0"}], "extra": 1}
    with refused("what is wrong in six places", Invalid) as caught:
        NewService.model_validate(wrong | {"name": " "})
    errors: list[Any] = caught[0].errors()  # type: ignore[attr-defined]  # a ValidationError
    found = {(".".join(map(str, error["loc"])), error["type"]) for error in errors}
    wanted = {
        ("kind", "literal_error"),
        ("api_key", "value_error"),
        ("path_mappings.0.remote", "string_pattern_mismatch"),
        ("path_mappings.0.local", "missing"),
        ("extra", "extra_forbidden"),
        ("name", "value_error"),
    }
    equal(found, wanted, "the errors")
    return f"converted, and refused in {len(wanted)} places"


@PROBE.step("time zones")
def time_zones(facts: Facts) -> str:
    """Offsets, naive moments refused, and the image's zone database over a change of the clock."""
    aware = TypeAdapter(AwareDatetime)
    moment = aware.validate_python("2026-03-29T02:30:00.250+05:30")
    equal(moment.astimezone(UTC), datetime(2026, 3, 28, 21, 0, 0, 250_000, tzinfo=UTC), "the moment")
    equal(aware.dump_json(moment), b'"2026-03-29T02:30:00.250000+05:30"', "the moment as JSON")
    with refused("a moment without a zone", Invalid):
        aware.validate_python("2026-03-29T02:30:00")
    zone = TypeAdapter(ZoneInfo).validate_python("Europe/Berlin")
    before, after = (datetime(2026, 3, day, 12, tzinfo=zone).utcoffset() for day in (28, 29))
    equal((before, after), (timedelta(hours=1), timedelta(hours=2)), "the offsets around the change of the clock")
    with refused("a zone that does not exist", Invalid):
        TypeAdapter(ZoneInfo).validate_python("Europe/Nowhere")
    return "offsets, Europe/Berlin, naive refused"


@PROBE.step("regular expressions")
def expressions(facts: Facts) -> str:
    """Rust's engine: Unicode classes, time linear in the text, and no look-around."""
    letters = TypeAdapter(Annotated[str, StringConstraints(pattern=r"^\p{L}+$")])
    letters.validate_python("\u017b\u00f3\u0142\u0107")
    with refused("a digit as a letter", Invalid):
        letters.validate_python("abc1")
    nested = TypeAdapter(Annotated[str, StringConstraints(pattern=r"^(a+)+$")])
    started = time.monotonic()
    with refused("the wrong end", Invalid):
        nested.validate_python("a" * 50_000 + "!")
    taken = time.monotonic() - started
    require(taken < 1, f"a nested repetition took {taken:.1f} s")
    with refused("a look-ahead", SchemaError):
        TypeAdapter(Annotated[str, StringConstraints(pattern=r"^(?=a)a$")])
    return f"a nested repetition over 50 000 letters took {taken * 1000:.2f} ms"


class Record(BaseModel):
    """One of many."""

    number: int
    ratio: float
    name: str
    at: AwareDatetime


@PROBE.step("big JSON")
def big_json(facts: Facts) -> str:
    """Many records read and written without a loss, large numbers, deep nesting, and where broken JSON is broken."""
    at = datetime(2026, 1, 31, 12, tzinfo=UTC).isoformat()
    rows = [{"number": n, "ratio": n / 7, "name": f"\u017b{n}", "at": at} for n in range(ITEMS)]
    text = json.dumps(rows, ensure_ascii=False).encode()
    records = TypeAdapter(list[Record])
    read = records.validate_json(text)
    equal(len(read), ITEMS, "the number of records")
    require(all(one.number == n and one.ratio == n / 7 for n, one in enumerate(read)), "a record changed")
    equal(records.validate_json(records.dump_json(read)) == read, True, "records written and read again are the same")
    anything: TypeAdapter[Any] = TypeAdapter(Any)
    equal(anything.validate_json(str(10**300)), 10**300, "a number of 301 digits")
    equal(anything.validate_json("[" * 150 + "]" * 150) != [], True, "150 levels are nested")
    with refused("JSON nested 100 000 deep", Invalid):
        anything.validate_json("[" * 100_000 + "]" * 100_000)
    with refused("JSON that ends early", Invalid) as caught:
        anything.validate_json('{"a": [1, 2')
    require("line 1 column" in str(caught[0]), f"the error names no place: {caught[0]}")
    return f"{ITEMS} records, {len(text) / 1e6:.1f} MB"


@PROBE.step("the application's settings", limit=60)
def settings(facts: Facts) -> str:
    """Read and converted, with no secret in what is shown; and `autoarr migrate` with some that can't be used: exit
    code 2, a line for each, no traceback."""
    good = Settings.model_validate(
        {"DATABASE_URL": f"postgres://u:{PASSWORD}@h/d?sslmode=verify-full", "log_level": "debug", "port": "0"}
    )
    equal(
        (good.database_url.drivername, dict(good.database_url.query), good.log_level, good.port),
        ("postgresql+asyncpg", {"ssl": "verify-full"}, "DEBUG", 0),
        "the settings",
    )
    require(PASSWORD not in repr(good), "the password shows")
    wrong = {
        "AUTOARR_PORT": "many",
        "AUTOARR_LOG_LEVEL": "loud",
        "AUTOARR_SECRET_KEY": PASSWORD,
        "DATABASE_URL": f"mysql://u:{PASSWORD}@localhost/x",
    }
    done = command("migrate", environment=wrong)
    equal(done.returncode, 2, "the exit code")
    lines = done.stderr.strip().splitlines()
    equal(sorted(line.split()[1].split("=")[0] for line in lines), sorted(wrong), "the settings named")
    require(PASSWORD not in done.stdout + done.stderr, "a secret shows in what is refused")
    return f"{len(lines)} settings refused, each in a line"
