"""Locales, encodings, texts of errors, and the libc's patterns and formats."""

# The system's calls are the question, so they are made by their own names, not through pathlib.
# ruff: noqa: PTH118, PTH123, PTH207

from __future__ import annotations

import codecs
import ctypes
import errno
import fnmatch
import glob
import locale
import os
import signal
import subprocess
import sys
import tempfile
from typing import Any

from automation.libc.probes import native
from automation.libc.probes.harness import outcome, probe

# Asked of a fresh interpreter, whose environment is all there is.
ENCODINGS = (
    "import locale, sys; print(sys.stdout.encoding.lower(), locale.getpreferredencoding(False).lower(), "
    "sys.getfilesystemencoding().lower(), sys.flags.utf8_mode)"
)
ERRORS = ("EPERM", "ENOENT", "EAGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENOTEMPTY", "EADDRINUSE", "EHOSTUNREACH")
SIGNALS = ("SIGTERM", "SIGSEGV", "SIGPIPE", "SIGUSR1", "SIGABRT", "SIGBUS")
REGEX_NOMATCH = 1


def interpreter(code: str, **environment: str) -> str:
    """What a fresh interpreter prints with nothing but these environment variables."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, **{name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
    )
    return done.stdout.decode("ascii").strip()


@probe("locale.unknown_name")
def unknown_name() -> Any:
    return outcome(lambda: locale.setlocale(locale.LC_ALL, "xx_YY.UTF-8"))


@probe("locale.decimal_point")
def decimal_point() -> Any:
    """The decimal point after asking for German."""

    def ask() -> Any:
        locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
        return locale.localeconv()["decimal_point"]

    return outcome(ask)


@probe("locale.unknown_encoding")
def unknown_encoding() -> Any:
    """The encoding after asking for Latin 1."""

    def ask() -> Any:
        locale.setlocale(locale.LC_ALL, "en_US.ISO-8859-1")
        return locale.nl_langinfo(locale.CODESET).lower()

    return outcome(ask)


@probe("locale.names")
def names() -> Any:
    """The names of days and months in the image's own locale."""
    locale.setlocale(locale.LC_ALL, "")
    return [locale.nl_langinfo(item) for item in (locale.DAY_1, locale.ABMON_3, locale.AM_STR, locale.D_FMT)]


@probe("locale.collation")
def collation() -> Any:
    """The order of words in the image's own locale."""
    locale.setlocale(locale.LC_ALL, "")
    return sorted(["b", "A", "a", "B", "\N{LATIN SMALL LETTER A WITH DIAERESIS}", "z"], key=locale.strxfrm)


@probe("locale.no_language")
def no_language() -> Any:
    """Encodings without any variable."""
    return interpreter(ENCODINGS)


@probe("locale.posix")
def posix() -> Any:
    return interpreter(ENCODINGS, LC_ALL="POSIX")


@probe("locale.utf8_language")
def utf8_language() -> Any:
    return interpreter(ENCODINGS, LANG="C.UTF-8")


@probe("locale.without_coercion")
def without_coercion() -> Any:
    """Encodings in the C locale when Python's own remedies (PEP 538 and 540) are switched off."""
    return interpreter(ENCODINGS, LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")


@probe("text.codecs")
def coded() -> Any:
    """Python's own codecs, which no libc is behind."""
    word = "na\N{LATIN SMALL LETTER I WITH DIAERESIS}ve \N{EURO SIGN}"
    return {name: codecs.encode(word, name).hex() for name in ("utf-8", "utf-16-le", "cp1252", "iso8859-15", "utf-7")}


@probe("text.iconv")
def iconv() -> Any:
    """Which encodings the libc converts from UTF-8 to."""
    opened = native.function("iconv_open", ctypes.c_ssize_t, ctypes.c_char_p, ctypes.c_char_p)
    names = ("ISO-8859-1", "UTF-16", "SHIFT_JIS", "KOI8-R", "ISO-8859-1//TRANSLIT", "ISO-2022-KR", "IBM1047", "UTF-7")
    return {name: opened(name.encode(), b"UTF-8") != -1 for name in names}


@probe("text.strerror")
def strerror() -> Any:
    return {name: os.strerror(getattr(errno, name)) for name in ERRORS}


@probe("text.unknown_error")
def unknown_error() -> Any:
    return os.strerror(99999)


@probe("text.strsignal")
def strsignal() -> Any:
    return {name: signal.strsignal(getattr(signal, name)) for name in SIGNALS}


@probe("text.wcwidth")
def wcwidth() -> Any:
    """Columns of characters in a UTF-8 locale."""
    locale.setlocale(locale.LC_ALL, "C.UTF-8")
    width = native.function("wcwidth", ctypes.c_int, ctypes.c_wchar)
    return {f"U+{ord(letter):04X}": width(letter) for letter in "a\u00e9\u4e16\u0301\u200b\uac00"}


@probe("text.wcwidth_new")
def wcwidth_new() -> Any:
    """Columns of characters that are younger than some tables."""
    locale.setlocale(locale.LC_ALL, "C.UTF-8")
    width = native.function("wcwidth", ctypes.c_int, ctypes.c_wchar)
    return {f"U+{ord(letter):04X}": width(letter) for letter in "\U0001f600\U0001fae0\u00ad\U00030000"}


def matches(pattern: bytes, word: bytes) -> Any:
    """What the libc's extended regular expressions make of a word; `refused` when the pattern does not compile."""
    compiled = ctypes.create_string_buffer(1024)  # larger than any libc's regex_t
    compiler = native.function("regcomp", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)
    if compiler(compiled, pattern, 1):
        return "refused"
    match = native.function(
        "regexec", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_int
    )
    return bool(match(compiled, word, 0, None, 0) != REGEX_NOMATCH)


@probe("text.regex")
def regex() -> Any:
    """The libc's regular expressions (not Python's `re`)."""
    return [matches(b"^a+(b|c){2}$", b"aabc"), matches(b"[[:digit:]]+x", b"12y"), matches(b"(", b"(")]


@probe("text.regex_gnu")
def regex_gnu() -> Any:
    """GNU's additions to them."""
    patterns = {rb"\bfoo\b": b"a foo b", rb"\<foo": b"a foo", rb"\w+\s\W": b"ab -", rb"\`a": b"a"}
    return {pattern.decode(): matches(pattern, word) for pattern, word in patterns.items()}


@probe("text.fnmatch")
def fnmatched() -> Any:
    """The libc's file name patterns: plain, and GNU's `FNM_EXTMATCH` (1 << 5) and `FNM_CASEFOLD` (1 << 4)."""
    match = native.function("fnmatch", ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int)
    return [match(b"*.[ch]", b"a.c", 0) == 0, match(b"+(a|b)", b"ab", 1 << 5) == 0, match(b"A*", b"abc", 1 << 4) == 0]


@probe("text.glob")
def globbed() -> Any:
    """Python's own patterns."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("b.txt", "a.txt", ".hidden", "[x].txt"):
            with open(os.path.join(folder, name), "w"):
                pass
        found = sorted(map(os.path.basename, glob.glob(os.path.join(folder, "*.txt"))))
        return [found, fnmatch.filter(found, "[!a]*"), len(glob.glob(os.path.join(folder, "*")))]


@probe("text.printf")
def printf() -> Any:
    """The libc's formats, which Python and extension modules use for pointers and some floats."""
    buffer = ctypes.create_string_buffer(200)
    put = native.libc().snprintf
    put(buffer, ctypes.c_size_t(200), b"%.17g %a %5.1e|%-5d|%05d|%x|%s", ctypes.c_double(0.1), ctypes.c_double(1.5),
        ctypes.c_double(12345.0), 42, 42, 255, b"text")  # fmt: skip
    return buffer.value.decode()


@probe("text.printf_ld")
def printf_ld() -> Any:
    """`%Ld` for a long integer, an alias of GNU's."""
    buffer = ctypes.create_string_buffer(200)
    native.libc().snprintf(buffer, ctypes.c_size_t(200), b"%Ld", ctypes.c_longlong(1 << 40))
    return buffer.value.decode()


@probe("text.strtod")
def strtod() -> Any:
    """The libc's reading of numbers."""
    read = native.function("strtod", ctypes.c_double, ctypes.c_char_p, ctypes.c_void_p)
    texts = (
        "0.1",
        "1e400",
        "4.9406564584124654e-324",
        "0x1.8p3",
        "inf",
        "123456789012345678901234567890",
        "9007199254740993",
    )
    return {text: float(read(text.encode(), None)).hex() for text in texts}
