# The wallet's door: HTTP on loopback, messages to the party, everything else to a table of paths.
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from envelope import BODY_MOST, PATH, Refused


def serve(port, party, stories, api):
    """`api` is rows of (method, path pattern, story). A story takes the JSON body and what the pattern names, and gives
    an HTTP status with one JSON value, or with a list: one JSON value a line."""

    class Door(BaseHTTPRequestHandler):
        protocol_version, disable_nagle_algorithm = 'HTTP/1.1', True

        def served(self):
            body = self.rfile.read(min(int(self.headers.get('content-length', 0)), 4 * BODY_MOST))
            if self.path.startswith(PATH):
                kind = 'packed' if 'content-encoding' in self.headers else self.headers.get('content-type', '')
                self.send(*party.answered(self.path, kind, body, stories))
            else:
                status, reply = self.asked(body)
                lines = isinstance(reply, list)
                kind = 'application/x-ndjson' if lines else 'application/json'
                text = "".join(json.dumps(line) + "\n" for line in reply) if lines else json.dumps(reply)
                self.send(status, kind, text.encode())

        def asked(self, body):
            for method, path, story in api:
                match = re.fullmatch(path, self.path)
                if match is None or method != self.command:
                    continue
                try:
                    return story(json.loads(body or b'{}'), *match.groups())
                except (KeyError, TypeError, ValueError):
                    return 400, {'because': 'malformed, or about something that is not here', 'field': ''}
                except (OSError, Refused) as no:
                    return 409, {'because': str(no)}
            return 404, {'because': 'nothing is served here'}

        def send(self, status, kind, data):
            self.send_response(status)
            self.send_header('content-type', kind)
            self.send_header('content-length', str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

        do_GET = do_POST = do_PUT = served

    with ThreadingHTTPServer(('127.0.0.1', int(port)), Door) as server:
        print('listening on', port, flush=True)
        server.serve_forever()
