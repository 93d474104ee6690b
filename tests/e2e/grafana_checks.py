"""One check for each panel of configs/grafana/panels.yaml: {board / title: check}."""

from grafana_truth import (
    answered, by_power_of_ten, change, daily, different, different_names_by_domain, dsc_rate,
    dsc_totals, is_, items, largest, lines_of, longest, mean, messages, newest, packets, quantiles,
    queries, rate, responses, rows_of, seconds, share, total, totals, transactions,
)

WITH_END = is_(status=("answered", "unanswered", "given_up"))
WITHOUT_ANSWER = is_(status=("unanswered", "given_up"))
SENT = tuple(f"dns-{t}-responses-sent-{v}" for t in ("udp", "tcp") for v in ("ipv4", "ipv6"))
RECEIVED = tuple(f"dns-{t}-queries-received-{v}" for t in ("udp", "tcp") for v in ("ipv4", "ipv6"))

drops = rows_of("drops")
denied = rows_of("messages", qr="response", rcode="NXDOMAIN")
failed = rows_of("messages", qr="response", rcode="SERVFAIL")
unanswered = rows_of("transactions", status="unanswered")
odd = rows_of("transactions", status=("unsolicited", "mismatched", "duplicate"))
near = rows_of("near")
guesses = rows_of("near", difference=("id", "client_port", "server_port", "question"))
malformed = rows_of("packets", outcome="malformed")
any_queries = rows_of("messages", qr="query", qtype="ANY")

OVERVIEW = {
    "Queries": total(queries),
    "Responses": total(responses),
    "Queries answered": share(transactions, is_(status="answered"), WITH_END),
    "NXDOMAIN": share(responses, is_(rcode="NXDOMAIN")),
    "Packets": total(packets, weight="packets"),
    "Packets lost": total(drops, weight="packets"),
    "Queries and responses": rate(messages, "qr"),
    "Bytes": rate(messages, "qr", weight="size"),
    "Transports": rate(messages, "transport"),
    "IP versions": rate(messages, "ip_version"),
    "Query types": rate(queries, "qtype"),
    "Response codes": rate(responses, "rcode"),
    "Query types in all": totals(queries, "qtype"),
    "Response codes in all": totals(responses, "rcode"),
    "Kinds of query": totals(queries, "opcode"),
    "DNSSEC OK": share(queries, is_(do=True)),
    "EDNS": share(queries, is_(edns=True)),
    "Recursion desired": share(queries, is_(rd=True)),
    "Response time": quantiles(p50=0.5, p90=0.9, p95=0.95, p99=0.99),
    "What became of queries": rate(transactions, "status"),
    "Response times in all": by_power_of_ten,
    "Packets by outcome": rate(packets, "outcome", weight="packets"),
    "Packets by reason": totals(
        packets, "outcome", "reason", weights=("packets", "bytes"), names=("count", "bytes_sum")
    ),
}

CLIENTS_AND_NAMES = {
    "Different names": different(queries, "qname"),
    "Different domains": different(queries, "domain"),
    "Different clients": different(queries, "client"),
    "Names": items(queries, "qname"),
    "Registered domains": items(queries, "domain"),
    "Top-level domains": items(queries, "tld"),
    "Clients": items(queries, "client"),
    "Clients by bytes": items(responses, "client", weight="size"),
    "Names that take time": items(answered, "qname", weight="latency_us"),
}

DSC = {
    "qtype": dsc_rate("qtype", "key2"),
    "opcode": dsc_rate("opcode", "key2"),
    "transport_vs_qtype": dsc_rate("transport_vs_qtype", "key1"),
    "certain_qnames_vs_qtype": dsc_rate("certain_qnames_vs_qtype", "key1"),
    "qtype_vs_qnamelen": dsc_totals("qtype_vs_qnamelen", "key2"),
    "qtype_vs_tld": dsc_totals("qtype_vs_tld", "key2", "key1"),
    "idn_qname": dsc_totals("idn_qname", "key2"),
    "rd_bit": dsc_totals("rd_bit", "key2"),
    "idn_vs_tld": dsc_totals("idn_vs_tld", "key2"),
    "chaos_types_and_names": dsc_totals("chaos_types_and_names", "key2", "key1"),
    "client_port_range": dsc_totals("client_port_range", "key2"),
    "edns_version": dsc_totals("edns_version", "key2"),
    "edns_bufsiz": dsc_totals("edns_bufsiz", "key2"),
    "do_bit": dsc_totals("do_bit", "key2"),
    "client_subnet": dsc_totals("client_subnet", "key2"),
    "client_subnet2": dsc_rate("client_subnet2", "key1"),
    "client_addr_vs_rcode": dsc_totals("client_addr_vs_rcode", "key2", "key1"),
    "ipv6_rsn_abusers": dsc_totals("ipv6_rsn_abusers", "key2"),
    "rcode": dsc_rate("rcode", "key2"),
    "rcode_vs_replylen": dsc_totals("rcode_vs_replylen", "key2"),
    "direction_vs_ipproto": dsc_rate("direction_vs_ipproto", "key1", "key2"),
    "pcap_stats": dsc_rate("pcap_stats", "key2"),
}

REQUESTS = lines_of("traffic-sizes", "udp-request-sizes", "tcp-request-sizes")
RESPONSES = lines_of("traffic-sizes", "udp-response-sizes", "tcp-response-sizes")
RSSAC002 = {
    "traffic-volume": daily("traffic-volume"),
    "rcode-volume": daily("rcode-volume"),
    "unique-sources": daily("unique-sources"),
    "Responses by query": share(
        lines_of("traffic-volume"), is_(item=SENT), is_(item=RECEIVED), weight="count"
    ),
    "Volume in all": totals(lines_of("traffic-volume"), "item", weights=("count",)),
    "Responses in all": totals(lines_of("rcode-volume"), "item", weights=("count",)),
    "Sizes of requests": totals(REQUESTS, "section", "item", weights=("count",)),
    "Sizes of responses": totals(RESPONSES, "section", "item", weights=("count",)),
}

SECURITY = {
    "Share of NXDOMAIN": share(responses, is_(rcode="NXDOMAIN")),
    "Share of SERVFAIL": share(responses, is_(rcode="SERVFAIL")),
    "Share of REFUSED": share(responses, is_(rcode="REFUSED")),
    "Domains with many denied names": different_names_by_domain(denied),
    "Domains with NXDOMAIN": items(denied, "domain", columns=("count",)),
    "Clients with NXDOMAIN": items(denied, "client", columns=("count",)),
    "Domains with SERVFAIL": items(failed, "domain", columns=("count",)),
    "Names without an answer": items(unanswered, "qname", columns=("count",)),
    "Unanswered queries": share(transactions, WITHOUT_ANSWER, WITH_END),
    "Responses without a query": rate(odd, "status"),
    "Near misses": rate(near, "difference"),
    "Names of near misses": items(guesses, "qname", columns=("count",)),
    "Response bytes by query byte": share(
        messages, is_(qr="response"), is_(qr="query"), weight="size"
    ),
    "Queries for ANY": rate(any_queries, "qtype"),
    "Truncated responses": share(responses, is_(tc=True)),
    "Who gets most bytes": items(responses, "client", weight="size", columns=("count",)),
    "Malformed packets": rate(malformed, "reason", weight="packets"),
}

ENGINE = {
    "Rows worked off": change("dnstorm_task_executed_rows_total", "component"),
    "Rows emitted": change("dnstorm_task_emitted_rows_total", "component"),
    "Rows by edge": change("dnstorm_edge_rows_total", "from", "stream", "component"),
    "Busy": change("dnstorm_task_busy_seconds_total", "component"),
    "Blocked": change("dnstorm_task_blocked_seconds_total", "component"),
    "Idle": change("dnstorm_task_idle_seconds_total", "component"),
    "Latency": largest("dnstorm_task_latency_seconds", "p99", "component"),
    "Calls": largest("dnstorm_task_execute_seconds", "p99", "component"),
    "Waiting": largest("dnstorm_edge_wait_seconds", "p99", "from", "component"),
    "Roots acked": change("dnstorm_roots_acked_total", "component"),
    "Roots failed": change("dnstorm_roots_failed_total", "component"),
    "Roots timed out": change("dnstorm_roots_timed_out_total", "component"),
    "Roots replayed": change("dnstorm_roots_replayed_total", "component"),
    "Checkpoints": largest("dnstorm_checkpoints_completed_total", "value"),
    "Size of checkpoints": largest("dnstorm_checkpoint_bytes", "value"),
    "Time of checkpoints": largest("dnstorm_checkpoint_duration_seconds", "value"),
    "Rows in all": newest("dnstorm_task_executed_rows_total", "component", "task"),
    "Counters of operators": newest("dnstorm_operator_counter", "component", "counter", "task"),
}

CAPACITY = {
    "Peak": seconds(max),
    "Mean": seconds(mean),
    "Slowest": longest,
    "Bytes answered": total(responses, "size_sum", weight="size"),
    "Malformed": share(packets, is_(outcome="malformed"), weight="packets"),
    "Busiest second of an interval": seconds(max),
    "Mean second of an interval": seconds(mean),
    "Bytes sent and received": rate(messages, "qr", weight="size"),
    "TCP": share(messages, is_(transport="tcp")),
    "Lost packets": rate(drops, "interface", "reason", weight="packets"),
    "Slow responses": quantiles(p99=0.99, max=1),
    "Queries without a response": share(transactions, WITHOUT_ANSWER, WITH_END),
    "Clients in a minute": different(queries, "client"),
    "Busy tasks": change("dnstorm_task_busy_seconds_total", "component"),
    "Blocked tasks": change("dnstorm_task_blocked_seconds_total", "component"),
    "Rows that wait": largest("dnstorm_edge_wait_seconds", "p99", "from", "component"),
    "Work by component": newest("dnstorm_task_busy_seconds_total", "component", "task"),
}

CHECKS = {
    f"{board} / {title}": check
    for board, checks in {
        "overview": OVERVIEW, "clients-and-names": CLIENTS_AND_NAMES, "dsc": DSC,
        "rssac002": RSSAC002, "security": SECURITY, "engine": ENGINE, "capacity": CAPACITY,
    }.items()
    for title, check in checks.items()
}
