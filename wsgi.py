"""What a WSGI server is pointed at: ``wsgi:app``."""

from shop import create_app
from shop.config import SettingRefused
from shop.web.compression import compress_answers
from shop.web.kept_answers import keep_answers
from shop.web.metrics import measure_answers

try:
    app = create_app()
    keep_answers(app)
    compress_answers(app)
    measure_answers(app)
except SettingRefused as refusal:
    raise SystemExit(f"Error: {refusal}") from refusal
