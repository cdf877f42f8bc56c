"""Benchmarks: each runs both sides in one go where there are two, and prints a JSON object a figure.

`make bench` runs all; `hack/bench/NAME` runs one. Most run in the cloud in force (`make up`); `operators`, `scheduling`, `fleet` and others
bring up one of their own and take it down, unless VIREO_CLOUD names one that is up. What each compares is in docs/benchmarks.md.
"""
