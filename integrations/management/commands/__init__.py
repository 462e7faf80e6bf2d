"""`demo` posts invented sessions; `rebuild` folds conversations again."""
