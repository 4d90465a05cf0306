"""Serves a model with llama.cpp's own HTTP server until its input ends. Arguments: model, port."""
import sys

import xllamacpp

settings = xllamacpp.CommonParams()
settings.model.path = sys.argv[1]
settings.port = int(sys.argv[2])
settings.n_ctx = 2048
settings.n_parallel = 2
settings.warmup = False
settings.cpuparams.n_threads = 1
server = xllamacpp.Server(settings)
print(server.listening_address, flush=True)
sys.stdin.read()
