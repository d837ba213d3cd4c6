"""From the definitions in the database to the snapshot that every request is answered from."""
