"""How SABnzbd's configuration is read and written: by section and keyword, or by the name of an entry."""

from __future__ import annotations

from typing import Any

from tests.app.fakes import sabnzbd_data as data
from tests.app.fakes.sabnzbd_data import Object

Config = dict[str, Any]
STARS = "**********"
NAMED = ("servers", "categories", "sorters")


def _outward(section: Object) -> Object:
    """With passwords as asterisks."""
    return {name: STARS if name in data.PASSWORDS and value else value for name, value in section.items()}


def get_config(config: Config, fields: dict[str, str]) -> Object:
    """The answer to the mode `get_config`."""
    section, keyword = fields.get("section"), fields.get("keyword")
    shown: dict[str, Any] = {
        name: _outward(content) if isinstance(content, dict) else [_outward(entry) for entry in content]
        for name, content in config.items()
        # Sections that came into being with their first entry.
        if content
    }
    if not section:
        return {"config": shown}
    content = shown.get(section)
    if content is None:
        return {"config": {}}
    if keyword and isinstance(content, list):
        content = [entry for entry in content if entry["name"] == keyword]
    elif keyword:
        content = {name: value for name, value in content.items() if name == keyword}
    return {"config": {section: content} if content or not keyword else {}}


def set_config(config: Config, fields: dict[str, str]) -> Object:
    """The answer to the mode `set_config`, which says nothing of a value it did not take."""
    section, keyword = fields.get("section", ""), fields.get("keyword") or fields.get("name") or ""
    if section in NAMED:
        keyword = keyword.lower() if section == "categories" else keyword
        _set_entry(config, section, keyword, fields)
    elif keyword not in config.get(section, {}):
        return {"status": False, "error": "Config item does not exist"}
    elif "value" in fields and keyword not in data.PROTECTED:
        _store(config[section], keyword, fields["value"])
    return get_config(config, {"section": section, "keyword": keyword})


def _set_entry(config: Config, section: str, name: str, fields: dict[str, str]) -> None:
    entries: list[Object] = config[section]
    entry = next((entry for entry in entries if entry["name"] == name), None)
    if entry is None:
        made: dict[str, Object] = {
            "servers": data.server(name),
            "categories": data.category(name, len(entries)),
            "sorters": data.sorter(name, len(entries)),
        }
        entry = made[section]
        entries.append(entry)
    for field_name in entry.keys() & fields.keys() - {"name"}:
        _store(entry, field_name, fields[field_name])


def _store(content: Object, name: str, value: str) -> None:
    """Text becomes what the setting is; a row of asterisks leaves a password as it was."""
    current = content[name]
    if name in data.PASSWORDS and value and not value.strip("*"):
        return
    if isinstance(current, list):
        parts = [part.strip() for part in (value.split(",") if "," in value else value.split())]
        kind = int if name == "sort_type" else str
        clean = (part.lower().strip(" .") if name.endswith("_extensions") else part for part in parts)
        content[name] = [kind(part) for part in clean if part]
    elif isinstance(current, int):
        # Neither "true" nor "yes" is true to it.
        number = int(value) if value.lstrip("-").isdigit() else 0
        content[name] = number if name in data.NUMBERS else int(bool(number))
    else:
        content[name] = value.strip()
