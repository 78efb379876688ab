"""The facts of months as a route may ask for them."""

from typing import Annotated

from fastapi import Depends, Request

from app.dependencies import context_of
from app.gaps.warm import WarmMonths


async def get_warm_months(request: Request) -> WarmMonths:
    """Give the warm months of this process."""
    months: WarmMonths = context_of(request).parts["warm_months"]
    return months


WarmMonthsDep = Annotated[WarmMonths, Depends(get_warm_months)]
