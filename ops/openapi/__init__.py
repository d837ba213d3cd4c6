"""What the services promise, as OpenAPI documents, and which change breaks a promise."""
