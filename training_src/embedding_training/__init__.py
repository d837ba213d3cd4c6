"""Training container: learns embedding model v3 from which neighbours were clicked."""
