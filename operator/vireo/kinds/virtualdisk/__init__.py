"""VirtualDisk: data with a size, which outlives the objects that use it."""
