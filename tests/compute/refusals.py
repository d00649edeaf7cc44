"""What a refusal names."""

from __future__ import annotations

import grpc
from google.rpc import error_details_pb2, status_pb2


def violations(error: grpc.aio.AioRpcError) -> set[str]:
    """Return the fields that an INVALID_ARGUMENT names."""
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    packed = dict(error.trailing_metadata() or ())["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(packed)  # type: ignore[arg-type]
    found: set[str] = set()
    for detail in status.details:
        request = error_details_pb2.BadRequest()
        if detail.Unpack(request):
            found |= {v.field for v in request.field_violations}
    return found
