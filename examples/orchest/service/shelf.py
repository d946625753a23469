"""A shelf that keeps what is put on it, as long as the run lasts: PUT /NAME puts something there, GET / lists the names."""
import http.server
import sys

kept = {}


class Shelf(http.server.BaseHTTPRequestHandler):
    def do_PUT(self):
        kept[self.path.lstrip("/")] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(b"")

    def do_GET(self):
        self.answer("\n".join(kept).encode())

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


# All addresses: each run's services have a network of their own.
http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Shelf).serve_forever()
