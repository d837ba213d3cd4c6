"""What keeps people informed: notices to Slack and PagerDuty, reports, and logs put away."""
