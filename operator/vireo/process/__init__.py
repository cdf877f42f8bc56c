"""The process: command line, kopf's wiring (the only import of kopf), health, metrics, logs.

Ask here: what runs beside what, and what ends it all; how Vireo's own kinds are watched; what the probes ask; which metrics there are.
"""
