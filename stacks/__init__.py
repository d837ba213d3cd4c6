"""One file a stack; the environment that selects its values; the stage that puts them together."""
