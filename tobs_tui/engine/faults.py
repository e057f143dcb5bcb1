"""What went wrong, out of what one or several tasks raised."""

from __future__ import annotations

from tobs_tui.errors import TobsError


def first_error(error: BaseException) -> TobsError | None:
    """The first error for the user in an exception or a group of them; None when there is none: then it is a defect."""
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, map(first_error, error.exceptions)), None)
    return error if isinstance(error, TobsError) else None
