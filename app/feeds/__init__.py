"""Feeds: open data comes in.

Takes   files in CSV, NDJSON and Open Referral UK 3.0 JSON.
Gives   plain records of providers, activities and dated sessions, and what was wrong row by row.
Calls   catalogue.   Called by   main, cli.
"""
