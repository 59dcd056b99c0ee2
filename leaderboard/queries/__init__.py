"""Pure functions from run directories to frames and numbers; every value is a bound parameter."""
