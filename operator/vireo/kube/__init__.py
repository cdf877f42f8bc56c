"""All reads and writes of the API server: connection, projections of what is watched, writes, events."""
