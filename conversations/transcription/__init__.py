"""What was said in a recording, heard by Zelto itself: jobs, engine, turns."""
