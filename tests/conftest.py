from api.bare import control_plane
from hypothesis import HealthCheck, settings

__all__ = ["control_plane"]

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("proof", settings.get_profile("any machine"), max_examples=2000)
settings.load_profile("any machine")
