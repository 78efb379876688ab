"""The public contract: every room's routes, in the order a place travels."""

from fastapi import APIRouter

from app.access import routes as access
from app.authorities import routes as authorities

oauth = access.router

v1 = APIRouter(prefix="/v1")
v1.include_router(authorities.router)
