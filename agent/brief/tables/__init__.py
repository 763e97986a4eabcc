"""The words the brief reader knows, as plain tables: one file per kind of thing."""
