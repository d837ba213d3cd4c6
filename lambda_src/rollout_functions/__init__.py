"""Functions that roll models out: an API, what drives a deployment, and inference."""
