"""The documentation page at /docs, served without any other host."""

from pathlib import Path

import fastapi_offline
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

STATIC = Path(fastapi_offline.__file__).parent / "static"


def serve_documentation(app: FastAPI) -> None:
    """Add the page and its files, neither of which is part of the contract."""
    app.mount("/docs/static", StaticFiles(directory=STATIC), name="documentation")

    @app.get("/docs", include_in_schema=False)
    async def show_documentation() -> HTMLResponse:
        """Show the API's documentation."""
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Short Breaks",
            swagger_js_url="/docs/static/swagger-ui-bundle.js",
            swagger_css_url="/docs/static/swagger-ui.css",
            swagger_favicon_url="/docs/static/favicon.png",
        )
