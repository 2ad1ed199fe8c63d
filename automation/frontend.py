"""The UI on the host: pnpm install and build, its checks, and whether lockfile and API types fit."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from automation import console, network, paths, process, scratch
from automation.errors import BuildFailed, Stale

DIST = paths.UI / "dist"


def pnpm(*words: str, hint: str = "") -> process.Result:
    """Run pnpm in the UI's folder, showing its lines.

    Raises:
        MissingProgram: there is no pnpm; ./dev installs the right one.
        BuildFailed: it failed; the last lines are in the details.
    """
    result = process.run(["pnpm", *words], cwd=paths.UI, env=network.npm_settings(), check=False)
    if result.code != 0:
        raise BuildFailed(
            f"`pnpm {' '.join(words)}` failed",
            where=str(paths.UI),
            hint=hint,
            details="\n".join(result.output.splitlines()[-40:]),
        )
    return result


def install(folder: Path | None = None) -> None:
    """Install exactly what the lockfile of a folder says, by default the UI's.

    Raises:
        Stale: pnpm-lock.yaml does not fit package.json.
        BuildFailed: the installation failed for another reason.
    """
    folder = folder or paths.UI
    command = ["pnpm", "install", "--frozen-lockfile", "--reporter=append-only"]
    result = process.run(command, cwd=folder, env=network.npm_settings(), check=False)
    if result.code == 0:
        return
    if "ERR_PNPM_OUTDATED_LOCKFILE" in result.output:
        raise Stale(
            "pnpm-lock.yaml does not fit package.json",
            where=str(folder / "pnpm-lock.yaml"),
            hint=f"run `pnpm install` in {folder} and commit the lockfile",
            details=result.output,
        )
    raise BuildFailed(
        "npm packages could not be installed",
        where=str(folder),
        hint="check the network and npm's registry setting",
        details="\n".join(result.output.splitlines()[-20:]),
    )


def build() -> None:
    """Build the UI into autoarr/ui/dist, where `autoarr serve` finds it."""
    install()
    pnpm("build")


def api_types(*, check: bool = False) -> bool:
    """Write what TypeScript knows of the API, from the application's own OpenAPI document; whether it changed.

    Raises:
        Stale: with `check`, when the committed types are not those of the application.
        BuildFailed: they could not be made.
    """
    install()
    committed = paths.UI / "src" / "api" / "schema.d.ts"
    document = process.run([sys.executable, "-m", "autoarr", "openapi"], cwd=paths.ROOT).stdout
    with scratch.folder() as folder:
        source, made = folder / "openapi.json", folder / "schema.d.ts"
        source.write_text(json.dumps(_without_examples(json.loads(document))), encoding="utf-8")
        pnpm("exec", "openapi-typescript", str(source), "--output", str(made))
        wanted = made.read_text(encoding="utf-8")
    if committed.is_file() and committed.read_text(encoding="utf-8") == wanted:
        return False
    if check:
        raise Stale(
            "the UI's types are not those of the API",
            where=str(committed),
            hint="run `invoke schema` and commit the result",
        )
    committed.write_text(wanted, encoding="utf-8")
    return True


_REFUSED = {"default": {"description": "A problem", "content": {"application/problem+json": {"schema": {}}}}}


def _without_examples(part: Any, *, names: bool = False) -> Any:
    """A part of an OpenAPI document without what makes its types long: examples, titles, and refusals.

    Args:
        names: its keys are names of properties rather than OpenAPI's own words.
    """
    if isinstance(part, list):
        return [_without_examples(one) for one in part]
    if not isinstance(part, dict):
        return part
    short = {}
    for key, value in part.items():
        if key == "responses" and not names:
            # What is refused is an RFC 9457 problem everywhere, which the client reads in one place.
            value = {status: answer for status, answer in value.items() if status.startswith("2")} | _REFUSED
        if names or key not in ("example", "examples", "title"):
            short[key] = _without_examples(value, names=key == "properties")
    return short


def check() -> None:
    """Lint, types and tests of the UI, whether its API types are up to date, and the build itself."""
    api_types(check=True)
    for script in ("lint", "typecheck", "test", "build"):
        pnpm(script)


if __name__ == "__main__":
    with console.exit_on_error():
        check()
