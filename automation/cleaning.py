"""Remove what builds and runs leave behind on purpose: images, build cache, and with `--all` the caches too."""

from __future__ import annotations

import shutil

from automation import console, containers, engine, image_store, paths
from automation.bootstrap.driver import KEY_LABEL
from automation.private_engine import PrivateEngine


def clean(*, everything: bool = False) -> None:
    """Remove our images and leftovers, and the build cache of a private engine; the user's other images stay.

    Args:
        everything: also the bootstrapped bases and the private engine with all its data.
    """
    found = engine.present()
    if found is not None:
        with console.step("removing images and leftovers"):
            swept = containers.sweep(found)
            names = image_store.names(found, containers.VARIANT_LABEL)
            if everything:
                names += image_store.names(found, KEY_LABEL)
            removed = sum(image_store.remove(found, name) for name in names)
            console.progress(f"{removed} images, {swept} leftovers of killed runs")
            if found.kind == "private":
                found.docker("buildx", "prune", "--all", "--force", check=False)
    if everything:
        with console.step("removing the private engine and the caches"):
            private = PrivateEngine.default()
            private.stop()
            shutil.rmtree(private.run_folder, ignore_errors=True)
            for name in (
                "engine",
                "bootstrap",
                "compilers",
                "fitting-locks",
                "layers",
                "popular",
                "sabnzbd",
                "tmp",
                "wheels",
                "zstd",
            ):
                shutil.rmtree(paths.cache() / name, ignore_errors=True)
