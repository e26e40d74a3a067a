from tests.integration.api.conftest import (  # noqa: F401
    cluster,
    database_url,
    db,
    engine,
    version,
)
