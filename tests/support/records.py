"""Frozen records of both kinds, dataclasses and msgspec's structs, in one way."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import msgspec

Record = TypeVar("Record")


def replace(record: Record, **changes: Any) -> Record:
    """A copy with some fields changed. Raises TypeError for a field that isn't one."""
    change: Any = msgspec.structs.replace if isinstance(record, msgspec.Struct) else dataclasses.replace
    copy: Record = change(record, **changes)
    return copy


def names_of_fields(record: Any) -> tuple[str, ...]:
    """The names of a record's fields."""
    if isinstance(record, msgspec.Struct):
        return record.__struct_fields__
    return tuple(field.name for field in dataclasses.fields(record))
