"""The commands of ``flask --app wsgi`` without those of Flask and its extensions: ``python -m shop init-db``.

``run.py`` calls them so, for they are there sooner and take less memory.
"""

from __future__ import annotations

import gc

from flask.cli import ScriptInfo

if __name__ == "__main__":
    gc.disable()  # nothing of what is loaded is garbage
    from wsgi import app

    gc.freeze()
    gc.enable()
    with app.app_context():
        app.cli.main(prog_name="shop", obj=ScriptInfo(create_app=lambda: app))
