"""What a fresh SABnzbd is configured like: the parts of it that AutoArr looks at, and enough around them."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


NUMBERS = frozenset(
    {
        "bandwidth_perc",
        "refresh_rate",
        "inet_exposure",
        "dirscan_speed",
        "max_art_tries",
        "win_process_prio",
        "no_dupes",
        "no_series_dupes",
        "no_smart_dupes",
        "pause_on_pwrar",
        "propagation_delay",
        "action_on_unwanted_extensions",
        "unwanted_extensions_mode",
        "history_retention_number",
        "notified_new_skin",
        "check_new_rel",
        "history_limit",
        "log_level",
        "max_log_size",
        "log_backups",
        "port",
        "timeout",
        "connections",
        "ssl_verify",
        "retention",
        "usage_at_start",
        "priority",
        "order",
    }
)
"""What is a number; other integers are switches."""
PROTECTED = frozenset(("inet_exposure", "local_ranges", "api_warnings"))
"""What its API reads but doesn't change, without saying so."""
PASSWORDS = frozenset(("password", "email_pwd"))


def misc(api_key: str) -> Object:
    """The section `misc`; switches are 0 or 1, lists are lists."""
    return {
        "helpful_warnings": 1,
        "queue_complete": "",
        "queue_complete_pers": 0,
        "bandwidth_perc": 100,
        "refresh_rate": 0,
        "interface_settings": "",
        "host": "0.0.0.0",
        "port": "8080",
        "https_port": "",
        "username": "",
        "password": "",
        "bandwidth_max": "",
        "cache_limit": "1G",
        "web_dir": "Glitter",
        "web_color": "Auto",
        "https_cert": "server.cert",
        "https_key": "server.key",
        "enable_https": 0,
        "inet_exposure": 0,
        "api_key": api_key,
        "nzb_key": "ffeeddccbbaa99887766554433221100",
        "permissions": "",
        "download_dir": "/downloads/incomplete",
        "download_free": "",
        "complete_dir": "/downloads/complete",
        "complete_free": "",
        "fulldisk_autoresume": 0,
        "script_dir": "",
        "nzb_backup_dir": "",
        "admin_dir": "admin",
        "dirscan_dir": "",
        "dirscan_speed": 5,
        "password_file": "",
        "log_dir": "logs",
        "max_art_tries": 3,
        "top_only": 0,
        "sfv_check": 1,
        "script_can_fail": 0,
        "enable_recursive": 1,
        "flat_unpack": 0,
        "par_option": "",
        "pre_check": 0,
        "nice": "",
        "win_process_prio": 3,
        "ionice": "",
        "fail_hopeless_jobs": 1,
        "fast_fail": 1,
        "auto_disconnect": 1,
        "pre_script": "None",
        "end_queue_script": "None",
        "no_dupes": 0,
        "no_series_dupes": 0,
        "no_smart_dupes": 0,
        "pause_on_pwrar": 1,
        "ignore_samples": 0,
        "deobfuscate_final_filenames": 1,
        "auto_sort": "",
        "direct_unpack": 0,
        "propagation_delay": 0,
        "folder_rename": 1,
        "replace_spaces": 0,
        "replace_underscores": 0,
        "replace_dots": 0,
        "safe_postproc": 1,
        "pause_on_post_processing": 0,
        "enable_all_par": 0,
        "sanitize_safe": 0,
        "cleanup_list": [],
        "unwanted_extensions": [],
        "action_on_unwanted_extensions": 0,
        "unwanted_extensions_mode": 0,
        "new_nzb_on_failure": 0,
        "history_retention": "0",
        "history_retention_option": "all",
        "history_retention_number": 1,
        "quota_size": "",
        "quota_day": "",
        "quota_resume": 0,
        "quota_period": "m",
        "language": "en",
        "local_ranges": [],
        "host_whitelist": ["sabnzbd"],
        "url_base": "/sabnzbd",
        "notified_new_skin": 2,
        "check_new_rel": 1,
        "history_limit": 10,
        "html_login": 1,
        "api_warnings": 1,
        "email_pwd": "",
    }


def server(name: str, **fields: Any) -> Object:
    """A news server."""
    return {
        "name": name,
        "displayname": name,
        "host": name,
        "port": 563,
        "timeout": 60,
        "username": "someone",
        "password": "a news server's password",
        "connections": 8,
        "ssl": 1,
        "ssl_verify": 3,
        "ssl_ciphers": "",
        "enable": 1,
        "required": 0,
        "optional": 0,
        "retention": 0,
        "expire_date": "",
        "quota": "",
        "usage_at_start": 0,
        "priority": 0,
        "notes": "",
        **fields,
    }


def category(name: str, order: int, **fields: Any) -> Object:
    """A category."""
    return {
        "name": name,
        "order": order,
        "pp": "",
        "script": "Default",
        "dir": "",
        "newzbin": "",
        "priority": -100,
        **fields,
    }


def sorter(name: str, order: int, **fields: Any) -> Object:
    """A rule that sorts what was downloaded."""
    base: Object = {"name": name, "order": order, "min_size": "50M", "multipart_label": "", "is_active": 1}
    return {**base, "sort_string": "%t/%fn", "sort_cats": ["tv"], "sort_type": [0], **fields}


def slot(number: int, **fields: Any) -> Object:
    """A job in the queue."""
    return {
        "index": number,
        "nzo_id": f"SABnzbd_nzo_{number + 1:08}",
        "unpackopts": "3",
        "priority": "Normal",
        "script": "None",
        "filename": f"Release.{number + 1}",
        "labels": [],
        "password": "",
        "cat": "tv",
        "mbleft": "700.00",
        "mb": "1400.00",
        "size": "1.4 GB",
        "sizeleft": "700.0 MB",
        "percentage": "50",
        "mbmissing": "0.00",
        "direct_unpack": None,
        "status": "Downloading",
        "timeleft": "0:10:00",
        "avg_age": "10d",
        "time_added": 1_767_000_000,
        **fields,
    }


def history_slot(number: int, **fields: Any) -> Object:
    """A job in the history."""
    return {
        "completed": 1_767_000_000 + number,
        "name": f"Release.{number}",
        "nzb_name": f"Release.{number}.nzb",
        "category": "tv",
        "pp": "D",
        "script": "None",
        "report": "",
        "url": "",
        "status": "Completed",
        "nzo_id": f"SABnzbd_nzo_h{number:07}",
        "storage": f"/downloads/complete/tv/Release.{number}",
        "path": f"/downloads/incomplete/Release.{number}",
        "script_line": "",
        "download_time": 60,
        "postproc_time": 5,
        "stage_log": [],
        "downloaded": 1_468_006_400,
        "completeness": None,
        "fail_message": "",
        "url_info": "",
        "bytes": 1_468_006_400,
        "meta": None,
        "series": "",
        "duplicate_key": "",
        "md5sum": "",
        "password": None,
        "action_line": "",
        "size": "1.4 GB",
        "loaded": False,
        "retry": 0,
        "archive": False,
        "time_added": 1_766_999_000 + number,
        **fields,
    }
