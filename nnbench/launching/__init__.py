"""From a grid to a launch: what it would do, what it does, who hears of it."""
