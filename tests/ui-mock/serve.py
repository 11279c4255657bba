"""Serves dist/ with mock.js in front of the app, under the content security policy of the shell."""

import html
import http.server
import os
import pathlib
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
DIST = pathlib.Path(os.environ.get("DIST", HERE.parent.parent / "dist"))
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
)


class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *args):
        super().__init__(*args, directory=str(DIST))

    def do_GET(self):
        path = self.path.split("?")[0]
        if path in ("/", "/index.html"):
            page = (DIST / "index.html").read_text()
            self.answer("text/html; charset=utf-8", page.replace("<head>", '<head><script src="/mock.js"></script>', 1))
        elif path == "/mock.js":
            self.answer("text/javascript", (HERE / "mock.js").read_text())
        elif path == "/frames":
            # A browser window has a least width; a frame has none. `/frames?390x844|state=home;320x640|state=unlock`
            frames = []
            for one in urllib.parse.unquote(self.path.split("?", 1)[1]).split(";"):
                size, target = one.split("|", 1)
                width, height = size.split("x")
                frames.append(f'<iframe width="{width}" height="{height}" src="/?{html.escape(target)}"></iframe>')
            page = "<style>body{margin:0;display:flex;gap:8px;background:#888}iframe{border:0}</style>" + "".join(frames)
            self.answer("text/html", page, policy=False)
        else:
            super().do_GET()

    def answer(self, content_type, text, policy=True):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if policy:
            self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


port = int(sys.argv[1]) if len(sys.argv) > 1 else 8099
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
