"""The widgets: all draw lines, and repaint only the cells that changed."""
