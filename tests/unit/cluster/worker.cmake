dnstorm_unit_test(cluster/worker USES cluster_worker cluster_node)
target_compile_definitions(unit_cluster_worker PRIVATE DNSTORM_TEST_CHILD="$<TARGET_FILE:worker_child>")
add_dependencies(unit_cluster_worker worker_child)
