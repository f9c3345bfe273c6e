"""nbgrader's settings for this course: ``autograder/`` is its course folder."""

c = get_config()  # noqa: F821 - given by nbgrader

c.CourseDirectory.course_id = "improving-dnn"
c.CourseDirectory.source_directory = "solved"  # built by: python -m autograder build
c.CourseDirectory.release_directory = "../notebooks"

c.ClearSolutions.code_stub = {"python": "# TODO: your code here\nraise NotImplementedError"}

# A cell has its own limit; a function under test has 2 s a case (course_utils/checks/calling.py).
c.Execute.timeout = 120

# Submissions are read by us and grafted onto the released notebook, so that none can stop a class.
c.Autograde.exporter_class = "autograder.intake.Intake"
c.Autograde.sanitize_preprocessors = [
    "autograder.rebase.Rebase",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "nbgrader.preprocessors.Execute",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "autograder.rebase.NeedsALook",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
    "autograder.feedback.CleanOutputs",
]

# Feedback runs nothing, loads nothing and gives no hidden check away.
c.GenerateFeedback.exporter_class = "autograder.feedback.SafeFeedback"
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "autograder.feedback.HideTests",
    "autograder.feedback.CleanOutputs",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
c.ExportApp.plugin_class = "autograder.export.SafeCsv"
