"""Interests: from what somebody said to how well an activity answers it.

`reading` makes phrases of a text when it is written: `text` normalises, `spelling` corrects,
`clauses` splits likes from dislikes, `lexicon` and `vectors` place the words among others,
`topics` tells what they are about, and `vocabulary` knows concepts and their hierarchy.
`index` holds the listings of one catalogue version and compares phrases with them; `attributes`
tells what a place is like.
"""
