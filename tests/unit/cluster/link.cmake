dnstorm_unit_test(cluster/link USES cluster_link)
