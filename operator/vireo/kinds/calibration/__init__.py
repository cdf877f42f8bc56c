"""Calibration: what was learned of how long things take, kept so that it survives the operator."""
