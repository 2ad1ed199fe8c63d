"""Standard library only, Python 3.8 or newer: what runs inside any container and prints what the libc does.

Each module of an area asks its questions when it is imported (see :mod:`automation.libc.probes.harness`); nothing here
knows which answer is right. :mod:`automation.libc.bundle` makes one file of the package, :mod:`__main__` runs it.
"""
