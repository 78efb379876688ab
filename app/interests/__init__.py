"""Interests: the concepts that interests are about, suggested as a person types.

Takes   the beginning of a word.
Gives   concepts of the vocabulary with what contains them.
Calls   the vocabulary.   Called by   nobody.
"""
