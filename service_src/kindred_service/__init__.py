"""What Kindred's services share: settings, problems, observation, arms, the query of an app."""
