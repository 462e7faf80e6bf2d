"""Template tags that every app uses: the frame of a page, and moments."""
