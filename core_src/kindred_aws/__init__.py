"""Adapters: one class over one AWS service's client, answering in the domain's words."""
