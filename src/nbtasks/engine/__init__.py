"""The one room that knows Ploomber: it loads a pipeline, runs it, and tells others of it.

It uses the rooms below, and gives them plain data. To run tasks by something else, change this
room alone.
"""
