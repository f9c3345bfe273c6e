"""From the topics to notebooks, data files and the README figure; imports pipeline, topics, data."""
