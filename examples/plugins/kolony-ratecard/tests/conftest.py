pytest_plugins = ["agent.testing.fixtures"]
