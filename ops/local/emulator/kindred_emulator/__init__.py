"""What the emulator needs beyond itself to carry this project's templates.

Run by the emulator's own interpreter; imports nothing of the project outside this folder.
"""
