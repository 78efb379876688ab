"""The pictures of the easy-read brochure: our own simple shapes, each with the word it stands for.

Drawn in a square of 48 with strokes of 4, in the colour of the text.
"""

from typing import Final

WORDS: Final = {
    "day": "Day",
    "time": "Time",
    "place": "Place",
    "people": "People",
    "age": "Age",
    "money": "Money",
    "free": "Free",
    "help": "Help",
    "choose": "Choose",
    "night": "Stay the night",
    "star": "Good for you",
    "no": "Not for you",
}
SHAPES: Final = {
    "day": '<rect x="6" y="10" width="36" height="32" rx="3"/><path d="M6 20h36M16 4v10M32 4v10"/>'
    '<rect x="26" y="27" width="8" height="8" fill="currentColor" stroke="none"/>',
    "time": '<circle cx="24" cy="24" r="19"/><path d="M24 12v13l9 6"/>',
    "place": '<path d="M24 44C14 31 9 25 9 18a15 15 0 0 1 30 0c0 7-5 13-15 26z"/>'
    '<circle cx="24" cy="18" r="5"/>',
    "people": '<circle cx="15" cy="14" r="6"/><circle cx="34" cy="14" r="6"/>'
    '<path d="M4 42V33a8 8 0 0 1 8-8h6a8 8 0 0 1 8 8v9M30 25h6a8 8 0 0 1 8 8v9"/>',
    "age": '<path d="M6 42h36V28a4 4 0 0 0-4-4H10a4 4 0 0 0-4 4zM6 33c6 5 9-2 18 0s12 4 18 0"/>'
    '<path d="M16 24v-8M24 24v-8M32 24v-8M16 8v2M24 8v2M32 8v2"/>',
    "money": '<circle cx="24" cy="24" r="19"/>'
    '<path d="M31 17c-1-3-3-4-6-4-4 0-6 3-6 6 0 5 2 6 2 9 0 4-4 5-4 7h14M15 26h12"/>',
    "free": '<rect x="7" y="20" width="34" height="22"/><path d="M4 13h40v7H4zM24 13v29"/>'
    '<path d="M24 13c-8 0-11-8-5-9 4 0 5 6 5 9zM24 13c8 0 11-8 5-9-4 0-5 6-5 9z"/>',
    "help": '<path d="M24 41C8 30 5 23 5 17a9.5 9.5 0 0 1 19-3 9.5 9.5 0 0 1 19 3'
    'c0 6-3 13-19 24z"/><path d="M24 19v12M18 25h12"/>',
    "choose": '<rect x="8" y="6" width="32" height="37" rx="3"/>'
    '<path d="M14 16l3 3 5-6M14 31l3 3 5-6"/><path d="M27 18h8M27 33h8"/>',
    "night": '<path d="M4 10v32M4 34h40v8M44 34v-6a5 5 0 0 0-5-5H18v11"/>'
    '<circle cx="11" cy="27" r="3"/><path d="M38 4a7 7 0 1 0 6 10 6 6 0 0 1-6-10z"/>',
    "star": '<path d="M24 5l6 12 13 2-9 10 2 14-12-7-12 7 2-14-9-10 13-2z"/>',
    "no": '<circle cx="24" cy="24" r="19"/><path d="M11 11l26 26"/>',
}
LINES: Final = (
    'fill="none" stroke="currentColor" stroke-width="4" stroke-linecap="round"'
    ' stroke-linejoin="round"'
)


def svg_of(name: str) -> str:
    """Draw a picture by itself."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" {LINES}>{SHAPES[name]}</svg>'
    )


def symbol_of(name: str) -> str:
    """Draw a picture once on a page, to be shown wherever its name is used."""
    return f'<symbol id="picture-{name}" viewBox="0 0 48 48"><g {LINES}>{SHAPES[name]}</g></symbol>'
