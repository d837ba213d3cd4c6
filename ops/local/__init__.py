"""The laptop cloud: the unmodified templates on an emulator, their tasks as local processes."""
