"""Read an image, from the engine or as an archive, into its layers and their bytes.

Archives may come from anywhere. Nothing of them is ever written to the disk by its name; what is broken, climbs out
of the image or unpacks beyond reason ends in one message.
"""

from automation.layers.facts import Contents, Entry, EntryKind, Files, Hidden, ImageSize, Layer
from automation.layers.manifest import native
from automation.layers.reading import (
    View,
    contents,
    contents_of_archive,
    measure,
    measure_archive,
    read_files,
    saved,
    view,
)

__all__ = [
    "Contents",
    "Entry",
    "EntryKind",
    "Files",
    "Hidden",
    "ImageSize",
    "Layer",
    "View",
    "contents",
    "contents_of_archive",
    "measure",
    "measure_archive",
    "native",
    "read_files",
    "saved",
    "view",
]
