"""The way from a key to a settled object: queue, observe, plan, gate (every API write), status. The same for every kind."""
