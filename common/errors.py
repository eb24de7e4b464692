"""The one exception a user sees.

`ReviewError` carries a sentence a person can act on: what happened, to which file, and what to do. The command
line catches it, prints it and exits with its code; nothing else is caught there, so a defect of ours stays a
traceback. Modules raise it where they know the reason, and never raise it to hide one.
"""

from __future__ import annotations


class ReviewError(Exception):
    """A failure the user can do something about.

    message: what happened, naming the file, server or option.
    hint: what to do next; printed on its own line.
    exit_code: 1 for a failed run, 2 for a wrong command line (click's own convention).
    """

    def __init__(self, message: str, hint: str = "", exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UnreadablePaper(ReviewError):
    """The file is not a paper we can read: missing, empty, damaged, encrypted, a scan, or too large."""


class BadConfig(ReviewError):
    """A YAML file, override or option names something that does not exist or has the wrong type."""


class EngineFailure(ReviewError):
    """The model could not be loaded or did not answer: weights, adapter, memory, server or network."""
