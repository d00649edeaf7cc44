"""Domain errors to gRPC status with google.rpc details, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

from libs import errors

DETAILS_KEY: Final = "grpc-status-details-bin"
MAX_MESSAGE_BYTES: Final = 1000
MAX_VIOLATIONS_BYTES: Final = 3000
"""Clients take 8 KiB of trailers in all, and a message may grow threefold on the way; past that another error shows."""

_CODES: Final[dict[type[errors.Stack8sError], grpc.StatusCode]] = {
    errors.InvalidInputError: grpc.StatusCode.INVALID_ARGUMENT,
    errors.NotFoundError: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExistsError: grpc.StatusCode.ALREADY_EXISTS,
    errors.FailedPreconditionError: grpc.StatusCode.FAILED_PRECONDITION,
    errors.ConflictError: grpc.StatusCode.ABORTED,
    errors.PermissionDeniedError: grpc.StatusCode.PERMISSION_DENIED,
    errors.ResourceExhaustedError: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.UnavailableError: grpc.StatusCode.UNAVAILABLE,
    errors.DeadlineError: grpc.StatusCode.DEADLINE_EXCEEDED,
    errors.NotBuiltError: grpc.StatusCode.UNIMPLEMENTED,
    errors.RemoteError: grpc.StatusCode.INTERNAL,
}
_ERRORS: Final = {code: error for error, code in _CODES.items()}


def code_of(error: errors.Stack8sError) -> grpc.StatusCode:
    """Return the canonical code of an error: that of its nearest class in the table."""
    return next(_CODES[kind] for kind in type(error).__mro__ if kind in _CODES)


def to_details(error: errors.Stack8sError, *, domain: str) -> bytes:
    """Return an error as a serialized google.rpc.Status: ErrorInfo, and BadRequest or RetryInfo where they apply.

    domain names the service that failed, such as compute.stack8s.
    """
    details: list[Message] = [error_details_pb2.ErrorInfo(reason=error.reason, domain=domain, metadata=error.facts)]
    if isinstance(error, errors.InvalidInputError):
        bad = error_details_pb2.BadRequest()
        for violation in _fitting(error.violations):
            bad.field_violations.add(field=violation.field, description=violation.description)
        details.append(bad)
    if error.retry_after_s is not None:
        delay = Duration()
        delay.FromMilliseconds(round(error.retry_after_s * 1000))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    status = status_pb2.Status(code=code_of(error).value[0], message=shown(error))
    for detail in details:
        packed = Any()
        packed.Pack(detail)
        status.details.append(packed)
    packed_status: bytes = status.SerializeToString()
    return packed_status


def shown(error: errors.Stack8sError) -> str:
    """Return the message of an error, cut to what a client takes."""
    return _cut(error.message, MAX_MESSAGE_BYTES)


def _fitting(violations: Sequence[errors.Violation]) -> Iterator[errors.Violation]:
    """Yield as much of the violations as a client takes: one of every bad field first, all shortened alike."""
    firsts = list({violation.field: violation for violation in reversed(violations)}.values())[::-1]
    others = [violation for violation in violations if violation not in firsts]
    left, longest = MAX_VIOLATIONS_BYTES, MAX_VIOLATIONS_BYTES // max(len(firsts), 8)
    for violation in (*firsts, *others):
        field = violation.field.encode()
        description = _cut(violation.description, max(longest - len(field), 20))
        left -= len(field) + len(description.encode())
        if left < 0:
            return
        yield errors.Violation(violation.field, description)


def _cut(text: str, most_bytes: int) -> str:
    encoded = text.encode()
    return text if len(encoded) <= most_bytes else encoded[: most_bytes - 3].decode(errors="ignore") + "..."


def from_rpc_error(error: grpc.aio.AioRpcError) -> errors.Stack8sError:
    """Return the domain error that a failed call stands for."""
    message = error.details() or error.code().name
    reason = ""
    facts: dict[str, str] = {}
    retry_after_s: float | None = None
    violations: list[errors.Violation] = []
    for key, value in error.trailing_metadata() or ():
        if key != DETAILS_KEY or not isinstance(value, bytes):
            continue
        for detail in _details(value):
            if isinstance(detail, error_details_pb2.ErrorInfo):
                reason = detail.reason
                facts = {k: v for k, v in detail.metadata.items() if k != "retry_after_s"}
            elif isinstance(detail, error_details_pb2.RetryInfo):
                retry_after_s = detail.retry_delay.ToMilliseconds() / 1000
            elif isinstance(detail, error_details_pb2.BadRequest):
                violations = [errors.Violation(v.field, v.description) for v in detail.field_violations]
    kind = _ERRORS.get(error.code(), errors.RemoteError)
    if kind is errors.InvalidInputError:
        return errors.InvalidInputError(violations or [errors.Violation("request", message)])
    found = kind(message, retry_after_s=retry_after_s, **facts)
    found.reason = reason or found.reason
    return found


def _details(packed: bytes) -> list[Message]:
    """Return the details of a serialized status that are understood; none when it does not parse."""
    kinds = (error_details_pb2.ErrorInfo, error_details_pb2.RetryInfo, error_details_pb2.BadRequest)
    found: list[Message] = []
    try:
        for detail in status_pb2.Status.FromString(packed).details:
            found.extend(kind.FromString(detail.value) for kind in kinds if detail.Is(kind.DESCRIPTOR))
    except DecodeError:
        return []
    return found
