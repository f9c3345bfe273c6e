"""nbgrader's settings for this course: ``autograder/`` is its course folder."""

c = get_config()  # noqa: F821 - given by nbgrader

c.CourseDirectory.course_id = "improving-dnn"
c.CourseDirectory.source_directory = "solved"  # built by: python -m autograder build
c.CourseDirectory.release_directory = "../notebooks"

c.ClearSolutions.code_stub = {"python": "# TODO: your code here\nraise NotImplementedError"}

# A cell has its own limit; a function under test has 2 s a case (course_utils/checks/calling.py).
c.Execute.timeout = 120
