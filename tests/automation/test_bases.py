from __future__ import annotations

import pytest

from automation.bases import BASES, DEFAULT_VARIANT, VARIANTS, Libc, variant
from automation.bootstrap.recipes import RECIPES
from automation.errors import UsageError


def test_every_base_has_a_recipe() -> None:
    assert {base.recipe for base in BASES.values()} <= set(RECIPES)


def test_a_foreign_image_has_a_name_of_its_own() -> None:
    assert variant("slim").foreign_tag("linux/arm64") == "autoarr:slim-arm64"


def test_variants_differ_in_libc() -> None:
    assert {v.base.libc for v in VARIANTS.values()} == {Libc.MUSL, Libc.GLIBC}
    assert variant(DEFAULT_VARIANT).base.libc is Libc.MUSL
    assert variant("slim").tag == "autoarr:slim"


def test_an_unknown_variant_is_a_usage_error() -> None:
    with pytest.raises(UsageError) as caught:
        variant("windows")
    assert caught.value.exit_code == 2
    assert "distroless, alpine, slim" in caught.value.hint
