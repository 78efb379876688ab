"""What a route of the room may ask for."""

from fastapi import Request

from app.errors import Invalid


async def refuse_repeats(request: Request) -> None:
    """Refuse a parameter that is given twice: a query names one cell, row, column or table."""
    seen = set()
    for name, _ in request.query_params.multi_items():
        if name in seen:
            raise Invalid("query", "repeated", "Give each parameter once")
        seen.add(name)
