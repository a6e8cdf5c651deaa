"""The multilayer network: layers of units, each connected to all of the layer before."""
