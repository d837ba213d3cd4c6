"""What stands for a person where the person's own id may not, and for a password."""
