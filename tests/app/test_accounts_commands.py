"""Commands for who runs AutoArr: a forgotten password, new keys, lost keys."""

from __future__ import annotations

import asyncio
import io
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL

from autoarr import cli
from autoarr.accounts import jwt
from autoarr.app import create_app
from autoarr.context import Context
from autoarr.database import Database
from autoarr.errors import StartupError
from autoarr.keys import KEY_FILE, KeyRing, read_key_file, write_key_file
from autoarr.models import Activity, Change, LoginSession, Service, User
from autoarr.settings import Settings
from tests.app.accounts import PASSWORD, bearer, client_of, log_in, set_up

pytestmark = pytest.mark.usefixtures("cheap_passwords", "installation")

OTHER, NEWER = "o" * 40, "n" * 40


@pytest.fixture
def installation(
    database_url: URL, settings: Settings, made_data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """A database of each kind with an administrator, a service and a change; commands find it."""
    monkeypatch.setenv("AUTOARR_DATA_DIR", str(made_data_dir))
    monkeypatch.setenv("DATABASE_URL", database_url.render_as_string(hide_password=False))
    return settings.model_copy(update={"database_url": database_url})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put something on standard input."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


async def run(*arguments: str) -> int:
    """Run a command as if in another process: a loop of its own."""
    return await asyncio.to_thread(cli.main, arguments)


async def fill(context: Context) -> None:
    now = datetime.now(UTC)
    async with context.database.writing.begin() as session:
        for name, key in (("sonarr", "an API key"), ("forgotten", "")):
            encrypted = context.keys.encrypt(key) if key else ""
            service = Service(kind="sonarr", name=name, name_key=name, url="http://sonarr", api_key_encrypted=encrypted)
            service.created_at = service.updated_at = now
            session.add(service)
        session.add(
            Change(
                service_name="sonarr",
                state="applied",
                resource="config/host",
                fields=[],
                pre_image_encrypted=context.keys.encrypt("before"),
                wanted_encrypted=context.keys.encrypt("after"),
                actor="ada",
                created_at=now,
            )
        )


async def stored(database: Database) -> dict[str, str]:
    async with database.sessions() as session:
        service = (await session.scalars(select(Service).where(Service.name == "sonarr"))).one()
        change = (await session.scalars(select(Change))).one()
    return {
        "an API key": service.api_key_encrypted,
        "before": change.pre_image_encrypted,
        "after": change.wanted_encrypted,
    }


async def actions(database: Database) -> list[tuple[str, str]]:
    async with database.sessions() as session:
        rows = await session.execute(select(Activity.action, Activity.via).order_by(Activity.id))
        return [(row.action, row.via) for row in rows]


async def test_reset_password(
    installation: Settings, asked: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    app = create_app(installation)
    async with app.router.lifespan_context(app), client_of(app) as client:
        await set_up(client)
        tokens = bearer((await log_in(client))["access_token"])
        for _ in range(6):
            await client.post("/auth/login", json={"name": "ada", "password": "wrong"})
        context: Context = app.state.context
        async with context.database.writing.begin() as session:
            (await session.scalars(select(User))).one().disabled = True

        asked("battery staple\n")
        assert await run("reset-password") == 0

        assert capsys.readouterr().out == "ada has a new password.\n"
        assert (await client.get("/auth/me", headers=tokens)).status_code == 401
        async with client_of(app, "192.0.2.2") as elsewhere:
            await log_in(elsewhere, password="battery staple")
        assert ("user.password_reset", "command") in await actions(context.database)

        asked("")
        assert await run("reset-password", "ADA") == 0
        found = re.fullmatch(r"ada has a new password: (\S{20})\n", capsys.readouterr().out)
        assert found
        async with client_of(app, "192.0.2.2") as elsewhere:
            await log_in(elsewhere, password=found[1])


@pytest.mark.parametrize(
    ("arguments", "given", "message"),
    [
        (["nobody"], "battery staple", "there is no user 'nobody'"),
        (["ada"], "short", "a password needs 8 to 256 characters, and may not be the name; nothing was changed"),
        (["ada"], "\ud800" * 8, "the password is not UTF-8 text; nothing was changed"),
        ([], "battery staple", "say which user: ada, eve"),
    ],
)
async def test_reset_password_refuses(
    installation: Settings,
    asked: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    given: str,
    message: str,
) -> None:
    app = create_app(installation)
    async with app.router.lifespan_context(app), client_of(app) as client:
        await set_up(client)
        headers = bearer((await log_in(client))["access_token"])
        eve = {"name": "eve", "password": PASSWORD, "role": "admin"}
        await client.post("/api/v1/users", json=eve, headers=headers)

        asked(given)
        assert await run("reset-password", *arguments) == 1

        assert capsys.readouterr().err == f"autoarr: {message}\n"
        await log_in(client)


async def test_reset_password_without_users(asked: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    asked("")

    assert await run("reset-password") == 1
    assert capsys.readouterr().err.startswith("autoarr: there is no user yet")


async def test_rotate_keys(installation: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Under a running server, which notices by itself."""
    file = installation.data_dir / KEY_FILE
    app = create_app(installation)
    async with app.router.lifespan_context(app), client_of(app) as client:
        await set_up(client)
        before = await log_in(client)
        context: Context = app.state.context
        await fill(context)
        (old,) = read_key_file(file)

        assert await run("rotate-keys") == 0

        new, kept = read_key_file(file)
        assert kept == old
        assert {clear: KeyRing([new]).decrypt(text) for clear, text in (await stored(context.database)).items()} == {
            clear: clear for clear in ("an API key", "before", "after")
        }
        assert (await client.get("/auth/me", headers=bearer(before["access_token"]))).status_code == 200
        after = await log_in(client)

        assert await run("rotate-keys", "--drop-old") == 0

        (newest,) = read_key_file(file)
        assert newest not in (new, old)
        for tokens in (before, after):
            assert (await client.get("/auth/me", headers=bearer(tokens["access_token"]))).status_code == 401
            answer = await client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
            assert answer.status_code == 401
        await log_in(client)
        assert context.keys.decrypt((await stored(context.database))["an API key"]) == "an API key"
        assert ("keys.rotated", "command") in await actions(context.database)
    again = create_app(installation)
    async with again.router.lifespan_context(again):
        pass
    assert new not in (said := capsys.readouterr().out)
    assert "everybody has to log in again" in said


async def test_rotate_keys_of_the_environment(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_key_file(installation.data_dir / KEY_FILE, [OTHER])
    app = create_app(installation)
    async with app.router.lifespan_context(app):
        await fill(app.state.context)

    monkeypatch.setenv("AUTOARR_SECRET_KEY", OTHER)
    assert await run("rotate-keys") == 1
    assert "put a new key before it, with a comma" in capsys.readouterr().err

    monkeypatch.setenv("AUTOARR_SECRET_KEY", f"{NEWER},{OTHER}")
    assert await run("rotate-keys") == 0
    database = Database(installation.database_url)
    texts = await stored(database)
    await database.close()
    assert all(KeyRing([NEWER]).decrypt(text) == clear for clear, text in texts.items())
    assert OTHER not in (said := capsys.readouterr().out)
    assert "the others can go" in said


async def test_rotate_keys_leaves_what_it_cannot_read(
    installation: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    app = create_app(installation)
    async with app.router.lifespan_context(app):
        context: Context = app.state.context
        await fill(context)
        foreign = KeyRing([OTHER]).encrypt("an API key")
        async with context.database.writing.begin() as session:
            (await session.scalars(select(Service).where(Service.name == "sonarr"))).one().api_key_encrypted = foreign

        assert await run("rotate-keys") == 0

        assert "No key can read 1 of the stored secrets." in capsys.readouterr().out
        assert (await stored(context.database))["an API key"] == foreign


async def test_rotate_keys_of_another_database(installation: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    app = create_app(installation)
    async with app.router.lifespan_context(app):
        pass
    write_key_file(installation.data_dir / KEY_FILE, [OTHER])

    assert await run("rotate-keys", "--drop-old") == 1

    assert "was written with other keys" in capsys.readouterr().err
    assert OTHER in read_key_file(installation.data_dir / KEY_FILE)


async def test_rotate_keys_where_the_file_cannot_be_written(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_key_file(installation.data_dir / KEY_FILE, [OTHER])

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert await run("rotate-keys") == 1
    assert "secret.key can't be written: No space left on device" in capsys.readouterr().err


@pytest.mark.parametrize("content", [f"{OTHER}\n", "damaged", None])
async def test_reset_keys(installation: Settings, content: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    file = installation.data_dir / KEY_FILE
    app = create_app(installation)
    async with app.router.lifespan_context(app), client_of(app) as client:
        await set_up(client)
        await log_in(client)
        await fill(app.state.context)
    if content:
        file.write_text(content)
    else:
        file.unlink()
    again = create_app(installation)
    with pytest.raises(StartupError):
        async with again.router.lifespan_context(again):
            pass

    assert await run("reset-keys") == 0

    assert "enter them again" in capsys.readouterr().out
    after = create_app(installation)
    async with after.router.lifespan_context(after), client_of(after) as client:
        await log_in(client)
        context: Context = after.state.context
        assert set((await stored(context.database)).values()) == {""}
        async with context.database.sessions() as session:
            ended = await session.scalars(select(LoginSession.revoked_because).order_by(LoginSession.created_at))
            assert list(ended) == ["keys lost", None]
        assert ("keys.reset", "command") in await actions(context.database)
    assert file.with_name("secret.key.unusable").exists() == (content == "damaged")


async def test_reset_keys_that_are_right(installation: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    app = create_app(installation)
    async with app.router.lifespan_context(app):
        context: Context = app.state.context
        await fill(context)

        assert await run("reset-keys") == 1

        assert "nothing to reset" in capsys.readouterr().err
        assert all((await stored(context.database)).values())


async def test_a_token_of_the_old_key_after_the_reset(installation: Settings) -> None:
    """Its session was ended as well; even with its key brought back it is worth nothing."""
    write_key_file(installation.data_dir / KEY_FILE, [OTHER])
    app = create_app(installation)
    async with app.router.lifespan_context(app), client_of(app) as client:
        await set_up(client)
        tokens = await log_in(client)
    write_key_file(installation.data_dir / KEY_FILE, [NEWER])
    assert await run("reset-keys") == 0
    write_key_file(installation.data_dir / KEY_FILE, [NEWER, OTHER])

    after = create_app(installation)
    async with after.router.lifespan_context(after), client_of(after) as client:
        context: Context = after.state.context
        claims: Any = jwt.verify(context.keys, context.instance_id, "access", tokens["access_token"])
        assert isinstance(claims.session_id, uuid.UUID)
        assert (await client.get("/auth/me", headers=bearer(tokens["access_token"]))).status_code == 401
