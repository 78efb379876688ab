"""Which form of an answer a caller likes best, by its Accept header (RFC 9110, 12.5.1)."""

from collections.abc import Sequence


def preferred(accept: str, offered: Sequence[str]) -> str | None:
    """Choose one of the media types; the earlier of two that are liked alike; None if neither."""
    liked = {media_type: _liking(accept, media_type) for media_type in offered}
    best = max(liked, key=lambda media_type: liked[media_type])
    return best if liked[best] > 0 else None


def _liking(accept: str, media_type: str) -> float:
    """Tell how much a header likes a type: by its most exact line."""
    kind = media_type.partition("/")[0]
    exactness = {media_type: 3, f"{kind}/*": 2, "*/*": 1}
    found: tuple[int, float] = (0, 0.0)
    for line in (accept or "*/*").split(","):
        name, *parameters = (part.strip().lower() for part in line.split(";"))
        exact = exactness.get(name, 0)
        if exact > found[0]:
            found = exact, _weight(parameters)
    return found[1] if found[0] else 0.0


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter.removeprefix("q="))
            except ValueError:
                return 0.0
    return 1.0
