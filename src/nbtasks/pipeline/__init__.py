"""pipeline.yaml and env.yaml, as texts: read, refused where wrong, added to, drawn.

It uses `project` and `notebooks`, and imports no engine.
"""
