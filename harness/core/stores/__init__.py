"""Run stores that several machines share, at any address of fsspec."""
