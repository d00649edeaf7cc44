"""Envoy's configuration, made from the settings: gRPC-web and plain gRPC on one port, each package to its service."""

from typing import Any, Final

from services.portal.settings import PortalSettings

HEALTH_PATH: Final = "/healthz"
SERVICES: Final = ("orchestrator", "compute", "models", "packages")
_TYPE: Final = "type.googleapis.com/envoy"
_MONITORS: Final = f"{_TYPE}.extensions.resource_monitors"
_HTTP: Final = f"{_TYPE}.extensions.filters.http"
_REQUEST_HEADERS: Final = "content-type,x-grpc-web,x-user-agent,grpc-timeout,authorization,x-request-id"
_RESPONSE_HEADERS: Final = "grpc-status,grpc-message,grpc-status-details-bin,x-request-id"
_CONNECT_TIMEOUT: Final = "2s"
_IDLE_TIMEOUT: Final = "300s"
"""A stream that carries nothing for this long is closed: a turn reports progress far more often."""


def envoy_config(settings: PortalSettings) -> dict[str, Any]:
    """Return the bootstrap configuration (v3 API) as plain values, ready for a YAML or JSON serializer."""
    return {
        "static_resources": {
            "listeners": [_listener(settings)],
            "clusters": [_cluster(name, getattr(settings, name)) for name in SERVICES],
        },
        # Without an admin listener nothing but the gateway's own port is open.
        "overload_manager": {
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": {
                        "@type": f"{_MONITORS}.downstream_connections.v3.DownstreamConnectionsConfig",
                        "max_active_downstream_connections": 1000,
                    },
                }
            ]
        },
    }


def _listener(settings: PortalSettings) -> dict[str, Any]:
    manager = {
        "@type": f"{_TYPE}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "gateway",
        "codec_type": "AUTO",
        "generate_request_id": True,
        "preserve_external_request_id": True,
        "always_set_request_id_in_response": True,
        "stream_idle_timeout": _IDLE_TIMEOUT,
        "request_headers_timeout": "10s",
        "route_config": {"name": "services", "virtual_hosts": [_virtual_host(settings)]},
        "http_filters": [
            {"name": "envoy.filters.http.grpc_web", "typed_config": {"@type": f"{_HTTP}.grpc_web.v3.GrpcWeb"}},
            {"name": "envoy.filters.http.cors", "typed_config": {"@type": f"{_HTTP}.cors.v3.Cors"}},
            {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{_HTTP}.router.v3.Router"}},
        ],
    }
    return {
        "name": "gateway",
        "address": {"socket_address": {"address": settings.host, "port_value": settings.port}},
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }


def _virtual_host(settings: PortalSettings) -> dict[str, Any]:
    cors = {
        "@type": f"{_HTTP}.cors.v3.CorsPolicy",
        "allow_origin_string_match": [{"safe_regex": {"regex": settings.allowed_origin_pattern}}],
        "allow_methods": "POST, OPTIONS",
        "allow_headers": _REQUEST_HEADERS,
        "expose_headers": _RESPONSE_HEADERS,
        "max_age": "86400",
    }
    health = {"match": {"path": HEALTH_PATH}, "direct_response": {"status": 200, "body": {"inline_string": "ok\n"}}}
    return {
        "name": "all",
        "domains": ["*"],
        "typed_per_filter_config": {"envoy.filters.http.cors": cors},
        "routes": [health, *(_route(name) for name in SERVICES)],
    }


def _route(service: str) -> dict[str, Any]:
    return {
        "match": {"prefix": f"/stack8s.{service}.v1."},
        "route": {
            "cluster": service,
            # A stream may take long as a whole: the client's grpc-timeout ends it, the idle timeout a dead one.
            "timeout": "0s",
            "max_stream_duration": {"grpc_timeout_header_max": "0s"},
            # Only what surely never reached the service is tried again.
            "retry_policy": {"retry_on": "connect-failure,refused-stream", "num_retries": 2},
        },
    }


def _cluster(name: str, address: str) -> dict[str, Any]:
    host, port = address.rsplit(":", 1)
    http2 = {"connection_keepalive": {"interval": "30s", "timeout": "5s"}}
    return {
        "name": name,
        "type": "STRICT_DNS",
        "dns_lookup_family": "V4_PREFERRED",
        "connect_timeout": _CONNECT_TIMEOUT,
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": f"{_TYPE}.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {"http2_protocol_options": http2},
            }
        },
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [
                {
                    "lb_endpoints": [
                        {"endpoint": {"address": {"socket_address": {"address": host, "port_value": int(port)}}}}
                    ]
                }
            ],
        },
    }
