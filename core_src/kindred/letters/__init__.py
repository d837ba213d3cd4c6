"""Dead letters: what each holds, why it was written, and what it can be brought back as."""
