"""Replicas of kikime's own engine on a Ray cluster."""
