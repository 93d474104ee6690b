"""What every panel of the boards has to show, counted by hand.

The source is the messages, transactions and packets of the capture as rows (JSON lines), for the
engine's panels its raw points. No window, top, distinct, quantile or query of dnstorm is in it. A
check takes the truth and the panel and gives lines, {name: {second: value}}, or a list of rows."""

import ipaddress
import math
from collections import Counter, defaultdict

MINUTE = 60
DAY = 86400
TOP = 20  # k of the tops


class Truth:
    def __init__(self, rows, points):
        self.rows = rows      # {name: [row]}; `t` is a row's time in seconds
        self.points = points  # measurement -> [(tags, second, {field: value})]

    def of(self, source, where):
        return [
            row for row in self.rows[source]
            if all(row[k] in (v if isinstance(v, tuple) else (v,)) for k, v in where.items())
        ]


def rows_of(source, **where):
    return lambda truth: truth.of(source, where)


queries = rows_of("messages", qr="query")
responses = rows_of("messages", qr="response")
messages = rows_of("messages")
transactions = rows_of("transactions")
answered = rows_of("transactions", status="answered")
packets = rows_of("packets")


def text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def start_of(row, width):
    return math.floor(row["t"]) // width * width


def by_window(rows, width):
    windows = defaultdict(list)
    for row in rows:
        windows[start_of(row, width)].append(row)
    return windows


# -- counts ----------------------------------------------------------------------------------------


def rate(rows, *labels, weight=None):
    """Per second, by the labels."""
    def check(truth, panel):
        lines = defaultdict(Counter)
        for row in rows(truth):
            name = " ".join(text(row[label]) for label in labels)
            lines[name][start_of(row, panel.interval)] += row[weight] if weight else 1
        return {
            name: {at: count / panel.interval for at, count in line.items()}
            for name, line in lines.items()
        }
    return check


def total(rows, name="count", weight=None):
    def check(truth, panel):
        return [{name: sum(row[weight] if weight else 1 for row in rows(truth))}]
    return check


def totals(rows, *labels, weights=(None,), names=("count",)):
    """A row for each combination of labels."""
    def check(truth, panel):
        sums = defaultdict(Counter)
        for row in rows(truth):
            key = tuple(text(row[label]) for label in labels)
            for name, weight in zip(names, weights):
                sums[key][name] += row[weight] if weight else 1
        return [{**dict(zip(labels, key)), **counts} for key, counts in sums.items()]
    return check


def share(rows, part, whole=lambda row: True, weight=None):
    """The rows that are part over those that are whole."""
    def ratio(some):
        def amount(test):
            return sum(row[weight] if weight else 1 for row in some if test(row))
        return amount(part) / amount(whole) if amount(whole) else 0
    def check(truth, panel):
        if not panel.over_time:
            return [{"ratio": ratio(rows(truth))}]
        windows = by_window(rows(truth), panel.interval)
        return {"ratio": {at: ratio(some) for at, some in windows.items()}}
    return check


def is_(**where):
    return lambda row: all(
        row[k] in (v if isinstance(v, tuple) else (v,)) for k, v in where.items()
    )


# -- tops, distinct, quantiles ---------------------------------------------------------------------


def item_order(item):
    """Equal counts stand by item: names by their bytes, addresses as numbers."""
    try:
        address = ipaddress.ip_address(item)
    except ValueError:
        return item.encode()
    return (b"\0" * 10 + b"\xff\xff" if address.version == 4 else b"") + address.packed


def first_of_each_minute(rows, item, amount):
    """{item: amount} added up over the first TOP of every minute."""
    sums = Counter()
    for some in by_window(rows, MINUTE).values():
        counts = amount(some)
        order = sorted(counts, key=lambda one: (-counts[one], item_order(one)))
        for one in order[:TOP]:
            sums[one] += counts[one]
    return sums


def items(rows, item, weight=None, columns=("count", "error")):
    def amount(some):
        counts = Counter()
        for row in some:
            counts[row[item]] += row[weight] if weight else 1
        return counts
    def check(truth, panel):
        sums = first_of_each_minute(rows(truth), item, amount)
        # Few enough to be exact.
        return [{item: one, **dict(zip(columns, (count, 0)))} for one, count in sums.items()]
    return check


def different_names_by_domain(rows):
    def amount(some):
        names = defaultdict(set)
        for row in some:
            names[row["domain"]].add(row["qname"])
        return Counter({domain: len(those) for domain, those in names.items()})
    def check(truth, panel):
        sums = first_of_each_minute(rows(truth), "domain", amount)
        return [{"domain": one, "count": count} for one, count in sums.items()]
    return check


def different(rows, item):
    def check(truth, panel):
        windows = by_window(rows(truth), panel.interval)
        return {"distinct": {
            at: len({row[item] for row in some}) for at, some in windows.items()
        }}
    return check


def quantiles(**wanted):
    """Of the response times, by window, which is as long as the interval."""
    def check(truth, panel):
        lines = {name: {} for name in wanted}
        for at, some in by_window(answered(truth), panel.interval).items():
            times = sorted(row["latency_us"] for row in some)
            for name, q in wanted.items():
                lines[name][at] = times[math.ceil(q * len(times)) - 1]
        return lines
    return check


def longest(truth, panel):
    return [{"max": max(row["latency_us"] for row in answered(truth))}]


def by_power_of_ten(truth, panel):
    counts = Counter()
    for row in answered(truth):
        # Bucket 1 is below 10: the digits of the number.
        counts[len(str(row["latency_us"])) if row["latency_us"] else 0] += 1
    return [{"bucket": str(bucket), "count": count} for bucket, count in counts.items()]


def seconds(aggregate):
    """Of the queries of each second that has some."""
    def check(truth, panel):
        counts = Counter(math.floor(row["t"]) for row in queries(truth))
        if not panel.over_time:
            return [{"count": aggregate(counts.values())}]
        windows = defaultdict(list)
        for second, count in counts.items():
            windows[second // panel.interval * panel.interval].append(count)
        return {"count": {at: aggregate(some) for at, some in windows.items()}}
    return check


def mean(values):
    return sum(values) / len(values)


# -- DSC and RSSAC002 ------------------------------------------------------------------------------


def cells(dataset):
    return rows_of("dsc", dataset=dataset)


def dsc_rate(dataset, *labels):
    return rate(cells(dataset), *labels, weight="count")


def dsc_totals(dataset, *labels):
    return totals(cells(dataset), *labels, weights=("count",))


def lines_of(metric, *sections):
    where = {"metric": metric, **({"section": sections} if sections else {})}
    return rows_of("rssac002", **where)


def daily(metric):
    def check(truth, panel):
        lines = defaultdict(dict)
        for row in lines_of(metric)(truth):
            lines[row["item"]][start_of(row, DAY)] = row["count"]
        return lines
    return check


# -- the engine ------------------------------------------------------------------------------------


def label_of(tags, labels):
    return " ".join(tags[label] for label in labels)


def change(measurement, *labels):
    """What numbers that only grow have grown, per second, added up over series."""
    def check(truth, panel):
        lines = defaultdict(Counter)
        for tags, line in series_of(truth, measurement, "value").items():
            largest = {}
            for second, value in line:
                largest[second] = max(value, largest.get(second, value))
            times = sorted(largest)
            for before, at in zip(times, times[1:]):
                grown = (largest[at] - largest[before]) / (at - before)
                # What falls began anew.
                lines[label_of(dict(tags), labels)][at] += max(grown, 0)
        return lines
    return check


def series_of(truth, measurement, field):
    series = defaultdict(list)
    for tags, second, fields in truth.points(measurement):
        series[tuple(sorted(tags.items()))].append((math.floor(second), fields[field]))
    return series


def largest(measurement, field, *labels):
    def check(truth, panel):
        lines = defaultdict(dict)
        for tags, line in series_of(truth, measurement, field).items():
            name = label_of(dict(tags), labels) or field
            for second, value in line:
                lines[name][second] = max(value, lines[name].get(second, value))
        return lines
    return check


def newest(measurement, *labels):
    def check(truth, panel):
        found = {}
        for tags, second, fields in truth.points(measurement):
            key = tuple(tags[label] for label in labels)
            if key not in found or second > found[key][0]:
                found[key] = (second, fields["value"])
        return [{**dict(zip(labels, key)), "value": v} for key, (_, v) in found.items()]
    return check
