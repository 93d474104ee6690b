"""dnstorm advise: from a store, a season file and a capture to table, JSON, calendar and points."""

import json
import math
import sqlite3

import harness

MONDAY = 1704067200  # 2024-01-01, in seconds
WEEKS = 6
USAGE, DATAERR, NOINPUT = 64, 65, 66


def rate(hour, busiest):
    """Queries a minute: quiet around 04:00, quietest on Wednesdays."""
    level = busiest * (0.6 - 0.4 * math.cos((hour % 24 - 4) * math.pi / 12))
    return int(level * (0.8 if hour % 168 // 24 == 2 else 1))


class AdviseTest(harness.Case):
    def store(self):
        path = self.path("dns.sqlite")
        file = sqlite3.connect(path)
        file.executescript(
            """CREATE TABLE series(id INTEGER PRIMARY KEY, measurement TEXT, tags TEXT);
               CREATE TABLE points(series INTEGER, time INTEGER, "end" INTEGER, fields TEXT);
               PRAGMA user_version = 1;"""
        )
        for number, (server, busiest) in enumerate((("ns1", 6000), ("ns2", 12000))):
            file.execute(
                "INSERT INTO series VALUES (?, 'minutes', ?)",
                (number, json.dumps({"server": server})),
            )
            file.executemany(
                "INSERT INTO points VALUES (?, ?, ?, ?)",
                (
                    (
                        number,
                        (MONDAY + minute * 60) * 10**9,
                        (MONDAY + minute * 60 + 60) * 10**9,
                        json.dumps({"count": rate(minute // 60, busiest)}),
                    )
                    for minute in range(WEEKS * 168 * 60)
                ),
            )
        file.commit()
        file.close()
        return path

    def test_a_store_is_told_in_every_form(self):
        store = self.store()
        told = self.ok(
            "advise", store, "--limit", "250", "--json",
            "--ics", self.path("w.ics"), "--points", self.path("p.txt"), "--save", self.path("s"),
        )  # fmt: skip
        advice = json.loads(told.stdout)
        self.assertEqual([s["server"] for s in advice["servers"]], ["ns1", "ns2", ""])
        self.assertAlmostEqual(advice["servers"][2]["p99"], 300, delta=3)
        best = advice["windows"][0]["windows"][0]
        self.assertIn(best["begins"], ("Wed 03:00", "Wed 04:00"))
        self.assertEqual(len(best["starts"]), 4)
        with open(self.path("w.ics"), newline="") as file:
            calendar = file.read()
        self.assertTrue(calendar.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"))
        self.assertEqual(calendar.count("BEGIN:VEVENT"), 3 * 4)
        with open(self.path("p.txt")) as file:
            points = file.read().splitlines()
        self.assertEqual(sum(line.startswith("season_forecast,") for line in points), 3 * 168)
        # What was saved says the same.
        again = self.ok("advise", self.path("s"), "--limit", "250", "--json")
        self.assertEqual(json.loads(again.stdout), advice)
        text = self.ok("advise", store, "--window", "90m", "--weeks", "1").stdout
        self.assertIn("Quiet windows of 90m, all together (UTC)", text.replace("1h30m", "90m"))

    def test_what_is_wrong_is_said_in_a_sentence(self):
        store = self.store()
        self.assertIn("name a store", self.fails(USAGE, "advise"))
        self.assertIn("no time from", self.fails(USAGE, "advise", store, "--window", "soon"))
        line = self.fails(USAGE, "advise", store, "--limit", "ns9=5")
        self.assertIn("nothing is known of 'ns9'; there are: ns1, ns2", line)
        line = self.fails(NOINPUT, "advise", store, "--measurement", "rates")
        self.assertIn("it has: minutes", line)
        self.fails(DATAERR, "advise", self.write("s", "dnstorm season 1\nxyz"))

    def test_captures_are_counted(self):
        capture = self.path("day.pcap")
        self.ok("generate", "-o", capture, "--duration", "25h", "--rate", "1", "--seed", "3")
        advice = json.loads(self.ok("advise", capture, "--json").stdout)
        self.assertGreater(len(advice["servers"]), 2)
        self.assertAlmostEqual(advice["servers"][-1]["p99"], 1, delta=1)


if __name__ == "__main__":
    harness.main()
