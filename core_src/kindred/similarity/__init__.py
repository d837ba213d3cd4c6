"""Which apps are alike: catalogue, embeddings, exact search, and why two apps are near."""
