"""The page on which people land: is all well?"""
