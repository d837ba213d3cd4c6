"""Whether a newly trained model may replace the one that serves, step by step."""
