"""JupyterHub's settings for a class on a Linux machine (README.md, "With JupyterHub"); tests run this very file."""

import grp
import pwd
from pathlib import Path

COURSE = Path("/srv/course")  # root's: what students get, without this folder, and the environment for everyone

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - given by JupyterHub

# Who may come in: the machine's own users, with their passwords, if they are in any of these groups.
c.PAMAuthenticator.allowed_groups = {"students", "instructors"}

# Students get the course's settings of JupyterLab; the kernel is the course's, whatever they installed.
PATH = f"{COURSE / '.venv/bin'}:/usr/local/bin:/usr/bin:/bin"  # nbgrader calls alembic by name
SERVER = [str(COURSE / ".venv/bin/python"), "-m", "jupyterhub.singleuser"]
c.Spawner.cmd = SERVER
c.Spawner.default_url = "/lab"
c.Spawner.environment = {
    "PATH": PATH,
    "JUPYTER_CONFIG_PATH": str(COURSE / "course_utils/jupyter"),
    "JUPYTER_PREFER_ENV_PATH": "1",
    "OPENBLAS_NUM_THREADS": "1",
}

# JupyterLab shows formgrader in a frame, which a server under JupyterHub refuses unless told.
FRAMES = {"headers": {"Content-Security-Policy": "frame-ancestors 'self'"}}


def start_in_course_folder(spawner):
    """Start an instructor's server in the course folder of their own checkout, where nbgrader finds its settings."""
    name = spawner.user.name
    if name in grp.getgrnam("instructors").gr_mem:
        checkout = Path(pwd.getpwnam(name).pw_dir) / "course"
        spawner.cmd = ["env", f"--chdir={checkout / 'autograder'}", *SERVER]
        spawner.notebook_dir = str(checkout / "autograder")
        spawner.args = [f"--ServerApp.tornado_settings={FRAMES}"]
        spawner.environment = {"PATH": PATH, "PYTHONPATH": str(checkout), "JUPYTER_PREFER_ENV_PATH": "1"}


c.Spawner.pre_spawn_hook = start_in_course_folder
