"""Which role may call which route (pure): the one table, asked when there is a login (door.py).

A route that is not here does not exist for anybody who signs in with a key.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from services.gateway.errors import MethodNotAllowed, NotAllowed, NotFound


class Role(StrEnum):
    """Each may do what the ones before it may. `ANYONE` needs no key."""

    ANYONE = "anyone"
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def may(self, needed: "Role") -> bool:
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)


# A method and a route's template a line. `/api/v1/batches` stands for `/api/v1/batch`, too.
TABLE: Mapping[Role, str] = {
    Role.ANYONE: """
        GET /login
        POST /login
        GET /static/{path:path}
        GET /sample/{name}
        GET /api/v1/ping
    """,
    Role.VIEWER: """
        GET /
        GET /events
        GET /batch/{batch_id}
        GET /batch/{batch_id}/events
        GET /batch/{batch_id}/results
        GET /system/status
        GET /export/batch/{batch_id}
        GET /export/template
        GET /exports
        POST /exports
        GET /exports/events
        GET /exports/{export_id}/file
        POST /exports/{export_id}/{ending}
        POST /logout
        GET /docs
        GET /docs/assets/{path:path}
        GET /openapi.json
        GET /asyncapi.json
        GET /api/v1/results/{result_id}
        GET /api/v1/health
        GET /api/v1/system/stats
        GET /api/v1/events
        GET /api/v1/batch-data
        GET /api/v1/batches
        GET /api/v1/batches/stuck
        GET /api/v1/batches/{batch_id}
        GET /api/v1/batches/{batch_id}/status
        GET /api/v1/batches/{batch_id}/progress
        GET /api/v1/batches/{batch_id}/events
        GET /api/v1/batches/{batch_id}/chunks
        GET /api/v1/batches/{batch_id}/results
        GET /api/v1/batches/{batch_id}/health
        GET /api/v1/batches/{batch_id}/analyze
        GET /api/v1/export/batch/{batch_id}
        GET /api/v1/export/batch/{batch_id}/preview
        GET /api/v1/export/batch/{batch_id}/summary
        POST /api/v1/export/batches/multiple
        POST /api/v1/export/filtered
        GET /api/v1/export/template
        GET /api/v1/export/statistics
        GET /api/v1/export/formats
        POST /api/v1/exports
        GET /api/v1/exports
        GET /api/v1/exports/{export_id}
        GET /api/v1/exports/{export_id}/file
        POST /api/v1/exports/{export_id}/cancel
        DELETE /api/v1/exports/{export_id}
    """,
    Role.OPERATOR: """
        POST /upload
        POST /bulk
        POST /batch/{batch_id}/clone
        POST /batch/{batch_id}/{action}
        POST /api/v1/batches
        POST /api/v1/batches/bulk
        POST /api/v1/batches/{batch_id}/start
        POST /api/v1/batches/{batch_id}/pause
        POST /api/v1/batches/{batch_id}/resume
        POST /api/v1/batches/{batch_id}/cancel
        POST /api/v1/batches/{batch_id}/force-start
        POST /api/v1/batches/{batch_id}/clone
        POST /api/v1/batches/{batch_id}/retry
        POST /api/v1/batches/{batch_id}/soft-delete
        POST /api/v1/batches/{batch_id}/restore
        POST /api/v1/results/{result_id}/retry
    """,
    Role.ADMIN: """
        DELETE /api/v1/batches/{batch_id}
        GET /admin
        POST /stuck/{job_id}/retry
        POST /provider-keys/{fingerprint}/{action}
        POST /keys/{key_id}/revoke
        GET /admin/queue/status
        POST /admin/queue/cleanup
        POST /admin/batch/{batch_id}/reset
        POST /admin/queue/stuck/{job_id}/retry
        GET /admin/keys
        POST /admin/keys
        DELETE /admin/keys/{key_id}
        GET /admin/audit
        GET /admin/provider-keys
        POST /admin/provider-keys/{fingerprint}/pause
        POST /admin/provider-keys/{fingerprint}/resume
        POST /admin/provider-keys/{fingerprint}/retire
    """,
}
_TWINS = ("/api/v1/batches", "/api/v1/batch")


def rules() -> Iterator[tuple[str, str, Role]]:
    """Method, template, and the least role."""
    for role, text in TABLE.items():
        for method, template in (line.split() for line in text.split("\n") if line.strip()):
            yield method, template, role
            rest = template.removeprefix(_TWINS[0])
            if rest != template and (not rest or rest.startswith("/")):
                yield method, _TWINS[1] + rest, role


class _Node:
    """One place in the tree of all templates' segments."""

    def __init__(self) -> None:
        self.named: dict[str, _Node] = {}
        self.any: _Node | None = None
        self.rest: _Node | None = None
        self.roles: dict[str, Role] = {}

    def below(self, segment: str) -> "_Node":
        if segment.endswith(":path}"):
            self.rest = self.rest or _Node()
            return self.rest
        if segment.startswith("{"):
            self.any = self.any or _Node()
            return self.any
        return self.named.setdefault(segment, _Node())

    def find(self, segments: Sequence[str]) -> "_Node | None":
        """A named segment goes before any segment, as the routes are ordered."""
        if not segments:
            return self if self.roles else None
        for child in (self.named.get(segments[0]), self.any if segments[0] else None):
            if child and (found := child.find(segments[1:])):
                return found
        return self.rest


def _tree() -> _Node:
    root = _Node()
    for method, template, role in rules():
        node = root
        for segment in template.strip("/").split("/"):
            node = node.below(segment)
        node.roles[method] = role
    return root


_ROOT = _tree()


def check(role: Role, method: str, path: str) -> None:
    """Raises NotAllowed for a role that is too low, and what `needed` raises."""
    least = needed(method, path)
    if not role.may(least):
        raise NotAllowed(f"This needs a key with the role {least}; this one has the role {role}.")


def needed(method: str, path: str) -> Role:
    """The least role that may ask this. Raises NotFound and MethodNotAllowed for what no role may."""
    node = _ROOT.find(path.removeprefix("/").removesuffix("/").split("/"))
    if node is None:
        raise NotFound("There is nothing at this address.")
    if method == "OPTIONS":
        return Role.ANYONE
    role = node.roles.get("GET" if method == "HEAD" else method)
    if role is None:
        raise MethodNotAllowed("This address does not take this method.", {"Allow": ", ".join(node.roles)})
    return role
