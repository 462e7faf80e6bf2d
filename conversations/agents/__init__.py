"""The list and the page of agents: status, silence, arrival rates, versions, merging."""
