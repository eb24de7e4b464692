"""What many machines take: hardware and its arithmetic, and a simulation of many replicas. Knows neither stage."""
