"""What the service remembers: teams, keys and, as rooms are added, jobs, clips and webhooks."""
