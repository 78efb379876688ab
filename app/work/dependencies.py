"""The kinds of jobs as a route may ask for them."""

from typing import Annotated

from fastapi import Depends, Request

from app.dependencies import context_of
from app.work.kinds import Kinds


async def get_kinds(request: Request) -> Kinds:
    """Give every kind of job."""
    kinds: Kinds = context_of(request).parts["kinds_of_work"]
    return kinds


KindsDep = Annotated[Kinds, Depends(get_kinds)]
