"""Template tags shared by the pages of all rooms."""
