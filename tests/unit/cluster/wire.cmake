dnstorm_unit_test(cluster/wire USES cluster_wire)
