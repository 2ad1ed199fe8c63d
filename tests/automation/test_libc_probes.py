"""The probes: how they are asked, that what is known of them fits them, and that each is able to fail."""

from __future__ import annotations

import ast
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automation import paths, ports
from automation.bases import Libc
from automation.errors import CheckFailed
from automation.libc import bundle, conformance, probe_report
from automation.libc.catalogue import BY_PROBE, ENTRIES
from automation.libc.catalogue.mathematics import REFERENCE, ulps
from automation.libc.patterns import NAMES
from automation.libc.probe_report import Answer, ProbeReport
from automation.libc.probes import __main__ as every_probe  # noqa: F401 - imported for the probes that it registers
from automation.libc.probes import dns_stub, harness, identity, numbers
from automation.libc.probes.harness import PROBES, Probe, Skip
from automation.reports import Verdict

SOURCES = sorted(bundle.FOLDER.glob("*.py"))
# The environment of the image, for the probes that look at it.
ENVIRONMENT = {"LANG": "C.UTF-8", "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}

# What is broken for a probe, as code that runs before it in the same process. Each is what a libc, a kernel or a base
# could do wrong.
SABOTAGE = {
    "crypto.certificate_paths": "import ssl; ssl.get_default_verify_paths = lambda: None",
    "crypto.certificates": (
        "import os, ssl; ssl.SSLContext.load_default_certs = lambda self: None; os.listdir = lambda path: []"
    ),
    "crypto.ciphers": "import ssl; ssl.SSLContext.get_ciphers = lambda self: []",
    "crypto.derivations": "import hashlib; hashlib.scrypt = lambda *a, **k: b'wrong'",
    "crypto.hashes": "import hashlib; new = hashlib.new; hashlib.new = lambda name, data: new('sha256', name.encode())",
    "crypto.openssl": "import ssl; ssl.OPENSSL_VERSION = 'OpenSSL 1.0.2'",
    "crypto.random": "import ssl; ssl.RAND_bytes = lambda size: bytes(size)",
    "crypto.tls_versions": "import ssl; ssl.HAS_TLSv1_3 = False",
    "files.fallocate": "import os; os.posix_fallocate = lambda *a: None",
    "files.fifo": "import os; os.mkfifo = lambda path: os.close(os.open(path, os.O_CREAT))",
    "files.flock": "import fcntl; fcntl.flock = lambda *a: None",
    "files.large": "import os; pwrite = os.pwrite; os.pwrite = lambda fd, data, at: pwrite(fd, data, at & 0xFFFFFFFF)",
    "files.links": "import os; link = os.symlink; os.symlink = lambda one, other: link('/', other)",
    "files.lockf": "import fcntl; fcntl.lockf = lambda *a: None",
    "files.mmap": "import mmap; mmap.mmap = __import__('contextlib').nullcontext; "
    "mmap.mmap.__enter__ = lambda self: type('m', (), {'__setitem__': print, 'flush': print})()",
    "files.names": "import os; os.fsencode = lambda text: text.encode('latin-1', 'replace')",
    "files.open_file_locks": "import fcntl; fcntl.fcntl = lambda *a: b''",
    "files.sendfile": "import os; os.sendfile = lambda out, source, at, count: os.write(out, b'wrong')",
    "files.temporary": "import os; os.umask = lambda mask: None",
    "files.times": "import os; set = os.utime; os.utime = lambda path, ns: set(path, ns=(0, max(0, ns[0])))",
    "files.vectors": "import os; os.writev = lambda fd, parts: os.write(fd, b''.join(parts))",
    "identity.confstr": "import os; os.confstr = lambda name: 'other 1.0'",
    "identity.libc": "import os; os.confstr = lambda name: 'other 1.0'",
    "identity.libc_ver": "import platform; platform.libc_ver = lambda: ('', '')",
    "identity.soabi": "import sysconfig; sysconfig.get_config_var = lambda name: 'cpython-311-darwin'",
    "loading.find_library": "import ctypes.util; ctypes.util.find_library = lambda name: None",
    "loading.missing_library": "import ctypes; ctypes.CDLL = lambda name: None",
    "loading.reserved_names": "import ctypes; ctypes.CDLL = lambda name: __import__('os').stat('/nowhere')",
    "locale.collation": "import locale; locale.strxfrm = str.lower",
    "locale.decimal_point": "import locale; locale.setlocale = lambda *a: None",
    "locale.no_language": "import os, sys; sys.executable = '/bin/echo'",
    "locale.unknown_name": "import locale; locale.setlocale = lambda *a: a[1]",
    "locale.without_coercion": "from automation.libc.probes import text; ask = text.interpreter; "
    "text.interpreter = lambda code, **names: ask(code, LC_ALL='C')",
    "math.exact": "import math; math.sqrt = lambda value: value ** 0.5 + 1e-15",
    "math.functions": "import math; from automation.libc.probes import numbers; "
    "numbers.FUNCTIONS = tuple((name, lambda x, call=call: call(x) * (1 + 1e-14)) for name, call in numbers.FUNCTIONS)",
    "math.special": "import math; math.pow = lambda one, other: 0.0",
    "names.address_forms": "import socket; socket.getaddrinfo = lambda *a: [(0, 0, 0, '', ('127.0.0.2', 80))]",
    "names.getfqdn": "import socket; socket.getfqdn = lambda name: 'elsewhere.example'",
    "names.inet_aton_garbage": "import socket; socket.inet_aton = lambda text: bytes(4)",
    "names.inet_ntop": "import socket; socket.inet_ntop = lambda family, data: data.hex()",
    "names.inet_pton": "import socket; socket.inet_pton = lambda family, text: bytes(4)",
    "names.localhost": "import socket; socket.getaddrinfo = lambda *a: [(0, 0, 0, '', ('192.0.2.1', 80))]",
    "names.passive": "import socket; socket.getaddrinfo = lambda *a: [(0, 0, 0, '', ('127.0.0.1', 80))]",
    "names.unknown_service": "import socket; socket.getaddrinfo = lambda *a, **k: [(0, 0, 0, '', ('127.0.0.1', 0))]",
    "numbers.sort": "import builtins; builtins.sorted = lambda items, key=None: [len(items), key]",
    "processes.fault_handler": "import faulthandler; faulthandler.enable = lambda file: None",
    "processes.killed": "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "processes.posix_spawn": "import os; run = os.posix_spawn; os.posix_spawn = lambda *a, setsid, **k: run(*a, **k)",
    "processes.semaphore": "import multiprocessing; multiprocessing.get_context = lambda kind: __import__('os')",
    "recursion.json_dumps": "import json, os; json.dumps = lambda *a: os.abort()",
    "recursion.pickle": "import ctypes, pickle; pickle.dumps = lambda *a: ctypes.string_at(0)",
    "recursion.python": "import os, threading; threading.Thread = lambda **k: os.abort()",
    "recursion.regex": "import os, re; re.compile = lambda *a: os._exit(3)",
    "recursion.repr": "import os, signal; from automation.libc.probes import recursion; "
    "recursion.nested = lambda: os.kill(os.getpid(), signal.SIGSEGV)",
    "signals.interrupted_call": "import signal; signal.setitimer = lambda *a: None",
    "signals.real_time": "import signal; signal.SIGRTMIN = 32",
    "signals.wait": "import signal; signal.sigtimedwait = lambda *a: None",
    "sockets.closed_peer": "import signal; signal.signal(signal.SIGPIPE, signal.SIG_DFL)",
    "sockets.edge_triggered": "import select; select.EPOLLET = 0",
    "sockets.many_descriptors": "import select; select.select = lambda *a: ([1], [], [])",
    "sockets.refused": "import socket; socket.create_connection = lambda *a, **k: socket.socket()",
    "sockets.reuse_port": "import socket; socket.SO_REUSEPORT = socket.SO_KEEPALIVE",
    "sockets.timeout": "import socket; socket.socket.settimeout = lambda self, seconds: self.setblocking(False)",
    "sockets.unix_descriptors": "import socket; socket.CMSG_SPACE = lambda size: 0",
    "system.allocation": "from automation.libc.probes import native; native.function = lambda *a: lambda size: None",
    "system.descriptor_limit": "import os; os.dup = lambda fd: 1 / 0",
    "system.environment": "import os; os.environ = {}",
    "system.features": "import os, socket; del os.sendfile, socket.SO_REUSEPORT",
    "system.home": "import os; os.path.expanduser = lambda path: '/root'",
    "system.load": "import os; os.getloadavg = lambda: 1 / 0",
    "system.login_name": "import os; os.getlogin = lambda: 'somebody'",
    "system.memory_limit": "import builtins; builtins.bytearray = lambda size: b''",
    "system.modules": "import importlib.util; importlib.util.find_spec = lambda name: None",
    "system.priority": "import os; os.nice = lambda by: 0",
    "system.random": "import os; os.getrandom = lambda size, flags=0: bytes(size)",
    "system.root_user": "import pwd; pwd.getpwnam = lambda name: pwd.getpwuid(1)",
    "system.scheduler": "import os; os.sched_getscheduler = lambda pid: os.stat('/nowhere')",
    "system.sysconf": "import os; os.sysconf = lambda name: -1",
    "system.terminal": "import os; os.ttyname = lambda fd: '/dev/console'",
    "system.unknown_user": "import pwd; pwd.getpwuid = lambda number: 'somebody'",
    "text.codecs": "import codecs; codecs.encode = lambda text, name: text.encode('utf-8')",
    "text.printf": "import os; from automation.libc.probes import native; native.libc = lambda: os",
    "text.strerror": "import os; os.strerror = lambda number: ''",
    "text.unknown_error": "import os; os.strerror = lambda number: ''",
    "threads.asked_stack": "import threading; threading.stack_size = lambda size: 0; "
    "from automation.libc.probes import threads; threads.in_thread = lambda: 131072",
    "threads.lock_timeout": "import threading; threading.Lock = lambda: type('L', (), {'acquire': print})()",
    "threads.main_stack": "import resource; resource.getrlimit = lambda kind: (131072, 131072)",
    "threads.native_stack": "from automation.libc.probes import threads; threads._stack_size = lambda of: 65536",
    "threads.python_stack": "import threading; threading.stack_size(131072)",
    "threads.signal_handler": "import signal; signal.pthread_kill = lambda *a: None; "
    "import time; time.monotonic = lambda: time.time() * 1000",
    "threads.signal_mask": "import signal; signal.pthread_sigmask = lambda *a: set()",
    "threads.smallest_stack": "import threading; threading.stack_size = lambda size: size",
    "time.clocks": "import time; time.sleep = lambda seconds: None; time.time_ns = lambda: 0",
    "time.far_away": "import time; gmtime = time.gmtime; time.gmtime = lambda moment: gmtime(moment & 0x7FFFFFFF)",
    "time.mktime": "import time; mktime = time.mktime; time.mktime = lambda fields: mktime(fields[:8] + (1,))",
    "time.posix_zone": "import time; time.tzset = lambda: None",
    "time.strftime": "import time; time.strftime = lambda *a: ''",
    "time.strftime_flags": "import time; time.strftime = lambda *a: ''",
    "time.strftime_gnu": "import time; time.strftime = lambda *a: ''",
    "time.too_far_away": "import time; time.gmtime = lambda moment: ()",
    "time.unknown_zone": "import os, time; tzset = time.tzset; "
    "time.tzset = lambda: os.environ.update(TZ='XYZ-5') or tzset()",
    "time.zoneinfo": "import zoneinfo; zoneinfo.ZoneInfo = lambda name: __import__('datetime').timezone.utc",
}
# Runs sabotage and probe in a process of their own each, so that one interpreter does for all.
DRIVER = """
import json, sys
from automation.libc.probes import __main__, harness

def sabotaged(name, code):
    def run():
        try:
            exec(code, {})
        except Exception as error:
            return {"status": "sabotage", "reason": repr(error)}
        return harness._asked(harness.PROBES[name])
    return harness.apart(run, 20)

print(json.dumps({name: sabotaged(name, code) for name, code in json.load(sys.stdin).items()}))
"""


def here() -> Libc:
    """The libc of the machine that the tests run on."""
    return Libc(identity.libc().split()[0])


@pytest.fixture(scope="module")
def report() -> ProbeReport:
    """What every probe answers on this machine."""
    done = subprocess.run(
        [sys.executable, "-m", "automation.libc.probes"],
        cwd=paths.ROOT,
        env={**ENVIRONMENT, **{name: value for name, value in os.environ.items() if name.startswith("COV")}},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return probe_report.read("this machine", done.stdout)


@pytest.fixture(scope="module")
def sabotaged() -> dict[str, Any]:
    """What the sabotaged probes answer."""
    done = subprocess.run(
        [sys.executable, "-c", DRIVER],
        cwd=paths.ROOT,
        env=ENVIRONMENT,
        input=json.dumps(SABOTAGE),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def test_every_probe_is_known_and_asked_about_once() -> None:
    assert set(PROBES) == set(BY_PROBE)
    assert len(ENTRIES) == len(BY_PROBE) >= 60


def test_every_pattern_of_the_catalogue_is_one_that_is_looked_for() -> None:
    assert {name for entry in ENTRIES for name in entry.reached_by} <= NAMES


def test_no_probe_fails_here_and_each_answer_is_explained(report: ProbeReport) -> None:
    checks = conformance.checks(report, here())
    assert {check.name: check.detail for check in checks if check.verdict is Verdict.FAILED} == {}
    assert set(report.answers) == set(BY_PROBE)
    assert sum(check.verdict is Verdict.PASSED for check in checks) > 100


def test_answers_are_the_same_every_time(report: ProbeReport) -> None:
    names = [
        "time.strftime",
        "files.names",
        "sockets.unix_descriptors",
        "threads.many",
        "system.sysconf",
        "numbers.rand",
    ]
    again = subprocess.run(
        [sys.executable, "-m", "automation.libc.probes", *names],
        cwd=paths.ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answers = probe_report.read("this machine", again.stdout).answers
    assert answers == {name: report.answers[name] for name in names}


def altered(value: Any) -> Iterator[Any]:
    """A value with one thing in it changed at a time."""
    if isinstance(value, dict):
        for key in value:
            yield from ({**value, key: other} for other in altered(value[key]))
    elif isinstance(value, list):
        yield [*value, "more"]
        for at, item in enumerate(value):
            yield from ([*value[:at], other, *value[at + 1 :]] for other in altered(item))
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
    else:
        yield f"{value}?"


@pytest.mark.parametrize("name", sorted(BY_PROBE))
def test_an_altered_answer_fails(name: str, report: ProbeReport) -> None:
    answer, entry = report.answers[name], BY_PROBE[name]
    if answer.status != probe_report.OK:
        pytest.skip(f"not answered here: {answer.reason}")
    libc = here()
    # An answer of another kind is refused by every entry, and by those with one answer every change of it.
    wrong = [{"altered": True}, None if answer.value is not None else 1]
    if entry.expected[libc].text == repr(answer.value):
        wrong += altered(answer.value)
    for value in wrong:
        changed = ProbeReport(
            subject="altered", python=report.python, libc=report.libc, answers={name: Answer(status="ok", value=value)}
        )
        (check,) = [check for check in conformance.checks(changed, libc) if check.name == name]
        assert check.verdict is Verdict.FAILED, f"{value!r} was taken for {entry.expected[libc].text}"


@pytest.mark.parametrize("name", sorted(SABOTAGE))
def test_a_sabotaged_probe_fails(name: str, sabotaged: dict[str, Any], report: ProbeReport) -> None:
    answer = sabotaged[name]
    if isinstance(answer, str):  # it did not survive
        return
    assert answer["status"] in ("ok", "error"), answer
    broken = ProbeReport(subject="broken", python="", libc=report.libc, answers={name: Answer(**answer)})
    (check,) = [check for check in conformance.checks(broken, here()) if check.name == name]
    assert check.verdict is Verdict.FAILED, f"{answer} passed"


def test_what_was_not_asked_fails_and_what_was_skipped_is_skipped() -> None:
    empty = ProbeReport(subject="empty", python="", libc="musl 1.2.5")
    assert {check.verdict for check in conformance.checks(empty, Libc.MUSL)} == {Verdict.FAILED}
    answers = {
        "files.flock": Answer(status="skipped", reason="no folder"),
        "files.lockf": Answer(status="error", reason="OSError: broken"),
        "no.such": Answer(status="ok", value=1),
    }
    some = ProbeReport(subject="some", python="", libc="musl 1.2.5", answers=answers)
    found = {check.name: check for check in conformance.checks(some, Libc.MUSL)}
    assert (found["files.flock"].verdict, found["files.flock"].detail) == (Verdict.SKIPPED, "no folder")
    assert found["files.lockf"].verdict is found["no.such"].verdict is Verdict.FAILED
    assert "OSError: broken" in found["files.lockf"].detail


def test_long_values_are_cut() -> None:
    assert conformance.shown("x") == '"x"'
    assert len(conformance.shown("x" * 1000)) == conformance.SHOWN + 1


# How a probe is asked.


def ask(action: Any, limit: float = 5.0) -> dict[str, Any]:
    return harness.answer(Probe("test", action, limit))


def fail() -> None:
    raise ValueError("broken")


def skip() -> None:
    raise Skip("not here")


def test_each_way_a_probe_can_end() -> None:
    assert ask(lambda: [1, None]) == {"status": "ok", "value": [1, None]}
    assert ask(skip) == {"status": "skipped", "reason": "not here"}
    assert ask(fail) == {"status": "error", "reason": "ValueError: broken"}
    assert ask(lambda: os.kill(os.getpid(), signal.SIGKILL))["reason"] == "the probe came to: signal 9"
    assert ask(lambda: os._exit(5))["reason"] == "the probe came to: exit 5"


def test_a_probe_that_does_not_end_is_ended_with_what_it_started() -> None:
    with_child = "sleep 30 & echo $! >&2; wait"
    started = time.monotonic()
    answer = ask(lambda: subprocess.run(["sh", "-c", with_child], stderr=subprocess.DEVNULL, check=False), 0.3)
    assert answer == {"status": "error", "reason": "the probe came to: no end"}
    assert time.monotonic() - started < 25


def test_a_probe_changes_nothing_here() -> None:
    before = os.umask(0o022)
    os.umask(before)
    ask(lambda: os.umask(0o777))
    after = os.umask(before)
    assert after == before


def test_failures_have_names_that_no_libc_words() -> None:
    def refuse() -> None:
        raise PermissionError(13, "whatever")

    def unnamed() -> None:
        raise OSError("whatever")

    def late() -> None:
        raise TimeoutError

    assert harness.outcome(refuse) == "OSError EACCES"
    assert harness.outcome(unnamed) == "OSError"
    assert harness.outcome(late) == "TimeoutError"
    assert harness.outcome(fail) == "ValueError"
    with pytest.raises(Skip):
        harness.outcome(skip)
    assert harness.outcomes(["1", "x"], int) == {"1": 1, "x": "ValueError"}


def test_two_probes_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two probes named files\.flock"):
        harness.probe("files.flock")(skip)


# The one file.


def test_the_file_needs_nothing_of_the_checkout(tmp_path: Path) -> None:
    names = ["identity.libc", "recursion.python", "processes.posix_spawn"]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", bundle.program(), *names],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answers = probe_report.read("alone", done.stdout).answers
    assert [answer.status for answer in answers.values()] == ["ok"] * 3
    assert list(answers) == names
    assert len(bundle.program()) < 128 * 1024


def test_the_file_holds_every_module() -> None:
    assert {path.stem for path in SOURCES} == {*bundle.MODULES, "__init__", "__main__"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_probes_need_the_standard_library_only_and_parse_on_python_3_8(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    others = {name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names}
    assert all(name.startswith(bundle.PACKAGE) for name in others), others


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "Traceback",
        '{"version": 2, "probes": {}}',
        '{"version": 1}',
        '{"version": 1, "probes": {"a": {"x": 1}}}',
    ],
)
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        probe_report.read("somewhere", text)
    assert caught.value.where == "somewhere"


# The DNS server.


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    port = ports.free()
    monkeypatch.setattr(dns_stub, "PORT", port)
    replies = {
        ("host.example", dns_stub.A): dns_stub.Reply(records=((dns_stub.A, "192.0.2.1"),), truncated=True),
        ("host.example", dns_stub.AAAA): dns_stub.Reply(records=((dns_stub.AAAA, "2001:db8::1"),)),
        ("1.2.0.192.in-addr.arpa", dns_stub.PTR): dns_stub.Reply(records=((dns_stub.PTR, "host.example"),)),
    }
    with dns_stub.Stub(replies):
        yield port


def question(name: str, kind: int) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    return struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!HH", kind, 1)


def asked(port: int, name: str, kind: int) -> tuple[int, int, bytes]:
    """Flags, the count of answers, and the whole message."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(question(name, kind), ("127.0.0.1", port))
        answer = client.recv(4096)
    flags, _, count = struct.unpack("!HHH", answer[2:8])
    return flags, count, answer


def test_the_stub_answers_over_udp(stub: int) -> None:
    flags, count, answer = asked(stub, "Host.example", dns_stub.AAAA)
    assert (flags & 15, count) == (dns_stub.NOERROR, 1)
    assert answer.endswith(socket.inet_pton(socket.AF_INET6, "2001:db8::1"))
    assert asked(stub, "nowhere.example", dns_stub.A)[0] & 15 == dns_stub.NXDOMAIN
    assert asked(stub, "1.2.0.192.in-addr.arpa", dns_stub.PTR)[2].endswith(b"\4host\7example\0")


def test_the_stub_gives_a_long_answer_over_tcp_only(stub: int) -> None:
    flags, count, _ = asked(stub, "host.example", dns_stub.A)
    assert (bool(flags & 0x0200), count) == (True, 0)
    with socket.create_connection(("127.0.0.1", stub), timeout=30) as client:
        message = question("host.example", dns_stub.A)
        client.sendall(struct.pack("!H", len(message)) + message)
        (length,) = struct.unpack("!H", client.recv(2))
        answer = client.recv(length)
    assert answer.endswith(socket.inet_aton("192.0.2.1"))


def test_a_taken_port_is_a_reason_to_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        monkeypatch.setattr(dns_stub, "PORT", holder.getsockname()[1])
        with pytest.raises(Skip, match="can't be had"):
            dns_stub.Stub({})


def test_dns_is_asked_about_only_where_the_stub_is_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = tmp_path / "resolv.conf"
    monkeypatch.setattr(dns_stub, "SETTINGS", str(settings))
    with pytest.raises(Skip, match="can't be read"):
        dns_stub.required()
    settings.write_text("nameserver 192.0.2.53\n")
    with pytest.raises(Skip, match="does not name"):
        dns_stub.required()
    settings.write_text("# a comment\nsearch search.test\nnameserver 127.0.0.1\nnameserver 127.0.0.2\n")
    dns_stub.required()


# Arithmetic.


def test_the_reference_is_right_where_decimals_can_tell() -> None:
    import decimal

    with decimal.localcontext() as context:
        context.prec = 60
        for name in ("exp", "log10"):
            for text, point in zip(REFERENCE[name].split(), numbers.POINTS, strict=True):
                exact = decimal.Decimal(point).exp() if name == "exp" else decimal.Decimal(point).log10()
                assert float.fromhex(text) == float(exact)


def test_distances_of_floats() -> None:
    assert ulps(1.0, 1.0) == 0
    assert ulps(1.0, 1.0 + 2**-52) == 1
    assert ulps(-5e-324, 5e-324) == 2
