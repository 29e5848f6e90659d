"""The steps from a source to clips: one stage, one file.

A stage is a callable whose annotations name the artefacts it needs and the one it gives. A
``Monitor`` parameter is its line to the run.
"""
