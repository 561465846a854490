"""Notebooks that go to production: what keeps scripts, notebooks, products and git in step.

A module is a command (`nbtasks` lists them) or what pipeline.yaml names: checks, executor,
report. Each folder holds the parts of one of them.
"""
