"""Posters: from the service alone, by addresses that nobody else can make."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from autoarr import posters
from autoarr.api.media import BLANK
from autoarr.keys import KeyRing
from autoarr.requests import pictures
from tests.app.conftest import logged_in
from tests.app.requests_world import MATRIX, SEVERANCE, World, make_world, violations

if TYPE_CHECKING:
    from fastapi import FastAPI

SERVICE = uuid.uuid4()
NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
KEYS = KeyRing(["k" * 32])


@pytest.fixture
async def world(app: FastAPI) -> World:
    """The services."""
    return await make_world([app])


@pytest.fixture
async def robin(app: FastAPI, world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """A requester."""
    async with logged_in(app, "requester", "Robin Two") as client:
        yield client


async def found(client: httpx2.AsyncClient, q: str = "matrix") -> str:
    """The address of the poster of what is found first."""
    answer = await client.get("/api/v1/media/search", params={"q": q})
    address: str = answer.json()["items"][0]["poster"]
    return address


async def test_a_picture_without_a_token(world: World, robin: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    address = await found(robin)
    answer = await client.get(address)

    assert (answer.status_code, answer.content) == (200, world.radarr.state.picture)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "private, max-age=86400"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert await found(robin) == address
    assert "apikey" not in address
    assert world.radarr.api_key not in address


async def test_the_poster_of_a_request(world: World, robin: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    made = (await robin.post("/api/v1/requests", json={"media": "series", "tvdb_id": SEVERANCE})).json()
    assert (await client.get(made["poster"])).status_code == 200
    assert world.sonarr.requests[-1].path.startswith("/MediaCoverProxy/")

    await world.approve(await world.read(type("Known", (), {"id": uuid.UUID(made["id"])})()))
    await world.look_often(2)
    read = (await robin.get(f"/api/v1/requests/{made['id']}")).json()
    assert (await client.get(read["poster"])).status_code == 200
    assert world.sonarr.requests[-1].path == "/api/v3/mediacover/1/poster-500.jpg"
    assert violations(world) == []


async def test_posters_of_what_may_be_chosen(robin: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    made = (await robin.post("/api/v1/requests", json={"text": "dune"})).json()

    assert made["state"] == "choosing"
    assert "poster_source" not in made["candidates"][0]
    for candidate in made["candidates"]:
        assert (await client.get(candidate["poster"])).status_code == 200


async def test_a_forgotten_picture_is_looked_up_again(
    world: World, robin: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    for q, fake in (("matrix", world.radarr), ("severance", world.sonarr)):
        address = await found(robin, q)
        fake.state.proxied.clear()

        assert (await client.get(address)).status_code == 200
    # Where it is not even known any more, nothing goes round in circles.
    world.sonarr.state.known.clear()
    world.sonarr.state.proxied.clear()
    assert (await client.get(address)).status_code == 404


async def test_behind_a_login_of_its_own(world: World, robin: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    address = await found(robin)
    for method in ("basic", "forms"):
        world.radarr.state.config["host"]["authenticationMethod"] = method

        answer = await client.get(address)
        assert answer.status_code == 502
        assert answer.headers["content-type"] == "application/problem+json"


async def test_what_fails_says_nothing_about_the_service(
    world: World, robin: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    address = posters.address(world.context.keys, posters.of_title(world.services["radarr"], "movie", 1))
    assert address
    world.context.upstreams.policy = None  # with a breaker
    await world.context.upstreams.close()
    world.radarr.fail("/api/v3/mediacover", 500)
    for _ in range(8):
        assert (await client.get(address)).status_code == 502
    world.radarr.mend()

    assert await found(robin)


@pytest.mark.parametrize(
    ("picture", "status"),
    [
        (b"\xff\xd8\xff\xe0" + b"x" * 20, 200),
        (b"RIFF\x10\0\0\0WEBPVP8 ", 200),
        (b"GIF89a" + b"x" * 20, 502),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 502),
        (b"<html><script>alert(1)</script></html>", 502),
        (b"", 502),
        (b"\xff\xd8\xff" + b"x" * pictures.LARGEST, 502),
        (b"\xff\xd8\xff" + b"x" * (pictures.LARGEST - 3), 200),
    ],
    ids=["JPEG", "WebP", "GIF", "SVG", "HTML", "nothing", "too large", "just not too large"],
)
async def test_pictures_and_nothing_else(
    world: World, robin: httpx2.AsyncClient, client: httpx2.AsyncClient, picture: bytes, status: int
) -> None:
    address = await found(robin)
    world.radarr.state.picture = picture
    answer = await client.get(address)

    assert answer.status_code == status
    assert (answer.content == picture) is (status == 200)


async def test_addresses_that_are_none(world: World, robin: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    sealed = (await found(robin)).removeprefix(f"{posters.PATH}/")
    text, seal = sealed.split(".")
    other = KeyRing(["o" * 32]).seal(world.context.keys.unseal(sealed))
    before = len(world.radarr.requests)

    for wrong in ("x", f"{text}x.{seal}", f"{text}.{seal[::-1]}", f"{text}.", f".{seal}", f"{text}", other, "a" * 2000):
        answer = await client.get(f"{posters.PATH}/{wrong}")
        assert answer.status_code == 404, wrong
        assert answer.headers["cache-control"] == "no-store"
    assert len(world.radarr.requests) == before


async def test_a_blank_in_place_of_a_refusal(
    world: World, robin: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    address = await found(robin)
    there = await client.get(address, params={"blank": True})
    assert there.content == (await client.get(address)).content

    world.radarr.state.picture = b"<html>"
    for failing in (address, f"{posters.PATH}/none"):
        answer = await client.get(failing, params={"blank": True})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert answer.content == BLANK
        assert answer.headers["cache-control"] == "private, max-age=300"


async def test_a_service_that_was_removed(world: World, client: httpx2.AsyncClient) -> None:
    gone = posters.address(world.context.keys, posters.of_title(uuid.uuid4(), "movie", 1))
    plex = posters.address(world.context.keys, posters.of_title(world.services["plex"], "movie", 1))

    assert gone
    assert plex
    assert (await client.get(gone)).status_code == 404
    assert (await client.get(plex)).status_code == 502


def test_good_for_a_day_or_two_and_the_same_all_day() -> None:
    source = posters.of_title(SERVICE, "movie", 3)
    address = posters.address(KEYS, source, NOON)
    assert address is not None
    sealed = address.removeprefix(f"{posters.PATH}/")

    assert posters.address(KEYS, source, NOON + timedelta(hours=11)) == address
    assert posters.address(KEYS, source, NOON + timedelta(hours=13)) != address
    assert str(posters.read(KEYS, sealed, NOON + timedelta(hours=35))) == source
    for off in (36, -13):
        with pytest.raises(posters.NoPoster):
            posters.read(KEYS, sealed, NOON + timedelta(hours=off))
    # With another key first, what was sealed before is still good.
    assert str(posters.read(KeyRing(["n" * 32, "k" * 32]), sealed, NOON)) == source


def test_another_text_under_a_seal_is_none_of_ours() -> None:
    for text in ("", "x", f"{NOON.timestamp() // 86400:.0f} {SERVICE} movie 3", "20485 x movie 3 /y", "a b"):
        with pytest.raises(posters.NoPoster):
            posters.read(KEYS, KEYS.seal(text), NOON)


PROXIED = f"/MediaCoverProxy/{'a1' * 32}/poster.jpg"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/MediaCover/12/poster.jpg?lastWrite=638", "/api/v3/mediacover/12/poster-500.jpg"),
        ("/sonarr/MediaCover/12/poster.jpg", "/api/v3/mediacover/12/poster-500.jpg"),
        (PROXIED, PROXIED),
        (f"/a/b{PROXIED}?x=1", PROXIED),
        *[
            (url, None)
            for url in (
                None,
                "",
                "https://image.invalid/poster.jpg",
                f"https://image.invalid{PROXIED}",
                f"//image.invalid{PROXIED}",
                "/MediaCover/12/../../api/v3/config/host",
                "/MediaCover/12/fanart.jpg",
                f"/MediaCoverProxy/{'a' * 64}/../x.jpg",
                f"/MediaCoverProxy/{'a' * 64}/..",
                f"/MediaCoverProxy/{'a' * 64}/a b.jpg",
                "/MediaCoverProxy/é/x.jpg",
                "/api/v3/config/host",
                f"{PROXIED}\n",
                "/x.jpg",
            )
        ],
    ],
)
def test_which_pictures_are_a_service_s_own(url: Any, path: str | None) -> None:
    source = posters.find(SERVICE, "movie", MATRIX, url)

    assert (posters.parse(source).path if source else None) == path
