"""The UI on the host: pnpm install and build, its checks, and whether the lockfile fits."""

from __future__ import annotations

from pathlib import Path

from automation import console, network, paths, process
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


def check() -> None:
    """Lint, types and tests of the UI, and the build itself."""
    install()
    for script in ("lint", "typecheck", "test", "build"):
        pnpm(script)


if __name__ == "__main__":
    with console.exit_on_error():
        check()
