"""SQLAlchemy: the application's migrations and tables on SQLite and on a real PostgreSQL, over TLS, and what asyncpg
does."""

from __future__ import annotations

import asyncio
import io
import os
import socket
import ssl
import tempfile
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any

import asyncpg  # type: ignore[import-untyped]  # it has no types
from sqlalchemy import func, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from autoarr.database import Database
from autoarr.migrate import HEAD, migrate
from autoarr.models import Option
from autoarr.settings import parse_database_url
from automation.components.catalogue import PACE
from automation.components.probes import tables
from automation.components.probes.harness import Facts, Probe, Skip, equal, refused, require
from automation.components.probes.served import command, served
from automation.components.probes.tables import MINE, NOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PROBE = Probe()

CONNECTIONS = 50
CONNECTING = 10.0 * PACE
ROWS = 20_000
# What the application and asyncpg read the authority from, as libpq does.
AUTHORITY = "PGSSLROOTCERT"
VERIFY = "verify-full"


def address(facts: Facts, **changes: Any) -> URL:
    """The server's, as the application reads it from its settings; `changes` are of the URL.

    Raises:
        Skip: none was given.
    """
    if not facts.database_url:
        raise Skip("no PostgreSQL was given")
    mode = changes.pop("sslmode", VERIFY)
    return parse_database_url(make_url(facts.database_url).set(query={"sslmode": mode}, **changes))


@asynccontextmanager
async def database(facts: Facts, **changes: Any) -> AsyncIterator[Database]:
    """The application's database on the server, whose certificate is verified."""
    os.environ[AUTHORITY] = changes.pop("authority", facts.authority)
    made = Database(address(facts, **changes))
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def migrated(facts: Facts) -> AsyncIterator[Database]:
    """The application's database with its tables, and nothing of this probe's in them."""
    async with database(facts) as made:
        await migrate(made)
        await tables.clear(made)
        yield made


@asynccontextmanager
async def raw(facts: Facts) -> AsyncIterator[Any]:
    """The driver's own connection."""
    address(facts)
    connection: Any = await asyncpg.connect(
        facts.database_url, ssl=ssl.create_default_context(cafile=facts.authority), timeout=CONNECTING
    )
    try:
        yield connection
    finally:
        await connection.close()


def settings(facts: Facts) -> dict[str, str]:
    """The application's, with a verified connection."""
    address(facts)
    return {
        "DATABASE_URL": f"{facts.database_url}?sslmode={VERIFY}",
        "AUTOARR_SECRET_KEY": "the same at each start; of 32 characters or more",
        AUTHORITY: facts.authority,
    }


@PROBE.step("the application's migrations", limit=90)
def migrations(facts: Facts) -> str:
    """`autoarr migrate` twice, over verified TLS; the second time there is nothing to do. Then the application runs."""
    for attempt in ("first", "second"):
        done = command("migrate", environment=settings(facts))
        said = (done.stderr or done.stdout).strip().splitlines()[-1:]
        equal((done.returncode, attempt), (0, attempt), f"the exit code of the migration ({' '.join(said)})")
    with served(settings(facts)) as running:
        ready, about = running.ready().json(), running.ask("/api/v1/about").json()
    equal((ready["status"], about["database"]), ("ready", "postgresql"), "the running application")

    async def rows() -> list[Any]:
        async with database(facts) as made, made.sessions() as session:
            got = await session.execute(text("SELECT version_num, id FROM alembic_version, instance"))
            return [tuple(row) for row in got]

    found = asyncio.run(rows())
    equal([(one, str(identity)) for one, identity in found], [(HEAD, about["instance_id"])], "the installation's row")
    return f"revision {HEAD}, ready on PostgreSQL"


@PROBE.step("the application's tables on SQLite", limit=60)
async def on_sqlite(facts: Facts) -> str:
    """Migrated once; then what is asked of PostgreSQL's as well."""
    with tempfile.TemporaryDirectory() as folder:
        made = Database(parse_database_url(f"sqlite:///{folder}/autoarr.db"))
        try:
            equal([await migrate(made), await migrate(made)], [True, False], "what the migrations did")
            await tables.ask(made)
            async with made.sessions() as session:
                version = await session.scalar(text("SELECT sqlite_version()"))
        finally:
            await made.close()
    return f"SQLite {version}"


@PROBE.step("the application's tables on PostgreSQL", limit=60)
async def on_postgresql(facts: Facts) -> str:
    """Every kind of column, a page of activity, and what is kept of a service."""
    async with migrated(facts) as made:
        await tables.ask(made)
        async with made.sessions() as session:
            version = await session.scalar(text("SHOW server_version"))
    return f"PostgreSQL {str(version).split()[0]}"


@PROBE.step("values")
async def values(facts: Facts) -> str:
    """What the driver's own code converts: exact numbers, arrays, JSON, and moments to the microsecond."""
    given = (
        ("numeric", Decimal("-12345678901234567890.123400")),
        ("float8", 1 / 7),
        ("text[]", ["x", "\u017b", None]),
        ("bytea", bytes(range(256))),
        ("uuid", uuid.uuid4()),
        ("timestamptz", datetime(2026, 3, 29, 1, 30, 0, 250_001, tzinfo=UTC)),
        ("jsonb", '{"a": [1, null, "\N{SNOWMAN}"]}'),
        ("inet", ip_interface("2001:db8::1/64")),
    )
    async with raw(facts) as connection:
        for kind, value in given:
            equal(await connection.fetchval(f"SELECT $1::{kind}", value), value, f"the {kind}")
    return ", ".join(kind for kind, _ in given)


def make(name: str) -> Option:
    """One of the application's settings, of this probe's own."""
    return Option(key=f"{MINE}{name}", value={"of": name}, updated_at=NOW)


async def names(session: AsyncSession) -> list[str]:
    """Those there are."""
    return sorted(await session.scalars(select(Option.key).where(Option.key.startswith(MINE))))


@PROBE.step("transactions")
async def transactions(facts: Facts) -> str:
    """Rolled back, rolled back to a savepoint, invisible until the end, and one of two that contradict each other."""
    async with migrated(facts) as made:
        async with made.sessions() as session, made.sessions() as other:
            session.add(make("rolled back"))
            await session.flush()
            await session.rollback()
            session.add(make("kept"))
            await session.flush()
            with refused("what the savepoint undoes", ZeroDivisionError):
                async with session.begin_nested():
                    session.add(make("undone"))
                    await session.flush()
                    raise ZeroDivisionError
            equal(await names(other), [], "what another session sees before the commit")
            await session.commit()
            equal(await names(other), [f"{MINE}kept"], "what another session sees after the commit")
        await _contradict(made)
    return "rollback, savepoint, isolation, a serialization failure"


async def _contradict(made: Database) -> None:
    """Two serializable transactions that each count what the other adds to: one has to fail."""
    strict = made.engine.execution_options(isolation_level="SERIALIZABLE")
    async with AsyncSession(strict) as one, AsyncSession(strict) as two:
        for session in (one, two):
            await session.scalar(select(func.count()).select_from(Option))
        one.add(make("by one"))
        two.add(make("by two"))
        await one.flush()
        await two.flush()
        await one.commit()
        with refused("the second of two contradicting transactions", DBAPIError) as caught:
            await two.commit()
    state = getattr(getattr(caught[0], "orig", None), "sqlstate", None)
    equal(state, "40001", "the state of the refused transaction")


@PROBE.step("COPY")
async def copy(facts: Facts) -> str:
    """Many rows in and out in PostgreSQL's own formats."""
    async with raw(facts) as connection:
        await connection.execute("CREATE TEMPORARY TABLE probe_copy (number int, name text)")
        rows = [(number, f"\u017b{number}") for number in range(ROWS)]
        equal(await connection.copy_records_to_table("probe_copy", records=rows), f"COPY {ROWS}", "what COPY says")
        equal(await connection.fetchval("SELECT sum(number) FROM probe_copy"), sum(range(ROWS)), "the sum")
        out = io.BytesIO()
        await connection.copy_from_query("SELECT * FROM probe_copy ORDER BY number", output=out, format="csv")
        lines = out.getvalue().decode().splitlines()
        equal((len(lines), lines[-1]), (ROWS, f"{ROWS - 1},\u017b{ROWS - 1}"), "the rows copied out")
    return f"{ROWS} rows in, {len(out.getvalue()) // 1024} KiB out"


@PROBE.step("LISTEN/NOTIFY")
async def notify(facts: Facts) -> str:
    """Messages of another connection, in order, and none that was rolled back."""
    got: asyncio.Queue[str] = asyncio.Queue()
    async with raw(facts) as listening, raw(facts) as telling:
        await listening.add_listener("probe", lambda _connection, _pid, _channel, payload: got.put_nowait(payload))
        sent = ["one", "\N{SNOWMAN}" * 100, "three"]
        transaction = telling.transaction()
        await transaction.start()
        await telling.execute("SELECT pg_notify('probe', 'never')")
        await transaction.rollback()
        for payload in sent:
            await telling.execute("SELECT pg_notify('probe', $1)", payload)
        async with asyncio.timeout(5):
            heard = [await got.get() for _ in sent]
    equal(heard, sent, "the messages")
    return f"{len(sent)} messages in order"


@PROBE.step("50 concurrent connections")
async def concurrent(facts: Facts) -> str:
    """All open at the same time, each with a server process of its own, each over TLS."""
    together = asyncio.Barrier(CONNECTIONS)
    os.environ[AUTHORITY] = facts.authority
    made = create_async_engine(address(facts), pool_size=CONNECTIONS, connect_args={"timeout": CONNECTING})
    try:

        async def one(number: int) -> tuple[int, int]:
            async with made.connect() as connection:
                pid = await connection.scalar(text("SELECT pg_backend_pid()"))
                await together.wait()
                return int(pid or 0), int(await connection.scalar(text("SELECT :number * 2"), {"number": number}) or 0)

        got = await asyncio.gather(*(one(number) for number in range(CONNECTIONS)))
    finally:
        await made.dispose()
    equal(len({pid for pid, _ in got}), CONNECTIONS, "the number of server processes")
    equal([value for _, value in got], [number * 2 for number in range(CONNECTIONS)], "the answers")
    return f"{CONNECTIONS} server processes at once"


@PROBE.step("TLS, sslmode=verify-full")
async def tls(facts: Facts) -> str:
    """The connection is encrypted as the server sees it."""
    async with database(facts) as made, made.engine.connect() as connection:
        row = (
            await connection.execute(text("SELECT ssl, version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
        ).one()
    require(row.ssl, "the connection is not encrypted")
    return f"{row.version}, {row.cipher}"


async def _connect(facts: Facts, **changes: Any) -> None:
    async with database(facts, **changes) as made, made.engine.connect() as connection:
        await connection.execute(text("SELECT 1"))


@PROBE.step("TLS refused")
async def tls_refused(facts: Facts) -> str:
    """Another authority's word, and a host that the certificate does not name; without that check, it is accepted."""
    with refused("a certificate of an authority that is not trusted", ssl.SSLCertVerificationError):
        await _connect(facts, authority=facts.stranger)
    host = address(facts).host or ""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    number = found[0][4][0]
    with refused("a host that the certificate does not name", ssl.SSLCertVerificationError):
        await _connect(facts, host=number)
    await _connect(facts, host=number, sslmode="verify-ca")
    return "another authority, another host name"
