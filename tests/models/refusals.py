"""What the models service says when it refuses a request."""

from __future__ import annotations

import grpc
from google.rpc import error_details_pb2, status_pb2


def bad_fields(error: grpc.aio.AioRpcError) -> set[str]:
    """Return the fields that an INVALID_ARGUMENT names."""
    packed = dict(error.trailing_metadata() or ())["grpc-status-details-bin"]
    details = error_details_pb2.BadRequest()
    for detail in status_pb2.Status.FromString(packed).details:
        if detail.Unpack(details):
            return {v.field for v in details.field_violations}
    return set()
