"""Model rollout: canaries that judge themselves."""
