"""Scoring: one module for each thing that counts, and `blend` which adds them up."""
