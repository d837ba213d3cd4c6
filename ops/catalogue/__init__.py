"""The catalogue as an operator handles it: import, generate, fit, show."""
