"""The tables."""

from autoarr.models.accounts import ApiToken, LoginSession, LoginThrottle, User
from autoarr.models.assistant import ChatMessage, Confirmation, Conversation
from autoarr.models.audits import Audit, Change, Finding
from autoarr.models.base import Base, UtcDateTime
from autoarr.models.instance import Instance, Option
from autoarr.models.notifications import Notification, NotificationTarget
from autoarr.models.operations import Activity, Job, Schedule
from autoarr.models.recovery import Attempt, Recovery, RecoveryStep, Search
from autoarr.models.requests import MediaRequest, RequestStep
from autoarr.models.services import Observation, Service

__all__ = [
    "Activity",
    "ApiToken",
    "Attempt",
    "Audit",
    "Base",
    "Change",
    "ChatMessage",
    "Confirmation",
    "Conversation",
    "Finding",
    "Instance",
    "Job",
    "LoginSession",
    "LoginThrottle",
    "MediaRequest",
    "Notification",
    "NotificationTarget",
    "Observation",
    "Option",
    "Recovery",
    "RecoveryStep",
    "RequestStep",
    "Schedule",
    "Search",
    "Service",
    "User",
    "UtcDateTime",
]
