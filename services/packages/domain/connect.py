"""How chosen components use each other, and the values that make it so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.packages.domain.package import Package
from services.packages.domain.roles import Candidate, Connect, Scalar, Service, Values, ValuesWhen
from services.packages.domain.stack import Connection, Context, Value


def values_of(values: Values, conditional: Sequence[ValuesWhen], context: Context, asked: frozenset[str]) -> Values:
    """Return the values that hold in a context; later conditions win."""
    merged = dict(values)
    for extra in conditional:
        if context.meets(extra.when, roles=asked):
            merged.update(extra.set)
    return merged


def merged_values(values: Values, linked: Values) -> tuple[Value, ...]:
    """Return values with those of connections over them, by path."""
    return tuple(Value(path, value) for path, value in sorted({**values, **linked}.items()))


def connections_of(
    candidate: Candidate, neighbours: Mapping[str, tuple[Candidate, Package]]
) -> tuple[tuple[Connection, ...], Values]:
    """Return how a candidate uses the neighbours that were chosen, and the values for it, by path."""
    links: list[Connection] = []
    values: Values = {}
    for connect in candidate.connections:
        if connect.role not in neighbours:
            continue
        neighbour, package = neighbours[connect.role]
        service = neighbour.service
        if service is None and (connect.value or connect.url or "{service}" in connect.text):
            if neighbour.reached:
                links.append(Connection(role=connect.role, description=neighbour.reached))
            continue
        home = (service.namespace if service else "") or neighbour.namespace
        host = _host(service, home, candidate.namespace) if service else ""
        description = connect.text.format(
            name=package.facts.name,
            service=host,
            port=service.port if service else "",
            path=service.path if service else "",
            secret=service.secret if service else "",
        )
        uses_secret = bool(connect.secret_env) or any(
            isinstance(v, str) and "{secret}" in v for v in connect.set.values()
        )
        if service and uses_secret and service.secret and home != candidate.namespace:
            description += f" Copy the Secret {service.secret} from the namespace {home} to {candidate.namespace}."
        elif service and "{service}" in connect.text:
            description += _credentials(service, home, candidate.namespace)
        links.append(
            Connection(
                role=connect.role,
                description=description,
                service=host,
                port=service.port if service else 0,
                secret=service.secret if service else "",
                value_path=connect.value,
            )
        )
        values.update(_values(connect, service, host))
    return tuple(links), values


def _credentials(service: Service, home: str, own: str) -> str:
    """Return where what a text leaves to the user finds the neighbour's credentials, as a sentence; empty for none."""
    keys = " and ".join(k for k in (service.username_key, service.password_key) if k)
    if not service.secret or not keys:
        return ""
    where = "" if home == own else f" in the namespace {home}"
    return f" Its Secret {service.secret}{where} has the credentials under {keys}."


def _host(service: Service, namespace: str, own: str) -> str:
    """Return the name by which a service is reached from another namespace, or its bare name from its own."""
    return service.name if namespace == own else f"{service.name}.{namespace}.svc"


def _values(connect: Connect, service: Service | None, host: str) -> Values:
    values: Values = {path: _fill(value, service) for path, value in connect.set.items()}
    if service is None:
        return values
    if connect.value:
        values[connect.value] = connect.constant or _address(connect, service, host)
    if connect.port_value:
        values[connect.port_value] = service.port
    if service.secret:
        values.update(_secret_env(connect, service))
    return {path: value for path, value in values.items() if value != ""}


def _secret_env(connect: Connect, service: Service) -> Values:
    """Return the environment variables that read the neighbour's Secret, in each list that takes them."""
    values: Values = {}
    for path in connect.secret_env_at:
        for n, (name, key) in enumerate(connect.secret_env.items()):
            source = f"{path}[{n}].valueFrom.secretKeyRef"
            values[f"{path}[{n}].name"] = name
            values[f"{source}.name"] = service.secret
            values[f"{source}.key"] = _fill(key, service)
    return values


def _address(connect: Connect, service: Service, host: str) -> str:
    if connect.url:
        return f"http://{host}:{service.port}"
    return f"{host}:{service.port}" if connect.with_port else host


def _fill(value: Scalar, service: Service | None) -> Scalar:
    if not isinstance(value, str) or "{" not in value:
        return value
    if service is None:
        return ""
    return value.format(
        username=service.username,
        secret=service.secret,
        database=service.database,
        username_key=service.username_key,
        password_key=service.password_key,
    )
