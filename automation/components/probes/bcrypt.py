"""bcrypt: the application's passwords, published vectors, the 72-byte limit, threads, and what a cost costs."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import bcrypt

from autoarr.accounts import passwords
from automation.components.probes.harness import Facts, Probe, equal, refused, require

PROBE = Probe()

# From the test vectors of crypt_blowfish, the reference implementation by Solar Designer.
SEVENTY_TWO = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
VECTORS = (
    (b"U*U", b"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    (b"U*U*", b"$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
    (b"U*U*U", b"$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
    (b"", b"$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
    (SEVENTY_TWO, b"$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"),
)
# Two steps of cost are four times the work; what is around it, and a busy machine, blur that.
LEAST, MOST = 3.0, 5.3


def check_vectors() -> None:
    """Compare with the vectors.

    Raises:
        Wrong: one differs.
    """
    for password, hashed in VECTORS:
        equal(bcrypt.hashpw(password, hashed[:29]), hashed, f"the hash of {password[:8]!r}")
        require(bcrypt.checkpw(password, hashed), f"the password {password[:8]!r} does not match its hash")
        require(not bcrypt.checkpw(password[:-1] + b"x", hashed), f"another password matches that of {password[:8]!r}")


@PROBE.step("known answers")
def known_answers(facts: Facts) -> str:
    """Published vectors, and a fresh salt each time."""
    check_vectors()
    first, second = bcrypt.gensalt(4), bcrypt.gensalt(4)
    require(first != second, "two salts are the same")
    require(first.startswith(b"$2b$04$"), f"the salt is {first!r}")
    return f"{len(VECTORS)} published vectors"


@PROBE.step("the application's passwords")
async def application(facts: Facts) -> str:
    """Every character of a long password counts, a NUL ends none, and a user that doesn't exist takes as long."""
    password = "x" * 99 + "\N{SNOWMAN}\0y"
    started = time.process_time()
    stored = await passwords.hash_password(password)
    hashing = time.process_time() - started
    require(stored.startswith(f"$2b${passwords.COST:02d}$"), f"the hash begins with {stored[:7]}")
    require(await passwords.check_password(password, stored), "the password does not match its hash")
    for other in (f"{password[:-1]}z", password[:-2], password[:72]):
        require(not await passwords.check_password(other, stored), f"another password matches: {other[60:]!r}")
    require(not await passwords.check_password(password, "!"), "a user without a password has one")
    started = time.process_time()
    require(not await passwords.check_password(password, None), "a user that doesn't exist has a password")
    missing = time.process_time() - started
    require(missing > hashing / 2, f"a user that doesn't exist takes {missing:.3f} s, another {hashing:.3f} s")
    return f"cost {passwords.COST}: {hashing * 1000:.0f} ms"


@PROBE.step("72-byte limit")
def limit(facts: Facts) -> str:
    """The 72nd byte counts; one more is refused instead of being silently ignored. So passwords are hashed before."""
    salt = bcrypt.gensalt(4)
    hashed = bcrypt.hashpw(SEVENTY_TWO, salt)
    require(not bcrypt.checkpw(SEVENTY_TWO[:-1] + b"x", hashed), "the 72nd byte does not count")
    with refused("a password of 73 bytes", ValueError):
        bcrypt.hashpw(SEVENTY_TWO + b"x", salt)
    with refused("a password of 37 letters and 74 bytes", ValueError):
        bcrypt.hashpw(("\N{LATIN SMALL LETTER E WITH ACUTE}" * 37).encode(), salt)
    return "byte 72 counts, byte 73 is refused"


@PROBE.step("in threads")
def in_threads(facts: Facts) -> str:
    """The application hashes in a thread, whose native stack is small on musl."""
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(check_vectors) for _ in range(8)]:
            done.result()
    return "4 threads, 8 times all vectors"


@PROBE.step("cost")
def cost(facts: Facts) -> str:
    """Cost 10 takes four times as long as cost 8, in processor time: the machine may be busy."""

    def seconds(rounds: int) -> float:
        salt = bcrypt.gensalt(rounds)
        taken = []
        for _ in range(4):
            started = time.process_time()
            bcrypt.hashpw(b"cost", salt)
            taken.append(time.process_time() - started)
        return min(taken)

    slow, fast = seconds(10), seconds(8)
    ratio = slow / fast
    require(LEAST < ratio < MOST, f"cost 10 takes {ratio:.1f} times as long as cost 8, not about 4 times")
    return f"cost 10: {slow * 1000:.0f} ms, {ratio:.1f} times cost 8"
