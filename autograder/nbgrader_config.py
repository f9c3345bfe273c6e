"""nbgrader's settings for this course: ``autograder/`` is its course folder."""

import os
import sysconfig
from pathlib import Path

import nbgrader

from autograder.nbgrader_paths import patch_nbgrader
from course_utils.cells import STUB
from course_utils.checks.expected_outcomes_file import QUESTIONS_FILE
from course_utils.checks.limits import MAX_CALL_CPU_SECONDS, MAX_CALL_IDLE_SECONDS, WALL_SECONDS_PER_CPU_SECOND
from course_utils.data import DATASETS

patch_nbgrader()

# nbgrader calls alembic by name: it stands beside this Python, whether or not the environment is active.
os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - given by nbgrader

c.CourseDirectory.course_id = "improving-dnn"
c.CourseDirectory.source_directory = "solved"  # built by: python -m autograder build
c.CourseDirectory.release_directory = "../notebooks"

c.ClearSolutions.code_stub = {"python": STUB}

# Student code runs in a sandbox that holds no answer; the tests run outside and call across (autograder/judge/).
c.Judge.modules = ["course_utils"]
c.Judge.readable = [str(DATASETS)]
c.Judge.hidden = ["autograder", str(DATASETS / QUESTIONS_FILE)]
c.Judge.preload = ["autograder.pipeline.hidden_checks"]
# What a student's check sees is what is graded: both call an answer, and read what it returns, in the same way.
c.Judge.calls = "course_utils.checks.calling"
c.Judge.variables = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
c.Judge.skip_notebooks_with = "course.refused"  # by autograder.pipeline.submissions: there is nothing to grade
c.SubmissionLimits.call_cpu = MAX_CALL_CPU_SECONDS
c.SubmissionLimits.call_wall = MAX_CALL_IDLE_SECONDS
c.SubmissionLimits.busy = c.Sandbox.busy = WALL_SECONDS_PER_CPU_SECOND
c.Judge.warm = [
    "course_utils",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "h5py",
    "ipywidgets",
    "tqdm.auto",
]

# Only for a trusted class, where there is no sandbox: wall-clock seconds for each cell.
c.Execute.timeout = 900

# Intake reads the submissions, and RestoreRelease puts the answers into the released notebook, so that no submission
# can stop a class.
c.Autograde.exporter_class = "autograder.pipeline.intake.Intake"
c.Autograde.sanitize_preprocessors = [
    "autograder.pipeline.restore_release.RestoreRelease",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.judge.preprocessor.Judge",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "autograder.pipeline.needs_look.NeedsALook",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
    "autograder.pipeline.feedback.CleanOutputs",
]

# Feedback runs nothing, loads nothing and gives no hidden check away.
c.GenerateFeedback.exporter_class = "autograder.pipeline.feedback.SafeFeedback"
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "autograder.pipeline.feedback.HideTests",
    "autograder.pipeline.feedback.CleanOutputs",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
c.ExportApp.plugin_class = "autograder.lms.export.SafeCsv"

# Headings without a mark behind them, in formgrader and feedback.
c.HTMLExporter.exclude_anchor_links = True

# The pages of formgrader load nothing from elsewhere either.
c.HTMLExporter.extra_template_basedirs = [
    str(Path(__file__).resolve().parent / "templates"),
    str(Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"),
]
