"""What a fresh installation of Sonarr or Radarr has in common, and the parts its objects are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Object = dict[str, Any]

ENGLISH = {"id": 1, "name": "English"}
MASK = "********"
"""What a secret field looks like from outside; sent back, it means "as it was"."""


def system_status(name: str, version: str, url_base: str) -> Object:
    """`system/status`."""
    return {
        "appName": name,
        "instanceName": name,
        "version": version,
        "buildTime": "2026-01-10T09:00:00Z",
        "isDebug": False,
        "isProduction": True,
        "isAdmin": False,
        "isUserInteractive": False,
        "startupPath": f"/app/{name.lower()}/bin",
        "appData": "/config",
        "osName": "alpine",
        "osVersion": "3.22.1",
        "isNetCore": True,
        "isLinux": True,
        "isOsx": False,
        "isWindows": False,
        "isDocker": True,
        "mode": "console",
        "branch": "main",
        "authentication": "none",
        "migrationVersion": 217,
        "urlBase": url_base,
        "runtimeVersion": "8.0.12",
        "runtimeName": ".NET",
        "startTime": "2026-02-01T06:30:00Z",
        "packageVersion": version,
        "packageAuthor": "an image",
        "packageUpdateMechanism": "docker",
        "databaseVersion": "3.50.4",
        "databaseType": "sqLite",
    }


def host_config(name: str, api_key: str, url_base: str, port: int, ssl_port: int) -> Object:
    """`config/host`."""
    return {
        "id": 1,
        "bindAddress": "*",
        "port": port,
        "sslPort": ssl_port,
        "enableSsl": False,
        "launchBrowser": True,
        "authenticationMethod": "none",
        "authenticationRequired": "enabled",
        "analyticsEnabled": True,
        "username": "",
        "password": "",
        "passwordConfirmation": "",
        "logLevel": "debug",
        "logSizeLimit": 1,
        "consoleLogLevel": "",
        "branch": "main",
        "apiKey": api_key,
        "sslCertPath": "",
        "sslCertPassword": "",
        "urlBase": url_base,
        "instanceName": name,
        "applicationUrl": "",
        "updateAutomatically": False,
        "updateMechanism": "docker",
        "updateScriptPath": "",
        "proxyEnabled": False,
        "proxyType": "http",
        "proxyHostname": "",
        "proxyPort": 8080,
        "proxyUsername": "",
        "proxyPassword": "",
        "proxyBypassFilter": "",
        "proxyBypassLocalAddresses": True,
        "certificateValidation": "enabled",
        "backupFolder": "Backups",
        "backupInterval": 7,
        "backupRetention": 28,
        "trustCgnatIpAddresses": False,
    }


def media_management() -> Object:
    """What `config/mediamanagement` has in both."""
    return {
        "id": 1,
        "recycleBin": "",
        "recycleBinCleanupDays": 7,
        "downloadPropersAndRepacks": "preferAndUpgrade",
        "deleteEmptyFolders": False,
        "fileDate": "none",
        "rescanAfterRefresh": "always",
        "setPermissionsLinux": False,
        "chmodFolder": "755",
        "chownGroup": "",
        "skipFreeSpaceCheckWhenImporting": False,
        "minimumFreeSpaceWhenImporting": 100,
        "copyUsingHardlinks": True,
        "useScriptImport": False,
        "scriptImportPath": "",
        "importExtraFiles": False,
        "extraFileExtensions": "srt",
        "enableMediaInfo": True,
    }


def download_client_config() -> Object:
    """What `config/downloadclient` has in both."""
    return {
        "id": 1,
        "downloadClientWorkingFolders": "_UNPACK_|_FAILED_",
        "enableCompletedDownloadHandling": True,
        "autoRedownloadFailed": True,
        "autoRedownloadFailedFromInteractiveSearch": True,
    }


def field(order: int, name: str, label: str, kind: str, value: Any, **more: Any) -> Object:
    """A setting of a download client or an indexer."""
    base: Object = {"order": order, "name": name, "label": label, "type": kind, "advanced": False}
    return {**base, "value": value, "privacy": "normal", "isFloat": False, **more}


def sabnzbd_client(category_field: str, category: str, recent: str, older: str) -> Object:
    """A download client as it is when SABnzbd was just added; secrets are in clear here, and masked when asked for."""
    return {
        "id": 1,
        "enable": True,
        "protocol": "usenet",
        "priority": 1,
        "removeCompletedDownloads": True,
        "removeFailedDownloads": True,
        "name": "SABnzbd",
        "fields": [
            field(0, "host", "Host", "textbox", "sabnzbd"),
            field(1, "port", "Port", "textbox", 8080),
            field(2, "useSsl", "Use SSL", "checkbox", False),
            field(3, "urlBase", "URL Base", "textbox", "", advanced=True),
            field(4, "apiKey", "API Key", "textbox", "fedcba9876543210fedcba9876543210", privacy="apiKey"),
            field(5, "username", "Username", "textbox", "", privacy="userName"),
            field(6, "password", "Password", "password", "", privacy="password"),
            field(7, category_field, "Category", "textbox", category),
            field(8, recent, "Recent Priority", "select", -100),
            field(9, older, "Older Priority", "select", -100),
        ],
        "implementationName": "SABnzbd",
        "implementation": "Sabnzbd",
        "configContract": "SabnzbdSettings",
        "infoLink": "https://example.invalid/supported#sabnzbd",
        "tags": [],
    }


def newznab_indexer(categories: Sequence[int]) -> Object:
    """An indexer as it is when it was just added."""
    return {
        "id": 1,
        "enableRss": True,
        "enableAutomaticSearch": True,
        "enableInteractiveSearch": True,
        "supportsRss": True,
        "supportsSearch": True,
        "protocol": "usenet",
        "priority": 25,
        "downloadClientId": 0,
        "name": "Example",
        "fields": [
            field(0, "baseUrl", "URL", "textbox", "https://indexer.invalid"),
            field(1, "apiPath", "API Path", "textbox", "/api", advanced=True),
            field(2, "apiKey", "API Key", "textbox", "00112233445566778899aabbccddeeff", privacy="apiKey"),
            field(3, "categories", "Categories", "select", list(categories)),
        ],
        "implementationName": "Newznab",
        "implementation": "Newznab",
        "configContract": "NewznabSettings",
        "infoLink": "https://example.invalid/supported#newznab",
        "tags": [],
    }


Sizes = tuple[float, float | None, float | None]


def quality_definitions(qualities: Iterable[Object], sizes: Iterable[Sizes]) -> list[Object]:
    """`qualitydefinition`, in megabytes per minute: smallest, largest (None: any) and preferred."""
    return [
        {
            "id": number,
            "quality": quality,
            "title": quality["name"],
            "weight": number,
            "minSize": smallest,
            "maxSize": largest,
            "preferredSize": preferred,
        }
        for number, (quality, (smallest, largest, preferred)) in enumerate(zip(qualities, sizes, strict=True), 1)
    ]


def quality_profile(number: int, name: str, qualities: Sequence[Object], allowed: Sequence[int], cutoff: int) -> Object:
    """A quality profile; WEB-DL and WEBRip of one resolution are a group, as they come."""
    items: list[Object] = []
    grouped: dict[int, Object] = {}
    for quality in qualities:
        item: Object = {"quality": quality, "items": [], "allowed": quality["id"] in allowed}
        if not quality["name"].startswith("WEB"):
            items.append(item)
            continue
        resolution = quality["resolution"]
        if resolution not in grouped:
            group_id = {480: 1000, 720: 1001, 1080: 1002, 2160: 1003}[resolution]
            group: Object = {"id": group_id, "name": f"WEB {resolution}p", "items": [], "allowed": item["allowed"]}
            grouped[resolution] = group
            items.append(group)
        grouped[resolution]["items"].append(item)
    return {
        "id": number,
        "name": name,
        "upgradeAllowed": False,
        "cutoff": cutoff,
        "items": items,
        "minFormatScore": 0,
        "cutoffFormatScore": 0,
        "minUpgradeFormatScore": 1,
        "formatItems": [],
    }
