"""What the services of an Orchest pipeline promise to its steps, whichever way their own view and network come about."""
import signal

SERVER = """import http.server, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = (f"{os.environ['ORCHEST_SESSION_UUID']} {os.getcwd()} " + open('told').read()).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        print('asked for', self.path, flush=True)
print('serving', flush=True)
http.server.ThreadingHTTPServer(('0.0.0.0', int(sys.argv[1])), Answer).serve_forever()
"""
ASK = """import orchest, urllib.request
service = orchest.get_service('web')
print(urllib.request.urlopen(f"http://{service['internal_hostname']}:{service['ports'][0]}/x").read().decode())
"""


class ServicesEveryWay:
    def serve(self, host, told, **fields):
        """A run with a service at port 8080 of all addresses."""
        self.services = {"web": {"name": "web", "ports": [8080]}}
        described = [{"name": "web", "host": host, "ports": {"8080": 8080}}]
        self.write("server.py", SERVER)
        self.write("told", told)
        self.step("Step", "step.py", ASK)
        return described, self.start_service(described, "web", "python3", "server.py", "8080", **fields)

    def test_services_of_two_runs_listen_on_the_same_port_and_each_run_finds_its_own(self):
        one, first = self.serve("127.99.1.1", "of one")
        said = self.run_step("Step", services=one)
        kept = self.session, self.project, self.steps, self.services
        self.new_run()
        two, second = self.serve("127.99.1.2", "of two")
        self.assert_printed(self.run_step("Step", services=two), f"{self.session} /project-dir of two\n")
        self.stop(second)
        self.session, self.project, self.steps, self.services = kept
        self.assertEqual(said.out, f"{self.session} /project-dir of one\n")
        self.assertEqual(self.run_step("Step", services=one).out, said.out)
        self.assertIn(first.returncode, (None,))

    def test_what_a_service_writes_is_its_log_and_it_ends_when_it_is_asked_to(self):
        described, process = self.serve("127.99.1.3", "")
        self.assertEqual(self.run_step("Step", services=described).code, 0)
        out = self.stop(process)
        self.assertEqual(out, "serving\nasked for /x\n")
        self.assertIn(process.returncode, (-signal.SIGTERM, 128 + signal.SIGTERM))
        file = next((self.project / ".orchest" / "pipelines").glob("*/logs/web.log"))
        self.assertEqual(file.read_text().partition("\n")[2], out)

    def test_a_service_that_ends_before_it_listens_fails_the_steps_that_wait_by_its_name(self):
        described = [{"name": "db", "host": "127.99.1.4", "ports": {"5432": 5432}}]
        self.step("Step", "step.sh", "echo never")
        waiting = self.attempt("Step", services=described)
        step = self.start(waiting)
        service = self.start_service(described, "db", "bash", "-c", "echo no room; exit 3")
        ran = self.finish(step, waiting)
        self.assertEqual(ran.code, 1)
        self.assertRegex(ran.out, r"^Orchest error: the service db ended with exit code 3\. What it wrote is in \.orchest/pipelines/.*/logs/db\.log\n$")
        self.assertEqual((service.communicate()[0], service.returncode), ("no room\n", 3))

    def test_services_of_a_run_find_each_other(self):
        described = [{"name": "web", "host": "127.99.1.5", "ports": {"8080": 8080}}, {"name": "front", "host": "127.99.1.6", "ports": {"8090": 8090}}]
        self.services = {"web": {"name": "web", "ports": [8080]}, "front": {"name": "front", "ports": [8090]}}
        self.write("server.py", SERVER)
        self.write("told", "from behind")
        self.write("front.py", "import http.server, os, urllib.request\nclass Answer(http.server.BaseHTTPRequestHandler):\n    def do_GET(self):\n        self.send_response(200)\n        self.end_headers()\n"
                   "        self.wfile.write(b'front of ' + urllib.request.urlopen(f\"http://web-{os.environ['ORCHEST_SESSION_UUID']}:8080\").read())\n"
                   "http.server.HTTPServer(('', 8090), Answer).serve_forever()")
        self.step("Step", "step.py", "import orchest, urllib.request\nprint(urllib.request.urlopen('http://front:8090').read().decode())")
        self.start_service(described, "web", "python3", "server.py", "8080")
        self.start_service(described, "front", "python3", "front.py")
        self.assert_printed(self.run_step("Step", services=described), f"front of {self.session} /project-dir from behind\n")

    def test_a_program_that_is_not_there_is_named(self):
        described = [{"name": "db", "host": "127.99.1.7", "ports": {}}]
        service = self.start_service(described, "db", "no-such-program")
        self.assertRegex(service.communicate()[0], "^Orchest error: the service db needs no-such-program, which is not installed on this node")
