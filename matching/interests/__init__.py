"""Interests: from what somebody said to how well an activity answers it.

`text` normalises, `phrases` splits into likes and dislikes, `vocabulary` knows concepts and their
hierarchy, `index` holds the listings of one catalogue version and scores phrases against them.
"""
