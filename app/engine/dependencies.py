"""The engine as a route may ask for it."""

from typing import Annotated

from fastapi import Depends, Request

from app.dependencies import context_of
from app.engine.warm import WarmCatalogues


async def get_warm_catalogues(request: Request) -> WarmCatalogues:
    """Give the warm catalogues of this process."""
    catalogues: WarmCatalogues = context_of(request).parts["warm_catalogues"]
    return catalogues


WarmCataloguesDep = Annotated[WarmCatalogues, Depends(get_warm_catalogues)]
