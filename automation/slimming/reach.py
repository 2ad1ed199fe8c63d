"""Which modules an application can reach: everything that its imports lead to, function by function, and what is
declared for imports whose names are made at run time."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from automation.slimming.catalogue import Cut
from automation.slimming.deferral import Table
from automation.slimming.modules import COMPILED, Import, Module, parents


@dataclass(frozen=True, kw_only=True)
class Reached:
    """The modules that are reached, each with what first led there: the importer and its import; None for a root."""

    modules: Mapping[str, tuple[str, Import] | None]
    used_cuts: frozenset[Cut] = frozenset()
    undeclared: tuple[tuple[str, str, str], ...] = ()

    def why(self, name: str) -> str:
        """The way from a root to a module, for people."""
        steps = [name]
        while (by := self.modules.get(name)) is not None:
            name, link = by
            steps.append(f"{name}{f':{link.scope}' if link.scope else ''}")
        return " <- ".join(steps)


@dataclass
class _Walk:
    modules: Mapping[str, Module]
    tables: Mapping[str, Table]
    cuts: Iterable[Cut]
    found: dict[str, tuple[str, Import] | None] = field(default_factory=dict)
    used_cuts: set[Cut] = field(default_factory=set)
    todo: list[str] = field(default_factory=list)

    def add(self, name: str, by: tuple[str, Import] | None) -> None:
        """A module and the packages around it."""
        for part in parents(name):
            if part in self.modules and part not in self.found:
                self.found[part] = by
                self.todo.append(part)

    def follow(self, link: Import, by: tuple[str, Import] | None) -> None:
        """What an import loads: its target, those of its names that are modules, and what re-exports lead to."""
        self.add(link.target, by)
        known = self.tables.get(link.target)
        for name in link.names:
            if f"{link.target}.{name}" in self.modules:
                self.add(f"{link.target}.{name}", by)
            elif known is not None and name == "*":
                for module, attribute in known.names.values():
                    self.follow(Import(target=module, names=(attribute,) if attribute else ()), by)
            elif known is not None and name in known.names:
                module, attribute = known.names[name]
                self.follow(Import(target=module, names=(attribute,) if attribute else ()), by)

    def imports(self, module: Module) -> Iterable[Import]:
        """A module's imports, without those that are deferred or cut."""
        yield from self.neighbours(module)
        table = self.tables.get(module.name)
        deferred = {target for target, _ in table.names.values()} if table else set()
        for link in module.source.imports:
            if not link.scope and link.target in deferred:
                continue
            if link.scope == COMPILED and link.target not in self.modules:
                continue
            cut = next((cut for cut in self.cuts if cut.matches(module.name, link)), None)
            if cut is None:
                yield link
            else:
                self.used_cuts.add(cut)

    def neighbours(self, module: Module) -> Iterable[Import]:
        """Everything in the package of a compiled library without a source: what it imports can't be read of it."""
        top, inside, _ = module.name.partition(".")
        if module.is_native and module.twin is None and inside and top not in sys.stdlib_module_names:
            for name in self.modules:
                if name.startswith(f"{top}."):
                    yield Import(target=name, scope=COMPILED)


def closure(
    modules: Mapping[str, Module],
    roots: Iterable[Import],
    *,
    tables: Mapping[str, Table],
    cuts: Iterable[Cut],
    dynamic: Mapping[str, tuple[str, ...]],
) -> Reached:
    """What is reached from roots.

    Args:
        modules: all that exist, by name.
        tables: the deferred names of packages.
        cuts: imports that are not followed.
        dynamic: what modules import under names made at run time; a module that does so and is not listed is
            reported as undeclared.
    """
    walk = _Walk(modules=modules, tables=tables, cuts=tuple(cuts))
    for root in roots:
        walk.follow(root, None)
    undeclared = []
    while walk.todo:
        module = modules[walk.todo.pop()]
        for link in walk.imports(module):
            walk.follow(link, (module.name, link))
        if module.name in dynamic:
            for name in declared(modules, dynamic[module.name]):
                walk.add(name, (module.name, Import(target=name)))
        else:
            undeclared += [(module.name, scope, call) for call, scope in module.source.dynamic]
    return Reached(modules=walk.found, used_cuts=frozenset(walk.used_cuts), undeclared=tuple(sorted(undeclared)))


def declared(modules: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """The modules that a declaration names: names, `package.*` for a package with all below it, and after a minus a
    module that is not meant, with all below it."""
    patterns = list(patterns)
    without = [pattern[1:] for pattern in patterns if pattern.startswith("-")]
    found = []
    for pattern in patterns:
        if pattern.endswith(".*"):
            found += [name for name in modules if name.startswith(pattern[:-1])]
        elif not pattern.startswith("-"):
            found.append(pattern)
    return [name for name in found if not any(name == out or name.startswith(f"{out}.") for out in without)]
