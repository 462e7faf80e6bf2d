"""Turns made from a recording, by an engine on this machine: jobs, engine, turns."""
