"""SQLAlchemy with asyncpg on a real PostgreSQL, over TLS: the application's migrations, queries and what drivers do."""

from __future__ import annotations

import asyncio
import io
import os
import socket
import ssl
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import asyncpg  # type: ignore[import-untyped]  # it has no types
from sqlalchemy import ARRAY, DateTime, Numeric, String, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from automation.components.catalogue import PACE
from automation.components.probes.harness import Facts, Probe, equal, refused, require
from automation.components.probes.served import command, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncEngine

PROBE = Probe()

CONNECTIONS = 50
CONNECTING = 10.0 * PACE
ROWS = 20_000
# What the application and asyncpg read the authority from, as libpq does.
AUTHORITY = "PGSSLROOTCERT"
VERIFY = "verify-full"


class Base(DeclarativeBase):
    """The probe's own tables."""


class Item(Base):
    """The types that an application uses."""

    __tablename__ = "probe_item"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    price: Mapped[Decimal] = mapped_column(Numeric(12, 4))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    tags: Mapped[list[str]] = mapped_column(ARRAY(String))
    count: Mapped[int] = mapped_column(default=0)


def make(name: str, **fields: Any) -> Item:
    """An item with every kind of value."""
    values: dict[str, Any] = {
        "price": Decimal("12.3400"),
        "at": datetime(2026, 3, 29, 1, 30, 0, 250_001, tzinfo=UTC),
        "data": {"a": [1, None, {"\u00e4": "\N{SNOWMAN}"}]},
        "tags": ["x", "\u017b"],
    }
    return Item(name=name, **{**values, **fields})


@asynccontextmanager
async def engine(facts: Facts, size: int = 5, **changes: Any) -> AsyncIterator[AsyncEngine]:
    """An engine that verifies the server's certificate; `changes` are of the URL."""
    os.environ[AUTHORITY] = changes.pop("authority", facts.authority)
    mode = changes.pop("sslmode", VERIFY)
    url: URL = make_url(facts.database_url).set(drivername="postgresql+asyncpg", **changes)
    made = create_async_engine(
        url, pool_size=size, max_overflow=0, connect_args={"ssl": mode, "timeout": CONNECTING, "direct_tls": False}
    )
    try:
        yield made
    finally:
        await made.dispose()


@asynccontextmanager
async def tables(facts: Facts) -> AsyncIterator[AsyncEngine]:
    """An engine with the probe's table, empty."""
    async with engine(facts) as made:
        async with made.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)
            await connection.run_sync(Base.metadata.create_all)
        yield made


@asynccontextmanager
async def raw(facts: Facts) -> AsyncIterator[Any]:
    """The driver's own connection."""
    connection: Any = await asyncpg.connect(
        facts.database_url, ssl=ssl.create_default_context(cafile=facts.authority), timeout=CONNECTING
    )
    try:
        yield connection
    finally:
        await connection.close()


def settings(facts: Facts) -> dict[str, str]:
    """The application's, with a verified connection."""
    return {"DATABASE_URL": f"{facts.database_url}?sslmode={VERIFY}", AUTHORITY: facts.authority}


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
        async with engine(facts) as made, made.connect() as connection:
            got = await connection.execute(text("SELECT version_num, id FROM alembic_version, instance"))
            return [tuple(row) for row in got]

    found = asyncio.run(rows())
    equal([str(identity) for _, identity in found], [about["instance_id"]], "the installation's row")
    return f"revision {found[0][0]}, ready on PostgreSQL"


@PROBE.step("queries")
async def queries(facts: Facts) -> str:
    """Every type written and read back the same; insert, update and delete with what they return."""
    async with tables(facts) as made:
        async with AsyncSession(made) as session, session.begin():
            session.add_all([make("one"), make("two")])
        async with AsyncSession(made, expire_on_commit=False) as session:
            one = (await session.scalars(select(Item).where(Item.name == "one"))).one()
            wanted = make("one")
            for name in ("price", "at", "data", "tags"):
                equal(getattr(one, name), getattr(wanted, name), f"the {name} read back")
            one.count = 7
            await session.commit()
            changed = await session.scalars(update(Item).values(count=Item.count + 1).returning(Item.count))
            equal(sorted(changed), [1, 8], "the counts after the update")
            gone = await session.scalars(delete(Item).where(Item.name == "two").returning(Item.name))
            equal(list(gone), ["two"], "what was deleted")
            await session.commit()
            equal(await session.scalar(select(func.count()).select_from(Item)), 1, "the rows left")
            version = await session.scalar(text("SHOW server_version"))
        with refused("a name given twice", IntegrityError):
            async with AsyncSession(made) as session, session.begin():
                session.add(make("one"))
    return f"PostgreSQL {str(version).split()[0]}"


async def names(session: AsyncSession) -> list[str]:
    """The items there are."""
    return sorted(await session.scalars(select(Item.name)))


@PROBE.step("transactions")
async def transactions(facts: Facts) -> str:
    """Rolled back, rolled back to a savepoint, invisible until the end, and one of two that contradict each other."""
    async with tables(facts) as made:
        async with AsyncSession(made) as session, AsyncSession(made) as other:
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
            equal(await names(other), ["kept"], "what another session sees after the commit")
        await _contradict(made)
    return "rollback, savepoint, isolation, a serialization failure"


async def _contradict(made: AsyncEngine) -> None:
    """Two serializable transactions that each count what the other adds to: one has to fail."""
    strict = made.execution_options(isolation_level="SERIALIZABLE")
    async with AsyncSession(strict) as one, AsyncSession(strict) as two:
        for session in (one, two):
            await session.scalar(select(func.count()).select_from(Item))
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
    async with engine(facts, size=CONNECTIONS) as made:

        async def one(number: int) -> tuple[int, int]:
            async with made.connect() as connection:
                pid = await connection.scalar(text("SELECT pg_backend_pid()"))
                await together.wait()
                return int(pid or 0), int(await connection.scalar(text("SELECT :number * 2"), {"number": number}) or 0)

        got = await asyncio.gather(*(one(number) for number in range(CONNECTIONS)))
    equal(len({pid for pid, _ in got}), CONNECTIONS, "the number of server processes")
    equal([value for _, value in got], [number * 2 for number in range(CONNECTIONS)], "the answers")
    return f"{CONNECTIONS} server processes at once"


@PROBE.step("TLS, sslmode=verify-full")
async def tls(facts: Facts) -> str:
    """The connection is encrypted as the server sees it."""
    async with engine(facts) as made, made.connect() as connection:
        row = (
            await connection.execute(text("SELECT ssl, version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
        ).one()
    require(row.ssl, "the connection is not encrypted")
    return f"{row.version}, {row.cipher}"


async def _connect(facts: Facts, **changes: Any) -> None:
    async with engine(facts, **changes) as made, made.connect() as connection:
        await connection.execute(text("SELECT 1"))


@PROBE.step("TLS refused")
async def tls_refused(facts: Facts) -> str:
    """Another authority's word, and a host that the certificate does not name; without that check, it is accepted."""
    with refused("a certificate of an authority that is not trusted", ssl.SSLCertVerificationError):
        await _connect(facts, authority=facts.stranger)
    host = make_url(facts.database_url).host or ""
    address = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    number = address[0][4][0]
    with refused("a host that the certificate does not name", ssl.SSLCertVerificationError):
        await _connect(facts, host=number)
    await _connect(facts, host=number, sslmode="verify-ca")
    return "another authority, another host name"
