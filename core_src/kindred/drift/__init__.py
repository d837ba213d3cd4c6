"""Whether what is asked and what is predicted still are what a model was made for."""
