"""The engine as a route may ask for it."""

from typing import Annotated

from fastapi import Depends

from app.dependencies import ContextDep
from app.engine.warm import WarmCatalogues


async def get_warm_catalogues(context: ContextDep) -> WarmCatalogues:
    """Give the warm catalogues of this process."""
    catalogues: WarmCatalogues = context.parts["warm_catalogues"]
    return catalogues


WarmCataloguesDep = Annotated[WarmCatalogues, Depends(get_warm_catalogues)]
