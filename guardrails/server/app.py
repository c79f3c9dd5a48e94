"""The application: doors, middlewares, and one lifespan. Synchronous: it opens nothing and reads no environment."""

from aiohttp import web

from guardrails.api.routes import routes
from guardrails.azure.secrets import SecretReader
from guardrails.gateways import catalogue as gateways
from guardrails.server.lifespan import lifespan
from guardrails.server.prepare import Prepared
from guardrails.telemetry.metrics import Metrics
from guardrails.web.callers import Callers
from guardrails.web.middlewares import authenticate, bound, observe, recordable
from guardrails.web.services import HOLDER, Holder


def create_app(prepared: Prepared, secrets: SecretReader) -> web.Application:
    """Put the service together.

    Args:
        prepared: Valid settings and policies.
        secrets: Where the secrets that the settings refer to are read.
    """
    metrics = Metrics()
    callers = Callers(prepared.settings.callers)
    server = prepared.settings.server
    app = web.Application(
        middlewares=[
            observe(metrics, gateways.error_answers()),
            authenticate(callers),
            bound(server.max_concurrency),
            recordable,
        ],
        client_max_size=server.max_body,
    )
    app[HOLDER] = Holder()
    app.cleanup_ctx.append(lifespan(prepared, secrets, metrics, callers))
    app.add_routes(routes())
    app.add_routes(gateways.routes())
    return app
