"""Layers laid over each other as the OCI image specification says: what is seen in the end, and what is hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from automation.errors import CheckFailed
from automation.layers.facts import Entry, EntryKind, Hidden

# What a layer calls the removal of a file, of everything a folder had before, and the notes of an old file system.
WHITEOUT, OPAQUE, NOTE = ".wh.", ".wh..wh..opq", ".wh..wh."
HINT = "no engine writes such a layer; don't use the image"


@dataclass(slots=True, eq=False)
class Inode:
    """One file, whatever its number of names. `key` finds what was read of it."""

    path: str
    entry: Entry
    key: int


@dataclass(slots=True, eq=False)
class Node:
    """A place in the tree: a folder has children, anything else an inode. An implied folder has neither."""

    layer: int
    inode: Inode | None = None
    folder: Entry | None = None
    children: dict[str, Node] = field(default_factory=dict)


class Tree:
    """What the layers so far come to.

    Raises:
        CheckFailed: from all that adds, when a path climbs out of the image or leads through a link.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self._root = Node(layer=-1)
        self._inodes: list[Inode] = []

    def folder(self, path: str, entry: Entry) -> None:
        """A folder: what it has stays, any other thing at its path goes."""
        parts = self._parts(path)
        if not parts:
            return
        parent = self._parent(parts, entry.layer)
        node = parent.children.get(parts[-1])
        if node is None or node.inode is not None:
            node = parent.children[parts[-1]] = Node(layer=entry.layer)
        node.layer, node.folder = entry.layer, entry

    def file(self, path: str, entry: Entry) -> int:
        """Anything but a folder, in the place of what was there; the key of its inode.

        Names that stand for removals are obeyed; what such a member holds itself is hidden.
        """
        parts = self._parts(path)
        if not parts:
            raise CheckFailed("a file in place of the root folder", where=self.where, hint=HINT)
        name = parts[-1]
        inode = Inode(path="/" + "/".join(parts), entry=entry, key=len(self._inodes))
        self._inodes.append(inode)
        if name == OPAQUE:
            self._clear(self._folder_at(parts[:-1]), entry.layer)
        elif name.startswith(WHITEOUT) and not name.startswith(NOTE):
            self._remove([*parts[:-1], name.removeprefix(WHITEOUT)], entry.layer)
        elif not any(part.startswith(NOTE) for part in parts):
            self._parent(parts, entry.layer).children[name] = Node(layer=entry.layer, inode=inode)
        return inode.key

    def hard_link(self, path: str, target: str, layer: int) -> None:
        """Another name of a file that is there already, in this layer or below."""
        parts = self._parts(path)
        node: Node | None = self._root
        for part in self._parts(target):
            node = None if node is None else node.children.get(part)
        if node is None or node.inode is None or not parts:
            raise CheckFailed(
                f"{_shown(path)} is another name of {_shown(target)}, which is no file here",
                where=self.where,
                hint=HINT,
            )
        self._parent(parts, layer).children[parts[-1]] = Node(layer=layer, inode=node.inode)

    def result(self) -> tuple[dict[str, Entry], dict[str, int], tuple[Hidden, ...]]:
        """What a container sees by path, the inode's key of each file there, and what is hidden."""
        entries: dict[str, Entry] = {}
        keys: dict[str, int] = {}
        names: dict[int, list[str]] = {}
        for path, node in sorted(_walk(self._root, "")):
            if node.inode is None:
                entries[path] = node.folder or Entry(kind=EntryKind.FOLDER, mode=0o755, layer=node.layer)
                continue
            entries[path] = node.inode.entry
            keys[path] = node.inode.key
            names.setdefault(node.inode.key, []).append(path)
        for key, paths in names.items():
            first = self._inodes[key].path if self._inodes[key].path in paths else paths[0]
            for path in paths:
                if path != first:
                    entries[path] = replace(entries[path], same_as=first, pull_weight=0)
        hidden = tuple(
            Hidden(
                path=inode.path,
                size=inode.entry.size,
                layer=inode.entry.layer,
                pull_weight=inode.entry.pull_weight,
            )
            for inode in self._inodes
            if inode.key not in names and inode.entry.kind is EntryKind.FILE and not _removal(inode)
        )
        return entries, keys, hidden

    def path(self, key: int) -> str:
        """The absolute path that an inode was placed at."""
        return self._inodes[key].path

    def complete(self, key: int, entry: Entry) -> None:
        """Put the facts of an inode that were not known yet when it was placed."""
        self._inodes[key].entry = entry

    def _parts(self, path: str) -> list[str]:
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if path.startswith("/") or ".." in parts:
            raise CheckFailed(f"the path {_shown(path)} climbs out of the image", where=self.where, hint=HINT)
        return parts

    def _parent(self, parts: list[str], layer: int) -> Node:
        node = self._root
        for part in parts[:-1]:
            child = node.children.get(part)
            if child is not None and child.inode is not None and child.inode.entry.kind is EntryKind.LINK:
                raise CheckFailed(
                    f"the path {_shown('/'.join(parts))} leads through a link", where=self.where, hint=HINT
                )
            if child is None or child.inode is not None:
                child = node.children[part] = Node(layer=layer)
            node = child
        return node

    def _folder_at(self, parts: list[str]) -> Node | None:
        node: Node | None = self._root
        for part in parts:
            node = None if node is None else node.children.get(part)
        return node

    def _remove(self, parts: list[str], layer: int) -> None:
        """What lower layers have at a path goes; what this layer has stays, whichever came first in its tar."""
        parent = self._folder_at(parts[:-1])
        node = None if parent is None else parent.children.get(parts[-1])
        if parent is None or node is None:
            return
        self._clear(node, layer)
        if node.layer < layer and not node.children:
            del parent.children[parts[-1]]

    def _clear(self, node: Node | None, layer: int) -> None:
        """Forget all below a folder that is of lower layers."""
        if node is None:
            return
        for name, child in list(node.children.items()):
            self._clear(child, layer)
            if child.layer < layer and not child.children:
                del node.children[name]


def _removal(inode: Inode) -> bool:
    """Whether it is nothing but the removal of another; one that holds bytes counts as hidden."""
    return inode.entry.size == 0 and inode.path.rpartition("/")[2].startswith(WHITEOUT)


def _walk(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    """Every node below one; without recursion, since a path may be deep."""
    stack = [(path, node)]
    while stack:
        place, current = stack.pop()
        for name, child in current.children.items():
            yield f"{place}/{name}", child
            stack.append((f"{place}/{name}", child))


def _shown(path: str) -> str:
    return repr(path if len(path) <= 200 else f"{path[:200]}…")
