"""Attacks on releases: each runs on the code that ships, and on weak rules that it must break."""
