"""The interests that a release tells of: a fixed list, chosen before any child was looked at.

Each is a concept of the vocabulary. A want counts under the nearest of them, at or above the
concept that it names, and under `OTHER` where there is none. Were the list taken from what
children want, its length alone would tell of them.
"""

from functools import cache
from typing import Final

from app.concepts import vocabulary

OTHER: Final = "other"

# Concepts that the vocabulary has beside a topic and not under it.
ALSO: Final = {
    "exercise": ("group_exercise", "gym_workout", "crossfit", "relaxation"),
    "sport": ("bowls", "volleyball", "ice_hockey", "roller_sports", "rounders", "squash"),
    "board_games": ("puzzles", "billiards"),
    "days_out": ("museums", "theme_parks", "eating_out", "shopping"),
    "youth_club": ("scouting", "holiday_club", "activity_holiday_camp", "festivals"),
}

# Where two are equally near, the earlier one counts.
TOPICS: Final = (
    *("swimming", "water_sports", "football", "cycling", "martial_arts", "climbing", "bouncing"),
    *("sport", "exercise", "horses", "animals", "angling", "gardening", "nature", "dance", "music"),
    *("drama", "cinema", "arts_and_crafts", "cooking", "reading", "gaming", "technology"),
    *("science", "building_bricks", "board_games", "transport", "sensory_play", "playgrounds"),
    *("days_out", "youth_club", "life_skills", OTHER),
)


@cache
def topic_of(concept: str) -> str:
    """Name the topic that a concept counts under."""
    concepts = vocabulary().concepts
    level, seen = [concept], {concept}
    while level:
        found = [topic for topic in TOPICS if not {topic, *ALSO.get(topic, ())}.isdisjoint(level)]
        if found:
            return found[0]
        above = [broader for one in level if one in concepts for broader in concepts[one].broader]
        level = [one for one in dict.fromkeys(above) if one not in seen]
        seen.update(level)
    return OTHER


def label_of(topic: str) -> str:
    """Give a topic's name for people."""
    return "Other interests" if topic == OTHER else vocabulary().concepts[topic].label
