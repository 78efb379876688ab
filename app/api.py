"""The public contract: every room's routes, in the order a place travels."""

from fastapi import APIRouter

from app.access import routes as access

oauth = access.router

v1 = APIRouter(prefix="/v1")
