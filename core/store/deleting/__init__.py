"""Taking something out of the database: `weigh` says what it comes to, `delete` does it."""

from core.store.deleting.doomed import (
    LABELS,
    QUEUE,
    SETTINGS,
    TRACES,
    Doomed,
    labels_of,
    queue_of,
    rollouts_under,
    whole,
)
from core.store.deleting.files import delete
from core.store.deleting.weighing import Deletion, weigh

__all__ = [
    "LABELS",
    "QUEUE",
    "SETTINGS",
    "TRACES",
    "Deletion",
    "Doomed",
    "delete",
    "labels_of",
    "queue_of",
    "rollouts_under",
    "weigh",
    "whole",
]
