"""The data sets, and the images drawn for them; imports course_utils only."""
