"""llama.cpp's own HTTP server with a small model, for an environment that has it: no part of the
product's. Serves until it is ended.

Usage: llama_server.py MODEL TEMPLATE PORT
"""

import signal
import sys
from pathlib import Path

import xllamacpp

model, template, port = sys.argv[1:]
params = xllamacpp.CommonParams()
params.model.path = model
params.chat_template = Path(template).read_text(encoding="utf-8")
params.use_jinja = True
params.n_ctx, params.n_parallel, params.port = 8_192, 1, int(port)
params.cpuparams.n_threads = 1
serving = xllamacpp.Server(params)
signal.pause()
