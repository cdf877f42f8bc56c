"""The process: command line, kopf's wiring (the only import of kopf), health, metrics, logs."""
