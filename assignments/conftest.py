# Loads the plugin that shows your points and hints.
pytest_plugins = ["shared.plugin"]
