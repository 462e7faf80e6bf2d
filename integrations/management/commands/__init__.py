"""`demo`, which posts invented sessions, and `rebuild`, which folds conversations again."""
