"""The built-in tools. Each module is a plugin, registered by entry point exactly as a third party's is."""
