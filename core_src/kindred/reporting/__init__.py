"""What people are told: notices of alarms as they come, and reports by the calendar."""
