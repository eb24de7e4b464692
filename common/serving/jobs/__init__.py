"""Jobs and everything they leave on the disk: accepted once, finished once, deleted for good. Knows no HTTP."""

from common.serving.jobs.database import check_folder
from common.serving.jobs.files import Papers, Upload
from common.serving.jobs.job import Event, Fault, Job, QueueFull, Status, StorageFull
from common.serving.jobs.store import JobStore

__all__ = [
    "Event",
    "Fault",
    "Job",
    "JobStore",
    "Papers",
    "QueueFull",
    "Status",
    "StorageFull",
    "Upload",
    "check_folder",
]
