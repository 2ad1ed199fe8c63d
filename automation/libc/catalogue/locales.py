"""Locales, encodings, texts, patterns and formats of the libc."""

from __future__ import annotations

from automation.libc.expectations import conditional, differs, harmful, harmless, same, such_that

_WIKI = "musl wiki, Functional differences from glibc"
_LOCALE = "musl: src/locale/locale_map.c"
_SET = ("setlocale",)
_NATIVE = "only C code gets there: Python has its own"
_WORDS = harmless("each has its own words", "musl: src/errno/__strerror.h", "a text for people; the number is the same")
_UTF8 = "utf-8 utf-8 utf-8"

ENTRIES = (
    differs(
        "locale.unknown_name",
        "asking for a locale that is not there",
        glibc="Error",
        musl="xx_YY.UTF-8",
        known=harmful(
            "musl takes any name for a locale", _LOCALE, "a program can't find out that it has no such locale"
        ),
        reached_by=_SET,
    ),
    differs(
        "locale.decimal_point",
        "the decimal point after asking for German",
        glibc=such_that("an error without the locale, or a comma", lambda seen: seen in ("Error", ",")),
        musl=".",
        known=harmful("musl's numbers are those of the C locale in every locale", _WIKI, "numbers are not written so"),
        reached_by=_SET,
    ),
    differs(
        "locale.unknown_encoding",
        "the encoding after asking for Latin 1",
        glibc=such_that("an error without the locale, or Latin 1", lambda seen: seen in ("Error", "iso-8859-1")),
        musl="utf-8",
        known=harmful("musl knows UTF-8 alone", f"{_WIKI}: Character sets and locale", "bytes are decoded as UTF-8"),
        reached_by=_SET,
    ),
    same("locale.names", "days, months and dates in the image's locale", ["Sunday", "Mar", "AM", "%m/%d/%y"]),
    same(
        "locale.collation",
        "the order of words in the image's locale",
        ["A", "B", "a", "b", "z", "\N{LATIN SMALL LETTER A WITH DIAERESIS}"],
    ),
    differs(
        "locale.no_language",
        "encodings of standard output, of files and of names, and UTF-8 mode, without any variable",
        glibc=f"{_UTF8} 1",
        musl=such_that("UTF-8, with or without the mode", lambda seen: seen in (f"{_UTF8} 0", f"{_UTF8} 1")),
        known=harmless(
            "without variables musl's locale is C.UTF-8, which needs no UTF-8 mode",
            "musl: src/locale/setlocale.c",
            "every encoding is UTF-8 in both",
        ),
        reached_by=("utf8-mode",),
    ),
    same("locale.posix", "the same in the POSIX locale", f"{_UTF8} 1"),
    same("locale.utf8_language", "the same with LANG=C.UTF-8, as the image sets it", f"{_UTF8} 0"),
    differs(
        "locale.without_coercion",
        "the same in the C locale, without Python's remedies (PEP 538, PEP 540)",
        glibc="ascii ansi_x3.4-1968 ascii 0",
        musl="ascii ascii ascii 0",
        known=harmless(
            "another name for ASCII", "musl: src/locale/langinfo.c", "both are ASCII; nobody switches the remedies off"
        ),
        reached_by=("locale-encoding",),
    ),
    same(
        "text.codecs",
        "Python's own encodings",
        {
            "utf-8": "6e61c3af766520e282ac",
            "utf-16-le": "6e006100ef00760065002000ac20",
            "cp1252": "6e61ef76652080",
            "iso8859-15": "6e61ef766520a4",
            "utf-7": "6e612b414f382d7665202b494b772d",
        },
    ),
    differs(
        "text.iconv",
        "which encodings the libc converts to",
        glibc=such_that("Latin 1 and UTF-16 at least", lambda seen: seen["ISO-8859-1"] and seen["UTF-16"]),
        musl=such_that(
            "Latin 1 and UTF-16, without //TRANSLIT",
            lambda seen: seen["ISO-8859-1"] and not seen["ISO-8859-1//TRANSLIT"],
        ),
        known=harmless("musl's iconv is small and has no transliteration", f"{_WIKI}: iconv", _NATIVE),
        reached_by=("iconv",),
    ),
    differs(
        "text.strerror",
        "the texts of errors",
        glibc=such_that("a text for each", lambda seen: len(seen) == 8 and seen["ETIMEDOUT"] == "Connection timed out"),
        musl=such_that("a text for each", lambda seen: len(seen) == 8 and seen["ETIMEDOUT"] == "Operation timed out"),
        known=_WORDS,
        reached_by=("error-text",),
    ),
    differs(
        "text.unknown_error",
        "the text of an error that is not there",
        glibc="Unknown error 99999",
        musl="No error information",
        known=_WORDS,
        reached_by=("error-text",),
    ),
    same(
        "text.strsignal",
        "the texts of signals",
        such_that("a text for each", lambda seen: len(seen) == 6 and seen["SIGSEGV"] == "Segmentation fault"),
    ),
    same(
        "text.wcwidth",
        "columns of characters",
        {"U+0061": 1, "U+00E9": 1, "U+4E16": 2, "U+0301": 0, "U+200B": 0, "U+AC00": 2},
    ),
    differs(
        "text.wcwidth_new",
        "columns of younger characters",
        glibc=such_that("0 to 2 each", lambda seen: len(seen) == 4 and set(seen.values()) <= {0, 1, 2}),
        musl=such_that("-1 to 2 each", lambda seen: len(seen) == 4 and set(seen.values()) <= {-1, 0, 1, 2}),
        known=harmless("tables of different Unicode versions", "musl: src/ctype/wcwidth.c", _NATIVE),
        reached_by=("c-columns",),
    ),
    same("text.regex", "the libc's regular expressions", [True, False, "refused"]),
    differs(
        "text.regex_gnu",
        "GNU's additions to them",
        glibc={"\\bfoo\\b": True, "\\<foo": True, "\\w+\\s\\W": True, "\\`a": True},
        musl=such_that("not all", lambda seen: len(seen) == 4 and not seen["\\`a"]),
        known=harmless("musl's come from TRE", f"{_WIKI}: Regular expressions", _NATIVE),
        reached_by=("c-patterns",),
    ),
    differs(
        "text.fnmatch",
        "the libc's file name patterns, and GNU's additions",
        glibc=[True, True, True],
        musl=[True, False, True],
        known=harmless("musl has no FNM_EXTMATCH", "musl: src/regex/fnmatch.c", _NATIVE),
        reached_by=("c-patterns",),
    ),
    same(
        "text.glob",
        "Python's file name patterns",
        [["[x].txt", "a.txt", "b.txt"], ["[x].txt", "b.txt"], 3],
    ),
    same("text.printf", "the libc's formats", "0.10000000000000001 0x1.8p+0 1.2e+04|42   |00042|ff|text"),
    differs(
        "text.printf_ld",
        "GNU's %Ld for integers",
        glibc="1099511627776",
        musl="",
        known=conditional(
            "not in ISO C, so musl refuses it",
            f"{_WIKI}: printf behavior",
            "only a library that has such a format in C: it writes nothing there; Python never uses it",
        ),
    ),
    same(
        "text.strtod",
        "the libc's reading of numbers",
        such_that(
            "rounded correctly",
            lambda seen: len(seen) == 7 and all(float.fromhex(value) == _number(text) for text, value in seen.items()),
        ),
    ),
)


def _number(text: str) -> float:
    return float.fromhex(text) if text.startswith("0x") else float(text)
