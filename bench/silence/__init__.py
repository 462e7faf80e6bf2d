"""False alarms of silence in simulated years, and what judging costs."""
