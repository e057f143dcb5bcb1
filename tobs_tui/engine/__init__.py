"""Jobs and their states, one chat's export, snapshots of what is going on. No terminal, no screen."""
