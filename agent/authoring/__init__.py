"""For authors of plugins: a project to begin with (`scaffold`), and what is still wrong with one (`check`)."""
