"""Benchmarks: each runs both sides in one go where there are two, and prints a JSON object a figure.

`make bench` runs all; `hack/bench/NAME` runs one. They need the local cloud: `make up`.
"""
