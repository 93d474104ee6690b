"""configs/topologies/anycast.yaml on a cluster: each site reads its own capture, at the same path,
and ships parts of results; the centre's points are those of one process with all captures, also
when a site joins late. Needs root, network namespaces and /dev/net/tun."""

import os
import unittest

import anycast_test
import cluster_lab
import net_lab

SITES = ["n1", "n2", "n3"]


@unittest.skipUnless(net_lab.available(), "needs root, network namespaces and /dev/net/tun")
class ClusterAnycast(anycast_test.Anycast):
    def lab(self, later=()):
        """Nodes at the sites, each with its own capture as site/dns.pcap, and one at the centre."""
        common = self.path("site")
        os.makedirs(common)
        wrap = {}
        for node, capture in zip(SITES, self.sites):
            own = self.path("own-" + node)
            os.makedirs(own)
            os.link(capture, os.path.join(own, "dns.pcap"))
            mount = f'mount --bind {own} {common} && exec "$@"'
            wrap[node] = ["unshare", "-m", "sh", "-c", mount, "_"]
        labels = {**dict.fromkeys(SITES, ["capture"]), "n4": ["centre"]}
        return cluster_lab.ClusterLab(self, [*SITES, "n4"], labels=labels, wrap=wrap, later=later)

    def submit(self, cluster, speed):
        with open(anycast_test.ANYCAST) as file:
            topology = file.read()
        settings = {
            "packets.interface": "", "packets.filter": "", "packets.speed": speed,
            "packets.file": self.path("site/dns.pcap"), "store.file": self.path("centre.sqlite"),
        }
        options = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        cluster.submit(topology, *options)

    def compare(self, cluster):
        cluster.until_status("anycast", "FINISHED", 120)
        # All but the names, whose estimates depend on what is merged first.
        expected = anycast_test.points(self.run_anycast(3), *anycast_test.RESULTS)
        self.assertGreater(len(expected), 200)
        found = anycast_test.points(self.path("centre.sqlite"), *anycast_test.RESULTS)
        self.assertEqual(found, expected)
        # The board's copy, tops and all.
        every = [*anycast_test.RESULTS, "names"]
        kept = anycast_test.points(self.path("centre.sqlite"), *every)
        copy = self.path("c1/boards/history/anycast.store.sqlite")
        cluster.until(
            lambda: os.path.exists(copy) and anycast_test.points(copy, *every) == kept,
            "the coordinator has what the centre has stored",
        )

    def test_the_centre_has_the_numbers_of_one_process(self):
        cluster = self.lab()
        self.submit(cluster, "max")
        self.compare(cluster)

    def test_a_site_that_joins_later_is_taken_in(self):
        # What it sees is no older than what has been counted when it joins.
        size = ["--queries", 2000, "--rate", 400, "--seed", 3, "--start", "2026-01-01T00:00:13Z"]
        self.ok("generate", "-o", self.sites[2], *size)
        cluster = self.lab(later=["n3"])
        self.submit(cluster, "1x")
        cluster.until_counted("anycast", 100)
        cluster.node["n3"].start()
        cluster.until(
            lambda: any(w["supervisorId"] == "n3" for w in cluster.detail("anycast")["workers"]),
            "the third site has its share",
        )
        self.compare(cluster)


del anycast_test.Anycast.test_parts_of_sites_merge_into_whole_counts

if __name__ == "__main__":
    unittest.main()
