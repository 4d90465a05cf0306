"""Starts the servers, asks each through rhizo, and prints what came back beside what was expected.

Arguments: the program, a scratch folder. Exit code 1 if a row is not as expected.
"""
import os
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path

PROGRAM, FOLDER = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
KEY = "sk-interop"

def caught(call):
    return "let a; try { a = %s; } catch (e) { a = e.kind + ': ' + e.message; } a".replace("'", '"') % call


HELLO = 'llm("say hello")'
SHORT = 'llm("hi", #{max_tokens: 8})'

# server, what is shown, model in the settings, program, a text that its output must hold
ROWS = [
    ("litellm", "chat completions, streamed", "lite_stream", HELLO, "hello from litellm"),
    ("litellm", "chat completions, in one piece", "lite_whole", HELLO, "hello from litellm"),
    ("litellm", "usage and bill", "lite_stream", 'llm("say hello"); spent().input_tokens > 0 && spent().cost_usd > 0.0', "true"),
    ("litellm", "batch of 40", "lite_stream", 'let p = []; for i in 0..40 { p.push("say hello " + i); } llm_batch(p).filter(|a| a == "hello from litellm").len', "40"),
    # Its mock cannot stream responses: it says 500 to every client.
    ("litellm", "responses, in one piece", "lite_responses", caught(HELLO), "hello from litellm"),
    ("litellm", "messages (Anthropic)", "lite_messages", caught(HELLO), "hello from litellm"),
    ("litellm", "429", "lite_busy", caught(HELLO), "rate_limit: "),
    ("litellm", "prompt too long", "lite_overflow", caught(HELLO), "context_overflow: "),
    ("litellm", "500", "lite_broken", caught(HELLO), "server: "),
    # Without a database it says 400 to a wrong key, not 401.
    ("litellm", "wrong key", "lite_keyless", caught(HELLO), "auth: |rejected: "),
    ("litellm", "unknown model", "lite_unknown", caught(HELLO), "rejected: |unknown_model: "),
    ("llama.cpp", "chat completions, streamed", "llama_stream", caught(SHORT), "truncated: "),
    ("llama.cpp", "in one piece", "llama_whole", caught(SHORT), "truncated: "),
    ("llama.cpp", "usage is the server's", "llama_stream", caught(SHORT) + '; spent().output_tokens', "8"),
    ("llama.cpp", "prompt too long", "llama_stream", 'let p = ""; p.pad(20000, "word "); ' + caught("llm(p)"), "context_overflow: "),
    ("llama.cpp", "held to a schema", "llama_stream", 'type_of(llm("x", #{schema: #{n: "int 0..9"}, max_tokens: 40}).n)', "i64"),
    ("llama.cpp", "batch of 8", "llama_stream", 'let p = []; for i in 0..8 { p.push("n " + i); } llm_batch(p, #{max_tokens: 4}).len', "8"),
]

SETTINGS = """
[models.lite_stream]
base_url = "{lite}/v1"
name = "plain"
key_env = "LITE_KEY"
input_price = 1
output_price = 4
[models.lite_whole]
base_url = "{lite}/v1"
name = "plain"
key_env = "LITE_KEY"
stream = false
[models.lite_responses]
provider = "responses"
base_url = "{lite}/v1"
name = "plain"
key_env = "LITE_KEY"
stream = false
[models.lite_messages]
provider = "anthropic"
base_url = "{lite}/v1"
name = "plain"
key_env = "LITE_KEY"
[models.lite_busy]
base_url = "{lite}/v1"
name = "busy"
key_env = "LITE_KEY"
timeout = 4
[models.lite_overflow]
base_url = "{lite}/v1"
name = "overflow"
key_env = "LITE_KEY"
[models.lite_broken]
base_url = "{lite}/v1"
name = "broken"
key_env = "LITE_KEY"
timeout = 4
[models.lite_keyless]
base_url = "{lite}/v1"
name = "plain"
key_env = "WRONG_KEY"
[models.lite_unknown]
base_url = "{lite}/v1"
name = "nobody"
key_env = "LITE_KEY"
[models.llama_stream]
base_url = "{llama}/v1"
name = "tiny"
json = true
[models.llama_whole]
base_url = "{llama}/v1"
name = "tiny"
stream = false
"""


def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url, seconds, process):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    sys.exit(f"error: nothing answers at {url}\nhint: see the logs in {FOLDER}")


def started(name, arguments, url, seconds):
    log = open(FOLDER / f"{name}.log", "w")
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=FOLDER)
    answers(url, seconds, process)
    return process


def run(row, project):
    server, what, model, program, expected = row
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(project), "RHIZO_HOME": str(project / "home"),
        "RHIZO_MODEL": model, "LITE_KEY": KEY, "WRONG_KEY": "sk-wrong",
    }
    begun = time.monotonic()
    ran = subprocess.run([PROGRAM, "eval", program], cwd=project, env=environment, capture_output=True, text=True, timeout=120)
    seconds = time.monotonic() - begun
    told = (ran.stdout.strip() or ran.stderr.strip()).splitlines()
    told = told[0] if told else ""
    good = ran.returncode == 0 and any(text in told for text in expected.split("|"))
    return server, what, "yes" if good else "NO", f"{seconds:.2f} s", told[:70].replace("|", "/")


def main():
    project = FOLDER / "project"
    project.mkdir(exist_ok=True)
    model = FOLDER / "tiny.gguf"
    if not model.exists():
        subprocess.run([sys.executable, HERE / "tiny_model.py", model], check=True)
    lite, llama = port(), port()
    processes = []
    try:
        processes.append(started("llama", [sys.executable, HERE / "llama_server.py", model, str(llama)], f"http://127.0.0.1:{llama}/health", 60))
        processes.append(started("litellm", [BIN / "litellm", "--config", HERE / "litellm.yaml", "--port", str(lite), "--host", "127.0.0.1"], f"http://127.0.0.1:{lite}/health/liveliness", 180))
        (project / "rhizo.toml").write_text(SETTINGS.format(lite=f"http://127.0.0.1:{lite}", llama=f"http://127.0.0.1:{llama}"))
        rows = [run(row, project) for row in ROWS]
    finally:
        for process in processes:
            process.terminate()
            process.wait(30)
    print(f"litellm {version('litellm')}, llama.cpp of xllamacpp {version('xllamacpp')}\n")
    print("| server | what | as expected | time | answer |\n|---|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    sys.exit(any(row[2] != "yes" for row in rows))


main()
