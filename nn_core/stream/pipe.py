"""How server and worker talk over the worker's standard input and output: length, kind, body.

    uint32 length of the body, little-endian | one byte kind | body

Kind J is a JSON message, in either direction. Kind F is a frame on its way to one viewer: uint32 number of the viewer,
then the frame, which the server hands on without looking inside.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

HEAD = struct.Struct("<Ic")
VIEWER = struct.Struct("<I")
JSON, FRAME = b"J", b"F"

#: What a worker's process ends with when another one has taken its workbench: it is not to be started again.
SUPERSEDED_EXIT = 3

#: No body is longer than this; whoever reads a greater length has lost the thread.
MAX_BODY = 64 * 1024 * 1024


def json_message(value: dict[str, Any]) -> bytes:
    """The bytes of a JSON message."""
    body = json.dumps(value, separators=(",", ":")).encode()
    return HEAD.pack(len(body), JSON) + body


def frame_message(viewer: int, frame: bytes) -> bytes:
    """The bytes of a frame for one viewer."""
    return HEAD.pack(VIEWER.size + len(frame), FRAME) + VIEWER.pack(viewer) + frame


def read_message(stream: BinaryIO) -> tuple[bytes, bytes] | None:
    """The next message's kind and body from a buffered stream, or None at the end of the stream.

    Raises ValueError where the stream holds something else, such as a length that cannot be.
    """
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    length, kind = HEAD.unpack(head)
    if length > MAX_BODY or kind not in (JSON, FRAME):
        raise ValueError("The pipe between server and worker carries something that is not a message.")
    body = stream.read(length)
    return (kind, body) if len(body) == length else None


def read_json(body: bytes) -> dict[str, Any]:
    """A JSON message's body as a dict; a dict without anything known in it where it is something else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {"cmd": None}
