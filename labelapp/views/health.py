"""For machines that watch over us."""

from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from labelapp.actions.heartbeats import ALIVE
from labelapp.models import Heartbeat


@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks no database."""
    return JsonResponse({"status": "ok"})


@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, migrations and a worker's heartbeat younger than 30 s; 503 with what is missing otherwise."""
    checks = {"database": "ok", "migrations": "ok", "worker": "ok"}
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            checks["migrations"] = "waiting"
        if not Heartbeat.objects.filter(at__gt=timezone.now() - ALIVE).exists():
            checks["worker"] = "no heartbeat for 30 s"
    except Error:
        checks = {"database": "not available"}
    ready = set(checks.values()) == {"ok"}
    return JsonResponse({"status": "ok" if ready else "not ready", **checks}, status=200 if ready else 503)
