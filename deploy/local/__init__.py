"""The embedded run: PostgreSQL, the four services and Envoy on one machine, under one supervisor."""

import os

# The supervisor starts processes while it probes others over gRPC, whose own fork handling would only warn about that.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
