"""Licences as SPDX expressions, from the words that metadata uses for them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

PUBLIC_DOMAIN = "LicenseRef-public-domain"
CLASSIFIERS = {
    "Academic Free License (AFL)": "AFL-3.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Public Domain": PUBLIC_DOMAIN,
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Zope Public License": "ZPL-2.1",
}
WORDS = {
    "apache": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "mit license": "MIT",
    "the mit license": "MIT",
    "mpl 2.0": "MPL-2.0",
    "psf": "PSF-2.0",
    "psfl": "PSF-2.0",
    "public domain": PUBLIC_DOMAIN,
}
# Debian's short names that are not SPDX's.
DEBIAN = {
    "artistic": "Artistic-1.0-Perl",
    "expat": "MIT",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "bsd-4-clause": "BSD-4-Clause",
    "gfdl": "GFDL-1.3-or-later",
    "pd": PUBLIC_DOMAIN,
    "public-domain": PUBLIC_DOMAIN,
    "python": "PSF-2.0",
    "zlib": "Zlib",
}
# Packages of Debian that state their licence in prose only.
PROSE = {
    "base-files": "GPL-2.0-or-later",
    "ca-certificates": "MPL-2.0 AND GPL-2.0-or-later",
    "debian-archive-keyring": "GPL-2.0-or-later",
    "findutils": "GPL-3.0-or-later",
    "gcc-12-base": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "gcc-14-base": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libbz2-1.0": "bzip2-1.0.6",
    "libc-bin": "LGPL-2.1-or-later",
    "libc6": "LGPL-2.1-or-later",
    "libcrypt1": "LGPL-2.1-or-later",
    "libgcc-s1": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libgcrypt20": "LGPL-2.1-or-later",
    "libgnutls30": "LGPL-2.1-or-later",
    "libpam-modules": "BSD-3-Clause OR GPL-1.0-or-later",
    "libpam-modules-bin": "BSD-3-Clause OR GPL-1.0-or-later",
    "libpam-runtime": "BSD-3-Clause OR GPL-1.0-or-later",
    "libpam0g": "BSD-3-Clause OR GPL-1.0-or-later",
    "libpcre2-8-0": "BSD-3-Clause",
    "libselinux1": PUBLIC_DOMAIN,
    "libsemanage-common": "LGPL-2.1-or-later",
    "libsemanage2": "LGPL-2.1-or-later",
    "libstdc++6": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libtasn1-6": "LGPL-2.1-or-later",
    "libtinfo6": "X11-distribute-modifications-variant",
    "ncurses-base": "X11-distribute-modifications-variant",
    "ncurses-bin": "X11-distribute-modifications-variant",
}
GNU = re.compile(r"(A?GPL|LGPL|GFDL)-(\d)(?:\.(\d))?(?:\.0)?(\+?)(?:-only|-or-later)?", re.IGNORECASE)


def expression(words: str) -> str:
    """The SPDX expression that these words are, or stand for; empty when they are neither."""
    words = " ".join(words.split())
    if not words or len(words) > 200:
        return ""
    known = WORDS.get(words.lower())
    if known is not None:
        return known
    try:
        return str(canonicalize_license_expression(words))
    except InvalidLicenseExpression:
        return ""


def of_distribution(stated: str, licence: str, classifiers: Iterable[str]) -> str:
    """A Python distribution's licence: what it states as an expression, else in words, else by its classifiers."""
    found = expression(stated) or expression(licence)
    if found:
        return found
    known = {CLASSIFIERS.get(item.rpartition(" :: ")[2], "") for item in classifiers if item.startswith("License ::")}
    return " OR ".join(sorted(filter(None, known)))


def of_debian(name: str, copyright_text: str) -> str:
    """The licence of a package's main files, from a copyright file in Debian's machine-readable format."""
    for paragraph in re.split(r"\n\s*\n", copyright_text):
        if re.search(r"^Files:\s*\*\s*$", paragraph, re.MULTILINE) and (
            match := re.search(r"^License:[ \t]*(\S.*)$", paragraph, re.MULTILINE)
        ):
            return _debian(match[1])
    return PROSE.get(name, "")


def _debian(words: str) -> str:
    parts = re.split(r"\s+(and|or)\s+", words.replace(",", " ").strip())
    translated = []
    for part in parts:
        if part in ("and", "or"):
            translated.append(part.upper())
            continue
        name = DEBIAN.get(part.lower(), part)
        if gnu := GNU.fullmatch(name):
            name = f"{gnu[1].upper()}-{gnu[2]}.{gnu[3] or 0}-{'or-later' if gnu[4] else 'only'}"
        translated.append(name)
    return expression(" ".join(translated))
