"""Answers with parts of files, within Telegram's own limits."""

from __future__ import annotations

import struct
from typing import Any

from telethon.tl import TLObject, functions, types

from tobs_tui.sandbox.answers import Answer, RpcError, vector
from tobs_tui.sandbox.faults import SHORTER
from tobs_tui.sandbox.files import FileSpec
from tobs_tui.sandbox.handlers import Context, handles
from tobs_tui.sandbox.users import peer_of_input, world_of

KIB = 1024
PART = 1024 * KIB
STEP = 4 * KIB
RANGES = 8
"""Hashes in one answer of upload.getFileHashes."""

FILE_HEAD = struct.pack("<IIi", types.upload.File.CONSTRUCTOR_ID, types.storage.FileUnknown.CONSTRUCTOR_ID, 0)


@handles(functions.upload.GetFileRequest)
def get_file(context: Context, request: functions.upload.GetFileRequest) -> Answer:
    check_range(request.offset, request.limit, bool(request.precise))
    spec, thumb = located(context, request.location)
    data = context.world.files.read(spec.id, request.offset, request.limit, thumb)
    if bad := context.faults.bad_file(spec.id):
        data = of_bad_file(bad, data, request.offset, spec.length(thumb) or 0)
    data = context.faults.spoil(data)
    context.stats.part_bytes += len(data)
    return FILE_HEAD + TLObject.serialize_bytes(data)


def of_bad_file(fault: str, data: bytes, offset: int, size: int) -> bytes:
    """A part of a file that has a fault for good."""
    if fault != SHORTER:
        raise RpcError(400, fault)
    return data[: max(0, size // 2 - offset)]


@handles(functions.upload.GetFileHashesRequest)
def get_file_hashes(context: Context, request: functions.upload.GetFileHashesRequest) -> Answer:
    spec, thumb = located(context, request.location)
    ranges = context.world.files.ranges(spec, thumb, request.offset, RANGES)
    return vector(types.FileHash(offset, length, digest) for offset, length, digest in ranges)


def check_range(offset: int, limit: int, precise: bool) -> None:
    """Refuses what Telegram refuses. Source: core.telegram.org/api/files, "Downloading files"."""
    step = KIB if precise else STEP
    if offset < 0 or offset % step:
        raise RpcError(400, "OFFSET_INVALID")
    if limit <= 0 or limit % step or limit > PART or (not precise and PART % limit):
        raise RpcError(400, "LIMIT_INVALID")
    if offset // PART != (offset + limit - 1) // PART:
        raise RpcError(400, "LIMIT_INVALID")


def located(context: Context, location: Any) -> tuple[FileSpec, str]:
    """The file that a location means and which size of it; the right data centre, access hash and reference are asked for."""
    if isinstance(location, types.InputPeerPhotoFileLocation):
        return profile_photo(context, location)
    if not isinstance(location, (types.InputDocumentFileLocation, types.InputPhotoFileLocation)):
        raise RpcError(400, "LOCATION_INVALID")
    spec = world_of(context).files.find(location.id)
    if spec is None or spec.access_hash != location.access_hash or spec.length(location.thumb_size) is None:
        raise RpcError(400, "LOCATION_INVALID")
    error = context.world.files.reference_error(spec.id, location.file_reference)
    if not error and context.faults.happens(context.faults.expired):
        error = "FILE_REFERENCE_EXPIRED"
    if error:
        raise RpcError(400, error)
    return at_home(context, spec), location.thumb_size


def profile_photo(context: Context, location: types.InputPeerPhotoFileLocation) -> tuple[FileSpec, str]:
    """The photo of a person or chat, small or big; it needs no reference, the peer's access hash is enough."""
    peer_of_input(context.world, location.peer)
    spec, size = context.world.files.find(location.photo_id), "c" if location.big else "a"
    if spec is None or spec.length(size) is None:
        raise RpcError(400, "PHOTO_INVALID")
    return at_home(context, spec), size


def at_home(context: Context, spec: FileSpec) -> FileSpec:
    if spec.dc != context.dc:
        raise RpcError(303, f"FILE_MIGRATE_{spec.dc}")
    return spec
