"""What stands for the collectors beside services, X-Ray's daemon and X-Ray itself."""
