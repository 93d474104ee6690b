dnstorm_unit_test(cluster/feed USES cluster_feed)
