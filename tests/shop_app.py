"""A small shop that keeps its facts in dbx, through HTTP and nothing but Python's standard library.

    DBX_TOKEN=... python3 shop_app.py http://127.0.0.1:7070 shop.sqlite ORDERS WORKERS

Workers place orders, change them and pay them. Each write has an idempotency key, so that it can be repeated as often as
it takes until an answer comes: however often the server goes away meanwhile, every write is done once. One more thread
pulls the outbox into SQLite, events and place in one transaction, so that each event is counted once there as well.

Says `written N` on standard output now and then, and at its end one line of JSON with the totals as SQLite has them.
"""

import http.client
import json
import os
import sqlite3
import sys
import threading
import time
import urllib.parse
import uuid

PATIENCE = 60.0
"""How many seconds a server may be away before the shop gives up."""


class Dbx:
    """A connection to the server, made anew whenever it was lost."""

    def __init__(self, base, token):
        self.address = urllib.parse.urlsplit(base)
        self.token = token
        self.connection = None

    def ask(self, method, path, body=None, headers=()):
        """Repeats a request until there is an answer to it, and gives status, headers and document."""
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                status, found, document = self.once(method, path, body, headers)
                if status != 503:
                    return status, found, document
            except (OSError, http.client.HTTPException):
                self.connection = None
            if time.monotonic() > give_up:
                raise SystemExit(f"{method} {path}: the server did not come back")
            time.sleep(0.05)

    def once(self, method, path, body, headers):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(
                self.address.hostname, self.address.port, timeout=30
            )
        sent = {"Authorization": f"Bearer {self.token}", **dict(headers)}
        if body is not None:
            body = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        self.connection.request(method, path, body, sent)
        answer = self.connection.getresponse()
        text = answer.read()
        return answer.status, answer.headers, json.loads(text) if text else None


class Shop:
    """Places, changes and pays orders."""

    def __init__(self, base, token, orders):
        self.base, self.token, self.orders = base, token, orders
        self.lock = threading.Lock()
        self.next = 0
        self.written = 0
        self.last = 0

    def work(self):
        dbx = Dbx(self.base, self.token)
        while (number := self.take()) is not None:
            order = f"o-{number}"
            self.append(dbx, order, "order_placed", {"status": "placed", "total": number % 97 + 1}, {"If-None-Match": "*"})
            if number % 3 == 0:
                self.change(dbx, order, "order_changed", {"total": number % 89 + 2})
            if number % 2 == 0:
                self.change(dbx, order, "order_paid", {"status": "paid"})

    def take(self):
        with self.lock:
            if self.next >= self.orders:
                return None
            self.next += 1
            return self.next

    def change(self, dbx, order, event, payload):
        """Changes an order as it was read, and reads it again where somebody else came first."""
        while True:
            status, headers, _ = dbx.ask("GET", f"/v1/aggregates/order/{order}")
            expect(status, 200, "reading an order")
            if self.append(dbx, order, event, payload, {"If-Match": headers["ETag"]}):
                return

    def append(self, dbx, order, event, payload, condition):
        body = {"aggregate_type": "order", "aggregate_id": order, "event_type": event, "payload": payload}
        headers = {**condition, "Idempotency-Key": str(uuid.uuid4())}
        status, _, document = dbx.ask("POST", "/v1/events", body, headers)
        if status == 412 and "If-Match" in condition:
            return False
        expect(status, 201, document)
        with self.lock:
            self.written += 1
            self.last = max(self.last, int(document["position"]))
            if self.written % 25 == 0:
                print(f"written {self.written}", flush=True)
        return True


class Tail:
    """Keeps a table of orders up to date from the outbox."""

    def __init__(self, base, token, path):
        self.dbx = Dbx(base, token)
        self.table = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.table.executescript(
            """
            CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, total INTEGER, status TEXT);
            CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER, events INTEGER);
            INSERT OR IGNORE INTO place VALUES (1, 0, 0);
            """
        )
        self.position = self.table.execute("SELECT position FROM place").fetchone()[0]

    def follow(self, until):
        """Pulls until `until()` says which position is the last, and it was passed."""
        while True:
            last = until()
            if last is not None and self.position >= last:
                return
            status, _, page = self.dbx.ask("GET", f"/v1/outbox?after={self.position}&take=50&wait=1s")
            expect(status, 200, page)
            self.store(page)

    def store(self, page):
        self.table.execute("BEGIN IMMEDIATE")
        for event in page["events"]:
            payload, order = event["payload"], event["aggregate_id"]
            self.table.execute("INSERT OR IGNORE INTO orders VALUES (?, 0, '')", (order,))
            for field in ("total", "status"):
                if field in payload:
                    self.table.execute(f"UPDATE orders SET {field} = ? WHERE id = ?", (payload[field], order))
        self.position = int(page["next"])
        self.table.execute("UPDATE place SET position = ?, events = events + ?", (self.position, len(page["events"])))
        self.table.execute("COMMIT")

    def totals(self):
        one = self.table.execute
        return {
            "orders": one("SELECT count(*) FROM orders").fetchone()[0],
            "paid": one("SELECT count(*) FROM orders WHERE status = 'paid'").fetchone()[0],
            "total": one("SELECT coalesce(sum(total), 0) FROM orders").fetchone()[0],
            "events": one("SELECT events FROM place").fetchone()[0],
        }


def expect(status, wanted, what):
    if status != wanted:
        raise SystemExit(f"{status} instead of {wanted}: {what}")


def main():
    base, path, orders, workers = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    token = os.environ["DBX_TOKEN"]
    shop = Shop(base, token, orders)
    failed = []

    def guarded(work, *arguments):
        try:
            work(*arguments)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=guarded, args=(shop.work,)) for _ in range(workers)]
    for thread in threads:
        thread.start()
    tail = Tail(base, token, path)
    # All is written when all workers are done; until then nobody knows which event is the last.
    pull = threading.Thread(
        target=guarded,
        args=(tail.follow, lambda: None if not failed and any(one.is_alive() for one in threads) else shop.last),
    )
    pull.start()
    for thread in [*threads, pull]:
        thread.join()
    if failed:
        raise SystemExit(1)
    print(json.dumps({**tail.totals(), "written": shop.written}), flush=True)


main()
