"""Training container: learns v3, and later models, from which neighbours were clicked."""
