"""Platform: what this cluster can do for Vireo."""
