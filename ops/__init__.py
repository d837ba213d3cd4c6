"""What an operator runs, as `kindred <verb>`."""
