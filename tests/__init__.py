"""Tests; they mirror the tree of app/ and matching/."""
